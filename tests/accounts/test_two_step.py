"""Two-step sign-in: codes and their steps, what is used once, and a challenge that is met once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from pyotp import TOTP
from sqlalchemy import text

from app.accounts import codes, people, resets, sessions, two_step
from app.accounts.vocabulary import SignedIn
from app.core.clock import now
from app.core.db import Database
from app.core.errors import Conflict, InvalidContent, NotFound
from tests.keys import SECRET
from tests.people import code_at, person_for, session_for, turned_on

KEY = SECRET.encode()
STEP = timedelta(seconds=30)
# The secret and the moments of RFC 6238, appendix B; its codes have eight digits, of which an app shows the last six.
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
RFC_CODES = {59: "287082", 1111111109: "081804", 1234567890: "005924", 20000000000: "353130"}


@pytest.mark.parametrize(("seconds", "code"), RFC_CODES.items())
def test_codes_are_those_of_the_standard_one_step_off_at_most(seconds: int, code: str):
    at = datetime.fromtimestamp(seconds, now().tzinfo)
    steps = [codes.step_of(RFC_SECRET, code, at + n * STEP) for n in (-2, -1, 0, 1, 2) if seconds > 60 or n >= 0]
    right = [None, *[seconds // 30] * 3, None] if seconds > 60 else [*[seconds // 30] * 2, None]
    assert steps == right
    assert codes.step_of(RFC_SECRET, f" {code[:3]} {code[3:]} ", at) == seconds // 30


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "１２３４５６", "12 34 5x"])
def test_what_is_no_code_is_told_from_one(typed: str):
    assert not codes.looks_like_code(typed)
    assert codes.step_of(RFC_SECRET, typed, now()) is None


def test_the_apps_secret_is_of_the_node_the_person_and_the_seed():
    made = {codes.secret_for_app(*of) for of in ((KEY, "a", "s"), (b"x", "a", "s"), (KEY, "b", "s"), (KEY, "a", "t"))}
    assert len(made) == 4
    address = codes.address_for_app(made.pop(), "a@example.org", "Samnod Väst")
    assert address.startswith("otpauth://totp/Samnod%20V%C3%A4st:a%40example.org?secret=")


def test_recovery_codes_are_ten_and_read_however_they_are_typed():
    made = codes.new_recovery_codes()
    assert len({*made}) == codes.HOW_MANY
    hashed = {codes.recovery_hash(KEY, "a", typed) for typed in (made[0], made[0].upper(), made[0].replace("-", " "))}
    assert len(hashed) == 1
    assert codes.recovery_hash(KEY, "b", made[0]) not in hashed


def who_in(database: Database, person_id: str) -> SignedIn:
    """Return a person as a session of its own knows it."""
    token = session_for(database, person_id)["samnod"]
    with database.reads() as session:
        found = sessions.signed_in(session, token, secret=KEY)
    assert found
    return found


def letters(database: Database) -> list[str]:
    """Return which letters have been queued."""
    with database.reads() as session:
        return list(session.execute(text("SELECT template FROM outbox_letter ORDER BY template")).scalars())


def acts(database: Database) -> list[str]:
    """Return what the audit log says was done about two-step sign-in."""
    with database.reads() as session:
        wanted = text("SELECT action FROM audit_entry WHERE action LIKE 'two-step%' ORDER BY seq")
        return list(session.execute(wanted).scalars())


def test_it_is_on_when_the_app_has_shown_its_first_code(database: Database):
    person = person_for(database, "buyer")
    who, elsewhere = who_in(database, person.id), who_in(database, person.id)
    with database.writes() as session:
        two_step.begin(session, who)
        first = two_step.set_up(session, who, secret=KEY, issuer="Samnod").secret
        two_step.begin(session, who)
        told = two_step.set_up(session, who, secret=KEY, issuer="Samnod")
        assert told.secret != first
        assert not two_step.is_on(session, person.id)
        # Only the session that said the password sees it, and only for a while.
        with pytest.raises(NotFound):
            two_step.set_up(session, elsewhere, secret=KEY, issuer="Samnod")
        with pytest.raises(InvalidContent):
            two_step.confirm(session, who, TOTP(first).now(), secret=KEY)
        made = two_step.confirm(session, who, TOTP(told.secret).now(), secret=KEY)
    with database.writes() as session:
        state = two_step.state(session, person.id)
        assert (bool(state.on_since), state.codes_left, len(made)) == (True, 10, 10)
        with pytest.raises(NotFound):
            two_step.set_up(session, who, secret=KEY, issuer="Samnod")
        with pytest.raises(Conflict):
            two_step.begin(session, who)
        assert "code_hash" not in str(people.kept_of(session, person.id))
        kept = str(
            session.execute(text("SELECT * FROM two_step")).all()
            + session.execute(text("SELECT * FROM recovery_code")).all()
        )
    assert told.secret not in kept
    assert not any(code in kept for code in made)
    with database.writes() as session:
        assert not set(two_step.new_codes(session, person.id, secret=KEY)) & set(made)
        two_step.turn_off(session, person.id)
    with database.writes() as session:
        assert two_step.state(session, person.id).model_dump() == {"on_since": None, "codes_left": 0}
        with pytest.raises(NotFound):
            two_step.turn_off(session, person.id)
    assert letters(database) == ["accounts/two_step_off", "accounts/two_step_on"]
    assert acts(database) == ["two-step.on", "two-step.codes", "two-step.off"]


def test_a_code_is_accepted_once_and_none_from_before_it(database: Database, monkeypatch: pytest.MonkeyPatch):
    person = person_for(database, "buyer")
    turned_on(database, person.id)
    at = now() + timedelta(minutes=5)
    monkeypatch.setattr(two_step, "now", lambda: at)
    ahead, this, late = (code_at(database, person.id, at + n * STEP) for n in (1, 0, -1))

    def accepted(code: str) -> bool:
        with database.writes() as session:
            try:
                two_step.use_code(session, person.id, code, secret=KEY)
            except InvalidContent:
                return False
        return True

    assert [accepted(code) for code in (late, late, this, this, late, ahead, this)] == [
        True, False, True, False, False, True, False,
    ]  # fmt: skip
    at += 2 * STEP
    assert accepted(code_at(database, person.id, at))


def test_a_challenge_is_met_once_in_its_browser_and_ends(database: Database):
    person = person_for(database, "buyer")
    recovery = turned_on(database, person.id)
    at = now() + 2 * STEP
    with database.writes() as session:
        token, other = (two_step.challenge(session, person.id, ("a", "b"), secret=KEY) for _ in range(2))
    with database.reads() as session:
        assert two_step.challenged(session, token, secret=KEY) == person.id
        for nobodys in ("", "x", person.id):
            with pytest.raises(NotFound):
                two_step.challenged(session, nobodys, secret=KEY)
    with database.writes() as session:
        assert two_step.answer(session, token, recovery_code=recovery[0], secret=KEY) == (person.id, ("a", "b"))
    with database.writes() as session, pytest.raises(NotFound):
        two_step.answer(session, token, recovery_code=recovery[1], secret=KEY)
    for wrong in (recovery[0], "", "nonsense"):
        with database.writes() as session, pytest.raises(InvalidContent):
            two_step.answer(session, other, code="1" if not wrong else "", recovery_code=wrong, secret=KEY)
    assert letters(database) == ["accounts/recovery_code_used"]
    assert acts(database) == ["two-step.recovery"]
    with database.writes() as session:
        assert two_step.state(session, person.id).codes_left == 9
        # A new password, and nobody goes on with the old one; two-step sign-in stays.
        resets.change(session, person.id, "a hash", session_id="")
        assert two_step.is_on(session, person.id)
        with pytest.raises(NotFound):
            two_step.challenged(session, other, secret=KEY)
        last = two_step.challenge(session, person.id, secret=KEY)
        people.disable(session, person.id)
        with pytest.raises(NotFound):
            two_step.challenged(session, last, secret=KEY)
        assert two_step.forget_challenges(session, at) == 0
        assert two_step.forget_challenges(session, at + two_step.LASTS) == 1
        people.erase(session, person.id)
    with database.reads() as session:
        for table in ("two_step", "recovery_code", "sign_in_challenge"):
            assert session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0


def test_of_two_who_send_the_same_code_at_once_one_is_let_in(database: Database):
    person = person_for(database, "buyer")
    recovery = turned_on(database, person.id)
    for sent in ({"code": code_at(database, person.id)}, {"recovery_code": recovery[0]}):
        with database.writes() as session:
            tokens = [two_step.challenge(session, person.id, secret=KEY) for _ in range(2)]
        together = Barrier(2)

        def is_let_in(token: str, sent: dict[str, str] = sent, together: Barrier = together) -> bool:
            together.wait(timeout=10)
            try:
                with database.writes() as session:
                    two_step.answer(session, token, **sent, secret=KEY)
            except InvalidContent:
                return False
            return True

        with ThreadPoolExecutor(2) as both:
            assert sorted(both.map(is_let_in, tokens)) == [False, True]
