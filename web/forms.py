"""What a visitor typed, read into a question or filters: each fault has its field and words, and no draft is lost."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, TypeVar

from pydantic import ValidationError
from starlette.datastructures import QueryParams

from app.core.clock import today
from app.core.i18n import LANGUAGES, N_, Texts
from app.core.schema import Money, SchemaIn
from app.core.text import fold
from app.enterprises.vocabulary import Reservation
from app.matching.schemas import LotQuestion, MatchQuestion
from app.reference.service import area_label, cpv_label, find_areas, municipality_named, parse_cpv, search_cpv
from app.reference.vocabulary import Area, CpvHit, UnknownCpv

LONGEST_TEXT = 2000
LONGEST_WORD = 100
MOST_CODES = 20
FEWEST, MOST = 20, 100
ANY = "any"
OPEN = "none"

# Edges in whole kronor of the country; the figure in each band that a supplier's size is measured against.
VALUE_BANDS = {"-100000": 50_000, "100000-700000": 400_000, "700000-2000000": 1_400_000, "2000000-": 3_000_000}
_TITLE_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Fault:
    """One field that is wrong, what to do about it, and the places that may have been meant."""

    field: str
    text: str
    choices: tuple[Area, ...] = ()


@dataclass(slots=True)
class Need:
    """The matchmaking form as it was sent, and what it means."""

    words: str = ""
    codes: list[str] = field(default_factory=list)
    code_words: str = ""
    suggestions: list[CpvHit] = field(default_factory=list)
    place: str = ""
    area: Area | None = None
    value: str = ""
    reserved: str = ANY
    answer_by: str = ""
    days_left: int | None = None
    why: str = ""
    limit: int = FEWEST
    faults: list[Fault] = field(default_factory=list)

    @property
    def is_blank(self) -> bool:
        """Whether nothing has been asked yet."""
        return not self.words and not self.codes

    @property
    def country(self) -> str | None:
        """The country of the place, when one is stated."""
        return self.area.country if self.area else None

    def fault(self, field_name: str) -> Fault | None:
        """Return what is wrong with a field."""
        return next((fault for fault in self.faults if fault.field == field_name), None)

    def pairs(self) -> list[tuple[str, object]]:
        """Return the need as parameters of an address, so that it can be kept, sent and changed."""
        return [
            ("q", self.words),
            *(("code", code) for code in self.codes),
            ("place", self.place),
            ("value", self.value),
            ("reserved", "" if self.reserved == ANY else self.reserved),
            ("by", self.answer_by),
        ]

    def question(self, language: str, reserved: str | None = None) -> MatchQuestion:
        """Return the need as a question to the matching room; `reserved` in place of the form's own reservation."""
        asked = reserved or self.reserved
        words = self.words or ", ".join(cpv_label(code, language) or code for code in self.codes)
        lot = LotQuestion(
            cpv_main=self.codes[0] if self.codes else None,
            cpv_additional=self.codes[1:],
            area_codes=[self.area.code] if self.area else [],
            reserved_participation=[] if asked in {ANY, OPEN} else [Reservation(asked)],
            estimated_value=self._money(language),
        )
        title, rest = _title_of(words)
        return MatchQuestion(title=title, description=rest, language=language, country=self.country, lots=[lot])

    def _money(self, language: str) -> Money | None:
        if not self.value:
            return None
        country = self.country or {"nb": "NO"}.get(language, "SE")
        return Money(amount=str(VALUE_BANDS[self.value]), currency={"NO": "NOK"}.get(country, "SEK"))


def read_need(query: QueryParams, language: str, say: Texts) -> Need:
    """Return the need that the address holds; what cannot be read is among its faults, and the draft is kept."""
    need = Need(
        words=query.get("q", "").strip(),
        code_words=query.get("cpv", "").strip(),
        place=query.get("place", "").strip(),
        answer_by=query.get("by", "").strip(),
        why=query.get("why", "").strip(),
        limit=_limit(query.get("limit", "")),
    )
    _read_words(need, say)
    _read_codes(need, query.getlist("code"), say)
    _read_place(need, say)
    _read_choices(need, query, say)
    _read_day(need, say)
    if query.get("add") and need.code_words:
        add_code(need, language, say)
    return need


def add_code(need: Need, language: str, say: Texts) -> None:
    """Add the code that was typed (`90910000 Städning`), or suggest codes for the words that were."""
    typed = need.code_words.split(" ", 1)[0]
    if code := parsed_code(typed):
        if code not in need.codes:
            need.codes.append(code)
        need.code_words = ""
        return
    need.suggestions = [hit for hit in search_cpv(need.code_words, language, 6) if hit.code not in need.codes]
    if not need.suggestions:
        need.faults.append(
            Fault("cpv", say("No CPV code was found for “{words}”. Try another word.", words=need.code_words))
        )


def areas_named(text: str) -> list[Area]:
    """Return the municipalities with this name, or else the county or country with exactly this name or code."""
    if found := municipality_named(text):
        return found
    wanted = fold(text)
    return [area for area in find_areas(text, 8) if wanted in _names(area)]


def place_name(area: Area, language: str) -> str:
    """Return the name that the form writes for an area, and reads back as the same area."""
    return area_label(area.code, language)


def _names(area: Area) -> set[str]:
    names = {area.code}
    for language in LANGUAGES:
        names |= {area.name(language), area_label(area.code, language)}
    return {fold(name) for name in names} | {fold(name).removesuffix(" lan").removesuffix("s") for name in names}


def _title_of(words: str) -> tuple[str, str]:
    """Return a title that the question has room for, and the rest of a long text."""
    if len(words) <= _TITLE_LENGTH:
        return words, ""
    cut = words.rfind(" ", 0, _TITLE_LENGTH)
    cut = cut if cut > 0 else _TITLE_LENGTH
    return words[:cut], words[cut:].strip()


def _limit(text: str) -> int:
    return min(MOST, max(FEWEST, int(text))) if text.isascii() and text.isdecimal() and len(text) < 6 else FEWEST


def readable(text: str) -> bool:
    """Tell whether the text can be stored and searched: no control characters but line breaks and tabs."""
    return not any(unicodedata.category(c) in {"Cc", "Cs"} and c not in "\n\r\t" for c in text)


def _read_words(need: Need, say: Texts) -> None:
    for name, text, longest in (
        ("q", need.words, LONGEST_TEXT),
        ("cpv", need.code_words, LONGEST_WORD),
        ("why", need.why, LONGEST_WORD),
    ):
        if not readable(text):
            need.faults.append(Fault(name, say("The text holds a character that cannot be read. Write it again.")))
        elif len(text) > longest:
            need.faults.append(Fault(name, say("Write at most {n} characters.", n=longest)))


def _read_codes(need: Need, codes: Iterable[str], say: Texts) -> None:
    for text in codes:
        code = parsed_code(text)
        if code is None:
            need.faults.append(Fault("cpv", say("“{code}” is not a CPV code.", code=shortened(text))))
        elif code not in need.codes:
            need.codes.append(code)
    if len(need.codes) > MOST_CODES:
        need.codes = need.codes[:MOST_CODES]
        need.faults.append(Fault("cpv", say("Choose at most {n} codes.", n=MOST_CODES)))


def _read_place(need: Need, say: Texts) -> None:
    if not need.place:
        return
    found = areas_named(need.place) if readable(need.place) and len(need.place) <= LONGEST_WORD else []
    if len(found) == 1:
        need.area = found[0]
    elif found:
        text = say.plural(
            "One municipality is called {name}. Choose it.",
            "{n} municipalities are called {name}. Choose which.",
            len(found),
            name=need.place,
        )
        need.faults.append(Fault("place", text, tuple(found)))
    else:
        near = [area for area in find_areas(need.place[:LONGEST_WORD], 8) if area.level == "municipality"][:4]
        text = say("There is no municipality called “{name}” in Sweden or Norway.", name=shortened(need.place))
        need.faults.append(Fault("place", text, tuple(near)))


def _read_choices(need: Need, query: QueryParams, say: Texts) -> None:
    need.value = query.get("value", "")
    if need.value and need.value not in VALUE_BANDS:
        need.value = ""
        need.faults.append(Fault("value", say("Choose one of the values in the list.")))
    need.reserved = query.get("reserved", "") or ANY
    if need.reserved not in {ANY, OPEN, *Reservation}:
        need.reserved = ANY
        need.faults.append(Fault("reserved", say("Choose one of the answers.")))


def _read_day(need: Need, say: Texts) -> None:
    if not need.answer_by:
        return
    now = today(need.country or "SE")
    try:
        day = date.fromisoformat(need.answer_by)
    except ValueError:
        example = (now + timedelta(days=30)).isoformat()
        need.faults.append(Fault("by", say("Write the date as year-month-day, for example {date}.", date=example)))
        return
    if day <= now:
        need.faults.append(Fault("by", say("The last day must be after today.")))
        return
    need.days_left = (day - now).days


def parsed_code(text: str) -> str | None:
    """Return the CPV code that was written, or None."""
    try:
        return parse_cpv(text)
    except UnknownCpv:
        return None


def shortened(text: str) -> str:
    """Return what was typed, short enough to be quoted back."""
    quoted = "".join(c for c in text if readable(c))
    return quoted if len(quoted) <= 40 else quoted[:40] + "…"


Filters = TypeVar("Filters", bound=SchemaIn)
_FILTER_FAULTS = {
    "words": N_("The search words cannot be read. Write them again."),
    "cpv": N_("One of the CPV codes is not known."),
    "area": N_("One of the areas is not known."),
    "located_in": N_("One of the areas is not known."),
    "page": N_("There is no such page."),
}


def read_filters(
    model: type[Filters], query: QueryParams, say: Texts, defaults: Mapping[str, Any] | None = None
) -> tuple[Filters, list[Fault]]:
    """Return the filters that the address holds, without those that cannot be read, and a fault for each of these.

    Parameters that the filters do not know are left alone: a link from a newsletter carries its own.
    """
    lists = {name for name, info in model.model_fields.items() if isinstance(info.default, list)}
    sent: dict[str, Any] = dict(defaults or {})
    for name in model.model_fields:
        values = [value for value in query.getlist(name) if value.strip()]
        if values:
            sent[name] = values if name in lists else values[-1]
    try:
        return model.model_validate(sent), []
    except ValidationError as error:
        wrong = {str(found["loc"][0]) if found["loc"] else "page" for found in error.errors()}
    faults = [Fault(name, say(_FILTER_FAULTS.get(name, N_("Choose one of the values in the list.")))) for name in wrong]
    kept = {name: value for name, value in sent.items() if name not in wrong}
    return model.model_validate(kept), sorted(faults, key=lambda fault: fault.field)
