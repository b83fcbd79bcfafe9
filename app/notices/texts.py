"""Titles and descriptions of a notice: one language, no personal details, no longer than we can hold."""

import re
import unicodedata

from app.core.i18n import N_
from app.core.privacy import holds_personal_number
from app.notices.fields import Scope, organisations
from app.notices.privacy import looks_like_a_name, without_people
from app.notices.reader import Reader
from app.notices.xml import Element, find, text_of

# Two texts may be put together in one of 20,000 characters.
_LONGEST_PROSE = 9_990
_MOST_CONTACTS = 100


class Texts:
    """The texts of one notice, cleaned while they are read."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._contacts = _people_in(reader.root)

    def title(self, number: str, scope: Scope, base: Element, *, limit: int = 1000) -> str:
        """Return a text as one line of at most `limit` characters; "" when the notice does not have it."""
        return self._read(number, scope, base, limit, one_line=True)

    def prose(self, number: str, scope: Scope, base: Element) -> str:
        """Return a text with its line breaks; "" when the notice does not have it."""
        return self._read(number, scope, base, _LONGEST_PROSE, one_line=False)

    def _read(self, number: str, scope: Scope, base: Element, limit: int, *, one_line: bool) -> str:
        element = self._reader.words(number, scope, base)
        if element is None:
            return ""
        # What is far beyond the limit is not even looked at.
        text = _printable(text_of(element)[: 4 * limit])
        text = " ".join(text.split()) if one_line else re.sub(r"[ \t]+", " ", text)
        if holds_personal_number(text):
            detail = "the text holds a personal identity number: take it out of the notice, then import it"
            self._reader.fault(number, element, detail)
            return ""
        text, changed = without_people(text, self._contacts)
        if changed:
            self._reader.remark(number, element, N_("Personal details in the text are left out."))
        if len(text) > limit:
            self._reader.remark(number, element, N_("The text is cut after {limit} characters."), limit=limit)
            text = text[: limit - 1].rstrip() + "…"
        return text


def _people_in(root: Element) -> list[str]:
    """Return the contact points of the notice that may be people's names."""
    found: list[str] = []
    for organisation in organisations(root):
        names = [text_of(name) for name in find(organisation, "efac:Company/cac:PartyName/cbc:Name")]
        contacts = [text_of(contact) for contact in find(organisation, ".//cac:Contact/cbc:Name")]
        found += [contact for contact in contacts if looks_like_a_name(contact, names)]
    return list(dict.fromkeys(found))[:_MOST_CONTACTS]


def _printable(text: str) -> str:
    """Return the text with control characters, which no page can hold, as spaces."""
    return "".join(
        " " if unicodedata.category(character) in {"Cc", "Cs"} and character not in "\n\r\t" else character
        for character in text
    )
