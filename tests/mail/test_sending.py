"""Letters at a real mail server: what arrives, and what becomes of those that do not."""

import signal
import subprocess
import time
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from sqlalchemy import update

from app.core.clock import now
from app.core.db import Database, rehearse
from app.jobs.tables import JobRun
from app.mail import service
from app.mail.sending import send_due
from app.mail.tables import OutboxLetter
from app.mail.vocabulary import State
from tests.browser import free_port
from tests.databases import ROOT, SAMNOD
from tests.keys import SECRET
from tests.mail.letters import a_letter, an_office, queued, rows
from tests.mail.mail_server import MailServer


def states(database: Database) -> dict[str | None, State]:
    """Return how far each letter has come, by address."""
    return {row.address: row.state for row in rows(database)}


@pytest.mark.parametrize(
    ("language", "subject", "said"),
    [
        ("sv", "Du är inbjuden till Samnod", "Härnösands kommun <&> bjuder in dig till Samnod"),
        ("nb", "Du er invitert til Samnod", "Härnösands kommun <&> inviterer deg til Samnod"),
        ("en", "You are invited to Samnod", "Härnösands kommun <&> invites you to Samnod"),
    ],
)
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_letter_arrives_in_the_readers_language(
    database: Database, mail_server: MailServer, language: str, subject: str, said: str
):
    queued(database, a_letter(language=language))
    assert send_due(an_office(database, mail_server.url)) == 1
    (message,) = mail_server.taken()
    assert message["Subject"] == subject
    assert message["To"] == "upphandling@example.org"
    assert message["From"] == "Samnod Västernorrland <post@samnod.example>"
    assert message["Content-Language"] == language
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe"] is None
    assert abs(parsedate_to_datetime(message["Date"]) - now()) < timedelta(minutes=5)
    text, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    assert said in text.get_content()
    assert f"https://samnod.example/{language}/invitation/hemlig" in text.get_content().splitlines()
    # What people write is text in HTML too.
    assert said.replace("<&>", "&lt;&amp;&gt;") in html.get_content()
    assert f'<a href="https://samnod.example/{language}/invitation/hemlig">' in html.get_content()


def test_a_letter_is_sent_once(database: Database, mail_server: MailServer):
    queued(database, a_letter(key="one"), a_letter("another@example.org", key="one"), a_letter("b@example.org"))
    assert [row.key == "one" for row in rows(database)].count(True) == 1
    office = an_office(database, mail_server.url)
    assert (send_due(office), send_due(office)) == (2, 0)
    assert len({message["Message-ID"] for message in mail_server.taken()}) == 2
    with database.reads() as session:
        assert service.numbers(session)[State.SENT] == 2


def test_a_letter_of_a_transaction_that_is_undone_is_not_sent(database: Database, mail_server: MailServer):
    with database.writes() as session:
        service.queue(session, a_letter())
        rehearse(session)
    assert send_due(an_office(database, mail_server.url)) == 0


def test_nothing_is_lost_while_the_mail_server_is_away(database: Database, tmp_path: Path):
    server = MailServer(free_port(), tmp_path)
    queued(database, *[a_letter(f"{number}@example.org") for number in range(service.BATCH + 2)])
    assert send_due(an_office(database, server.url)) == 0
    assert {row.state for row in rows(database)} == {State.QUEUED}
    # It is no letter's fault.
    assert {row.attempts for row in rows(database)} == {0}
    server.start()
    try:
        assert send_due(an_office(database, server.url, later=timedelta(minutes=2))) == service.BATCH + 2
    finally:
        server.stop()
    assert {message["To"] for message in server.taken()} == {f"{n}@example.org" for n in range(service.BATCH + 2)}


def test_a_letter_that_is_put_off_waits_longer_each_time_and_is_given_up_after_days(
    database: Database, mail_server: MailServer
):
    queued(database, a_letter("later@example.org"), a_letter("now@example.org"))
    assert send_due(an_office(database, mail_server.url)) == 1
    (late, _sent) = rows(database)
    assert (late.state, late.attempts, late.fault) == (State.QUEUED, 1, "451 come back later")
    first = late.next_try_at - now()
    assert send_due(an_office(database, mail_server.url, later=first / 2)) == 0
    send_due(an_office(database, mail_server.url, later=first + timedelta(seconds=2)))
    (late, _sent) = rows(database)
    assert late.attempts == 2
    assert late.next_try_at - now() > first * 2
    send_due(an_office(database, mail_server.url, later=timedelta(days=6)))
    assert states(database)["later@example.org"] == State.FAILED


def test_a_letter_that_is_refused_fails_at_once_and_is_shown(database: Database, mail_server: MailServer):
    queued(database, a_letter("never@example.org"), a_letter("now@example.org"))
    assert send_due(an_office(database, mail_server.url)) == 1
    (never, _sent) = rows(database)
    assert (never.state, never.fault) == (State.FAILED, "550 nobody lives here")
    assert send_due(an_office(database, mail_server.url, later=timedelta(days=1))) == 0


def test_a_letter_that_cannot_be_written_out_fails_and_the_others_go(database: Database, mail_server: MailServer):
    queued(database, a_letter("a@example.org", values={}), a_letter("b@example.org"))
    assert send_due(an_office(database, mail_server.url)) == 1
    assert states(database) == {"a@example.org": State.FAILED, "b@example.org": State.SENT}


@pytest.mark.parametrize("address", ["a@b.se\nBcc: x@y.se", "a@b.se, c@d.se", "Namn <a@b.se>", "a b@c.se", "a", ""])
def test_what_is_no_address_is_never_queued(address: str):
    with pytest.raises(ValueError, match="address"):
        a_letter(address)


def test_two_workers_never_send_the_same_letter(database: Database, mail_server: MailServer):
    queued(database, *[a_letter(f"{number}@example.org") for number in range(3)])
    one, other = an_office(database, mail_server.url), an_office(database, mail_server.url, holder="other")
    with database.writes() as session:
        taken = service.take(session, one.sender, holder="one", at=now(), secret=one.secret)
    assert len(taken) == 3
    assert send_due(other) == 0
    # Whoever lost its lease writes nothing any more.
    assert send_due(an_office(database, mail_server.url, later=timedelta(minutes=3), holder="other")) == 3
    with database.writes() as session:
        service.tell_refused(session, taken[0].id, "too late", holder="one", at=now())
    assert {row.state for row in rows(database)} == {State.SENT}


def test_addresses_and_contents_are_wiped_after_a_week(database: Database, mail_server: MailServer):
    queued(database, a_letter("never@example.org"), a_letter("now@example.org"))
    send_due(an_office(database, mail_server.url))
    queued(database, a_letter("waits@example.org"))
    for days, wiped in ((6, 0), (8, 2), (9, 0)):
        with database.writes() as session:
            assert service.wipe(session, now() + timedelta(days=days)) == wiped
    left = {row.state: row for row in rows(database)}
    assert left[State.QUEUED].address == "waits@example.org"
    for row in (left[State.SENT], left[State.FAILED]):
        assert (row.address, row.values, row.person_id) == (None, None, None)
    assert left[State.FAILED].fault == "550"
    with database.writes() as session:
        service.wipe(session, now() + timedelta(days=400))
    assert [row.state for row in rows(database)] == [State.QUEUED]


def test_letters_of_somebody_who_is_erased_are_gone(database: Database):
    queued(database, a_letter("a@example.org", person_id="anna"), a_letter("b@example.org"))
    with database.writes() as session:
        service.forget(session, "anna")
    assert [row.address for row in rows(database)] == ["b@example.org"]


class Killed:
    """`samnod worker` in a process of its own, over the test's database and mail server."""

    def __init__(self, database_url: str, url: str, folder: Path) -> None:
        self._environment = {
            "PATH": "",
            "SAMNOD_DATABASE_URL": database_url,
            "SAMNOD_VAR_DIR": str(folder),
            "SAMNOD_SECRET_KEY": SECRET,
            "SAMNOD_SMTP_URL": url,
            "SAMNOD_MAIL_FROM": "post@samnod.example",
            "SAMNOD_BASE_URL": "https://samnod.example",
        }

    def start(self, *options: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen([SAMNOD, "worker", *options], cwd=ROOT, env=self._environment)


def leases_run_out(database: Database) -> None:
    """Let time pass for those who died."""
    past = now() - timedelta(seconds=1)
    with database.writes() as session:
        for table in (OutboxLetter, JobRun):
            session.connection().execute(update(table).values(held_until=past))


def kill_again_and_again(
    database: Database, database_url: str, server: MailServer, folder: Path, kills: int, letters: int
) -> None:
    """Kill the worker while the mail server holds a letter, so often; then let one finish."""
    queued(database, *[a_letter(f"{number}@example.org") for number in range(letters)])
    worker = Killed(database_url, server.url, folder)
    for _ in range(kills):
        server.be_silent()
        before = len(server.taken())
        process = worker.start()
        server.wait_for(before + 1)
        process.send_signal(signal.SIGKILL)
        process.wait()
        leases_run_out(database)
        server.be_silent(False)
    assert send_due(an_office(database, server.url)) > 0
    assert {row.state for row in rows(database)} == {State.SENT}
    ids: dict[str, set[str]] = {}
    for message in server.taken():
        ids.setdefault(message["To"], set()).add(message["Message-ID"])
    assert set(ids) == {f"{number}@example.org" for number in range(letters)}
    assert {len(found) for found in ids.values()} == {1}, "a letter came with two Message-IDs"
    assert len(server.taken()) == letters + kills


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_worker_killed_in_mid_send_loses_nothing(
    database: Database, database_url: str, mail_server: MailServer, tmp_path: Path
):
    kill_again_and_again(database, database_url, mail_server, tmp_path, kills=1, letters=3)


@pytest.mark.deep
def test_a_worker_killed_twenty_times_loses_nothing(
    database: Database, database_url: str, mail_server: MailServer, tmp_path: Path
):
    kill_again_and_again(database, database_url, mail_server, tmp_path, kills=20, letters=15)


@pytest.mark.deep
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_worker_that_is_asked_to_stop_finishes_the_letter_it_sends(
    database: Database, database_url: str, mail_server: MailServer, tmp_path: Path
):
    queued(database, *[a_letter(f"{number}@example.org") for number in range(4)])
    mail_server.be_silent()
    process = Killed(database_url, mail_server.url, tmp_path).start()
    mail_server.wait_for(1)
    process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    mail_server.be_silent(False)
    assert process.wait(30) == 0
    assert len(mail_server.taken()) == 1
    assert sorted(row.state for row in rows(database)) == [State.QUEUED] * 3 + [State.SENT]
