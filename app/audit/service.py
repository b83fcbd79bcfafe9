"""Write down who did what, in a chain of hashes; forget who somebody was without breaking the chain."""

import secrets
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlmodel import col

from app.audit.rules import entry_hash, keyed
from app.audit.tables import AuditActor, AuditEntry, AuditHead
from app.audit.vocabulary import PEOPLE, Act
from app.core.bulk import insert_many
from app.core.clock import now
from app.core.columns import new_id
from app.core.db import WriteSession
from app.journal import copies
from app.journal import service as journal
from app.journal.vocabulary import Actor, Change


def record(
    session: WriteSession, action: str, object_type: str, object_id: str, *, before: Any = None, after: Any = None
) -> None:
    """Write down an act of whoever the transaction's actor is (`journal.acting`), when the transaction commits.

    `action` is a verb (`sign-in`); `before` and `after` are what the object held and holds, as far as JSON can say it:
    only their keyed hashes are kept. Changes of records need no call: they are followed by the journal.
    """
    _add(session, action, object_type, object_id, _hash_of(before), _hash_of(after))


def follow(session: WriteSession, change: Change) -> None:
    """Write down a change of a record, as the journal tells of it; a copy is changed, and written down, at its home."""
    if copies.is_copying(session):
        return
    action = "change" if change.after is not None and change.before is not None else "create"
    after = change.payload_hash if change.after is not None else None
    _add(session, action if after else "delete", change.type, change.record_id, _hash_of(change.before), after)


def forget(session: WriteSession, actor_id: str) -> None:
    """Cut the log's knowledge of who an actor was: the mapping and the key go, the entries stay and still verify."""
    session.info.setdefault("audit_forgotten", set()).add(actor_id)
    session.connection().execute(delete(AuditActor).where(col(AuditActor.actor_id) == actor_id))


def _hash_of(content: Any) -> str | None:
    return None if content is None else journal.payload_hash(content)


def _add(
    session: WriteSession, action: str, object_type: str, object_id: str, before: str | None, after: str | None
) -> None:
    actor: Actor | None = session.info.get("actor")
    act = Act(
        actor_id=actor.id if actor else None,
        role=actor.role if actor else None,
        organization_id=(actor.organization_id if actor else None) or None,
        action=action,
        object_type=object_type,
        object_id=object_id,
        before=before,
        after=after,
        request_id=actor.request_id if actor else None,
    )
    session.info.setdefault("audit", []).append(act)
    finishing = session.info.setdefault("before_commit", [])
    if _chain not in finishing:
        finishing.append(_chain)


def _chain(session: WriteSession) -> None:
    # The end of the chain is locked until the commit. Everybody locks it after all other work and before the journal's
    # counter, so that no two transactions can wait for each other.
    waiting = session.info["before_commit"]
    if not all(journal.is_numbering(step) for step in waiting):
        waiting.append(_chain)
        return
    session.flush()
    connection = session.connection()
    acts: list[Act] = session.info.pop("audit")
    head = connection.execute(select(col(AuditHead.seq), col(AuditHead.hash)).with_for_update()).one()
    seq, last = head
    aliases = _Aliases(session)
    at, rows = now(), []
    for act in acts:
        seq += 1
        row = _row(act, aliases) | {"seq": seq, "at": at, "previous": last}
        row["hash"] = last = entry_hash(row)
        rows.append(row)
    insert_many(session, AuditEntry, rows)
    connection.execute(update(AuditHead).values(seq=seq, hash=last))


def _row(act: Act, aliases: "_Aliases") -> dict[str, Any]:
    alias, key = aliases.of(act.actor_id or "")
    return {
        "actor": alias if act.actor_id else None,
        "role": act.role,
        "organization_id": act.organization_id,
        "action": act.action,
        "object_type": act.object_type,
        "object_id": aliases.of(act.object_id)[0] if act.object_type in PEOPLE else act.object_id,
        "before_hash": keyed(key, act.before),
        "after_hash": keyed(key, act.after),
        "request_id": act.request_id,
    }


class _Aliases:
    """The random ids and the keys of those whom one transaction names. Asked while the end of the chain is locked."""

    def __init__(self, session: WriteSession) -> None:
        self._connection = session.connection()
        # Whoever has just been erased gets an id that is kept nowhere.
        self._found = {one: (new_id(), _new_key()) for one in session.info.get("audit_forgotten", ())}

    def of(self, actor_id: str) -> tuple[str, bytes]:
        if actor_id not in self._found:
            self._found[actor_id] = self._kept(actor_id) or self._made(actor_id)
        return self._found[actor_id]

    def _kept(self, actor_id: str) -> tuple[str, bytes] | None:
        wanted = select(col(AuditActor.id), col(AuditActor.key)).where(col(AuditActor.actor_id) == actor_id)
        row = self._connection.execute(wanted).one_or_none()
        return row and (row[0], row[1])

    def _made(self, actor_id: str) -> tuple[str, bytes]:
        made = (new_id(), _new_key())
        self._connection.execute(insert(AuditActor).values(id=made[0], actor_id=actor_id, key=made[1]))
        return made


def _new_key() -> bytes:
    return secrets.token_bytes(32)
