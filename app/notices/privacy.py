"""Takes out of a notice's texts what is about people: nothing that names or singles out a person is imported.

A notice is written by an authority and mostly says nothing about anybody, but some name a contact in the running text,
and some describe the one person that a care service is bought for. The official notice has it all; we do not keep it.
"""

import re
from collections.abc import Iterable

from app.core.privacy import without_contact_details

_PERSON = (
    r"(?:bruker|brukar|brukare|klient|pasient|patient|beboer|boende|elev|person|kvinne|kvinna|mann|man|gutt|pojke|jente"
    r"|flicka|barn|ungdom|user|woman|boy|girl|child|resident|pupil)"
)
_GENDER = r"(?:mannlig|kvinnelig|manlig|kvinnlig|male|female)"
_AGE = (
    r"(?:i\s+\d0[- ]?(?:årene|års-?åldern|årsalderen|talet)|(?:på\s+)?\d{1,2}\s*år\b|in\s+(?:his|her|their)\s+\d0s"
    r"|aged\s+\d{1,2}\b|\d{1,2}\s+years?\s+old)"
)
_ONE = r"\b(?:en|én|ei|ett|et|1|a|an|one)\s+"
_ONE_PERSON = re.compile(
    rf"{_ONE}(?:[\w-]+\s+)?{_GENDER}\s+{_PERSON}\b|{_ONE}(?:[\w-]+\s+){{0,2}}?{_PERSON}\s+{_AGE}", re.IGNORECASE
)
_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?]+(?=\s|$)|[.!?]+|\n|$)\s*")
# A contact point is often a function; one that is called after the buyer or its office names no person.
_NAME = re.compile(r"(?:[A-ZÅÄÖÆØÉ][\w'’.-]+\s+){1,3}[A-ZÅÄÖÆØÉ][\w'’.-]+")
LEFT_OUT = "[…]"


def without_people(text: str, names: Iterable[str] = ()) -> tuple[str, bool]:
    """Return the text without e-mail addresses, telephone numbers, `names` and sentences about one single person.

    The second value says whether anything was taken out.
    """
    kept = "".join(sentence for sentence in _SENTENCE.findall(text) if not _ONE_PERSON.search(sentence))
    if not _ONE_PERSON.search(text):
        kept = text
    kept = without_contact_details(kept, LEFT_OUT)
    for name in names:
        kept = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", LEFT_OUT, kept)
    return kept.strip(), kept != text


def looks_like_a_name(contact: str, organisations: Iterable[str]) -> bool:
    """Tell whether a contact point may be a person: two to four capitalised words that are no organisation's name."""
    if not _NAME.fullmatch(contact):
        return False
    folded = contact.casefold()
    return not any(folded in name.casefold() or name.casefold() in folded for name in organisations)
