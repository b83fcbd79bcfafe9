"""After a restore: what this node had said since the backup is read back from its peers, before it serves anybody.

A node that simply went on would give numbers again that others have passed, let records come to life that were erased,
and lose what was written after the backup although its peers have it. So it asks each of them what it holds of this
node's own records, takes the newer back as two of them hold it or as one whom the operator believes (`witnesses`),
erases again what the ledger says was erased, and goes on counting in a generation that nobody has seen.
"""

from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Final

import orjson
from sqlalchemy import Table, delete, exists, select, update
from sqlmodel import SQLModel, col

from app.audit import service as audit
from app.core.clock import now
from app.core.db import Database, ReadSession, WriteSession
from app.journal import copies, generations
from app.journal import service as journal
from app.journal.generations import GENERATION_SIZE
from app.journal.vocabulary import Copy, Method
from app.sync import checking, erasures, queries, witnesses
from app.sync.calling import CallFault, calling
from app.sync.canonical import canonical
from app.sync.careful import all_or_each
from app.sync.drafting import copy_of
from app.sync.kinds import KINDS, is_understood
from app.sync.leasing import contact_of
from app.sync.limits import Deadline, TooSlow
from app.sync.pages import PageRead
from app.sync.running import Node
from app.sync.tables import SyncPeer, SyncRecord, SyncSelf
from app.sync.vocabulary import Envelope, Key, PeerState, RecordKind
from app.sync.witnesses import Claim, Witness

_BATCH: Final = 500
_OWNER: Final = "owner_id"
# A backup that old is nobody's: whoever has seen more generations of our numbers would use up those that there are.
_MOST_AHEAD: Final = 100
Tell = Callable[[str, int], None]


class Unheard(Exception):
    """A peer did not say what it holds; the text says why."""

    def __init__(self, peer: str, why: str) -> None:
        super().__init__(f"{peer} did not say what it holds of this node's records: {why}")
        self.peer = peer


class Disputed(Exception):
    """Peers hold newer records that no other peer holds so: `alone` names them, and who does."""

    def __init__(self, alone: Mapping[Key, str]) -> None:
        super().__init__(f"{len(alone)} records are newer at one peer alone, and no other says the same of them.")
        self.alone = alone


@dataclass(slots=True)
class Restored:
    """What came of it: records taken back, taken away again, erased by the ledger, and those that could not be kept.

    `unkept` are records that nobody keeps: an organisation has to be given to each. `alone` are those that only
    one peer holds so, which is named; they are not taken from it unless it is believed. `told` counts the records that
    others are told anew.
    """

    generation: int = 0
    taken: int = 0
    removed: int = 0
    erased: int = 0
    told: int = 0
    refused: dict[Key, str] = field(default_factory=dict)
    unkept: list[Key] = field(default_factory=list)
    alone: Mapping[Key, str] = field(default_factory=dict)


def mark(session: WriteSession) -> None:
    """Write down that a database was put back from a backup. A node that knows nobody has nobody to ask."""
    has_peers = exists(select(col(SyncPeer.id)))
    session.connection().execute(update(SyncSelf).where(has_peers).values(is_restored=True))


def is_waiting(session: ReadSession | WriteSession) -> bool:
    """Tell whether the database was put back from a backup, and there are peers who have not been asked yet."""
    marked = session.execute(select(col(SyncSelf.is_restored))).scalar()
    return bool(marked) and session.execute(select(col(SyncPeer.id)).limit(1)).first() is not None


def begin_anew(
    node: Node,
    folder: Path,
    *,
    without: Sequence[str] = (),
    believed: Collection[str] = (),
    tell: Tell = lambda *_: None,
    dry_run: bool = False,
) -> Restored:
    """Take back what the peers hold, erase what the ledger in `folder` says, and begin a new generation.

    `without` names peers that need not be asked, because they are gone for good, or lie. What one peer alone holds is
    taken from those that are `believed`, and left where any are. With `dry_run` nothing is written. It may be repeated:
    what was taken back is not taken twice.

    Raises:
        Unheard: a peer did not answer, or not as one that has read this node would. Nothing is finished, and the node
            must not serve.
        Disputed: there are records that one peer alone holds so, and nobody is believed. Nothing was written.
    """
    heard = {peer.id: (peer, _hear(node, peer, tell)) for peer in _asked(node.database, without)}
    judged = witnesses.judge([witness for _, witness in heard.values()], believed)
    if judged.alone and not believed and not dry_run:
        raise Disputed(judged.alone)
    done = Restored(max((witness.generation for _, witness in heard.values()), default=0), alone=judged.alone)
    done.taken = sum(claim.method == Method.PUT.value for claim in judged.taken.values())
    done.removed = len(judged.taken) - done.taken
    if not dry_run:
        _take_back(node, list(heard.values()), dict(judged.taken), done, tell)
    done.erased = erase_again(node.database, folder, node.id, dry_run=dry_run)
    if dry_run:
        return done
    with node.database.writes() as session:
        done.generation = generations.begin_generation(session, at_least=done.generation + 1)
        session.connection().execute(update(SyncSelf).values(is_restored=False))
        told = {"generation": done.generation, "without": sorted(without), "from": sorted(believed)}
        audit.record(session, "generation.begin", "node", "own", after=told)
    done.told = checking.audit_own(node.database, node.id)
    return done


def erase_again(database: Database, folder: Path, own: str, *, dry_run: bool = False) -> int:
    """Take away what the ledger says was taken away and the backup has brought back; return how much that was."""
    last: dict[Key, int] = {}
    for one in erasures.read(folder):
        if one.home == own:
            last[one.type, one.id] = max(one.rev, last.get((one.type, one.id), 0))
    erased = 0
    for record_type, keys in groupby(sorted(last), key=lambda key: key[0]):
        ids = [record_id for _, record_id in keys]
        for first in range(0, len(ids), _BATCH):
            some = {record_id: last[record_type, record_id] for record_id in ids[first : first + _BATCH]}
            erased += _erase(database, own, record_type, some, dry_run=dry_run)
    return erased


def _asked(database: Database, without: Sequence[str]) -> list[SyncPeer]:
    with database.reads() as session:
        rows = session.execute(queries.peers()).scalars().all()
    return [row for row in rows if row.id not in without and row.state is PeerState.ACTIVE]


def _hear(node: Node, peer: SyncPeer, tell: Tell) -> Witness:
    """Read what one peer holds, and keep what is said by it of what is newer than here."""
    with node.database.reads() as session:
        most = generations.generation(session) + _MOST_AHEAD
    heard = Witness(peer.id)
    for page in _held(node, peer, tell):
        heard.generation = max(heard.generation, page.generation, page.head // GENERATION_SIZE)
        if heard.generation > most:
            raise Unheard(peer.id, f"it says that this node counts in generation {heard.generation}.")
        heard.claims |= {(one.type, one.id): witnesses.claim_of(one) for one in _newer(node, page.records)}
    return heard


def _held(node: Node, peer: SyncPeer, tell: Tell) -> Generator[PageRead, None, None]:
    """Yield the pages of what a peer holds of this node's records."""
    deadline = Deadline(node.seconds)
    after, read = 0, 0
    try:
        with calling(contact_of(peer, node.secret), node.id, node.line) as caller:
            while True:
                page = caller.held(after)
                read += len(page.records)
                tell(peer.id, read)
                yield page
                if not page.has_more:
                    return
                deadline.check()
                after = page.next
    except (CallFault, TooSlow) as fault:
        raise Unheard(peer.id, str(fault)) from fault


def _newer(node: Node, held: Sequence[Envelope]) -> Iterator[Envelope]:
    """Yield the records of which somebody holds what this node said after its backup was made."""
    understood = [one for one in held if is_understood(one.type, one.dataschema)]
    for record_type, of_type in groupby(sorted(understood, key=lambda one: one.type), key=lambda one: one.type):
        some = list(of_type)
        with node.database.reads() as session:
            here, said = _known(session, node.id, record_type, some)
        yield from (one for one in some if _is_newer(one, here, said))


def _take_back(
    node: Node, heard: Sequence[tuple[SyncPeer, Witness]], wanted: dict[Key, Claim], done: Restored, tell: Tell
) -> None:
    """Write what is wanted, as the first of the peers that hold it so says it once more."""
    for peer, witness in heard:
        here = {key for key, claim in wanted.items() if _claims(witness, key, claim)}
        with closing(_held(node, peer, tell)) as pages:
            while here and (page := next(pages, None)) is not None:
                found = [one for one in page.records if _is_wanted(one, wanted)]
                for record_type in sorted({one.type for one in found}):
                    _write(node, record_type, [one for one in found if one.type == record_type], done)
                for one in found:
                    del wanted[one.type, one.id]
                here.difference_update((one.type, one.id) for one in found)
        if here:
            raise Unheard(peer.id, "it holds something else than a moment ago.")


def _claims(witness: Witness, key: Key, claim: Claim) -> bool:
    said = witness.claims.get(key)
    return said is not None and said.content == claim.content


def _is_wanted(one: Envelope, wanted: Mapping[Key, Claim]) -> bool:
    claim = wanted.get((one.type, one.id))
    return claim is not None and claim.content == witnesses.claim_of(one).content


def _known(
    session: ReadSession, own: str, record_type: str, some: Sequence[Envelope]
) -> tuple[Mapping[str, int], Mapping[str, SyncRecord]]:
    """Return the `rev` of those of these records that are here, and what was said of them, by id."""
    ids = [one.id for one in some]
    here = {record_id: rev for record_id, (rev, _) in KINDS[record_type].said(session, ids).items()}
    said = {row.id: row for row in session.execute(queries.records(own, record_type, ids)).scalars()}
    return here, said


def _is_newer(one: Envelope, here: Mapping[str, int], said: Mapping[str, SyncRecord]) -> bool:
    """Tell whether a peer holds what this node said after its backup was made."""
    rev, told = here.get(one.id), said.get(one.id)
    if told is not None and (told.method, told.hash) == (one.method, one.hash):
        return False
    if rev is None and told is None:
        return one.method == Method.PUT.value
    known = max(rev or 0, told.rev if told else 0)
    return one.rev > known or (one.rev == known and told is not None and one.seq > told.seq)


def _write(node: Node, record_type: str, taken: Sequence[Envelope], done: Restored) -> None:
    """Write records as this node's own, as they were published; what was never published of those that are here stays.

    Others are told of them afterwards, when the new generation has begun.
    """
    kind = KINDS[record_type]
    back = [one for one in taken if one.method == Method.PUT.value]
    gone = {one.id: one.rev for one in taken if one.method == Method.DELETE.value}
    with node.database.writes() as session:
        copies.copying(session)
        keepers = _keepers(session, record_type, [one.id for one in back])
        refused = all_or_each(session, back, partial(_put_right, session, kind, _published(session, kind, back)))
        kind.REPLICAS.forget(session, node.id, list(gone))
        journal.forget_past(session, record_type, gone)
    done.taken -= len(refused)
    done.refused |= refused
    kept = {record_id for record_id, owner in keepers.items() if owner}
    done.unkept += [
        (record_type, one.id) for one in back if one.id not in kept and (record_type, one.id) not in refused
    ]


def _published(session: WriteSession, kind: RecordKind, some: Sequence[Envelope]) -> dict[str, Copy]:
    """Return what others could be told of records as they are here, by id; nothing of what is nobody's to know."""
    known = {}
    homes = {one.id: one.home for one in some}
    for record_id, (rev, said) in kind.said(session, list(homes)).items():
        published = kind.published(said)
        if published is not None:
            known[record_id] = Copy(record_id, homes[record_id], rev, now(), orjson.loads(canonical(published)))
    return known


def _put_right(session: WriteSession, kind: RecordKind, known: Mapping[str, Copy], some: Sequence[Envelope]) -> None:
    for one in some:
        kind.REPLICAS.take_back(session, copy_of(one), known.get(one.id))


def _keepers(session: WriteSession, record_type: str, ids: Sequence[str]) -> dict[str, str | None]:
    table = _table_with_owner(record_type)
    if table is None:
        return {}
    wanted = select(table.c.id, table.c[_OWNER]).where(table.c.id.in_(ids))
    return dict(session.execute(wanted).all())


def _table_with_owner(record_type: str) -> Table | None:
    """Return the table of a type of record (a type is named as its table) if its rows are kept by somebody."""
    table = SQLModel.metadata.tables.get(record_type)
    return table if table is not None and _OWNER in table.c else None


def _erase(database: Database, own: str, record_type: str, revs: Mapping[str, int], *, dry_run: bool) -> int:
    table = SQLModel.metadata.tables.get(record_type)
    if table is None or "rev" not in table.c:
        return 0
    with database.writes() as session:
        here = dict(session.execute(select(table.c.id, table.c.rev).where(table.c.id.in_(list(revs)))).all())
        # What was written anew after it was erased has gone on counting.
        gone = [record_id for record_id, rev in here.items() if rev <= revs[record_id]]
        if dry_run:
            return len(gone)
        if gone:
            copies.copying(session)
            if record_type in KINDS:
                KINDS[record_type].REPLICAS.forget(session, own, gone)
            else:
                session.connection().execute(delete(table).where(table.c.id.in_(gone)))
        # Also of those that the backup never knew: one of that id is not to be taken for what was erased.
        removed = {one: rev for one, rev in revs.items() if one in gone or one not in here}
        journal.forget_past(session, record_type, removed)
    return len(gone)
