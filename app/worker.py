"""The worker: what is done again and again, beside the server and outside every request.

APScheduler says when; a row in the database says who, so that of several workers one runs a job at a time, and what was
missed while nobody ran is caught up once.
"""

import logging
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.exc import SQLAlchemyError

from app import sync_jobs
from app.accounts import attempts, idempotency, invitations, resets, sessions, two_step
from app.audit import checking as audit
from app.claims import service as claims
from app.core.clock import now, zone
from app.core.db import Database, WriteSession
from app.digests import service as digests
from app.gaps import service as gaps
from app.intake import service as intake
from app.inventories import service as inventories
from app.jobs import service as jobs
from app.mail import service as mail
from app.mail.sending import Office, send_due
from app.mail.smtp import Server
from app.mail.vocabulary import Sender
from app.matching import service as matching
from app.moderation import service as moderation
from app.needs import service as needs
from app.responses import service as responses
from app.support_offers import service as support_offers
from app.support_requests import service as support_requests

_log = logging.getLogger("samnod.worker")
# Long jobs do not keep letters waiting.
_AT_ONCE: Final = 3
_LONGEST_TOLD: Final = 300


@dataclass(frozen=True, slots=True)
class Context:
    """What a job is given: the database, the node's secret and settings, and when it is.

    `server` is None on a node that sends no mail. `stopping` tells when to leave the rest to another time.
    """

    database: Database
    secret: bytes
    home: str
    sender: Sender
    server: Server | None
    holder: str
    at: datetime
    stopping: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Job:
    """Something that is done again and again: `run` does it, and returns how many things it did.

    `waits` tells whether there is anything to do, without writing: for what is asked every few seconds.
    """

    name: str
    trigger: BaseTrigger
    run: Callable[[Context], int]
    waits: Callable[[Context], bool] | None = None


def send_mail(context: Context) -> int:
    """Send the letters that are due."""
    if context.server is None:
        return 0
    return send_due(
        Office(
            database=context.database,
            server=context.server,
            sender=context.sender,
            secret=context.secret,
            holder=context.holder,
            stopping=context.stopping,
        )
    )


def _is_mail_due(context: Context) -> bool:
    with context.database.reads() as session:
        return context.server is not None and mail.is_any_due(session, context.at)


def in_one_transaction(*work: Callable[[WriteSession, datetime], int]) -> Callable[[Context], int]:
    """Return a job that calls rooms' functions, each in a transaction of its own."""

    def run(context: Context) -> int:
        done = 0
        for one in work:
            with context.database.writes() as session:
                done += one(session, context.at)
        return done

    return run


def outreach(context: Context) -> int:
    """Send today's batches of invitations, and remind those who have not answered."""
    with context.database.writes() as session:
        sent = responses.pace(session, context.at, secret=context.secret)
    with context.database.writes() as session:
        return sent + responses.remind(session, context.at, secret=context.secret)


def survey_reminders(context: Context) -> int:
    """Remind those who have not answered a needs inventory."""
    with context.database.writes() as session:
        return inventories.remind(session, context.at, secret=context.secret)


def tell_news(context: Context) -> int:
    """Send everybody's digest that is due."""
    with context.database.reads() as session:
        readers = digests.due(session, context.at)
    told = 0
    for reader in readers:
        if context.stopping():
            break
        with context.database.reads() as session:
            news = digests.news(session, reader.organization_id, reader.since, context.at)
        with context.database.writes() as session:
            told += digests.tell(session, reader, news, context.at)
    return told


def index_copies(context: Context) -> int:
    """Bring copies into the index of matching that a run of the sync has left waiting: it was stopped, or goes on."""
    return matching.index_copies(context.database)


def _do_copies_wait(context: Context) -> bool:
    with context.database.reads() as session:
        return matching.waiting_copies(session) > 0


def be_heard(_context: Context) -> int:
    """Do nothing: that the job ran is what others read (`jobs.last_worked`)."""
    return 0


# Sweden and Norway keep the same time, so that one timetable is right in both.
_ZONE: Final = zone("SE")

# Rooms add a line: a name that stays, when, and a function that takes the context and returns how many things it did.
JOBS: Final[tuple[Job, ...]] = (
    Job("mail", IntervalTrigger(seconds=3), send_mail, waits=_is_mail_due),
    Job("be-heard", IntervalTrigger(minutes=1), be_heard),
    Job("wipe-mail", CronTrigger(hour=3, minute=10, timezone=_ZONE), in_one_transaction(mail.wipe)),
    Job("digests", CronTrigger(hour=7, timezone=_ZONE), tell_news),
    Job("outreach", CronTrigger(hour=8, minute=5, timezone=_ZONE), outreach),
    Job("outcomes", CronTrigger(hour=8, minute=25, timezone=_ZONE), in_one_transaction(responses.remind_of_outcomes)),
    Job("expire-invitations", CronTrigger(hour=3, minute=20, timezone=_ZONE), in_one_transaction(responses.expire)),
    Job(
        "forget-people",
        CronTrigger(hour=3, minute=30, timezone=_ZONE),
        in_one_transaction(
            attempts.forget_attempts,
            idempotency.forget_answers,
            invitations.forget_invitations,
            resets.forget_resets,
            sessions.forget_sessions,
            two_step.forget_challenges,
            claims.forget_claims,
            moderation.forget_reports,
            gaps.forget_searches,
            support_offers.forget_corrections,
        ),
    ),
    Job(
        "suspend-offers",
        CronTrigger(hour=3, minute=25, timezone=_ZONE),
        in_one_transaction(support_offers.suspend_unconfirmed, needs.lapse_unconfirmed),
    ),
    Job(
        "support-requests",
        CronTrigger(hour=8, minute=15, timezone=_ZONE),
        in_one_transaction(
            support_requests.expire,
            support_requests.hand_over,
            support_requests.remind,
            support_requests.ask_outcomes,
        ),
    ),
    Job("cooperation", CronTrigger(hour=8, minute=35, timezone=_ZONE), in_one_transaction(intake.remind)),
    Job("survey-reminders", CronTrigger(hour=8, minute=45, timezone=_ZONE), survey_reminders),
    Job(
        "close-inventories",
        CronTrigger(hour=0, minute=15, timezone=_ZONE),
        in_one_transaction(inventories.close_overdue),
    ),
    Job("sync", IntervalTrigger(minutes=1), sync_jobs.read_peers, waits=sync_jobs.is_any_due),
    Job("index-copies", IntervalTrigger(minutes=10), index_copies, waits=_do_copies_wait),
    Job("sync-audit", CronTrigger(hour=1, minute=40, timezone=_ZONE), sync_jobs.tell_own_anew),
    Job("sync-verify", CronTrigger(day_of_week="sun", hour=4, minute=40, timezone=_ZONE), sync_jobs.check_all),
    Job("sync-retention", CronTrigger(hour=5, minute=10, timezone=_ZONE), sync_jobs.forget_tombstones),
    Job("cut-audit", CronTrigger(day=1, hour=3, minute=40, timezone=_ZONE), in_one_transaction(audit.cut)),
)


@dataclass(slots=True)
class Worker:
    """One worker of a node. `settings` is a context without a moment; each run gets one with its own."""

    database: Database
    secret: bytes
    home: str
    sender: Sender
    server: Server | None
    work: tuple[Job, ...] = JOBS
    clock: Callable[[], datetime] = now
    holder: str = field(default_factory=lambda: secrets.token_hex(16))
    _stop: threading.Event = field(default_factory=threading.Event)

    def stop(self) -> None:
        """Let the jobs that run come to an end, and begin no more."""
        self._stop.set()

    def run_due(self) -> int:
        """Run what is due, once, and return how many things were done: for whoever has a timer of its own."""
        return sum(self._run(job) for job in self.work if self._is_due(job))

    def run_for_ever(self, *, wanted: Callable[[], bool] = lambda: True) -> None:
        """Catch up with what was missed, then run every job in its time, until `stop` or while it is `wanted`."""
        # It would tell of every job every few seconds; we tell of those that did something.
        logging.getLogger("apscheduler").setLevel(logging.WARNING)
        scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(_AT_ONCE)},
            # A job that was late runs once and not as often as it was missed; how late it is does not matter.
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone=_ZONE,
        )
        for job in self.work:
            scheduler.add_job(self._run, job.trigger, [job], id=job.name, name=job.name)
        _log.info("the worker has begun", extra={"jobs": len(self.work), "mail": self.server is not None})
        for job in self.work:
            if not self._stop.is_set() and self._is_due(job):
                self._run(job)
        scheduler.start()
        while not self._stop.wait(1.0):
            if not wanted():
                self.stop()
        # What runs is finished; the scheduler begins nothing more.
        scheduler.shutdown(wait=True)
        _log.info("the worker has ended")

    def _is_due(self, job: Job) -> bool:
        """Tell whether a moment of the job's timetable has passed since it last ran."""
        at = self.clock()
        with self.database.reads() as session:
            last = jobs.ran_for(session, job.name)
        if last is None:
            with self.database.writes() as session:
                jobs.remember(session, job.name, at)
            # What is done every few seconds need not wait for its first moment.
            return isinstance(job.trigger, IntervalTrigger)
        if last > at + jobs.CLOCKS_DIFFER:
            # It was dated by a clock that was ahead.
            return True
        following = last + job.trigger.interval if isinstance(job.trigger, IntervalTrigger) else _after(job, last)
        return following is not None and following <= at

    def _run(self, job: Job) -> int:
        """Run a job if there is something to do and no other worker runs it, and return how many things it did."""
        try:
            return self._run_alone(job)
        except SQLAlchemyError:
            _log.exception("the database does not answer", extra={"job": job.name})
            return 0

    def _run_alone(self, job: Job) -> int:
        at = self.clock()
        context = self._context(at)
        if job.waits is not None and not job.waits(context):
            return 0
        with self.database.writes() as session:
            jobs.remember(session, job.name, at)
            taken = jobs.take(session, job.name, holder=self.holder, at=at)
        if not taken:
            return 0
        done, fault = None, None
        with self._renewing(job):
            try:
                done = job.run(context)
            # Whatever goes wrong in one job is told, and the others go on.
            except Exception as error:
                _log.exception("a job has failed", extra={"job": job.name})
                fault = f"{type(error).__name__}: {error}"[:_LONGEST_TOLD]
        with self.database.writes() as session:
            jobs.finish(session, job.name, holder=self.holder, at=self.clock(), ran_for=at, done=done, fault=fault)
        if done:
            _log.info("a job is done", extra={"job": job.name, "done": done})
        return done or 0

    def _context(self, at: datetime) -> Context:
        return Context(
            database=self.database,
            secret=self.secret,
            home=self.home,
            sender=self.sender,
            server=self.server,
            holder=self.holder,
            at=at,
            stopping=self._stop.is_set,
        )

    @contextmanager
    def _renewing(self, job: Job) -> Iterator[None]:
        """Keep the lease of a job for as long as it runs."""
        ended = threading.Event()

        def renew() -> None:
            while not ended.wait(jobs.LEASE.total_seconds() / 3):
                try:
                    with self.database.writes() as session:
                        jobs.renew(session, job.name, holder=self.holder, at=self.clock())
                except SQLAlchemyError:
                    # Somebody writes for long; there are two more turns before the lease runs out.
                    _log.warning("a lease could not be renewed", extra={"job": job.name})

        renewing = threading.Thread(target=renew, name=f"lease-{job.name}", daemon=True)
        renewing.start()
        try:
            yield
        finally:
            ended.set()
            renewing.join()


def _after(job: Job, moment: datetime) -> datetime | None:
    """Return the first moment of a job's timetable after `moment`."""
    following: datetime | None = job.trigger.get_next_fire_time(moment, moment)
    return following
