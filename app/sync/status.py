"""How this node stands with each of its peers: for the coordinators' page, the command line and the metrics.

Read from a few rows a peer and from the buckets' sums, so that it costs the same however many records there are.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from app.core.clock import zone
from app.core.db import ReadSession, WriteSession
from app.journal import copies
from app.journal.generations import GENERATION_SIZE
from app.sync import leasing, queries
from app.sync.doubles import Double
from app.sync.doubles import doubles as of_two_nodes
from app.sync.tables import SyncPeer, SyncRecord, SyncRun
from app.sync.vocabulary import PeerState, RecordState, Verdict

NIGHTS: Final = 14
# A night and a little: after this a peer that is read every night has been missed.
LATE_AFTER: Final = timedelta(hours=26)
# The clocks of a node's machines may differ by so much, and nobody calls them wrong.
_CLOCKS_DIFFER: Final = timedelta(minutes=5)
_SHOWN_RUNS: Final = 5
_SHOWN_ASIDE: Final = 50
# Sweden and Norway keep the same time.
_ZONE: Final = zone("SE")


@dataclass(frozen=True, slots=True)
class RunStatus:
    """One reading of a peer: when, what it brought, and how it ended; no verdict yet while it goes on."""

    id: str
    started_at: datetime
    ended_at: datetime | None
    verdict: Verdict | None
    pages: int
    put: int
    deleted: int
    unchanged: int
    parked: int
    quarantined: int
    bytes: int
    fault: str | None

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it goes on."""
        return (self.ended_at - self.started_at).total_seconds() if self.ended_at else None


@dataclass(frozen=True, slots=True)
class Night:
    """One day of the last fourteen, in local time: how the last reading begun on it ended.

    Without a verdict it was not read that day, or has not been read to the end.
    """

    day: date
    was_read: bool
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class PeerStatus:
    """How this node stands with one peer. `records` counts by type what is here of it and can be shown.

    `verified_at` is None too when it was written down by a clock that was ahead: that proves nothing.
    """

    id: str
    name: str
    url: str
    state: PeerState
    verified_at: datetime | None
    acked_at: datetime | None
    lag: int
    failures: int
    fault: str | None
    is_running: bool
    is_late: bool
    records: Mapping[str, int]
    parked: int
    quarantined: int
    runs: Sequence[RunStatus]
    nights: Sequence[Night]

    @property
    def last(self) -> RunStatus | None:
        """The last reading that has ended."""
        return next((run for run in self.runs if run.ended_at), None)

    @property
    def is_held(self) -> bool:
        """Whether it waits for the operator to let its deletions through."""
        return self.last is not None and self.last.verdict is Verdict.HELD

    @property
    def needs_somebody(self) -> bool:
        """Whether somebody has to look at it; a peer that is paused waits for nobody."""
        is_wrong = self.is_late or self.is_held or self.failures or self.parked or self.quarantined
        return self.state is not PeerState.PAUSED and bool(is_wrong)

    @property
    def total(self) -> int:
        """How many of its records are here and can be shown."""
        return sum(self.records.values())


@dataclass(frozen=True, slots=True)
class Aside:
    """A record that is kept as it came and cannot be shown, and why."""

    home: str
    type: str
    id: str
    dataschema: str
    state: RecordState
    fault: str | None


@dataclass(frozen=True, slots=True)
class Counted:
    """How many records of a home, of one type, stand in one state here; a deletion that could not be done is one."""

    home: str
    type: str
    state: RecordState
    count: int


def peers(session: ReadSession | WriteSession, at: datetime) -> list[PeerStatus]:
    """Return how this node stands with every peer at `at`, by id."""
    counts = counted(session)
    first = _day_of(at) - timedelta(days=NIGHTS - 1)
    since = datetime.combine(first, datetime.min.time(), _ZONE)
    runs: dict[str, list[SyncRun]] = {}
    for run in session.execute(queries.runs_since(since)).scalars():
        runs.setdefault(run.peer, []).append(run)
    rows = session.execute(queries.peers()).scalars().all()
    return [_status(session, row, counts, runs.get(row.id, []), at) for row in rows]


def believed(moment: datetime | None, at: datetime) -> datetime | None:
    """Return a moment that was written down; None when it is yet to come at `at`: some clock was wrong."""
    return moment if moment is not None and moment <= at + _CLOCKS_DIFFER else None


def last_runs(session: ReadSession | WriteSession, peer: str, at: datetime, limit: int = 1) -> Sequence[SyncRun]:
    """Return the newest runs of a peer, but for those that are yet to begin: a clock that was ahead has dated them."""
    found: Sequence[SyncRun] = session.execute(queries.runs(peer, limit, at + _CLOCKS_DIFFER)).scalars().all()
    return found


def counted(session: ReadSession | WriteSession) -> list[Counted]:
    """Return how many records of each home and type stand in each state; none of a state is not told."""
    found: Counter[tuple[str, str, RecordState]] = Counter()
    for home, kind, total in session.execute(queries.totals()):
        found[home, kind, RecordState.CURRENT] = int(total)
    for home, kind, state, number, living in session.execute(queries.aside_counts()):
        found[home, kind, RecordState(state)] = number
        # A tombstone is in no total, and nothing goes from it.
        found[home, kind, RecordState.CURRENT] -= living
    states = list(RecordState)
    order = sorted(found, key=lambda one: (*one[:2], states.index(one[2])))
    return [Counted(*one, found[one]) for one in order if found[one]]


def aside(session: ReadSession | WriteSession, limit: int = _SHOWN_ASIDE) -> list[Aside]:
    """Return the first records that are kept and cannot be shown, by home, type and id."""
    rows: Sequence[SyncRecord] = session.execute(queries.aside().limit(limit)).scalars().all()
    return [Aside(row.home, row.type, row.id, row.dataschema, row.state, row.fault) for row in rows]


def doubles(session: ReadSession, limit: int) -> list[Double]:
    """Return the organisation numbers that records of two nodes say, at most `limit` of each type."""
    return list(of_two_nodes(session, limit))


def homes(session: ReadSession | WriteSession, record_type: str, record_ids: Sequence[str]) -> dict[str, str]:
    """Return to which other node each of these records belongs, by id; this node's own are not in it."""
    among = sorted(copies.nodes(session))
    if not among:
        return {}
    return dict(session.execute(queries.homes(record_type, record_ids, among)).all())


def lag_of(cursor: int, head: int) -> int:
    """Return how many numbers a peer has given since the last that was read; more than there are records to read.

    A home that was put back from a backup counts in a new generation, whose numbers begin far above the old ones.
    """
    if cursor // GENERATION_SIZE != head // GENERATION_SIZE:
        return head % GENERATION_SIZE
    return max(0, head - cursor)


def _status(
    session: ReadSession | WriteSession, row: SyncPeer, counts: Sequence[Counted], runs: Sequence[SyncRun], at: datetime
) -> PeerStatus:
    own = [one for one in counts if one.home == row.id]
    apart = {state: sum(one.count for one in own if one.state is state) for state in RecordState}
    verified_at = believed(row.verified_at, at)
    since = verified_at or believed(row.added_at, at)
    return PeerStatus(
        id=row.id,
        name=row.name,
        url=row.url,
        state=row.state,
        verified_at=verified_at,
        acked_at=row.acked_at,
        lag=lag_of(row.cursor, row.head),
        failures=row.failures,
        fault=row.fault,
        is_running=leasing.is_held(row, at),
        is_late=row.state is PeerState.ACTIVE and (since is None or at - since > LATE_AFTER),
        records={one.type: one.count for one in own if one.state is RecordState.CURRENT},
        parked=apart[RecordState.PARKED],
        quarantined=apart[RecordState.QUARANTINED],
        runs=[_run(one) for one in last_runs(session, row.id, at, _SHOWN_RUNS)],
        nights=_nights(runs, _day_of(at)),
    )


def _nights(runs: Sequence[SyncRun], today: date) -> list[Night]:
    """Return the last fourteen days, each with the last of its readings; `runs` are in order, the oldest first."""
    last = {_day_of(run.started_at): run for run in runs}
    days = [today - timedelta(days=back) for back in range(NIGHTS - 1, -1, -1)]
    return [Night(day, day in last, last[day].verdict if day in last else None) for day in days]


def _run(row: SyncRun) -> RunStatus:
    return RunStatus(
        id=row.id,
        started_at=row.started_at,
        ended_at=row.ended_at,
        verdict=row.verdict,
        pages=row.pages,
        put=row.put,
        deleted=row.deleted,
        unchanged=row.unchanged,
        parked=row.parked,
        quarantined=row.quarantined,
        bytes=row.bytes,
        fault=row.fault,
    )


def _day_of(at: datetime) -> date:
    return at.astimezone(_ZONE).date()
