"""Letters and an office for tests of mail."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import select

from app.core.clock import now
from app.core.db import Database
from app.mail import service
from app.mail.sending import Office
from app.mail.smtp import server_of
from app.mail.tables import OutboxLetter
from app.mail.vocabulary import Letter, Sender
from tests.keys import SECRET

SENDER = Sender("post@samnod.example", "Samnod Västernorrland", "https://samnod.example")


def a_letter(to: str = "upphandling@example.org", language: str = "sv", **more: object) -> Letter:
    """Return a letter that holds a link and the name of an organisation."""
    values = {"organization": "Härnösands kommun <&>", "token": "hemlig", "manages": True}
    return Letter(**{"to": to, "language": language, "template": "accounts/invitation", "values": values} | more)


def queued(database: Database, *letters: Letter) -> list[str]:
    """Queue letters, and return the ids of all that wait."""
    with database.writes() as session:
        for letter in letters:
            service.queue(session, letter)
    return [row.id for row in rows(database)]


def rows(database: Database) -> Sequence[OutboxLetter]:
    """Return the outbox."""
    with database.reads() as session:
        return session.execute(select(OutboxLetter).order_by(OutboxLetter.address)).scalars().all()


def an_office(database: Database, url: str, *, later: timedelta = timedelta(0), holder: str = "test") -> Office:
    """Return what sends the letters of `database` to the server at `url`, as if `later` had passed."""

    def clock() -> datetime:
        return now() + later

    return Office(database, server_of(url), SENDER, SECRET.encode(), holder, clock=clock)
