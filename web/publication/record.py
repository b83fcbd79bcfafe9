"""The publish form and the record: one filled in from the other, and two versions of it compared."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from app.core.errors import FieldFault, InvalidContent, in_language
from app.core.i18n import LANGUAGES, N_, Texts, texts
from app.core.patching import validated
from app.opportunities.schemas import OpportunityIn
from app.reference.service import area as area_with
from web.forms import OPEN, Fault, place_name
from web.publication.form import MOST_LOTS, TOP, LotForm, Publication, day_and_time, moment_of

# What the record says when the form says nothing: it is no answer, and is not shown as one.
_NO_TITLE, _NO_BUYER = N_("Untitled draft"), N_("Buyer not stated")
_SHOWN = frozenset({"title", "description", "form", "buyer_name", "contact_function", "contact_email", "legal_basis"})
_SHOWN_OF_LOT = frozenset({"title", "cpv_main", "cpv_additional"})


def publication_of(written: Mapping[str, Any], language: str) -> Publication:
    """Return the form filled in from what an opportunity says, as JSON; `language` is that of the names of places."""
    found = Publication(country=written.get("country") or "SE")
    found.title = _without(written.get("title"), _NO_TITLE)
    found.buyer = _without(written.get("buyer_name"), _NO_BUYER)
    found.form = written.get("form") or found.form
    for name in ("description", "contact_function", "contact_email", "legal_basis", "official_url"):
        setattr(found, name, written.get(name) or "")
    found.buyer_area = area_with(written["buyer_area"]) if written.get("buyer_area") else None
    found.buyer_place = place_name(found.buyer_area, language) if found.buyer_area else ""
    found.by, found.by_time = day_and_time(written.get("deadline_at"), found.country)
    found.questions = day_and_time(written.get("questions_until"), found.country)[0]
    found.deadline, found.questions_until = (
        moment_of(written.get("deadline_at")),
        moment_of(written.get("questions_until")),
    )
    lots = written.get("lots") or []
    found.lots = [_lot_of(lot, language) for lot in lots[:MOST_LOTS]] or [LotForm()]
    if found.lots[0].title == found.title or len(lots) < 2:
        found.lots[0].title = ""
    known = OpportunityIn.model_fields
    found.rest = {name: value for name, value in written.items() if name in known and name not in _SHOWN}
    found.rest["lots"] = [_written_lot(lot) for lot in lots[MOST_LOTS:]]
    found.rest.pop("status", None)
    return found


def opportunity_from(found: Publication, language: str, say: Texts) -> OpportunityIn | None:
    """Return the opportunity that the form describes; None when it cannot be made, with the reasons in its faults.

    What is missing is filled in with as little as a draft can be kept with: the words “Untitled draft”, for one.
    """
    try:
        return validated(OpportunityIn, _written(found, language))
    except InvalidContent as refused:
        add_faults(found, refused.faults, say)
        return None


def add_faults(found: Publication, refused: Iterable[FieldFault], say: Texts) -> None:
    """Put what a service has refused beside the fields it is about."""
    for fault in refused:
        name = _field_of(fault.pointer)
        name = "title" if name == "lot-0-title" and len(found.lots) < 2 else name
        if found.fault(name) is None:
            told = in_language(fault.detail, say)
            found.faults.append(Fault(name, told[:1].upper() + told[1:]))


def packed(rest: Mapping[str, Any]) -> str:
    """Return what the form carries unseen, as its hidden fields hold it."""
    return json.dumps(rest, ensure_ascii=False, separators=(",", ":"))


def differences(mine: Publication, theirs: Publication) -> list[tuple[str, str, str]]:
    """Return each field in which two versions differ: its name, mine, theirs. Lots, and a day and its time, are one."""
    found = []
    for name in TOP:
        if name != "by_time" and _said(mine, name) != _said(theirs, name):
            found.append((name, _said(mine, name), _said(theirs, name)))
    mine_said, theirs_said = _said_of_lots(mine), _said_of_lots(theirs)
    if mine_said != theirs_said:
        found.append(("lots", mine_said, theirs_said))
    return found


def take_unseen(mine: Publication, theirs: Publication) -> None:
    """Let what the form does not show be as the other version says: whoever writes cannot have changed it."""
    mine.rest = theirs.rest
    held = {lot.rest.get("number"): lot.rest for lot in theirs.lots}
    for lot in mine.lots:
        lot.rest = held.get(lot.rest.get("number"), lot.rest)


def take_theirs(mine: Publication, theirs: Publication, names: Iterable[str]) -> None:
    """Let these fields of the form say what the other version says."""
    for name in names:
        if name in TOP:
            setattr(mine, name, getattr(theirs, name))
        if name == "by":
            mine.by_time, mine.deadline = theirs.by_time, theirs.deadline
        elif name == "questions":
            mine.questions_until = theirs.questions_until
        elif name == "buyer_place":
            mine.buyer_area = theirs.buyer_area
        elif name == "lots":
            mine.lots, mine.rest["lots"] = theirs.lots, theirs.more_lots


def _said(found: Publication, name: str) -> str:
    """Return what a field says; a last day that could be read is said with its time, which may be filled in."""
    if name == "by" and found.deadline:
        return " ".join(day_and_time(found.deadline.isoformat(), found.place_country))
    said: str = getattr(found, name)
    return said


def _said_of_lots(found: Publication) -> str:
    said = [" · ".join(filter(None, (lot.title, *lot.codes, lot.place, lot.value, lot.reserved))) for lot in found.lots]
    return "; ".join([*said, *(str(lot.get("title", "")) for lot in found.more_lots)])


def _without(text: str | None, placeholder: str) -> str:
    return "" if text in {texts(language)(placeholder) for language in LANGUAGES} else text or ""


def _lot_of(lot: Mapping[str, Any], language: str) -> LotForm:
    """Return a lot of the form from what a record says; the first place is shown, the others travel with it."""
    codes = [code for code in (lot.get("cpv_main"), *(lot.get("cpv_additional") or [])) if code]
    places = lot.get("area_codes") or []
    first = area_with(places[0]) if places else None
    rules = lot.get("reserved_participation") or []
    value = lot.get("estimated_value") or {}
    amount = value.get("amount", "")
    return LotForm(
        title=lot.get("title") or "",
        codes=codes,
        place=place_name(first, language) if first else "",
        area=first,
        value=_grouped(amount),
        amount=amount,
        reserved=rules[0] if rules else OPEN,
        rest={name: held for name, held in _written_lot(lot).items() if name not in _SHOWN_OF_LOT},
    )


def _written_lot(lot: Mapping[str, Any]) -> dict[str, Any]:
    return {name: held for name, held in lot.items() if name not in {"id", "value_minor", "currency"}}


def _grouped(amount: str) -> str:
    """Return an amount with spaces between its thousands."""
    whole, point, rest = amount.partition(".")
    return f"{int(whole):,}".replace(",", " ") + (f",{rest}" if point else "") if whole.isdecimal() else amount


def _written(found: Publication, language: str) -> dict[str, Any]:
    """Return the form as JSON that the opportunities take, with what travelled unseen."""
    say = texts(found.rest.get("language") or language)
    place = found.lots[0].area
    buyer = found.buyer or say(_NO_BUYER)
    title = found.title or say(_NO_TITLE)
    written = {name: value for name, value in found.rest.items() if name in OpportunityIn.model_fields}
    written |= {
        "title": title,
        "description": found.description,
        "form": found.form,
        "language": found.rest.get("language") or language,
        "country": found.rest.get("country") or found.place_country,
        "buyer_name": buyer,
        "buyer_area": found.buyer_area.code if found.buyer_area else place and place.code,
        "contact_function": found.contact_function or None,
        "contact_email": found.contact_email or None,
        "legal_basis": found.legal_basis or None,
        "official_url": found.official_url or None,
        "deadline_at": found.deadline and found.deadline.isoformat(),
        "questions_until": found.questions_until and found.questions_until.isoformat(),
        "source": found.rest.get("source") or buyer[:200],
    }
    if place is not None:
        written["country"] = place.country
    written.pop("status", None)
    lots = [_lot_written(lot, n, title, found.place_country) for n, lot in enumerate(found.lots)]
    only = found.lots[0]
    if found.is_lotless and len(lots) == 1 and not (only.area or only.codes or only.amount or only.rest):
        # A dialogue that says no more has nothing to divide yet.
        lots = []
    written["lots"] = lots + found.more_lots
    return written


def _lot_written(lot: LotForm, n: int, title: str, country: str) -> dict[str, Any]:
    return {
        **lot.rest,
        "title": lot.title or (title[:300] if n == 0 else f"{title[:290]} {n + 1}"),
        "cpv_main": lot.codes[0] if lot.codes else None,
        "cpv_additional": lot.codes[1:],
        "area_codes": lot.areas,
        "reserved_participation": lot.rules,
        "estimated_value": lot.money(country),
    }


_FIELDS = {
    "buyer_name": "buyer",
    "buyer_area": "buyer_place",
    "deadline_at": "by",
    "questions_until": "questions",
    "cpv_main": "cpv",
    "cpv_additional": "cpv",
    "area_codes": "place",
    "estimated_value": "value",
    "reserved_participation": "reserved",
}


def _field_of(pointer: str) -> str:
    """Return the field of the form that a JSON pointer is about; the title for what the form does not show."""
    parts = pointer.strip("/").split("/")
    if parts[0] == "lots" and len(parts) > 2 and parts[1].isdecimal() and int(parts[1]) < MOST_LOTS:
        n, name = int(parts[1]), _FIELDS.get(parts[2], parts[2])
        name = name if name in {"title", "cpv", "place", "value", "reserved"} else "title"
        return f"lot-{n}-{name}" if n or name == "title" else name
    name = _FIELDS.get(parts[0], parts[0])
    return name if name in TOP else "title"
