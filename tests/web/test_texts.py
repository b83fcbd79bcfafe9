"""Every message of the pages is translated, and every translation still belongs to a message."""

from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

WEB = Path(__file__).resolve().parents[2] / "web"
KEYWORDS = {"say": None, "t": None, "N_": None, "plural": (1, 2)}
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")]
OPTIONS = {"templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true"}}


def catalogued(language: str) -> list[Message]:
    """Return every entry of the catalogues of the pages in one language."""
    found = []
    for path in sorted((WEB / "locale").rglob(f"{language}.po")):
        with path.open("rb") as file:
            found += [entry for entry in read_po(file, locale=language) if entry.id]
    return found


@cache
def messages() -> set[str | tuple[str, ...]]:
    """Return every message that the code and the templates hold."""
    found = extract_from_dir(str(WEB), METHODS, OPTIONS, KEYWORDS)
    return {message for _, _, message, _, _ in found}


@pytest.mark.parametrize("language", ["sv", "nb"])
def test_the_catalogue_is_complete_and_holds_nothing_else(language: str):
    entries = catalogued(language)
    catalogue = {entry.id: entry.string for entry in entries}
    assert len(catalogue) == len(entries), "a message is translated in two files"
    assert len(messages()) > 300
    assert messages() - catalogue.keys() == set()
    assert catalogue.keys() - messages() == set()
    empty = [key for key, text in catalogue.items() if not (all(text) if isinstance(text, tuple) else text)]
    assert empty == []


def filled_in(text: str) -> set[str]:
    """Return the names in braces."""
    return {part.split("}")[0] for part in text.split("{")[1:]}


@pytest.mark.parametrize("language", ["sv", "nb"])
def test_translations_keep_the_names_that_are_filled_in(language: str):
    for entry in catalogued(language):
        ids, texts = (x if isinstance(x, (tuple, list)) else (x,) for x in (entry.id, entry.string))
        for english, text in zip(ids, texts, strict=True):
            # One of something may be written out: "en kommun" for "{n} municipality".
            assert filled_in(text) | {"n"} == filled_in(english) | {"n"}, text


@pytest.mark.parametrize("language", ["sv", "nb"])
def test_no_room_says_a_message_of_the_pages_in_other_words(language: str):
    said = {entry.id: entry.string for entry in catalogued(language)}
    other = {}
    for path in sorted(WEB.parent.glob(f"app/*/locale/{language}.po")):
        with path.open("rb") as file:
            # All catalogues are one: the rooms' are asked first.
            other |= {e.id: e.string for e in read_po(file, locale=language) if e.id in said and e.string != said[e.id]}
    assert other == {}
