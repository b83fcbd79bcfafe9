"""Passwords: which are good enough, and how they are kept. No database here."""

from collections.abc import Iterable
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from zxcvbn import zxcvbn

from app.accounts.vocabulary import LONGEST_PASSWORD, SHORTEST_PASSWORD
from app.core.errors import Message
from app.core.i18n import N_
from app.core.schema import composed

# Out of 0–4: one that takes more than 10^8 guesses to somebody who knows the lists and the service.
_GOOD_ENOUGH: Final = 3
_READ: Final = 72


def require_good(password: str, *, known: Iterable[str] = ()) -> None:
    """Refuse a password that is too short, too long, or among the first that anybody would try (ASVS 5.0, 6.2).

    `known` is what an attacker knows of the person: the e-mail address, the organisation.
    Raises `ValueError` with a message that says what to do.
    """
    if len(password) < SHORTEST_PASSWORD:
        raise ValueError(Message(N_("Use at least {n} characters; a few words in a row will do."), n=SHORTEST_PASSWORD))
    if len(password) > LONGEST_PASSWORD:
        raise ValueError(Message(N_("Use at most {n} characters."), n=LONGEST_PASSWORD))
    # The estimate reads no more than 72 characters; by then it is long enough.
    found = zxcvbn(password[:_READ], user_inputs=["samnod", *known])
    if found["score"] < _GOOD_ENOUGH:
        raise ValueError(
            Message(N_("This password is too easy to guess. Add a few words that have nothing in common."))
        )


def hashed(password: str) -> str:
    """Return the Argon2id hash of a password (RFC 9106), with its own salt and cost in it."""
    return _hasher().hash(composed(password))


def is_right(password: str, kept: str | None) -> bool:
    """Tell whether `password` is the one that was hashed as `kept`; without one it takes as long, and is not."""
    try:
        return _hasher().verify(kept or _nobodys(), composed(password)) and kept is not None
    except VerificationError:
        return False


@cache
def _hasher() -> PasswordHasher:
    # 64 MiB, three rounds: the second of RFC 9106's recommendations.
    return PasswordHasher()


@cache
def _nobodys() -> str:
    return hashed("a password that nobody has")
