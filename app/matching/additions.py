"""What an enterprise could add to its record, each as the profile it would then have. Pure.

Nothing is invented of it: a code is proposed only near what it offers already, and what only it can know (its size, its
places, its industry) is proposed with the answer that would give most, and said to be at most that.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from app.matching.lexicon import infer_codes, significant
from app.matching.profile import Offering, Profile, Statement
from app.matching.terms import PLACE_STEPS
from app.matching.weights import code_industries

_CLASS: Final = 4
"""Digits of a CPV class: groups such as 983, miscellaneous services, hold all sorts of trades."""
MOST_CODES: Final = 12
_SURE_ENOUGH: Final = 50
_LARGEST_TURNOVER: Final = "50-"
_LARGEST_EMPLOYEES: Final = "250-"
_CRITERIA: Final = ("business_as_means", "measured_by_goal", "reinvest", "democratic_eu", "independent")
_RESERVATIONS: Final = {"SE": ("res-ws", "se-ideburen", "res-pub-ser"), "NO": ("res-ws", "no-ideell", "res-pub-ser")}


class Field(StrEnum):
    """What could be added, in the order in which it is told when it gives as much."""

    CPV = "cpv"
    ELIGIBILITY = "eligibility"
    ELIGIBILITY_AGAIN = "eligibility_again"
    SERVICE_AREAS = "service_areas"
    LIFECYCLE = "lifecycle"
    INDUSTRY_CODES = "industry_codes"
    SIZE = "size"
    PLACES_FREE = "places_free"
    CRITERIA = "criteria"
    CONFIRMATION = "confirmation"


@dataclass(frozen=True, slots=True)
class Addition:
    """Something an enterprise could add, where in its record, and its profile if it had."""

    field: Field
    pointer: str
    """JSON pointer (RFC 6901) into the enterprise as the API writes it; `-` is the end of a list."""
    profile: Profile
    value: str | None = None
    """The code to add; None when only the enterprise knows."""
    at_most: bool = False
    """True when what it gives depends on the answer, and this is the answer that gives most."""


def additions(profile: Profile, asked: Mapping[str, int], on: date) -> Iterator[Addition]:
    """Yield what the enterprise could add on a day. `asked` is how many open lots ask for each CPV code."""
    yield from _codes(profile, asked)
    yield from _statements(profile, on)
    if not profile.service_areas and profile.municipality:
        county = profile.municipality[:5]
        yield Addition(Field.SERVICE_AREAS, "/service_areas/-", replace(profile, service_areas=(county,)), county)
    if profile.lifecycle == "unknown":
        yield Addition(Field.LIFECYCLE, "/lifecycle", replace(profile, lifecycle="active"), "active")
    yield from _unsaid(profile)


def _unsaid(profile: Profile) -> Iterator[Addition]:
    """Yield what only the enterprise knows."""
    if not profile.industry_codes and (industry := _likely_industry(profile)):
        known = replace(profile, industry_codes=(industry,))
        yield Addition(Field.INDUSTRY_CODES, "/industry_codes/-", known, at_most=True)
    if profile.turnover_band is None and profile.employees_band is None:
        sized = replace(profile, turnover_band=_LARGEST_TURNOVER, employees_band=_LARGEST_EMPLOYEES)
        yield Addition(Field.SIZE, "/turnover", sized, at_most=True)
    for position, offering in enumerate(profile.offerings):
        if offering.kind == "work_training" and offering.places_free is None:
            offered = _with_offering(profile, position, replace(offering, places_free=PLACE_STEPS[-1]))
            yield Addition(Field.PLACES_FREE, f"/offerings/{position}/places_free", offered, at_most=True)
    if not profile.criteria:
        stated = replace(profile, criteria=dict.fromkeys(_CRITERIA, "declared"))
        yield Addition(Field.CRITERIA, "/criteria", stated, at_most=True)


def _codes(profile: Profile, asked: Mapping[str, int]) -> Iterator[Addition]:
    """Yield the codes that most open lots ask for, in the classes of what the enterprise offers, or just above them."""
    stated = {code for offering in profile.offerings for code in offering.cpv}
    offered_in = [_classes(offering) for offering in profile.offerings]
    near = {code: n for code in asked if code not in stated and (n := _nearest(code, offered_in)) is not None}
    for code, position in sorted(near.items(), key=lambda one: (-asked[one[0]], one[0]))[:MOST_CODES]:
        offering = profile.offerings[position]
        offered = _with_offering(profile, position, replace(offering, cpv=(*offering.cpv, code)))
        yield Addition(Field.CPV, f"/offerings/{position}/cpv/-", offered, code)


def _nearest(code: str, offered_in: Sequence[Collection[str]]) -> int | None:
    """Return the first offering in whose classes the code is; None when there is none, or the code says too little."""
    prefix = significant(code)[:_CLASS]
    found = (n for n, classes in enumerate(offered_in) if any(one.startswith(prefix) for one in classes))
    return next(found, None) if len(prefix) >= _CLASS - 1 else None


def _classes(offering: Offering) -> set[str]:
    """Return the CPV classes of an offering: of its codes, and of those that its title suggests."""
    suggested = (prefix for prefix, strength in infer_codes(offering.title) if strength >= _SURE_ENOUGH)
    return {code[:_CLASS] for code in (*offering.cpv, *suggested) if len(significant(code)) >= _CLASS}


def _with_offering(profile: Profile, position: int, offering: Offering) -> Profile:
    offerings = list(profile.offerings)
    offerings[position] = offering
    return replace(profile, offerings=tuple(offerings))


def _statements(profile: Profile, on: date) -> Iterator[Addition]:
    """Yield a statement of each reserved code, new or renewed; a stated no stands."""
    for code in _RESERVATIONS.get(profile.country, ()):
        said = profile.eligibility.get(code)
        if said is None or said.state in {"declared", "expired"}:
            renewed = replace(profile, eligibility={**profile.eligibility, code: Statement("declared", on)})
            field = Field.ELIGIBILITY if said is None else Field.ELIGIBILITY_AGAIN
            yield Addition(field, "/eligibility/-" if said is None else "/eligibility", renewed, code)


def _likely_industry(profile: Profile) -> str | None:
    """Return the industry that most goes with the enterprise's codes."""
    table = code_industries()
    found: Sequence[tuple[str, int]] = [
        pair
        for offering in profile.offerings
        for code in offering.cpv
        for pair in next((table[code[:n]] for n in range(len(significant(code)), 1, -1) if code[:n] in table), ())
    ]
    return max(found, key=lambda pair: (pair[1], pair[0]))[0] if found else None
