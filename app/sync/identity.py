"""What this node is to others: the keys that it signs with and the tokens that it calls with.

All of them are made anew each time from the node's secret and a word that is no secret, so that none is stored, sent or
in a backup. Whoever changes the secret is another node to its peers, until they have been introduced again.
"""

import hmac
from base64 import b64decode, b64encode, urlsafe_b64encode
from binascii import Error as NoBase64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from uuid import uuid4

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from app.audit import service as audit
from app.core.db import ReadSession, WriteSession
from app.journal.generations import GENERATION_SIZE, generation
from app.sync.tables import SyncSelf

_OWN: Final = 1
_BYTES_OF_A_KEY: Final = 32
# What the audit log calls this node.
_OBJECT: Final = ("node", "own")
# Tokens are counted, so that an introduction can be written before the peer is known here.
FIRST_SEED: Final = "1"
# More than a node will ever rotate.
_TOKENS: Final = 2**20


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key and the id by which others know its public one."""

    kid: str
    key: Ed25519PrivateKey

    def sign(self, content: bytes) -> str:
        """Return the Ed25519 signature (RFC 8032) of `content` in Base64."""
        return b64encode(self.key.sign(content)).decode()


@dataclass(frozen=True, slots=True)
class Identity:
    """This node's keys, newest first: all are announced, and the oldest signs until it is dropped.

    So a new key is known to every peer before anything is signed with it.
    """

    signers: Sequence[Signer]

    @property
    def signer(self) -> Signer:
        """The key that signs. Raises LookupError for a node that has never been introduced to anybody."""
        if not self.signers:
            raise LookupError("This node has no key yet: `samnod sync introduce` makes the first.")
        return self.signers[-1]

    @property
    def public_keys(self) -> dict[str, str]:
        """Every public key in Base64, by its id."""
        return {one.kid: _public(one.key) for one in self.signers}


def identity_of(session: ReadSession | WriteSession, secret: bytes) -> Identity:
    """Return the keys of this node; none before it has been introduced to anybody."""
    kept = session.get(SyncSelf, _OWN)
    return Identity([_signer(secret, seed) for seed in kept.key_seeds] if kept else [])


def self_of(session: ReadSession | WriteSession) -> SyncSelf | None:
    """Return the row that says what this node is to others; None before it is anything."""
    return session.get(SyncSelf, _OWN)


def begin(session: WriteSession) -> SyncSelf:
    """Return the row that says what this node is to others, with a first key if there is none."""
    kept = session.get(SyncSelf, _OWN)
    if kept is None:
        kept = SyncSelf(id=_OWN, key_seeds=[_new_seed()])
        session.add(kept)
        session.flush()
    return kept


def issue(session: WriteSession, token_seed: str) -> int:
    """Return the number of an introduction as this node is now: it grows whenever a key or the peer's token changes.

    A node that was put back from a backup may have forgotten some of that; its generation has grown instead.
    """
    return generation(session) * GENERATION_SIZE + begin(session).key_changes * _TOKENS + int(token_seed)


def rotate_key(session: WriteSession) -> None:
    """Announce one more key. What is signed is signed with the oldest until `drop_keys`."""
    kept = begin(session)
    kept.key_seeds = [_new_seed(), *kept.key_seeds]
    kept.key_changes += 1
    session.add(kept)
    audit.record(session, "keys.rotate", *_OBJECT)


def drop_keys(session: WriteSession) -> int:
    """Forget every key but the newest, which signs from now on; return how many are gone."""
    kept = begin(session)
    gone = len(kept.key_seeds) - 1
    kept.key_seeds = kept.key_seeds[:1]
    session.add(kept)
    if gone:
        kept.key_changes += 1
        audit.record(session, "keys.drop", *_OBJECT, after={"dropped": gone})
    return gone


def token_for(secret: bytes, peer_id: str, token_seed: str) -> str:
    """Return the token that this node calls a peer with: 43 letters and digits (RFC 4648, section 5)."""
    return urlsafe_b64encode(_derived(secret, f"sync-token:{peer_id}:{token_seed}")).decode().rstrip("=")


def next_token(token_seed: str) -> str:
    """Return what the token after this one is made of."""
    return str(int(token_seed) + 1)


def token_hash(token: str) -> str:
    """Return what a peer keeps of a token: its SHA-256 in hex."""
    return sha256(token.encode()).hexdigest()


def is_token(token: str, hashes: Sequence[str]) -> bool:
    """Tell whether a token is one of those that were hashed, in the same time whichever it is."""
    found = token_hash(token)
    return sum(hmac.compare_digest(found, one) for one in hashes) > 0


def is_public_key(told: str) -> bool:
    """Tell whether a text is the Base64 of an Ed25519 public key."""
    try:
        return len(b64decode(told, validate=True)) == _BYTES_OF_A_KEY
    except (NoBase64, ValueError):
        return False


def kid_of(public_key: str) -> str:
    """Return the id of a public key (Base64): the first 16 digits of its SHA-256."""
    return sha256(b64decode(public_key)).hexdigest()[:16]


def is_signed(content: bytes, signature: str, public_key: str) -> bool:
    """Tell whether a signature (Base64) of `content` was made with the private half of a public key (Base64)."""
    try:
        key = Ed25519PublicKey.from_public_bytes(b64decode(public_key, validate=True))
        key.verify(b64decode(signature, validate=True), content)
    except (InvalidSignature, NoBase64, ValueError):
        return False
    return True


def known_keys(public_keys: Mapping[str, object]) -> dict[str, str]:
    """Return the public keys of a peer as they were written down."""
    return {kid: str(key) for kid, key in public_keys.items()}


def _signer(secret: bytes, seed: str) -> Signer:
    key = Ed25519PrivateKey.from_private_bytes(_derived(secret, f"sync-key:{seed}"))
    return Signer(kid_of(_public(key)), key)


def _public(key: Ed25519PrivateKey) -> str:
    return b64encode(key.public_key().public_bytes_raw()).decode()


def _derived(secret: bytes, what: str) -> bytes:
    return hmac.new(secret, what.encode(), sha256).digest()


def _new_seed() -> str:
    return uuid4().hex
