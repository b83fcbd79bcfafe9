"""What the form of a support offer says: as it was written, and as a change of the record."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, Final

from starlette.datastructures import FormData

from app.core.errors import FieldFault, in_language
from app.core.i18n import N_, Texts
from app.organizations.schemas import OrganizationRead
from app.reference.service import area_label
from app.reference.vocabulary import Area
from app.support_offers.schemas import SupportOfferRead
from app.support_offers.vocabulary import REVIEW_MONTHS, Capacity, Cost
from web.forms import Fault
from web.profile.drafts import area_called, chosen, lines, text, whole

# A field of the form holds a text, or the codes that are ticked.
Draft = dict[str, str | list[str]]

FIELDS: Final[Mapping[str, str]] = {
    "name": N_("What it is called"),
    "offer_type": N_("Type of support"),
    "summary": N_("In a sentence or two"),
    "description": N_("Description"),
    "language": N_("Language of the texts"),
    "provider_name": N_("Who gives it"),
    "structure_type": N_("Support structure"),
    "country": N_("Country"),
    "area_code": N_("Where the provider is"),
    "needs": N_("Helps with"),
    "sides": N_("Supports"),
    "stages": N_("Stage of the enterprise"),
    "target_groups": N_("Target group"),
    "eligibility": N_("Who may use it"),
    "service_areas": N_("Given in"),
    "delivery": N_("How it is given"),
    "how_to_apply": N_("How to apply"),
    "website": N_("Website"),
    "contact_function": N_("Function that answers questions"),
    "contact_email": N_("The function's e-mail address"),
    "cost": N_("What it costs"),
    "price": N_("Price, without VAT"),
    "funding_source": N_("Paid for by"),
    "de_minimis": N_("De minimis aid"),
    "amount": N_("How much"),
    "starts_on": N_("Begins"),
    "ends_on": N_("Ends"),
    "deadline_on": N_("Last day to apply"),
    "capacity": N_("Room"),
    "places_left": N_("Places left"),
    "waiting_days": N_("Waiting time in days"),
    "review_months": N_("To be confirmed after, in months"),
}
"""The fields of the form, in its order, and what each is called."""

MANY: Final = ("needs", "sides", "stages", "target_groups", "delivery")
_WHOLE: Final = ("places_left", "waiting_days", "review_months")
_DAYS: Final = ("starts_on", "ends_on", "deadline_on")
# What the record holds as nothing when the form says nothing; other texts are empty.
_NOTHING: Final = (
    *("structure_type", "website", "contact_function", "contact_email", "funding_source", "amount", *_DAYS),
    *("places_left", "waiting_days"),
)
_CURRENCIES: Final = {"SE": "SEK", "NO": "NOK"}
_YES_NO: Final = {"": None, "yes": True, "no": False}


def draft_of(one: SupportOfferRead, language: str) -> Draft:
    """Return the form filled in from an offer; `language` is that of the names of places."""
    record = one.model_dump(mode="json")
    draft: Draft = {name: sorted(record[name]) if name in MANY else _plain(record[name]) for name in FIELDS}
    draft["area_code"] = area_label(one.area_code, language) if one.area_code else ""
    draft["service_areas"] = "\n".join(area_label(code, language) for code in one.service_areas)
    draft["price"] = one.price.amount if one.price else ""
    draft["de_minimis"] = next(word for word, value in _YES_NO.items() if value is one.de_minimis)
    return draft


def blank(own: OrganizationRead | None, language: str) -> Draft:
    """Return the form of a new offer with what is known of the organisation that writes it."""
    draft: Draft = {name: [] if name in MANY else "" for name in FIELDS}
    draft |= {"language": language, "cost": Cost.UNKNOWN.value, "capacity": Capacity.UNKNOWN.value}
    draft |= {"country": "NO" if language == "nb" else "SE", "review_months": str(REVIEW_MONTHS)}
    if own is not None:
        draft["provider_name"] = own.name
        draft["country"] = own.country if own.country in ("SE", "NO") else "SE"
        draft["area_code"] = area_label(own.area_code, language) if own.area_code else ""
        draft["contact_function"] = own.contact_function or ""
        draft["contact_email"] = own.contact_email or ""
    return draft


def read(form: FormData, beneath: Draft) -> Draft:
    """Return the form as it was sent; a field that it did not show is as it is `beneath`."""
    shown = set(chosen(form, "shown"))
    return {
        name: beneath[name]
        if name not in shown
        else sorted(chosen(form, name))
        if name in MANY
        # A browser ends the lines of a text as letters do (RFC 5322), a record does not.
        else text(form, name).replace("\r\n", "\n")
        for name in FIELDS
    }


def record_of(draft: Draft, say: Texts, names: Iterable[str] = FIELDS) -> tuple[dict[str, Any], list[Fault]]:
    """Return these fields as JSON that the support offers take, and what cannot be read of them."""
    found: dict[str, Any] = {}
    faults: list[Fault] = []
    for name in names:
        value, wrong = _READERS.get(name, _as_it_is)(draft, name, say)
        found[name] = None if value == "" and name in _NOTHING else value
        faults += wrong
    return found, faults


def faults_at(refused: Iterable[FieldFault], say: Texts) -> list[Fault]:
    """Return what the support offers refuse, each at its field of the form and once."""
    found: dict[str, Fault] = {}
    for fault in refused:
        name = fault.pointer.strip("/").split("/")[0]
        told = in_language(fault.detail, say)
        at = name if name in FIELDS else "name"
        label = say(FIELDS[name]) if name in FIELDS else name
        found.setdefault(at, Fault(at, f"{label}: {told}" if label else told[:1].upper() + told[1:]))
    return list(found.values())


def packed(draft: Draft) -> str:
    """Return a form as a hidden field holds it."""
    return json.dumps(draft, ensure_ascii=False, separators=(",", ":"))


def unpacked(held: str, beneath: Draft) -> Draft:
    """Return a form that a hidden field held; what cannot be read of it is as it is `beneath`."""
    try:
        found = json.loads(held)
    except ValueError:
        return beneath
    if not isinstance(found, dict):
        return beneath
    return {name: found[name] if type(found.get(name)) is type(held) else held for name, held in beneath.items()}


Read = tuple[Any, list[Fault]]


def _as_it_is(draft: Draft, name: str, _say: Texts) -> Read:
    return draft[name], []


def _place(draft: Draft, name: str, say: Texts) -> Read:
    if not (written := str(draft[name])):
        return None, []
    area, faults = _area(written, name, say)
    return area.code if area else None, faults


def _area(written: str, name: str, say: Texts) -> tuple[Area | None, list[Fault]]:
    """Return the area that was written; a fault tells the names by which it can be told from others."""
    area, faults = area_called(written, name, say)
    told = [
        Fault(name, " ".join([fault.text, ", ".join(area_label(one.code, say.language) for one in fault.choices)]))
        for fault in faults
    ]
    return area, told


def _places(draft: Draft, name: str, say: Texts) -> Read:
    codes: list[str] = []
    faults: list[Fault] = []
    for line in lines(str(draft[name])):
        area, wrong = _area(line, name, say)
        codes += [area.code] if area else []
        faults += wrong
    return codes, faults[:1]


def _number(draft: Draft, name: str, _say: Texts) -> Read:
    number = whole(str(draft[name]))
    return (REVIEW_MONTHS if name == "review_months" and number is None else number), []


def _day(draft: Draft, name: str, say: Texts) -> Read:
    written = str(draft[name])
    try:
        return (date.fromisoformat(written).isoformat() if written else None), []
    except ValueError:
        told = say("Write the date as year-month-day, for example {date}.", date="2027-01-31")
        return None, [Fault(name, f"{say(FIELDS[name])}: {told}")]


def _price(draft: Draft, _name: str, _say: Texts) -> Read:
    amount = "".join(str(draft["price"]).split())
    currency = _CURRENCIES.get(str(draft["country"]), "EUR")
    return ({"amount": amount, "currency": currency} if amount else None), []


def _yes_or_no(draft: Draft, name: str, _say: Texts) -> Read:
    return _YES_NO.get(str(draft[name])), []


_READERS: Final[Mapping[str, Callable[[Draft, str, Texts], Read]]] = {
    "area_code": _place,
    "service_areas": _places,
    "price": _price,
    "de_minimis": _yes_or_no,
    **dict.fromkeys(_WHOLE, _number),
    **dict.fromkeys(_DAYS, _day),
}


def _plain(value: Any) -> str:
    return "" if value is None else str(value)
