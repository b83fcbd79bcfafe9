"""One page of a peer's records is written here: its envelopes as they came, the rooms' tables, the checkpoint, at once.

The page's transaction holds the row of its peer, so whatever else writes that peer's records waits for it, and a run
whose fence is old writes nothing.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import Enum, auto
from functools import partial
from operator import attrgetter
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import bindparam, update
from sqlmodel import col

from app.core.bulk import read_many
from app.core.db import ReadSession, WriteSession
from app.journal import copies
from app.journal.vocabulary import Method
from app.sync import buckets, drafting, envelopes, queries
from app.sync.canonical import bucket_of
from app.sync.careful import all_or_each
from app.sync.drafting import Draft
from app.sync.envelopes import Held
from app.sync.kinds import KINDS, is_understood
from app.sync.tables import SyncPeer, SyncRecord
from app.sync.vocabulary import Envelope, Key, RecordState, key_of

_WHAT_DECIDES: Final = ("id", "method", "rev", "hash", "seq", "dataschema", "state")
_PUT: Final = Method.PUT.value
_DELETE: Final = Method.DELETE.value


class Overtaken(Exception):
    """Another run reads from this peer by now, or the peer has been taken away: nothing more may be written."""


class Untrue(Exception):
    """A peer sent what is not its own to say."""


class Lease(NamedTuple):
    """Who writes: a run of a peer, with the fence it was given."""

    peer: str
    fence: int
    run: str


@dataclass(slots=True)
class Counts:
    """What became of records: written, deleted, known before; and how many of those written had to be kept aside."""

    put: int = 0
    deleted: int = 0
    unchanged: int = 0
    parked: int = 0
    quarantined: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(Counts)))


class _Known(NamedTuple):
    """What is held of a record, as far as it decides what to do with another envelope of it."""

    held: Held
    seq: int
    dataschema: str
    state: RecordState

    @property
    def is_living(self) -> bool:
        return self.held.method == _PUT

    @property
    def is_current(self) -> bool:
        return self.state is RecordState.CURRENT


def wait_for(session: WriteSession, home: str) -> None:
    """Be the only one who writes what a peer says, until the commit, without a run of one's own."""
    own = update(SyncPeer).where(col(SyncPeer.id) == home)
    session.connection().execute(own.values(fence=SyncPeer.fence))


def hold(session: WriteSession, lease: Lease, **values: Any) -> None:
    """Be the only one who writes what a peer says, until the commit, and write `values` of the peer.

    Raises:
        Overtaken: the lease is not the newest.
    """
    own = (col(SyncPeer.id) == lease.peer, col(SyncPeer.fence) == lease.fence)
    held = session.connection().execute(update(SyncPeer).where(*own).values({"fence": lease.fence, **values}))
    if held.rowcount != 1:
        raise Overtaken(f"Another run reads from {lease.peer} by now.")


def deletions(session: ReadSession | WriteSession, home: str, page: Sequence[Envelope]) -> int:
    """Count the records that are living here and that a page would delete."""
    gone = {(one.type, one.id): one for one in page if _is_gone(one)}
    known = _known(session, home, gone)
    return sum(known[key].is_living and one.seq > known[key].seq for key, one in gone.items() if key in known)


def write(
    session: WriteSession,
    home: str,
    page: Sequence[Envelope],
    *,
    overwrite: bool = False,
    draft: Draft = drafting.here,
    hopeful: bool = False,
) -> Counts:
    """Write what a peer says of its records, and return what became of them. The caller holds its row (`hold`).

    What has been read already, or is older than what is here, changes nothing; with `overwrite` it is written whatever
    its number is, for what differs. `draft` gives what will be written of records that can be shown. One that cannot
    be is kept aside; whoever is `hopeful` that there is none saves the savepoints, for which SQLite copies each page
    before it changes: a sixth of the time.

    Raises:
        Untrue: a record is another node's. Nothing may be kept of the page.
        Stumbled: hope was in vain. Nothing may be kept of the page.
    """
    for one in page:
        if one.home != home:
            raise Untrue(f"{home} speaks for {one.home}: {one.type} {one.id}.")
    last = {(one.type, one.id): one for one in sorted(page, key=attrgetter("seq"))}
    known = _known(session, home, last)
    news = [one for key, one in last.items() if overwrite or key not in known or one.seq > known[key].seq]
    same = [one for one in news if _says_the_same(one, known.get(key_of(one)))] if known and not overwrite else []
    _renumber(session, home, same)
    said_before = {key_of(one) for one in same}
    changed = [one for one in news if key_of(one) not in said_before] if same else news
    counts = _keep(session, home, changed, known, draft, in_place=not overwrite, hopeful=hopeful)
    counts.unchanged = len(page) - len(changed)
    return counts


def remove(session: WriteSession, home: str, record_type: str, record_ids: Sequence[str]) -> Counts:
    """Take away records of which their home has nothing, not even a tombstone. The caller holds the peer's row."""
    copies.copying(session)
    rows = session.execute(queries.records(home, record_type, record_ids)).scalars().all()
    said = [envelopes.of_row(row) for row in rows]
    known = _known(session, home, {key_of(one) for one in said})
    refused = _forget(session, home, said, known)
    gone = [one for one in said if key_of(one) not in refused]
    session.connection().execute(queries.forget(home, record_type, [one.id for one in gone]))
    differences = [
        buckets.difference((one.type, bucket_of(one.id)), one.id, (one.rev, one.hash), None)
        for one in gone
        if not _is_gone(one)
    ]
    buckets.change(session, home, differences)
    return Counts(deleted=len(differences), quarantined=len(refused))


def settle_again(session: WriteSession, home: str, rows: Sequence[SyncRecord]) -> Counts:
    """Try again to write records of a peer that were kept aside into the rooms' tables, and return what became of them.

    The caller holds the peer's row.
    """
    said = [envelopes.of_row(row) for row in rows]
    return _keep(session, home, said, _known(session, home, {(one.type, one.id): one for one in said}))


def _keep(
    session: WriteSession,
    home: str,
    said: Sequence[Envelope],
    known: Mapping[Key, _Known],
    draft: Draft = drafting.here,
    *,
    in_place: bool = False,
    hopeful: bool = False,
) -> Counts:
    """Write envelopes, and let the rooms follow: what cannot be shown is kept aside, and what was shown of it goes."""
    copies.copying(session)
    readable, hidden, parked = _sorted_out(said)
    faults = _forget(session, home, hidden, known, hopeful=hopeful)
    # Who mends what differs or was kept aside trusts nothing that is there.
    payloads = _shown_payloads(session, home, readable, known) if in_place else {}
    unshown = _project(session, readable, known, payloads, draft, hopeful=hopeful)
    if unshown:
        faults |= unshown | _forget(session, home, [one for one in readable if key_of(one) in unshown], known)
    before = {key: one.held for key, one in known.items()}
    aside = {**dict.fromkeys(parked, RecordState.PARKED), **dict.fromkeys(faults, RecordState.QUARANTINED)}
    for state, some in _by_state(said, aside).items():
        envelopes.store(session, some, before, state, faults)
    gone = [key_of(one) for one in hidden if _is_gone(one)]
    return Counts(
        put=len(said) - len(gone),
        deleted=sum(known[key].is_living for key in gone if key in known),
        parked=len(parked - set(faults)),
        quarantined=len(faults),
    )


def _sorted_out(said: Sequence[Envelope]) -> tuple[list[Envelope], list[Envelope], set[Key]]:
    """Return the records that rooms can read, those that are not to be shown, and the keys of those that are parked."""
    understood = {shape: is_understood(*shape) for shape in {(one.type, one.dataschema) for one in said}}
    readable: list[Envelope] = []
    hidden: list[Envelope] = []
    parked: set[Key] = set()
    for one in said:
        if _is_gone(one):
            hidden.append(one)
        elif understood[one.type, one.dataschema]:
            readable.append(one)
        else:
            hidden.append(one)
            parked.add(key_of(one))
    return readable, hidden, parked


def _by_state(said: Sequence[Envelope], aside: Mapping[Key, RecordState]) -> Mapping[RecordState, Sequence[Envelope]]:
    if not aside:
        return {RecordState.CURRENT: said}
    return {
        state: [one for one in said if aside.get(key_of(one), RecordState.CURRENT) is state] for state in RecordState
    }


class How(Enum):
    """How records are written into a room's tables: what is known of what is there saves looking, and writing."""

    NEW = auto()
    """Nothing is there of them."""
    OWN_ROWS = auto()
    """They are there, and all that differs stands in their own rows."""
    WHOLE = auto()


def _project(
    session: WriteSession,
    said: Sequence[Envelope],
    known: Mapping[Key, _Known],
    before: Mapping[Key, str],
    draft: Draft,
    *,
    hopeful: bool,
) -> dict[Key, str]:
    """Write records into the rooms' tables; return why some of them cannot be."""
    faults: dict[Key, str] = {}
    by_type: dict[str, list[Envelope]] = {}
    for one in said:
        by_type.setdefault(one.type, []).append(one)
    for record_type in filter(by_type.__contains__, KINDS):
        for how, some in _by_how(by_type[record_type], known, before).items():
            write_them = partial(project, session, record_type, draft=draft, how=how)
            faults |= all_or_each(session, some, write_them, hopeful=hopeful)
    return faults


def _by_how(said: list[Envelope], known: Mapping[Key, _Known], before: Mapping[Key, str]) -> dict[How, list[Envelope]]:
    if not known:
        return {How.NEW: said}
    by_how: dict[How, list[Envelope]] = {}
    for one in said:
        by_how.setdefault(_how(one, known, before), []).append(one)
    return by_how


def _how(one: Envelope, known: Mapping[Key, _Known], before: Mapping[Key, str]) -> How:
    if key_of(one) not in known:
        return How.NEW
    told = before.get(key_of(one))
    return How.OWN_ROWS if told and _differ_in_own_rows(told, one.payload) else How.WHOLE


def _shown_payloads(
    session: WriteSession, home: str, said: Sequence[Envelope], known: Mapping[Key, _Known]
) -> dict[Key, str]:
    """Return what was said before of those of these records that are shown."""
    found: dict[Key, str] = {}
    shown = [key for one in said if (was := known.get(key := key_of(one))) and was.is_living and was.is_current]
    for record_type in {key[0] for key in shown}:
        ids = [record_id for kind, record_id in shown if kind == record_type]
        columns = (col(SyncRecord.id), col(SyncRecord.payload))
        rows = session.execute(queries.records(home, record_type, ids).with_only_columns(*columns)).all()
        found |= {(record_type, record_id): payload for record_id, payload in rows}
    return found


def _differ_in_own_rows(one: str, other: str) -> bool:
    """Tell whether two payloads differ in plain values alone: lists and objects are rows that belong to a record."""
    return _parts(one) == _parts(other)


def _parts(payload: str) -> dict[str, Any] | None:
    try:
        said = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(said, dict):
        return None
    return {name: value for name, value in said.items() if isinstance(value, list | dict)}


def project(
    session: WriteSession,
    record_type: str,
    said: Sequence[Envelope],
    *,
    draft: Draft = drafting.here,
    how: How = How.WHOLE,
) -> None:
    """Write records of one type into its room's tables.

    Raises:
        Exception: whatever a room or the database says of one of them; nothing may be kept.
    """
    replicas = KINDS[record_type].REPLICAS
    # One that is alone stands for itself: what was expected of many may not be so, and its fault is told.
    how = how if len(said) > 1 else How.WHOLE
    for copied, drafted in draft(session.connection().dialect, record_type, said):
        if how is How.OWN_ROWS:
            replicas.rewrite(session, copied, drafted)
        else:
            replicas.write(session, copied, drafted, are_new=how is How.NEW)


def _forget(
    session: WriteSession,
    home: str,
    said: Sequence[Envelope],
    known: Mapping[Key, _Known],
    *,
    hopeful: bool = False,
) -> dict[Key, str]:
    """Take out of the rooms' tables what is shown of these records; return why some of them cannot be."""
    shown = [one for one in said if _may_be_shown(known.get(key_of(one)))]
    faults: dict[Key, str] = {}
    for record_type, kind in reversed(KINDS.items()):

        def forget(some: Sequence[Envelope], forget: Callable[..., None] = kind.REPLICAS.forget) -> None:
            forget(session, home, [one.id for one in some])

        faults |= all_or_each(session, [one for one in shown if one.type == record_type], forget, hopeful=hopeful)
    return faults


def _may_be_shown(known: _Known | None) -> bool:
    # A record whose deletion was refused is quarantined as a tombstone, and still there.
    return known is not None and (known.state is not RecordState.PARKED)


def _known(session: ReadSession | WriteSession, home: str, wanted: Collection[Key]) -> dict[Key, _Known]:
    found: dict[Key, _Known] = {}
    ids: dict[str, list[str]] = {}
    for record_type, record_id in wanted:
        ids.setdefault(record_type, []).append(record_id)
    for record_type, of_type in ids.items():
        rows = read_many(session, SyncRecord, _WHAT_DECIDES, of_type, home=home, type=record_type)
        for record_id, method, rev, payload_hash, seq, dataschema, state in rows:
            found[record_type, record_id] = _Known(Held(method, rev, payload_hash), seq, dataschema, RecordState(state))
    return found


def _says_the_same(one: Envelope, known: _Known | None) -> bool:
    return known is not None and (one.method, one.rev, one.hash, one.dataschema) == (*known.held, known.dataschema)


def _renumber(session: WriteSession, home: str, same: Sequence[Envelope]) -> None:
    """Write down the new numbers of records that say what they said."""
    if same:
        keys = ("type", "id")
        of = (col(SyncRecord.home) == home, *(getattr(SyncRecord, key) == bindparam(f"of_{key}") for key in keys))
        new: dict[str, Any] = {"seq": bindparam("new_seq"), "time": bindparam("new_time")}
        rows = [{"of_type": one.type, "of_id": one.id, "new_seq": one.seq, "new_time": one.time} for one in same]
        session.connection().execute(update(SyncRecord).where(*of).values(**new), rows)


def _is_gone(one: Envelope) -> bool:
    return one.method == _DELETE
