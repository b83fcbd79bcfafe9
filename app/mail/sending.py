"""Letters brought to the mail server: taken under a lease, sent outside every transaction, then ticked off.

Whatever happens in between, a letter is sent at least once: who dies before the tick leaves it to the next, which sends
it with the same Message-ID.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from app.core.clock import now
from app.core.db import Database
from app.mail import service
from app.mail.smtp import PATIENCE_SECONDS, Post, PutOff, Refused, Server, Unreachable, connected
from app.mail.vocabulary import Parcel, Sender
from app.mail.writing_out import written_out

# A mail server that is away is asked again after this; its being away is held against no letter.
AWAY: Final = timedelta(minutes=1)
# The steps of handing one letter over, each of which may take the server's whole patience.
_STEPS: Final = 4

_log = logging.getLogger("samnod.mail")


@dataclass(frozen=True, slots=True)
class Office:
    """Everything that sending needs: where letters lie, where they go, and in whose name.

    `stopping` tells when to leave the rest to another time; `clock` says what time it is.
    """

    database: Database
    server: Server
    sender: Sender
    secret: bytes
    holder: str
    stopping: Callable[[], bool] = lambda: False
    clock: Callable[[], datetime] = now


def send_due(office: Office) -> int:
    """Send the letters that are due, and return how many the server took."""
    sent = 0
    while not office.stopping():
        at = office.clock()
        with office.database.writes() as session:
            parcels = service.take(session, office.sender, holder=office.holder, at=at, secret=office.secret)
        if not parcels:
            break
        done = _bring(office, parcels, until=at + service.LEASE - timedelta(seconds=_STEPS * PATIENCE_SECONDS))
        sent += done.sent
        if done.broken:
            break
    return sent


@dataclass(slots=True)
class _Round:
    """What came of one connection."""

    sent: int = 0
    broken: bool = False


def _bring(office: Office, parcels: list[Parcel], until: datetime) -> _Round:
    """Send letters over one connection. No letter is begun after `until`: the lease could run out under it."""
    done, left = _Round(), list(parcels)
    pause = timedelta(0)
    try:
        with connected(office.server, own_name=office.sender.domain) as post:
            while left and office.clock() < until and not office.stopping():
                # Out of what is put back before it is sent: it is ticked off, refused or put off by itself.
                parcel = left.pop(0)
                done.sent += _send(office, post, parcel)
    except Unreachable as fault:
        _log.warning("the mail server cannot be reached", extra={"why": str(fault)[:200]})
        done.broken = True
        pause = AWAY if len(left) == len(parcels) else pause
    if left:
        with office.database.writes() as session:
            ids = [parcel.id for parcel in left]
            service.put_back(session, ids, holder=office.holder, until=office.clock() + pause)
    return done


def _send(office: Office, post: Post, parcel: Parcel) -> int:
    """Send one letter and write down what came of it; return 1 if it was sent.

    Raises:
        Unreachable: the connection broke. The letter waits by itself, so that one which always breaks it delays none.
    """
    try:
        message = written_out(parcel, office.sender, at=office.clock(), secret=office.secret)
    # Whatever a template or its values have wrong: the letter is shown as failed, and the others go on.
    except Exception as fault:
        _log.exception("a letter cannot be written out", extra={"letter": parcel.id, "template": parcel.template})
        _refuse(office, parcel, type(fault).__name__)
        return 0
    try:
        post.send(message)
    except Refused as fault:
        _log.warning("a letter was refused", extra={"letter": parcel.id, "code": str(fault)[:3]})
        _refuse(office, parcel, str(fault))
        return 0
    except PutOff as fault:
        _put_off(office, parcel, str(fault))
        return 0
    except Unreachable as fault:
        _put_off(office, parcel, str(fault))
        raise
    with office.database.writes() as session:
        service.tell_sent(session, parcel.id, holder=office.holder, at=office.clock())
    return 1


def _refuse(office: Office, parcel: Parcel, why: str) -> None:
    with office.database.writes() as session:
        service.tell_refused(session, parcel.id, why, holder=office.holder, at=office.clock())


def _put_off(office: Office, parcel: Parcel, why: str) -> None:
    with office.database.writes() as session:
        service.put_off(session, parcel.id, why, holder=office.holder, at=office.clock())
