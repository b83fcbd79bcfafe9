"""One-time codes (TOTP, RFC 6238) and recovery codes: how they are made and told apart. No database here.

The secret that a person's app holds is kept nowhere. It is derived, each time, from the node's own secret and a random
seed (RFC 4226, 7.5, "deterministic generation"): whoever reads the database, or a backup of it, can make no code
without `SAMNOD_SECRET_KEY`, and nothing has to be encrypted. The price is that a node which changes that key ends
everybody's two-step sign-in, as it ends every session and every API key.
"""

import hmac
import re
import secrets
from base64 import b32encode
from datetime import datetime
from hashlib import sha256
from typing import Final

from pyotp import TOTP
from pyotp.exceptions import OTPVerificationError

from app.accounts.rules import keyed_hash

HOW_MANY: Final = 10
# 160 bits, as long as the hash that every app uses (RFC 4226, 4).
_SECRET_BYTES: Final = 20
# A clock may be off by a step of thirty seconds, and a code is typed when it is about to change (RFC 6238, 5.2).
_DRIFT: Final = 1
# Neither 0, 1, i, l, o nor u: written off by hand and read again. Ten of them hold 49 bits.
_ALPHABET: Final = "23456789abcdefghjkmnpqrstvwxyz"
_HALF: Final = 5


def new_seed() -> str:
    """Return what, with the node's secret, makes a secret that nobody has had before."""
    return secrets.token_urlsafe(24)


def secret_for_app(secret: bytes, person_id: str, seed: str) -> str:
    """Return the secret that a person's app makes codes with, in Base32 (RFC 4648), as apps read and show it."""
    derived = hmac.new(secret, f"two-step:{person_id}:{seed}".encode(), sha256).digest()
    return b32encode(derived[:_SECRET_BYTES]).decode()


def address_for_app(app_secret: str, email: str, issuer: str) -> str:
    """Return the `otpauth:` address that an app reads from a QR code: the secret, for whom, and on which service."""
    return TOTP(app_secret).provisioning_uri(name=email, issuer_name=issuer)


def looks_like_code(text: str) -> bool:
    """Tell whether a text has the form of a one-time code: six digits, with blanks where people put them."""
    return re.fullmatch(r"[0-9]{6}", "".join(text.split())) is not None


def step_of(app_secret: str, code: str, at: datetime) -> int | None:
    """Return the step of thirty seconds that a code belongs to; None when it is none of those around `at`."""
    if not looks_like_code(code):
        return None
    try:
        return TOTP(app_secret).verify_and_get_timecode("".join(code.split()), for_time=at, valid_window=_DRIFT)
    except OTPVerificationError:
        return None


def new_recovery_codes() -> list[str]:
    """Return ten new recovery codes, each in two halves: `k7f3w-9xq2m`."""
    return [f"{_letters()}-{_letters()}" for _ in range(HOW_MANY)]


def recovery_hash(secret: bytes, person_id: str, code: str) -> str:
    """Return what the database keeps of a person's recovery code, however it is typed: capitals, blanks, no hyphen."""
    plain = "".join(letter for letter in code.lower() if letter.isalnum())
    return keyed_hash(secret, f"recovery:{person_id}:{plain}")


def _letters() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_HALF))
