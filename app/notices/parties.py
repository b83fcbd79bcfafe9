"""The organisations of a notice: which one a reference means, whether it is a person, and its number."""

from stdnum.no import orgnr as norwegian
from stdnum.se import orgnr as swedish

from app.core.i18n import N_
from app.core.privacy import holds_personal_number
from app.notices.fields import field, organisations
from app.notices.places import OUR_COUNTRIES, country_code
from app.notices.reader import Reader
from app.notices.xml import Element, find, text_of

_LONGEST_NUMBER = 32


class Parties:
    """The organisations of one notice by their numbers in it, and by those of their touch points."""

    def __init__(self, reader: Reader) -> None:
        self._by_reference: dict[str, Element] = {}
        for organisation in organisations(reader.root):
            for number in ("OPT-200", "OPT-201"):
                for reference in reader.codes(number, "organisation", organisation):
                    self._by_reference.setdefault(reference, organisation)

    def find(self, reference: str) -> Element | None:
        """Return the organisation with this number in the notice, or the one that this touch point belongs to."""
        return self._by_reference.get(reference)


def is_person(organisation: Element) -> bool:
    """Tell whether an organisation is a natural person: the notice says so (BT-633), or its number is a person's."""
    if any(text_of(mark) != "false" for mark in _values(organisation, "BT-633")):
        return True
    return any(_is_personal(text_of(number)) for number in _values(organisation, "BT-501"))


def country_of(reader: Reader, organisation: Element) -> str | None:
    """Return the two letters of the country that an organisation stands in; a fault for one that does not exist."""
    element = reader.element("BT-514", "organisation", organisation)
    if element is None:
        return None
    country = country_code(text_of(element))
    if country is None:
        reader.fault("BT-514", element, f"{text_of(element)[:40]!r} is not a country code")
    return country


def registration_number(reader: Reader, organisation: Element, country: str | None) -> str | None:
    """Return the registration number: in our countries only a valid one, and never one that may be a person's."""
    element = reader.element("BT-501", "organisation", organisation)
    if element is None:
        return None
    text = " ".join(text_of(element)[:200].split())
    if not _is_personal(text):
        if norwegian.is_valid(text):
            return str(norwegian.compact(text))
        if swedish.is_valid(text):
            return str(swedish.compact(text))
        foreign = country not in (None, *OUR_COUNTRIES)
        if foreign and len(text) <= _LONGEST_NUMBER and any(character.isdecimal() for character in text):
            return text
    message = N_("A registration number is left out: it is not an organisation number.")
    reader.remark("BT-501", element, message)
    return None


def _values(organisation: Element, number: str) -> list[Element]:
    return find(organisation, field(number, "organisation").path)


def _is_personal(number: str) -> bool:
    number = number[:200]
    # A Swedish number whose third digit is below 2 is a person's.
    return holds_personal_number(number) or (swedish.is_valid(number) and swedish.compact(number)[2] in "01")
