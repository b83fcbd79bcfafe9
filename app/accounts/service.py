"""The front door of accounts: keys made, read, revoked, and told apart from what is no key."""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlmodel import col

from app.accounts import queries
from app.accounts.rules import hint_of, is_key, keyed_hash, new_key
from app.accounts.schemas import KeyCreate, KeyRead, NewKey
from app.accounts.tables import ApiKey
from app.accounts.vocabulary import SCOPES_OF_ROLE, Caller, Role, Scope
from app.core.clock import now
from app.core.db import ReadSession, WriteSession
from app.core.errors import SEE_ERRORS, Conflict, FieldFault, InvalidContent, Message, NotFound, Unauthorized
from app.core.i18n import N_

__all__ = ["caller_of", "create_key", "is_key", "knows_key", "list_keys", "revoke_key", "rotate_key", "tell_use"]

# How old `last_used_at` may get before somebody who writes anyway writes it again.
_USE_IS_TOLD_EVERY = timedelta(minutes=10)
_LONGEST_DAYS = 730


def create_key(session: WriteSession, data: KeyCreate, *, secret: bytes, key: str | None = None) -> NewKey:
    """Write a new key and return it with its text, which is shown this once; `key` gives the text of a demo's key.

    `secret` is the node's own: the same key has another hash on another node.

    Raises:
        InvalidContent: a coordinator's key names no region.
    """
    if data.role is Role.COORDINATOR and data.region is None:
        told = Message(N_("a coordinator's key needs the region it looks after, such as SE-22"))
        raise InvalidContent(Message(SEE_ERRORS), [FieldFault("/region", told)])
    text = key or new_key()
    row = ApiKey(
        name=data.name,
        hint=hint_of(text),
        key_hash=keyed_hash(secret, text),
        organization_id=data.organization_id,
        role=data.role,
        scopes=" ".join(sorted(set(data.scopes) or set(SCOPES_OF_ROLE[data.role]))),
        region=data.region,
        expires_at=now() + timedelta(days=data.days),
    )
    session.add(row)
    session.flush()
    return NewKey(key=text, **_read(row).model_dump())


def list_keys(session: ReadSession | WriteSession, organization_id: str | None = None) -> list[KeyRead]:
    """Return the keys of one organisation, or of all of them, newest first."""
    return [_read(row) for row in session.execute(queries.of_organization(organization_id)).scalars()]


def revoke_key(session: WriteSession, key_id: str) -> KeyRead:
    """Let a key open nothing from now on; one that is revoked already keeps its time.

    Raises:
        NotFound: there is no key with this id.
    """
    row = session.get(ApiKey, key_id, with_for_update=True)
    if row is None:
        raise NotFound(Message(N_("There is no key with this id.")))
    row.revoked_at = row.revoked_at or now()
    session.flush()
    return _read(row)


def rotate_key(session: WriteSession, key_id: str, *, secret: bytes, overlap: timedelta) -> NewKey:
    """Make a key that opens the same as another for as long, and let the other open for `overlap` more at most.

    Raises:
        NotFound: there is no key with this id.
        Conflict: it opens nothing any more.
    """
    row = session.get(ApiKey, key_id, with_for_update=True)
    if row is None:
        raise NotFound(Message(N_("There is no key with this id.")))
    if row.revoked_at is not None or row.expires_at <= now():
        raise Conflict(Message(N_("This key opens nothing any more. Make a new one.")))
    old = _read(row)
    days = min(_LONGEST_DAYS, max(1, (old.expires_at - old.created_at).days))
    told = {name: getattr(old, name) for name in ("name", "organization_id", "role", "scopes", "region")}
    row.expires_at = min(row.expires_at, now() + overlap)
    session.flush()
    return create_key(session, KeyCreate(days=days, **told), secret=secret)


def caller_of(session: ReadSession, text: str, *, secret: bytes) -> Caller:
    """Return who calls with the key `text`.

    Raises:
        Unauthorized: it is no key, or one that is unknown, revoked or expired; which of them is not told, but that the
            form is wrong is, since that is a slip of the pen.
    """
    if not is_key(text):
        raise Unauthorized(Message(N_("This is not a key of Samnod: check that it was copied whole (smn_…).")))
    row = session.execute(queries.by_hash(keyed_hash(secret, text))).scalars().one_or_none()
    if row is None or row.revoked_at is not None or row.expires_at <= now():
        raise Unauthorized(Message(N_("This key opens nothing: it is unknown, revoked or has expired.")))
    return Caller(
        actor_id=row.id,
        organization_id=row.organization_id,
        role=row.role,
        scopes=frozenset(Scope(scope) for scope in row.scopes.split()),
        region=row.region,
    )


def tell_use(session: WriteSession, key_id: str, at: datetime) -> None:
    """Write down that a key is in use, now and then: no reader waits for it."""
    old = col(ApiKey.last_used_at).is_(None) | (col(ApiKey.last_used_at) < at - _USE_IS_TOLD_EVERY)
    session.connection().execute(update(ApiKey).where(col(ApiKey.id) == key_id, old).values(last_used_at=at))


def knows_key(session: ReadSession | WriteSession, text: str, *, secret: bytes) -> bool:
    """Tell whether this key is here, whatever it opens."""
    wanted = select(col(ApiKey.id)).where(col(ApiKey.key_hash) == keyed_hash(secret, text))
    return session.execute(wanted).scalar() is not None


def _read(row: ApiKey) -> KeyRead:
    own = {name: getattr(row, name) for name in KeyRead.model_fields if name != "scopes"}
    return KeyRead(scopes=[Scope(scope) for scope in row.scopes.split()], **own)
