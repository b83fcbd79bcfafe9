"""The chain read again: checked from end to end, told to those who may know, and cut when it is old."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, delete, select, update
from sqlmodel import col

from app.audit import queries
from app.audit.rules import HASHED, entry_hash
from app.audit.schemas import AuditEntryRead, AuditFilters
from app.audit.tables import AuditEntry, AuditHead
from app.core.db import ReadSession, WriteSession

_AT_A_TIME: Final = 1000
# As long as somebody may ask what a public authority did, in the ordinary statutes of limitation.
_KEPT: Final = timedelta(days=5 * 365)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a check: how many entries hold, up to which, and what breaks the chain there; empty: nothing."""

    number: int
    last: int
    hash: str
    fault: str


def verify(session: ReadSession, known: tuple[int, str] | None = None) -> Verdict:
    """Walk the chain from where it begins, and say where it breaks first.

    `known` is the place and the hash of an entry, noted somewhere else: a chain that was made anew from there on hangs
    together, but no longer holds it.
    """
    head = session.execute(queries.head()).scalars().one()
    number, last, before = 0, head.kept_from - 1, head.cut_hash
    if known and known[0] < last:
        return Verdict(0, last, before, f"entry {known[0]} has been cut off; note a newer one")
    for entry in _walk(session, last):
        fault = _fault(entry, last + 1, before, known)
        if fault:
            return Verdict(number, last, before, fault)
        number, last, before = number + 1, entry["seq"], entry["hash"]
    fault = ""
    if (last, before) != (head.seq, head.hash):
        fault = f"entries are missing after {last}: the last should be {head.seq}"
    elif known and known[0] > last:
        fault = f"entry {known[0]}, which was noted, is missing"
    return Verdict(number, last, before, fault)


def exported(session: ReadSession) -> Iterator[dict[str, Any]]:
    """Give every entry, oldest first, with what its hash is made of: whoever has them can check them alone."""
    head = session.execute(queries.head()).scalars().one()
    for entry in _walk(session, head.kept_from - 1):
        yield {name: entry[name] for name in (*HASHED, "hash")} | {"at": entry["at"].isoformat()}


def listed(
    session: ReadSession, filters: AuditFilters, whose: Sequence[Select[str]] | None
) -> tuple[list[AuditEntryRead], int]:
    """Return one page of the log, newest first, and how many entries there are; `whose` is None for everybody's."""
    rows = session.execute(queries.told(filters, whose)).scalars().all()
    total: int = session.execute(queries.count(filters, whose)).scalar_one()
    return [AuditEntryRead.model_validate(row) for row in rows], total


def cut(session: WriteSession, at: datetime) -> int:
    """Cut off the entries that are five years old at `at`, and return how many; what is left still verifies.

    The hash of the last one that goes is kept, so that the chain has its beginning there.
    """
    head = session.execute(queries.head().with_for_update()).scalars().one()
    last = session.execute(queries.last_before(at - _KEPT)).scalar_one()
    if last is None:
        return 0
    hashed = session.execute(select(col(AuditEntry.hash)).where(col(AuditEntry.seq) == last)).scalar_one()
    removed: int = last - head.kept_from + 1
    connection = session.connection()
    # First where the chain begins from now on: the database lets go only of what lies before.
    connection.execute(update(AuditHead).values(kept_from=last + 1, cut_hash=hashed))
    connection.execute(delete(AuditEntry).where(col(AuditEntry.seq) <= last))
    return removed


def _walk(session: ReadSession, last: int) -> Iterator[dict[str, Any]]:
    while rows := session.execute(queries.chain(last, _AT_A_TIME)).scalars().all():
        for row in rows:
            last = row.seq
            yield row.model_dump()
            session.expunge(row)


def _fault(entry: dict[str, Any], expected: int, before: str, known: tuple[int, str] | None) -> str:
    """Return what is wrong with an entry; empty: nothing."""
    seq = entry["seq"]
    if seq != expected:
        return f"entries {expected} to {seq - 1} are missing"
    if entry["previous"] != before:
        return f"entry {seq} does not follow the one before it"
    if entry_hash(entry) != entry["hash"]:
        return f"entry {seq} has been changed"
    if known and known[0] == seq and known[1] != entry["hash"]:
        return f"entry {seq} is another than the one that was noted"
    return ""
