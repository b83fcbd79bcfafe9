"""The publish form as it was sent: what stands in each field, what it means, and what is wrong with it.

What the form has no field for (target groups, duration, who buys together …) travels with it unseen, so that nothing is
lost when a notice fills the form or somebody changes a record that says more than the form shows.
"""

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from starlette.datastructures import FormData

from app.core.clock import now, today, zone
from app.core.i18n import Texts
from app.enterprises.vocabulary import Reservation
from app.matching.schemas import LotQuestion, MatchQuestion
from app.opportunities.vocabulary import LOTLESS_FORMS
from app.opportunities.vocabulary import Form as Kind
from app.reference.service import search_cpv
from app.reference.vocabulary import Area, CpvHit
from web.forms import OPEN, Fault, areas_named, parsed_code, readable, shortened

MOST_LOTS: Final = 30
_MOST_CODES = 50
_END_OF_DAY = "23:59"
_AMOUNT = re.compile(r"[0-9]{1,13}([.,][0-9]{1,2})?")
# What is looked at before any schema has read it must be of its kind.
_SHAPES: Final[dict[str, type]] = {
    "area_codes": list,
    "reserved_participation": list,
    "estimated_value": dict,
    "lots": list,
    "number": str,
    "language": str,
    "country": str,
    "source": str,
}
TOP: Final = (
    "title",
    "description",
    "form",
    "buyer",
    "buyer_place",
    "contact_function",
    "contact_email",
    "by",
    "by_time",
    "questions",
    "legal_basis",
    "official_url",
)


@dataclass(slots=True)
class LotForm:
    """One lot of the form. `rest` is what the lot says beside its fields."""

    title: str = ""
    codes: list[str] = field(default_factory=list)
    code_words: str = ""
    suggestions: list[CpvHit] = field(default_factory=list)
    place: str = ""
    area: Area | None = None
    value: str = ""
    amount: str = ""
    reserved: str = OPEN
    rest: dict[str, Any] = field(default_factory=dict)

    @property
    def areas(self) -> list[str]:
        """Where the lot is done: all its places while the one that is shown is the first of them still."""
        kept = self.rest.get("area_codes") or []
        if self.area is None:
            return []
        return list(kept) if kept[:1] == [self.area.code] else [self.area.code]

    @property
    def rules(self) -> list[Any]:
        """For whom it is reserved: all of whom while the one that is shown is the first of them still."""
        kept = self.rest.get("reserved_participation") or []
        if self.reserved == OPEN:
            return []
        return list(kept) if kept[:1] == [self.reserved] else [self.reserved]

    def money(self, country: str) -> Any:
        """Return the value as JSON, in its own currency or that of the place; None without one."""
        if not self.amount:
            return None
        kept = self.rest.get("estimated_value") or {}
        own = self.area.country if self.area else country
        return {"amount": self.amount, "currency": kept.get("currency") or {"NO": "NOK"}.get(own, "SEK")}

    @property
    def written_codes(self) -> str:
        """The codes and words as the one field of a further lot holds them."""
        return ", ".join([*self.codes, *([self.code_words] if self.code_words else [])])


@dataclass(slots=True)
class Publication:
    """The form, and the faults in it. `country` is the buyer's, until a place says more."""

    title: str = ""
    description: str = ""
    form: str = Kind.RESERVED_GOODS_SERVICES.value
    buyer: str = ""
    buyer_place: str = ""
    contact_function: str = ""
    contact_email: str = ""
    by: str = ""
    by_time: str = ""
    questions: str = ""
    legal_basis: str = ""
    official_url: str = ""
    lots: list[LotForm] = field(default_factory=lambda: [LotForm(reserved=Reservation.RES_WS.value)])
    rest: dict[str, Any] = field(default_factory=dict)
    country: str = "SE"
    buyer_area: Area | None = None
    deadline: datetime | None = None
    questions_until: datetime | None = None
    faults: list[Fault] = field(default_factory=list)

    def fault(self, name: str) -> Fault | None:
        """Return what is wrong with a field."""
        return next((fault for fault in self.faults if fault.field == name), None)

    @property
    def is_lotless(self) -> bool:
        """Whether nothing needs to be divided yet: a dialogue or a partnership."""
        return self.form in LOTLESS_FORMS

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing to match yet."""
        return not self.title and not self.description and not any(lot.codes for lot in self.lots)

    @property
    def place_country(self) -> str:
        """The country that the work is done in, else the buyer's."""
        return next((lot.area.country for lot in self.lots if lot.area), self.country)

    @property
    def more_lots(self) -> list[dict[str, Any]]:
        """The lots beyond those that the form has room for; they are kept as they stand."""
        found: list[dict[str, Any]] = self.rest.get("lots", [])
        return found

    def question(self, language: str) -> MatchQuestion:
        """Return what the matching room is asked."""
        words = self.title or self.description or ", ".join(self.lots[0].codes) or "–"
        lots = [
            LotQuestion(
                title=lot.title[:300],
                cpv_main=lot.codes[0] if lot.codes else None,
                cpv_additional=lot.codes[1:],
                area_codes=lot.areas,
                reserved_participation=lot.rules,
                estimated_value=lot.money(self.place_country),
            )
            for lot in self.lots
        ]
        return MatchQuestion(
            title=words[:300],
            description=self.description[:20_000],
            language=language,
            country=self.place_country if self.place_country in ("SE", "NO") else None,
            lots=lots,
        )


def read_publication(form: FormData, say: Texts, country: str = "SE") -> Publication:
    """Return the form as it was sent; what cannot be read is among its faults, and nothing that was written is lost."""
    found = Publication(country=country, rest=_unpacked(_text(form, "rest")))
    for name in TOP:
        setattr(found, name, _text(form, name))
    found.buyer_place = _place_text(form, "buyer_place")
    first = LotForm(title=_text(form, "lot-0-title"), code_words=_text(form, "cpv"), place=_place_text(form, "place"))
    first.value, first.reserved = _text(form, "value"), _text(form, "reserved") or OPEN
    first.rest = _unpacked(_text(form, "lot-0-rest"))
    found.lots = [first]
    _take_codes(found, first, [str(code) for code in form.getlist("code")], "cpv", say)
    for n in range(1, MOST_LOTS):
        if f"lot-{n}-title" in form:
            found.lots.append(_further_lot(found, form, n, say))
    _read_lots(found, say)
    _read_rest(found, say)
    return found


def add_code(found: Publication, language: str, say: Texts) -> None:
    """Add the code that stands in the code field, or suggest codes for the words that do."""
    lot = found.lots[0]
    if not lot.code_words:
        return
    typed = parsed_code(lot.code_words.split(" ", 1)[0])
    if typed is not None:
        lot.codes = list(dict.fromkeys([*lot.codes, typed]))
        lot.code_words = ""
        return
    lot.suggestions = [hit for hit in search_cpv(lot.code_words[:100], language, 6) if hit.code not in lot.codes]
    if not lot.suggestions:
        told = say("No CPV code was found for “{words}”. Try another word.", words=shortened(lot.code_words))
        found.faults.append(Fault("cpv", told))


def ask_for_the_missing(found: Publication, say: Texts, *, kept: Publication | None = None) -> None:
    """Add a fault for each field that publishing needs and that is empty, and for days that have passed.

    `kept` is what the record said before: a day that has not been changed may have passed.
    """
    wanted: list[tuple[str, object, str]] = [("title", found.title, say("Write a title."))]
    lot = found.lots[0]
    if not found.is_lotless:
        wanted.append(("cpv", lot.codes, say("Choose at least one CPV code.")))
    where = lot.place or (found.is_lotless and found.buyer_place)
    wanted.append(("place", where, say("Write the municipality where it is to be done.")))
    wanted += [
        (f"lot-{n}-title", one.title, say("Write the lot's title.")) for n, one in enumerate(found.lots) if n > 0
    ]
    if not found.is_lotless:
        wanted.append(("by", found.by, say("Choose the last day.")))
    wanted.append(("buyer", found.buyer, say("Write who buys.")))
    found.faults += [Fault(name, text) for name, value, text in wanted if not value and found.fault(name) is None]
    if found.deadline and found.deadline <= now() and (kept is None or kept.deadline != found.deadline):
        found.faults.append(Fault("by", say("The last day must be after today.")))
    if found.deadline and found.questions_until and found.questions_until > found.deadline:
        told = say("The last day for questions must come before the last day for tenders.")
        found.faults.append(Fault("questions", told))


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.strip().replace("\r\n", "\n") if isinstance(value, str) else ""


def _place_text(form: FormData, name: str) -> str:
    """Return what a field for a place holds, or the one of several places that a button has just chosen for it."""
    chosen, _, place = _text(form, "choose").partition("|")
    return place if chosen == name else _text(form, name)


def _unpacked(text: str) -> dict[str, Any]:
    """Return what the form carried unseen; what somebody has spoilt is left out, and its schema reads the rest."""
    try:
        found = json.loads(text) if text else {}
        # Half a character cannot be written on a page again.
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    kept: dict[str, Any] = {name: held for name, held in found.items() if isinstance(held, _SHAPES.get(name, object))}
    if "lots" in kept:
        kept["lots"] = [lot for lot in kept["lots"] if isinstance(lot, dict)]
    return kept


def _further_lot(found: Publication, form: FormData, n: int, say: Texts) -> LotForm:
    lot = LotForm(title=_text(form, f"lot-{n}-title"), place=_place_text(form, f"lot-{n}-place"))
    lot.value, lot.reserved = _text(form, f"lot-{n}-value"), _text(form, f"lot-{n}-reserved") or OPEN
    lot.rest = _unpacked(_text(form, f"lot-{n}-rest"))
    typed = [part.strip() for part in re.split(r"[,;\n]", _text(form, f"lot-{n}-cpv")) if part.strip()]
    _take_codes(found, lot, [part.split(" ", 1)[0] for part in typed], f"lot-{n}-cpv", say)
    return lot


def _take_codes(found: Publication, lot: LotForm, typed: list[str], name: str, say: Texts) -> None:
    for text in filter(None, typed[:_MOST_CODES]):
        code = parsed_code(text)
        if code is None:
            lot.code_words = lot.code_words or text[:100]
            found.faults.append(Fault(name, say("“{code}” is not a CPV code.", code=shortened(text))))
        elif code not in lot.codes:
            lot.codes.append(code)


def _read_lots(found: Publication, say: Texts) -> None:
    for n, lot in enumerate(found.lots):
        prefix = f"lot-{n}-" if n else ""
        lot.area = _read_place(found, f"{prefix}place", lot.place, say)
        text = re.sub(r"[\s\u00a0\u202f]|kr$", "", lot.value)
        lot.amount = text.replace(",", ".") if _AMOUNT.fullmatch(text) else ""
        if text and not lot.amount:
            told = say("Write the amount in digits, for example {example}.", example="1 500 000")
            found.faults.append(Fault(f"{prefix}value", told))
        if lot.reserved not in {OPEN, *Reservation}:
            lot.reserved = OPEN
            found.faults.append(Fault(f"{prefix}reserved", say("Choose one of the answers.")))


def _read_rest(found: Publication, say: Texts) -> None:
    if found.form not in list(Kind):
        found.form = Kind.RESERVED_GOODS_SERVICES.value
        found.faults.append(Fault("form", say("Choose one of the answers.")))
    found.buyer_area = _read_place(found, "buyer_place", found.buyer_place, say)
    country = found.place_country
    found.deadline = _read_moment(found, "by", found.by, found.by_time or _END_OF_DAY, "deadline_at", country, say)
    found.questions_until = _read_moment(
        found, "questions", found.questions, _END_OF_DAY, "questions_until", country, say
    )


def _read_place(found: Publication, name: str, text: str, say: Texts) -> Area | None:
    if not text:
        return None
    areas = areas_named(text) if readable(text) and len(text) <= 100 else []
    if len(areas) == 1:
        return areas[0]
    if areas:
        told = say.plural(
            "One municipality is called {name}. Choose it.",
            "{n} municipalities are called {name}. Choose which.",
            len(areas),
            name=text,
        )
    else:
        told = say("There is no municipality called “{name}” in Sweden or Norway.", name=shortened(text))
    found.faults.append(Fault(name, told, tuple(areas)))
    return None


def _read_moment(
    found: Publication, name: str, day: str, clock: str, kept: str, country: str, say: Texts
) -> datetime | None:
    """Return the moment that a day and a time mean in the country; one that was not touched stays to the second."""
    if not day:
        return None
    before = day_and_time(found.rest.get(kept), country)
    if before[0] == day and (name == "questions" or before[1] == clock):
        return moment_of(found.rest[kept])
    try:
        moment = datetime.combine(date.fromisoformat(day), time.fromisoformat(clock), zone(country))
    except ValueError:
        example = (today(country) + timedelta(days=30)).isoformat()
        told = say("Write the date as year-month-day, for example {date}.", date=example)
        found.faults.append(Fault(name, told))
        return None
    return moment.astimezone(UTC)


def moment_of(text: Any) -> datetime | None:
    """Return the moment that JSON writes; None for what is none."""
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None


def day_and_time(text: Any, country: str) -> tuple[str, str]:
    """Return a moment's day and time of day in the country, as the form holds them."""
    moment = moment_of(text)
    if moment is None:
        return "", ""
    local = moment.astimezone(zone(country))
    return local.date().isoformat(), f"{local:%H:%M}"
