"""Letters as they are written: translated, with nothing in a header that somebody wrote, and stopped by their token."""

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po
from jinja2 import UndefinedError

from app.core.clock import now
from app.mail import writing_out
from app.mail.rules import Stops, stop_token, stopped_by
from app.mail.vocabulary import DIGESTS, INVITATIONS, TEMPLATES, Parcel
from tests.mail.letters import SENDER

LETTERS = sorted(TEMPLATES.rglob("*.txt"))
LOCALE = TEMPLATES.parent / "locale"
SECRET = b"a secret"


def messages(file: Path) -> set[str]:
    """Return what a template says, as it is looked up."""
    keywords = {"t": None, "plural": (1, 2)}
    found = extract_from_file("jinja2.ext:babel_extract", file, keywords=keywords)
    return {message[0] if isinstance(message, tuple) else message for _, message, _, _ in found}


@pytest.mark.parametrize("language", ["sv", "nb"])
@pytest.mark.parametrize("file", LETTERS, ids=lambda file: str(file.relative_to(TEMPLATES)))
def test_every_letter_is_translated(file: Path, language: str):
    with (LOCALE / f"{language}.po").open("rb") as catalogue:
        entries = [entry for entry in read_po(catalogue, locale=language) if entry.id]
    known = {entry.id[0] if isinstance(entry.id, tuple) else entry.id for entry in entries if entry.string}
    said = messages(file)
    assert said
    assert said - known == set()


def test_letters_that_can_be_stopped_are_there():
    assert {str(file.relative_to(TEMPLATES).with_suffix("")) for file in LETTERS} >= DIGESTS | INVITATIONS


def parcel(**values: object) -> Parcel:
    """Return a letter with a template of the test's own."""
    return Parcel("1", "a@example.org", None, "sv", "test/letter", values, "<1@samnod.example>")


def with_template(monkeypatch: pytest.MonkeyPatch, subject: str, body: str = "Hej") -> None:
    """Let every letter have this template."""
    made = writing_out._environment()
    monkeypatch.setattr(writing_out, "_templates", lambda _name: (made.from_string(subject), made.from_string(body)))


def test_a_subject_knows_numbers_and_nothing_that_somebody_wrote(monkeypatch: pytest.MonkeyPatch):
    with_template(monkeypatch, "{{ n }} nya")
    message = writing_out.written_out(parcel(n=3, title="Städ\nBcc: a@b.se"), SENDER, at=now(), secret=SECRET)
    assert message["Subject"] == "3 nya"
    with_template(monkeypatch, "{{ title }}")
    with pytest.raises(UndefinedError):
        writing_out.written_out(parcel(title="Städ"), SENDER, at=now(), secret=SECRET)


def test_a_line_break_never_begins_a_header(monkeypatch: pytest.MonkeyPatch):
    with_template(monkeypatch, "{{ 'Hej\nBcc: a@b.se' }}")
    with pytest.raises(ValueError, match="one line"):
        writing_out.written_out(parcel(), SENDER, at=now(), secret=SECRET)


def test_a_body_is_text_whatever_is_written_in_it(monkeypatch: pytest.MonkeyPatch):
    with_template(monkeypatch, "Hej", "{{ title }}")
    title = '<script>alert(1)</script> http://evil.example/"onclick=x {{ secret }}'
    message = writing_out.written_out(parcel(title=title), SENDER, at=now(), secret=SECRET)
    text, html = (message.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert title in text
    assert "<script>" not in html
    assert 'href="http://evil.example/&#34;onclick=x"' in html


def test_a_token_stops_what_it_was_made_for_and_nothing_else():
    token = stop_token(SECRET, Stops.DIGEST, "anna")
    assert stopped_by(SECRET, token) == (Stops.DIGEST, "anna")
    assert stopped_by(b"another", token) is None
    assert stopped_by(SECRET, token.replace("anna", "bo")) is None
    assert stopped_by(SECRET, f"i{token[1:]}") is None


MOMENT = "2026-12-01T12:00:00+00:00"
NAMED = {"buyer": "Härnösands kommun", "enterprise": "Exempel Städ", "title": "Städning av skolor"}
ONE = {"title": "Städning av skolor", "days": 3, "path": "/opportunities/1"}
INVITING = NAMED | {"token": "hemlig", "opportunity_id": "1", "country": "SE", "deadline": MOMENT, "until": MOMENT}
SURVEY = {"name": "Behov hösten 2026", "organization": "Exempel Städ", "token": "hemlig", "until": "2026-12-01"}
HIDDEN = {"name": "Exempel Städ", "reason": "Finns inte längre", "subject": "enterprise", "id": "1"}
LISTS = ("invitations", "matches", "answered", "responses", "questions", "outcomes")
ASKED = {"enterprise": "Exempel Städ", "provider": "Exempel Rådgivning", "offer": "Rådgivning", "request_id": "1"}
ASKED |= {"state": "accepted", "is_by_coordinator": True, "n": 7, "days": 30}
COOPERATION = {"request_id": "1", "title": "Café i bygdegården", "requester": "Exempel Bygdeförening"}
# What each room says in its letters: a letter that is not here fails the test.
VALUES: dict[str, dict[str, object]] = {
    "accounts/invitation": {"organization": "Härnösands kommun", "token": "hemlig", "manages": True},
    "accounts/password_changed": {},
    "accounts/password_reset": {"token": "hemlig"},
    "accounts/recovery_code_used": {"left": 7},
    "accounts/two_step_off": {},
    "accounts/two_step_on": {},
    "claims/new_claim": {"enterprise": "Exempel Städ"},
    "claims/refused": {"enterprise": "Exempel Städ", "reason": "Växeln känner inte till er."},
    "digests/digest": {"n": 6, **{name: [ONE, ONE | {"days": None}] for name in LISTS}},
    "inventories/invitation": SURVEY,
    "inventories/reminder": SURVEY,
    "intake/moved": {"path": "/cooperation/requests/1", "state": "proposed"},
    "intake/new_request": COOPERATION,
    "intake/overdue": COOPERATION | {"due": "2026-12-01"},
    "intake/received": {"path": "/cooperation/follow/hemlig"},
    "intake/said": COOPERATION | {"step": "supplement"},
    "legal/feedback": {"told": "Knappen syns inte.", "where": "/sv/desk", "answer_to": "vi@example.org"},
    "moderation/hidden": HIDDEN,
    "moderation/reconfirm": {"name": "Exempel Städ", "id": "1"},
    "moderation/restored": HIDDEN,
    "responses/answer": NAMED | {"opportunity_id": "1"},
    "responses/invitation": INVITING,
    "responses/link": INVITING,
    "responses/outcome": NAMED | {"status": "awarded", "opportunity_id": "1"},
    "responses/outcome_due": {"title": "Städning av skolor", "due": MOMENT, "country": "SE"},
    "responses/reminder": INVITING,
    "support_requests/answer": ASKED,
    "support_requests/did_it_help": ASKED,
    "support_requests/new_request": ASKED,
    "support_requests/reminder": ASKED,
    "support_requests/withdrawn": ASKED,
    "support_offers/correction": {"name": "Exempelrådgivning", "id": "1", "text": "Fel adress.", "proposed": "info@x"},
}


def test_every_letter_has_values_to_be_written_out_with():
    letters = {str(file.relative_to(TEMPLATES).with_suffix("")) for file in LETTERS}
    assert letters - {"layout"} == VALUES.keys()


@pytest.mark.parametrize("template", VALUES)
def test_every_letter_is_written_out_whole_in_every_language(template: str):
    bodies = set()
    for language in ("sv", "nb", "en"):
        letter = Parcel("1", "a@example.org", "anna", language, template, VALUES[template], "<1@samnod.example>")
        message = writing_out.written_out(letter, SENDER, at=now(), secret=SECRET)
        plain, html = (message.get_body((kind,)) for kind in ("plain", "html"))
        assert plain is not None
        assert html is not None
        bodies.add(plain.get_content())
        # A name in braces that nobody filled in, or what an absent value is drawn as.
        for text in (message["Subject"], plain.get_content(), html.get_content()):
            assert not re.search(r"[{}]|\bNone\b|\bUndefined\b", text), (language, text)
        assert message["Subject"].strip()
        assert len(message["Subject"].splitlines()) == 1
    assert len(bodies) == 3, "it says the same in two languages"
