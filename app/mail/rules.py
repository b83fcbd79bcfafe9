"""Judgements about letters without a database: when one is tried again, and the tokens that stop them.

The waiting times are plain arithmetic. Libraries that try again (tenacity, backoff) wait inside a running process; here
the next try is a column, so that it outlives the process, and two lines say all there is to it.
"""

import hmac
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final

# A server that is asked to wait is asked again after 1, 2, 4 … minutes, at last every hour.
_FIRST_WAIT: Final = timedelta(minutes=1)
_LONGEST_WAIT: Final = timedelta(hours=1)
# RFC 5321, 4.5.4.1: the give-up time needs to be at least four to five days.
_GIVE_UP_AFTER: Final = timedelta(days=5)


class Stops(StrEnum):
    """What a token in a letter stops: one person's digest, or invitations to one address."""

    DIGEST = "d"
    INVITATIONS = "i"


def next_try(at: datetime, attempts: int, queued_at: datetime) -> datetime | None:
    """Return when a letter is tried again that was put off at `at` for the `attempts`th time; None: it is given up."""
    if at - queued_at >= _GIVE_UP_AFTER:
        return None
    doubled: int = 2 ** min(max(attempts - 1, 0), 10)
    return at + min(_FIRST_WAIT * doubled, _LONGEST_WAIT)


def address_hash(secret: bytes, address: str) -> str:
    """Return what stands for an address on the list of those who want no more invitations."""
    return _mac(secret, f"address:{address.strip().lower()}")


def stop_token(secret: bytes, stops: Stops, subject: str) -> str:
    """Return the token of a link that stops letters. `subject` is a person's random id, or an `address_hash`."""
    return f"{stops.value}.{subject}.{_signature(secret, stops, subject)}"


def stopped_by(secret: bytes, token: str) -> tuple[Stops, str] | None:
    """Return what a token stops, and its subject; None when the token is not one of ours."""
    kind, _, rest = token.partition(".")
    subject, _, signature = rest.rpartition(".")
    if kind not in {one.value for one in Stops} or not subject or not signature.isascii():
        return None
    stops = Stops(kind)
    return (stops, subject) if hmac.compare_digest(signature, _signature(secret, stops, subject)) else None


def _signature(secret: bytes, stops: Stops, subject: str) -> str:
    return _mac(secret, f"stop:{stops.value}:{subject}")[:32]


def _mac(secret: bytes, text: str) -> str:
    return hmac.new(secret, f"mail:{text}".encode(), sha256).hexdigest()
