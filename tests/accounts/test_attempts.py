"""Attempts that are counted in the database, and new passwords by a link."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from app.accounts import attempts, invitations, passwords, resets, sessions
from app.accounts.vocabulary import Attempted
from app.core.clock import now
from app.core.db import Database
from app.core.errors import InvalidContent, NotFound, TooManyRequests, Unauthorized
from tests.keys import SECRET
from tests.people import PASSWORD, person_for, session_for

KEY = SECRET.encode()


def test_attempts_count_by_person_and_by_address_and_are_forgotten(database: Database):
    """The guards: both subjects are asked, and what succeeded is taken back."""
    for n in range(attempts.MOST):
        attempts.count(database, Attempted.RESET, ("a@example.org", f"from {n}"), secret=KEY)
    with pytest.raises(TooManyRequests):
        attempts.count(database, Attempted.RESET, ("a@example.org", "from elsewhere"), secret=KEY)
    attempts.count(database, Attempted.SIGN_IN, ("a@example.org", "from elsewhere"), secret=KEY)
    for n in range(attempts.MOST + 2):
        made = attempts.count(database, Attempted.SIGN_IN, (f"{n}@example.org", "from the office"), secret=KEY)
        with database.writes() as session:
            attempts.take_back(session, made)
    with database.writes() as session:
        assert attempts.forget_attempts(session, now() + timedelta(minutes=30)) == 0
        assert attempts.forget_attempts(session, now() + timedelta(minutes=61)) > attempts.MOST


def linked(database: Database, email: str) -> list[str]:
    """Ask for a link, and return the tokens that were sent."""
    with database.writes() as session:
        resets.send_link(session, email, secret=KEY)
        found = session.connection().execute(text("SELECT template FROM outbox_letter")).scalars().all()
    return list(found)


def test_a_link_is_sent_to_those_who_are_here_and_used_once(database: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(resets.secrets, "token_urlsafe", lambda _bytes: "the-token")
    person = person_for(database, "buyer", email="a@example.org")
    token = session_for(database, person.id)["samnod"]
    assert linked(database, "okand@example.org") == []
    assert linked(database, " A@Example.org") == ["accounts/password_reset"]
    with database.writes() as session:
        assert resets.look(session, "the-token", secret=KEY) == "a@example.org"
        assert resets.use(session, "the-token", "$argon2id$new", secret=KEY) == person.id
        assert sessions.signed_in(session, token, secret=KEY) is None
        with pytest.raises(NotFound):
            resets.use(session, "the-token", "$argon2id$other", secret=KEY)
        assert resets.forget_resets(session, now() + timedelta(days=2)) == 1
    with database.reads() as session, pytest.raises(Unauthorized):
        sessions.recognised(session, "a@example.org", PASSWORD)


def test_who_is_disabled_gets_no_link(database: Database):
    person_for(database, "buyer", email="a@example.org")
    with database.writes() as session:
        session.execute(text("UPDATE person SET disabled_at = created_at"))
    assert linked(database, "a@example.org") == []


@pytest.mark.parametrize("password", ["kort", "x" * 129, "aaaaaaaaaaaaaaaaaaaa", "namn.efternamn@kommunen.se"])
def test_a_password_that_is_easily_guessed_is_refused(password: str):
    with pytest.raises(InvalidContent) as refused:
        invitations.hashed_for("namn.efternamn@kommunen.se", password)
    assert refused.value.faults[0].pointer == "/password"


def test_old_sessions_are_forgotten(database: Database):
    person = person_for(database, "buyer")
    session_for(database, person.id)
    with database.writes() as session:
        assert sessions.forget_sessions(session, now() + timedelta(days=20)) == 0
        assert sessions.forget_sessions(session, now() + timedelta(days=40)) == 1


def test_the_hasher_works_as_long_for_nobody(monkeypatch: pytest.MonkeyPatch):
    """The guard against telling by the clock: `passwords.is_right` verifies a hash that nobody has."""
    verified: list[str] = []

    class Hasher:
        def hash(self, _password: str) -> str:
            return "a hash"

        def verify(self, kept: str, _password: str) -> bool:
            verified.append(kept)
            return True

    monkeypatch.setattr(passwords, "_hasher", Hasher)
    passwords._nobodys.cache_clear()
    assert passwords.is_right("x", None) is False
    assert passwords.is_right("x", "a hash of somebody's") is True
    assert len(verified) == 2
    passwords._nobodys.cache_clear()
