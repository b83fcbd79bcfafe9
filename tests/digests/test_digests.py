"""Digests: when one is due, what it tells, and that nothing is told twice."""

from datetime import UTC, datetime, timedelta

import pytest

from app.accounts import people
from app.accounts.vocabulary import Digest, Role
from app.core.clock import now
from app.core.db import Database
from app.digests import rules, service
from app.digests.vocabulary import Reader
from app.enterprises import service as enterprises
from app.mail.rules import Stops, stop_token
from app.mail.sending import send_due
from app.opportunities import service as opportunities
from app.wiring import wire
from tests import factories
from tests.keys import SECRET
from tests.mail.letters import an_office, rows
from tests.mail.mail_server import MailServer
from tests.people import person_for

MONDAY = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)  # 07:30 in Stockholm


@pytest.mark.parametrize(
    ("digest", "told", "at", "since"),
    [
        # Before seven the last hour was yesterday's.
        (Digest.DAILY, MONDAY - timedelta(hours=20), MONDAY - timedelta(hours=1), None),
        (Digest.DAILY, MONDAY - timedelta(hours=20), MONDAY, MONDAY - timedelta(hours=20)),
        (Digest.DAILY, MONDAY, MONDAY + timedelta(hours=20), None),
        # Down at seven: it comes when the node is up again, and tells of all that time.
        (Digest.DAILY, MONDAY, MONDAY + timedelta(days=3), MONDAY),
        (Digest.WEEKLY, MONDAY, MONDAY + timedelta(days=6), None),
        (Digest.WEEKLY, MONDAY - timedelta(days=7), MONDAY, MONDAY - timedelta(days=7)),
        (Digest.WEEKLY, MONDAY - timedelta(days=7), MONDAY + timedelta(days=1), MONDAY - timedelta(days=7)),
        (Digest.DAILY, None, MONDAY, MONDAY - timedelta(days=1)),
        (Digest.WEEKLY, None, MONDAY, MONDAY - timedelta(days=7)),
        (Digest.OFF, None, MONDAY, None),
    ],
)
def test_a_digest_is_due_when_its_hour_has_passed(
    digest: Digest, told: datetime | None, at: datetime, since: datetime | None
):
    assert rules.since(digest, told, at) == since


def due(database: Database, at: datetime) -> list[Reader]:
    """Return who is due a digest."""
    with database.reads() as session:
        return service.due(session, at)


def told(database: Database, reader: Reader, at: datetime) -> int:
    """Tell one reader what is new."""
    with database.reads() as session:
        news = service.news(session, reader.organization_id, reader.since, at)
    with database.writes() as session:
        return service.tell(session, reader, news, at)


def test_who_has_been_told_is_not_told_again_before_the_next_day(database: Database):
    person = person_for(database, "buyer")
    quiet = person_for(database, "enterprise")
    with database.writes() as session:
        people.change(session, quiet.id, digest=Digest.OFF)
    (reader,) = due(database, MONDAY)
    assert (reader.person_id, reader.email, reader.language) == (person.id, "buyer@example.org", "sv")
    # Nothing is new: no letter, and yet it is noted.
    assert told(database, reader, MONDAY) == 0
    assert rows(database) == []
    assert due(database, MONDAY + timedelta(hours=2)) == []
    (again,) = due(database, MONDAY + timedelta(days=1))
    assert again.since == MONDAY
    with database.writes() as session:
        service.forget(session, person.id)
    assert len(due(database, MONDAY)) == 1


def test_two_workers_never_tell_the_same_twice(database: Database):
    person_for(database, "buyer")
    (reader,) = due(database, MONDAY)
    news = {"n": 1}
    with database.writes() as session:
        assert service.tell(session, reader, news, MONDAY) == 1
    with database.writes() as session:
        assert service.tell(session, reader, news, MONDAY) == 0
    assert len(rows(database)) == 1


@pytest.mark.parametrize(
    ("language", "subject", "heading"),
    [
        ("sv", "En nyhet på Samnod", "Nya affärsmöjligheter som passar"),
        ("nb", "En nyhet på Samnod", "Nye muligheter som passer"),
        ("en", "One piece of news on Samnod", "New opportunities that match"),
    ],
)
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_an_enterprise_is_told_what_it_meets_and_can_stop_the_letters(
    database: Database, mail_server: MailServer, language: str, subject: str, heading: str
):
    wire()
    person = person_for(database, Role.ENTERPRISE, "org-of-cleaners", language=language)
    with database.writes() as session:
        enterprises.register(session, factories.enterprise(), home="test", owner_id="org-of-cleaners")
        made = opportunities.publish(session, factories.opportunity(title="Städ\r\nBcc: x@y.se"), home="test")
    (reader,) = due(database, now())
    assert told(database, reader, now()) == 1
    assert send_due(an_office(database, mail_server.url)) == 1
    (message,) = mail_server.taken()
    assert message["Subject"] == subject
    assert message["Bcc"] is None
    text = message.get_body(("plain",)).get_content()
    assert heading in text
    assert f"https://samnod.example/{language}/opportunities/{made.id}" in text.split()
    token = stop_token(SECRET.encode(), Stops.DIGEST, person.id)
    assert message["List-Unsubscribe"] == f"<https://samnod.example/{language}/unsubscribe/{token}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert person.email not in token
