"""Reads who buys: the organisation that a notice names as its buyer, and those that buy together with it."""

from dataclasses import dataclass

from app.core.i18n import N_
from app.notices.parties import Parties, country_of, is_person, registration_number
from app.notices.places import area_of_buyer
from app.notices.reader import Reader
from app.notices.texts import Texts
from app.notices.xml import Element, text_of

_MOST_OTHERS = 100


@dataclass(frozen=True)
class Buyer:
    """A contracting authority, as much of it as an opportunity carries. Contact details are not read."""

    name: str
    number: str | None
    country: str
    area: str | None
    others: list[str]
    """Names of those who buy together with it."""


def read_buyer(reader: Reader, texts: Texts, parties: Parties) -> Buyer | None:
    """Return the first buyer of the notice; None, and a fault, when it cannot be told who that is."""
    references = reader.elements("OPT-300", "notice", reader.root)
    if not references:
        reader.missing("OPT-300", "notice", reader.root)
        return None
    organisation = parties.find(text_of(references[0]))
    if organisation is None:
        reader.fault("OPT-300", references[0], f"there is no organisation {text_of(references[0])[:40]!r}")
        return None
    if reader.code("BT-633", "organisation", organisation) == "true":
        reader.fault("BT-633", organisation, "the buyer is a natural person: people are never registered")
        return None
    return _read(reader, texts, organisation, _others(reader, texts, parties, references))


def _read(reader: Reader, texts: Texts, organisation: Element, others: list[str]) -> Buyer | None:
    name = texts.title("BT-500", "organisation", organisation, limit=300)
    if len(name) < 2:
        reader.missing("BT-500", "organisation", organisation)
    reader.required("BT-514", "organisation", organisation)
    country = country_of(reader, organisation)
    if len(name) < 2 or country is None:
        return None
    area = area_of_buyer(reader, organisation, name, country)
    number = registration_number(reader, organisation, country)
    return Buyer(name, number, country, area, [other for other in others if other != name])


def _others(reader: Reader, texts: Texts, parties: Parties, references: list[Element]) -> list[str]:
    """Return the names of the buyers after the first."""
    if len(references) == 1:
        return []
    message = N_("There are {count} buyers: the first is shown, the others are named with it.")
    reader.remark("OPT-300", references[1], message, count=len(references))
    found: list[str] = []
    for reference in references[1 : _MOST_OTHERS + 1]:
        organisation = parties.find(text_of(reference))
        if organisation is not None and not is_person(organisation):
            found.append(texts.title("BT-500", "organisation", organisation, limit=300))
    return [name for name in dict.fromkeys(found) if name]
