"""Reads who buys: the organisation that a notice names as its buyer."""

from dataclasses import dataclass

from stdnum.no import orgnr as norwegian
from stdnum.se import orgnr as swedish

from app.core.i18n import N_
from app.notices.fields import organisations
from app.notices.places import OUR_COUNTRIES, area_of_buyer, country_code
from app.notices.reader import Reader
from app.notices.texts import Texts
from app.notices.xml import Element, text_of


@dataclass(frozen=True)
class Buyer:
    """A contracting authority, as much of it as an opportunity carries. Contact details are not read."""

    name: str
    number: str | None
    country: str
    area: str | None


def read_buyer(reader: Reader, texts: Texts) -> Buyer | None:
    """Return the first buyer of the notice; None, and a fault, when it cannot be told who that is."""
    references = reader.elements("OPT-300", "notice", reader.root)
    if not references:
        reader.missing("OPT-300", "notice", reader.root)
        return None
    if len(references) > 1:
        message = N_("There are {count} buyers: the first is shown, the others stand in the official notice.")
        reader.remark("OPT-300", references[1], message, count=len(references))
    organisation = _organisation(reader, text_of(references[0]))
    if organisation is None:
        reader.fault("OPT-300", references[0], f"there is no organisation {text_of(references[0])[:40]!r}")
        return None
    if reader.code("BT-633", "organisation", organisation) == "true":
        reader.fault("BT-633", organisation, "the buyer is a natural person: people are never registered")
        return None
    return _read(reader, texts, organisation)


def _read(reader: Reader, texts: Texts, organisation: Element) -> Buyer | None:
    name = texts.title("BT-500", "organisation", organisation, limit=300)
    if len(name) < 2:
        reader.missing("BT-500", "organisation", organisation)
    stated = reader.required("BT-514", "organisation", organisation)
    country = country_code(text_of(stated)) if stated is not None else None
    if stated is not None and country is None:
        reader.fault("BT-514", stated, f"{text_of(stated)[:40]!r} is not a country code")
    if len(name) < 2 or country is None:
        return None
    area = area_of_buyer(reader, organisation, name, country)
    return Buyer(name, _number(reader, organisation, country), country, area)


def _organisation(reader: Reader, wanted: str) -> Element | None:
    """Return the organisation with this number in the notice, or the one that this touch point belongs to."""
    for organisation in organisations(reader.root):
        for number in ("OPT-200", "OPT-201"):
            if wanted in reader.codes(number, "organisation", organisation):
                return organisation
    return None


def _number(reader: Reader, organisation: Element, country: str) -> str | None:
    """Return the registration number: in our countries only a valid one, and never one that may be a person's."""
    element = reader.element("BT-501", "organisation", organisation)
    if element is None:
        return None
    text = " ".join(text_of(element).split())
    if country not in OUR_COUNTRIES and any(character.isdecimal() for character in text):
        return text[:64]
    if norwegian.is_valid(text):
        return str(norwegian.compact(text))
    # A Swedish number whose third digit is below 2 is a person's.
    if swedish.is_valid(text) and swedish.compact(text)[2] not in "01":
        return str(swedish.compact(text))
    message = N_("The buyer's registration number is left out: it is not an organisation number.")
    reader.remark("BT-501", element, message)
    return None
