"""One run: everything that a peer has said since the last one is read, written and proved.

A run writes under its fence: whoever begins later has a higher one, and what an older run sends to the database
afterwards is refused there (leasing.py).
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import update
from sqlmodel import col

from app.core.clock import now
from app.core.db import Database, WriteSession, expect_much, is_silence, rehearse
from app.sync import ahead, applying, buckets, leasing
from app.sync.applying import Counts, Lease, Overtaken, Untrue
from app.sync.buckets import Sums, Total
from app.sync.calling import Caller, CallFault, Line, Refused, calling
from app.sync.canonical import added
from app.sync.careful import Stumbled
from app.sync.drafting import beside
from app.sync.leasing import Known
from app.sync.limits import Deadline
from app.sync.pages import PageRead
from app.sync.reconciling import StillDiffers, read_digest, reconcile
from app.sync.tables import SyncPeer, SyncRun
from app.sync.vocabulary import Verdict

RUN_SECONDS: Final = 2 * 60 * 60.0
# A run ends where the peer stood when it began, and a little later if others write meanwhile.
_PAGES_BEYOND: Final = 100
_STORM_SHARE: Final = 0.10
_STORM_LEAST: Final = 50
_NO_COMMON_PAST: Final = {409, 410}
_LONGEST_FAULT: Final = 500
_NOTHING: Final = Total(0, 0)
# What is told to whoever has typed `--dry-run`, and is never written down.
_WOULD_BE_EQUAL: Final = "Both sides would hold the same then."
_WOULD_DIFFER: Final = "The sums would still differ then: a run would compare all, and fetch what differs."
_WOULD_COMPARE: Final = (
    "There is no common past: a run would compare all, and fetch what differs. {number} sums differ now."
)
_log = logging.getLogger(__name__)


class Storm(Exception):
    """So much would be deleted that the operator has to say yes."""


class _TimeIsOver(Exception):
    """The run has taken as long as a run may."""


class _NoCommonPast(Exception):
    """What has been read is not what the peer has said: one of both went back in time."""


class _Endless(Exception):
    """The peer says again and again that there is more."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: the peer, the numbers it has read between where it began and the peer's newest, and counts."""

    peer: str
    begun: int
    cursor: int
    head: int
    counts: Counts


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended; without a verdict it was not begun, and `fault` says why, or only rehearsed.

    What a rehearsal has found is said in `found`: a sentence, since only a run proves anything.
    """

    peer: str
    verdict: Verdict | None
    counts: Counts = field(default_factory=Counts)
    pages: int = 0
    requests: int = 0
    fault: str | None = None
    found: str | None = None

    @property
    def is_good(self) -> bool:
        """Whether nobody has to look at it."""
        return self.fault is None and self.verdict in (None, Verdict.VERIFIED, Verdict.RECONCILED)


@dataclass(frozen=True, slots=True)
class Node:
    """This node as it reads: its database, its id and its secret, and how it calls."""

    database: Database
    id: str
    secret: bytes
    line: Line = field(default_factory=Line)
    seconds: float = RUN_SECONDS
    tell: Callable[[Progress], None] = lambda _: None


@dataclass(slots=True)
class _End:
    """Where the peer stood at the first page, and how many pages it has said since to be followed by another."""

    head: int | None = None
    beyond: int = 0

    def require(self, page: PageRead, cursor: int) -> None:
        """Count a page that was asked for with `cursor`.

        Raises:
            _Endless: the end was passed long ago.
        """
        self.head = page.head if self.head is None else self.head
        self.beyond += page.has_more and cursor >= self.head
        if self.beyond > _PAGES_BEYOND:
            raise _Endless("The peer says again and again that there is more.")


class Run:
    """A run on its way."""

    def __init__(
        self, node: Node, lease: Lease, known: Known, *, rehearsal: bool = False, only_compare: bool = False
    ) -> None:
        self._node = node
        self._database = node.database
        self._lease = lease
        self._known = known
        self._rehearsal = rehearsal
        self._only_compare = only_compare
        self._deadline = Deadline(node.seconds)
        self._begun = known.cursor
        self._counts = Counts()
        self._pages = 0
        self._looked_ahead = False
        self._living = 0
        self._would_hold: Sums | None = None
        self._found: str | None = None

    def whole(self) -> Outcome:
        """Go all the way, and write down how it ended."""
        requests = 0
        verdict: Verdict | None = Verdict.FAILED
        fault: str | None = None
        try:
            self._living = self._count_living()
            with calling(self._known.contact, self._node.id, self._node.line) as caller:
                caller.before_waiting = self._renew
                try:
                    verdict, fault = self._read(caller)
                finally:
                    requests = caller.requests
        except Overtaken as overtaken:
            # Whoever took over has closed it, and nothing more may be written.
            return Outcome(self._lease.peer, Verdict.UNFINISHED, self._counts, self._pages, requests, str(overtaken))
        except _TimeIsOver:
            verdict, fault = Verdict.UNFINISHED, "Its time was over; the next run goes on where it was stopped."
        except Storm as storm:
            verdict, fault = Verdict.HELD, str(storm)
        except (CallFault, Untrue, StillDiffers, _Endless) as wrong:
            fault = str(wrong)
        except Exception as wrong:
            # The run fails, and the other peers have theirs.
            fault = about(wrong)
            _log.exception("A run of the sync failed", extra={"peer": self._lease.peer})
        except BaseException:
            self._end(Verdict.UNFINISHED, "It was stopped.", 0)
            raise
        return self._end(verdict, fault, requests)

    def _read(self, caller: Caller) -> tuple[Verdict | None, str | None]:
        """Read page after page; return how the run ends, and what is to be told although it ends well."""
        if self._rehearsal:
            self._found = self._rehearse(caller)
            return None, None
        verdict = self._reconcile(caller) if self._only_compare else self._read_pages(caller)
        try:
            caller.acknowledge(self._lease.run, self._known.cursor, self._known.generation, verdict)
        except CallFault as fault:
            return verdict, f"All is read and equal, but the peer was not told: {fault}"
        with self._database.writes() as session:
            applying.hold(session, self._lease, run_id=self._lease.run)
        return verdict, None

    def _read_pages(self, caller: Caller) -> Verdict:
        try:
            is_equal = self._read_on(caller)
        except _NoCommonPast:
            return self._reconcile(caller)
        return Verdict.VERIFIED if is_equal else self._reconcile(caller)

    def _rehearse(self, caller: Caller) -> str:
        """Read as a run does, and say what would come of one."""
        try:
            is_equal = self._read_on(caller)
        except _NoCommonPast:
            theirs = read_digest(caller.digest())
            with self._database.reads() as session:
                differing = len(buckets.differing(buckets.held(session, self._lease.peer), theirs.sums))
            return _WOULD_COMPARE.format(number=differing)
        return _WOULD_BE_EQUAL if is_equal else _WOULD_DIFFER

    def _read_on(self, caller: Caller) -> bool:
        """Read on from the checkpoint to the end; return whether the sums are equal then."""
        end = _End()
        cursor, generation, run = self._known.cursor, self._known.generation, self._known.acknowledged
        with beside(self._database.url) as processes, ahead.pages(caller, processes, cursor, run) as given:
            while True:
                self._require_time()
                try:
                    read = given()
                except Refused as fault:
                    if fault.status in _NO_COMMON_PAST:
                        raise _NoCommonPast from fault
                    raise
                deletions = 0
                for page in read.pages:
                    if cursor and page.generation != generation:
                        raise _NoCommonPast
                    end.require(page, cursor)
                    deletions = self._require_no_storm(caller, page, deletions)
                    cursor, generation = page.next, page.generation
                is_equal = self._write(read)
                last = read.pages[-1]
                self._tell(last.head)
                if not last.has_more:
                    return is_equal
                self._database.let_others_write()

    def _write(self, read: ahead.Read) -> bool:
        """Write pages and the checkpoint at once; return whether the sums are equal, if the last page is among them."""
        try:
            return self._write_them(read, hopeful=True)
        except Stumbled:
            # All of it is undone, and the one that was stumbled over can be found.
            return self._write_them(read, hopeful=False)

    def _write_them(self, read: ahead.Read, *, hopeful: bool) -> bool:
        last = read.pages[-1]
        moved = {
            "cursor": last.next,
            "head": last.head,
            "generation": last.generation,
            "held_until": now() + leasing.LENGTH,
        }
        records = [one for page in read.pages for one in page.records]
        size = sum(page.size for page in read.pages)
        with self._writing(**moved) as session:
            before = buckets.held(session, self._lease.peer) if self._rehearsal else None
            counts = applying.write(session, self._lease.peer, records, draft=read.draft, hopeful=hopeful)
            self._keep(session, counts, pages=len(read.pages), size=size, cursor=last.next)
            ours = self._sums(session, before) if before is not None or not last.has_more else {}
        self._pages += len(read.pages)
        self._counts += counts
        self._known.cursor, self._known.generation = last.next, last.generation
        return not last.has_more and buckets.as_json(ours) == last.digest

    def _sums(self, session: WriteSession, before: Sums | None) -> Sums:
        """Return how what is held adds up after pages; of a rehearsal, with what the pages before them would change.

        Those were undone: nothing is left of them but how they had changed what was there `before`.
        """
        held = buckets.held(session, self._lease.peer)
        if before is not None:
            self._would_hold = held = _plus(before if self._would_hold is None else self._would_hold, held, before)
        return held

    def _reconcile(self, caller: Caller) -> Verdict:
        """Compare and fetch what differs; from then on go on where the peer stands."""

        def keep(session: WriteSession, counts: Counts) -> None:
            applying.hold(session, self._lease, held_until=now() + leasing.LENGTH)
            self._keep(session, counts)
            self._counts += counts

        def allow(deletions: int) -> None:
            self._require_time()
            self._weigh(deletions)

        caller.before_waiting()
        equal = reconcile(self._database, self._lease, caller, allow=allow, keep=keep)
        moved = {"cursor": equal.head, "head": equal.head, "generation": equal.generation}
        with self._writing(**moved) as session:
            self._keep(session, Counts(), cursor=equal.head)
        self._known.cursor, self._known.generation = equal.head, equal.generation
        self._tell(equal.head)
        return Verdict.RECONCILED

    @contextmanager
    def _writing(self, **moved: Any) -> Iterator[WriteSession]:
        """Give the session of one page: the fence first, so that a run that was taken over does no work for nothing."""
        with self._database.writes() as session:
            expect_much(session)
            if self._rehearsal:
                rehearse(session)
            else:
                applying.hold(session, self._lease, **moved)
            yield session

    def _keep(
        self, session: WriteSession, counts: Counts, *, pages: int = 0, size: int = 0, cursor: int | None = None
    ) -> None:
        """Add what became of records to the run's row."""
        more = {name: getattr(counts, name) for name in Counts.__slots__} | {"pages": pages, "bytes": size}
        values: dict[str, Any] = {name: getattr(SyncRun, name) + number for name, number in more.items() if number}
        if cursor is not None:
            values["cursor_to"] = cursor
        if values:
            session.connection().execute(update(SyncRun).where(col(SyncRun.id) == self._lease.run).values(values))

    def _require_no_storm(self, caller: Caller, page: PageRead, waiting: int) -> int:
        """Refuse to delete much, before anything is deleted: what comes after the page is looked at first.

        `waiting` records are deleted by pages before it that are not written yet; returns how many are so with it.

        Raises:
            Storm: more would go than anybody deletes in a day.
        """
        if self._known.deletions_allowed:
            return waiting
        deletions = self._deletions(page)
        if deletions:
            waiting += deletions
            self._weigh(self._counts.deleted + waiting)
            self._look_ahead(caller, page, waiting)
        return waiting

    def _look_ahead(self, caller: Caller, page: PageRead, waiting: int) -> None:
        """Weigh, once a run, what all pages after this one delete; with the same end as the pages that are written."""
        end = _End()
        while page.has_more and not self._looked_ahead:
            # Nothing is written meanwhile that would keep the lease.
            self._renew()
            cursor, page = page.next, caller.changes(page.next, self._known.acknowledged)
            end.require(page, cursor)
            waiting += self._deletions(page)
            self._weigh(self._counts.deleted + waiting)
        self._looked_ahead = True

    def _weigh(self, deletions: int) -> None:
        is_storm = deletions > _STORM_LEAST and deletions > self._living * _STORM_SHARE
        if is_storm and not self._known.deletions_allowed:
            raise Storm(
                f"{deletions} of {self._living} records would be deleted, and nothing was. If that is right: "
                f"samnod sync deletions allow {self._lease.peer}"
            )

    def _deletions(self, page: PageRead) -> int:
        with self._database.reads() as session:
            return applying.deletions(session, self._lease.peer, page.records)

    def _count_living(self) -> int:
        with self._database.reads() as session:
            return sum(total.count for total in buckets.held(session, self._lease.peer).values())

    def _renew(self) -> None:
        """Keep the lease while the peer is waited for, if there is still time for the run.

        Whoever asks for a page ahead may still do so when the run has ended: then the lease stays given back.
        """
        self._require_time()
        if not self._rehearsal:
            held = (col(SyncPeer.id) == self._lease.peer, col(SyncPeer.holder).is_not(None))
            with self._database.writes() as session:
                applying.hold(session, self._lease)
                longer = update(SyncPeer).where(*held).values(held_until=now() + leasing.LENGTH)
                session.connection().execute(longer)

    def _require_time(self) -> None:
        if not self._deadline.left():
            raise _TimeIsOver

    def _tell(self, head: int) -> None:
        self._node.tell(Progress(self._lease.peer, self._begun, self._known.cursor, head, self._counts))

    def _end(self, verdict: Verdict | None, fault: str | None, requests: int) -> Outcome:
        """Write down how the run ended, and give the lease back."""
        told = fault[:_LONGEST_FAULT] if fault else None
        outcome = Outcome(self._lease.peer, verdict, self._counts, self._pages, requests, told, self._found)
        if self._rehearsal:
            return outcome
        is_equal = verdict in (Verdict.VERIFIED, Verdict.RECONCILED)
        values: dict[str, Any] = {"held_until": None, "holder": None, "fault": told}
        if is_equal:
            values |= {"verified_at": now(), "failures": 0, "deletions_allowed": False}
        elif verdict is Verdict.FAILED:
            values["failures"] = SyncPeer.failures + 1
        ended = {"ended_at": now(), "verdict": verdict, "fault": told}
        try:
            with self._database.writes() as session:
                applying.hold(session, self._lease, **values)
                session.connection().execute(update(SyncRun).where(col(SyncRun.id) == self._lease.run).values(**ended))
        except Overtaken as overtaken:
            return Outcome(self._lease.peer, Verdict.UNFINISHED, self._counts, self._pages, requests, str(overtaken))
        except Exception as silent:
            # The database is full or silent still: the run stays open, and the next one closes it.
            if not is_silence(silent):
                raise
        return outcome


def _plus(sums: Sums, after: Sums, before: Sums) -> Sums:
    """Return sums with the difference between two others."""
    found: Sums = {}
    for key in {*sums, *after, *before}:
        one, more, less = (some.get(key, _NOTHING) for some in (sums, after, before))
        found[key] = Total(one.count + more.count - less.count, added(one.sum, [more.sum, -less.sum]))
    return {key: total for key, total in found.items() if total.count}


def about(wrong: Exception) -> str:
    """Return what is told of a fault that no peer is to blame for; never what a record says."""
    if is_silence(wrong):
        said = str(getattr(wrong, "orig", None) or type(wrong).__name__).strip().partition("\n")[0]
        return f"The database does not answer, and nothing was written of the page: {said}"
    return f"This program failed ({type(wrong).__name__}); its log says where."
