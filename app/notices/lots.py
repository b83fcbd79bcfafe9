"""Reads the lots of a notice, and the parts of a planning notice, as the lots of an opportunity."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from app.core.clock import zone
from app.core.i18n import N_
from app.core.schema import Money
from app.enterprises.vocabulary import Reservation
from app.notices import rules
from app.notices.amounts import money_of
from app.notices.fields import Scope, purposes
from app.notices.places import Places, places_of
from app.notices.reader import Reader
from app.notices.texts import Texts
from app.notices.vocabulary import (
    NOT_RESERVED,
    RESERVED_EXECUTION,
    RESERVED_PARTICIPATION,
    SOCIAL_AIM,
)
from app.notices.xml import Element, text_of
from app.opportunities.reservation import reservation_evidence
from app.opportunities.schemas import LotIn
from app.opportunities.vocabulary import ReservedExecution
from app.reference import service as reference
from app.reference.vocabulary import UnknownCpv

_MOST_LOTS = 1000
_MOST_CODES = 50
_LONGEST_MONTHS = 600
_AVERAGE_MONTH_DAYS = Decimal("30.4375")
# The first of these that a lot states is its deadline: tenders, requests to take part, expressions of interest.
_DEADLINES = ("BT-131", "BT-1311", "BT-630")
# What each warning of the rules on reservations is about, and how it is said.
_WARNINGS = {
    "code_not_listed": ("BT-262", N_("{lot} is reserved by {reserved}, but {rule} does not cover CPV code {cpv}.")),
    "duration_too_long": ("BT-36", N_("{lot} is reserved by {reserved} for {months} months: {rule} allows less.")),
    "no_rule": ("BT-71", N_("{lot} is reserved by {reserved}, for which no rule was in force.")),
}


@dataclass
class Lots:
    """The lots, and what they say that belongs to the opportunity as a whole."""

    lots: list[LotIn] = field(default_factory=list)
    deadlines: list[datetime] = field(default_factory=list)
    questions_until: list[datetime] = field(default_factory=list)
    starts_on: list[date] = field(default_factory=list)
    objectives: list[str] = field(default_factory=list)
    links: list[Element] = field(default_factory=list)
    social: bool = False


@dataclass(frozen=True)
class Whole:
    """What a lot takes over from the procedure when it says nothing itself."""

    title: str
    cpv_main: str | None
    cpv_additional: list[str]
    places: Places
    country: str
    on: date
    """The day that rules are read for: the day of publication."""
    tells_reservation: bool = True
    """Whether this kind of notice may say that a lot is reserved: a result may not (BT-71)."""


def read_lots(reader: Reader, texts: Texts, whole: Whole) -> Lots:
    """Return the lots or parts of the notice."""
    found = Lots()
    elements = purposes(reader.root, "Lot", "Part")
    if len(elements) > _MOST_LOTS:
        reader.fault("BT-137", elements[_MOST_LOTS], f"there are more than {_MOST_LOTS} lots")
        return found
    seen: set[str] = set()
    for element in elements:
        number = reader.required("BT-137", "lot", element)
        if number is not None and text_of(number) in seen:
            reader.fault("BT-137", number, f"{text_of(number)[:40]!r} is the identifier of another lot as well")
        seen.add(text_of(number) if number is not None else "")
        _read_timing(reader, element, whole.country, found)
        _read_aims(reader, element, found)
        found.links += reader.elements("BT-15", "lot", element)
        reader.elements("BT-14", "lot", element)
        lot = _read_lot(reader, texts, element, whole)
        _look_at(reader, element, lot, whole)
        found.lots.append(lot)
    if whole.tells_reservation:
        _compare_titles(reader, whole.title, found.lots)
    return found


def read_cpv(reader: Reader, scope: Scope, base: Element) -> tuple[str | None, list[str]]:
    """Return the main CPV code and the additional ones; a fault for each that does not exist."""
    main = _cpv_codes(reader, "BT-262", scope, base)
    more = _cpv_codes(reader, "BT-263", scope, base)
    return (main[0] if main else None), [code for code in more if code not in main[:1]][:_MOST_CODES]


def _cpv_codes(reader: Reader, number: str, scope: Scope, base: Element) -> list[str]:
    found: list[str] = []
    for element in reader.elements(number, scope, base):
        try:
            found.append(reference.parse_cpv(text_of(element)))
        except UnknownCpv:
            reader.fault(number, element, f"{text_of(element)[:40]!r} is not a CPV code")
    return list(dict.fromkeys(found))


def _read_lot(reader: Reader, texts: Texts, lot: Element, whole: Whole) -> LotIn:
    main, more = read_cpv(reader, "lot", lot)
    places = places_of(reader, lot, whole.country) or whole.places
    about = [texts.prose("BT-24", "lot", lot), _social_words(reader, texts, lot)]
    return LotIn.model_construct(
        number=reader.code("BT-137", "lot", lot)[:64],
        title=texts.title("BT-21", "lot", lot, limit=300) or whole.title[:300],
        description="\n\n".join(filter(None, about)),
        cpv_main=main or whole.cpv_main,
        cpv_additional=more or ([] if main else whole.cpv_additional),
        area_codes=places.areas,
        foreign_areas=places.foreign[:_MOST_CODES],
        reserved_participation=_reservations(reader, lot),
        reserved_execution=_execution(reader, lot),
        estimated_value=_value(reader, lot),
        duration_months=_duration(reader, lot),
    )


def _reservations(reader: Reader, lot: Element) -> list[Reservation]:
    found = [
        reader.one_of("BT-71", element, RESERVED_PARTICIPATION) for element in reader.elements("BT-71", "lot", lot)
    ]
    return [Reservation(code) for code in dict.fromkeys(found) if code and code != NOT_RESERVED]


def _execution(reader: Reader, lot: Element) -> ReservedExecution | None:
    element = reader.element("BT-736", "lot", lot)
    code = reader.one_of("BT-736", element, RESERVED_EXECUTION) if element is not None else None
    return ReservedExecution(code) if code else None


def _value(reader: Reader, lot: Element) -> Money | None:
    element = reader.element("BT-27", "lot", lot)
    return money_of(reader, "BT-27", element) if element is not None else None


def _duration(reader: Reader, lot: Element) -> int | None:
    """Return the duration in whole months: as stated, else from the first day to the last; None if without end."""
    measure = reader.element("BT-36", "lot", lot)
    first, last = (_day(reader, number, lot) for number in ("BT-536", "BT-537"))
    reader.codes("BT-538", "lot", lot)
    found: int | None = None
    if measure is not None:
        amount = reader.number("BT-36", measure)
        found = rules.months(amount, str(measure.get("unitCode") or "")) if amount is not None else None
        if amount is not None and found is None:
            reader.fault("BT-36", measure, f"{str(measure.get('unitCode'))[:20]!r} is not a unit of time")
    elif first and last and last >= first:
        days = (last + timedelta(days=1) - first).days
        found = max(1, int((Decimal(days) / _AVERAGE_MONTH_DAYS).to_integral_value(ROUND_HALF_UP)))
    if found is not None and found > _LONGEST_MONTHS:
        reader.remark("BT-36", lot, N_("The duration of {months} months is left out: it is too long."), months=found)
        return None
    return found


def _day(reader: Reader, number: str, lot: Element) -> date | None:
    element = reader.element(number, "lot", lot)
    return reader.date_of(number, element) if element is not None else None


def _read_timing(reader: Reader, lot: Element, country: str, found: Lots) -> None:
    stated = [_instant(reader, number, lot, country) for number in _DEADLINES]
    found.deadlines += [deadline for deadline in stated if deadline][:1]
    if questions := _instant(reader, "BT-13", lot, country):
        found.questions_until.append(questions)
    if start := _day(reader, "BT-536", lot):
        found.starts_on.append(start)


def _instant(reader: Reader, number: str, lot: Element, country: str) -> datetime | None:
    day = reader.element(f"{number}(d)", "lot", lot)
    hour = reader.element(f"{number}(t)", "lot", lot)
    return reader.instant(number, day, hour, zone(country)) if day is not None else None


def _read_aims(reader: Reader, lot: Element, found: Lots) -> None:
    for element in reader.elements("BT-775", "lot", lot):
        if reference.has_code("social_objective", text_of(element)):
            found.objectives.append(text_of(element))
        else:
            reader.fault("BT-775", element, f"{text_of(element)[:40]!r} is not a social objective")
    for element in reader.elements("BT-06", "lot", lot):
        if not reference.has_code("strategic_procurement", text_of(element)):
            reader.fault("BT-06", element, f"{text_of(element)[:40]!r} is not a kind of strategic procurement")
    aims = reader.codes("BT-06", "lot", lot)
    found.social = found.social or SOCIAL_AIM in aims or reader.code("BT-736", "lot", lot) == "yes"


def _social_words(reader: Reader, texts: Texts, lot: Element) -> str:
    """Return the buyer's own words about the social aims of the lot; other aims' words are not ours to carry."""
    if SOCIAL_AIM not in reader.codes("BT-06", "lot", lot):
        return ""
    return texts.prose("BT-777", "lot", lot)


def _look_at(reader: Reader, element: Element, lot: LotIn, whole: Whole) -> None:
    """Remark what looks wrong in the reservation of a lot. Such rules warn and never block."""
    number = lot.number or ""
    codes = [code for code in (lot.cpv_main, *lot.cpv_additional) if code]
    evidence = reservation_evidence(lot.reserved_participation, f"{whole.title} {lot.title}", codes)
    if evidence.flag and not evidence.gates:
        message = N_(
            "{lot} is flagged as reserved, but neither title nor CPV code says so: the reservation is unclear."
        )
        reader.remark("BT-71", element, message, lot=number)
    for warning in rules.reservation_warnings(lot, whole.country, whole.on):
        field_number, message = _WARNINGS[warning.code]
        values = {"reserved": warning.reserved, "rule": warning.legal_basis}
        reader.remark(
            field_number, element, message, lot=number, cpv=lot.cpv_main, months=lot.duration_months, **values
        )


def _compare_titles(reader: Reader, whole_title: str, lots: list[LotIn]) -> None:
    """Remark a notice whose titles speak of a reservation that no lot is flagged with."""
    if any(lot.reserved_participation for lot in lots):
        return
    words = reservation_evidence((), " ".join([whole_title, *(lot.title for lot in lots)]), ()).title
    if words:
        message = N_("The title says “{words}”, but nothing is flagged as reserved.")
        reader.remark("BT-71", reader.root, message, words=", ".join(words))
