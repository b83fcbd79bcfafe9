"""Keys: how they are made, read and kept. No database here."""

import hashlib
import hmac
import secrets
import string
import zlib
from typing import Final

PREFIX: Final = "smn_"
_ALPHABET = string.digits + string.ascii_letters
# 37 characters of 62 hold 220 bits: nobody guesses one.
_RANDOM = 37
_CHECKSUM = 6


def new_key() -> str:
    """Return a new key: the prefix, 37 random characters, and a checksum that tells a mistyped key from a wrong one."""
    random = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM))
    return f"{PREFIX}{random}{_checksum(random)}"


def is_key(text: str) -> bool:
    """Tell whether a text has the form of a key, its checksum included, before any database is asked."""
    random, checksum = text[len(PREFIX) : -_CHECKSUM], text[-_CHECKSUM:]
    whole = len(text) == len(PREFIX) + _RANDOM + _CHECKSUM and text.startswith(PREFIX) and text.isascii()
    return whole and text[len(PREFIX) :].isalnum() and hmac.compare_digest(checksum, _checksum(random))


def keyed_hash(secret: bytes, text: str) -> str:
    """Return the HMAC-SHA256 of `text` in hex: what the database keeps in place of a key."""
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()


def email_key(email: str) -> str:
    """Return an e-mail address in the form that it is compared in: one person has one account, however it is typed."""
    return email.strip().lower()


def lies_in(area: str | None, region: str | None) -> bool:
    """Tell whether `area` is `region` or a part of it; codes of counties begin those of their municipalities."""
    if area is None or region is None:
        return False
    return area.startswith(f"{region}-" if len(region) == len("SE") else region)


def hint_of(key: str) -> str:
    """Return the beginning of a key, by which its owner knows it again."""
    return f"{key[: len(PREFIX) + 4]}…"


def _checksum(random: str) -> str:
    number = zlib.crc32(random.encode())
    digits = ""
    for _ in range(_CHECKSUM):
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits
