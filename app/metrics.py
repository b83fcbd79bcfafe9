"""What a watching system reads of this node at `/metrics`, in Prometheus' text form.

Computed from the database at each request, by whichever process answers: of several none knows more than the others.
Nothing here is about people; who may read it is `SAMNOD_METRICS_FROM` (docs/decisions/0028-metrics.md).
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.endpoints import HTTPEndpoint
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.core.clock import now
from app.core.db import SILENCES, Database, ReadSession
from app.core.limits import address_of
from app.jobs import service as jobs
from app.mail import service as mail
from app.sync import status
from app.sync.kinds import KINDS
from app.sync.status import PeerStatus, RunStatus
from app.sync.vocabulary import PeerState

REFUSED: Final = "Only the addresses of SAMNOD_METRICS_FROM read this, and not through a proxy.\n"
SILENT: Final = "The database does not answer.\n"
# What a proxy adds: a visitor from outside would otherwise look like the proxy on this machine.
_FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-real-ip")
_NEVER: Final = float("inf")
_UNKNOWN: Final = "other"
_Network = IPv4Network | IPv6Network


class Metrics(HTTPEndpoint):
    """Every number of this node; other methods than GET and HEAD are answered with 405."""

    async def get(self, request: Request) -> Response:
        """Answer 200 with the numbers, 403 to whoever may not read them, or 503 when the database is silent."""
        networks: list[_Network] = request.app.state.metrics_from
        if not _may_read(request, networks):
            return PlainTextResponse(REFUSED, 403)
        try:
            told = await run_in_threadpool(exposition, request.app.state.database, now())
        except SILENCES:
            return PlainTextResponse(SILENT, 503)
        return Response(told, media_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})


def install(app: Starlette, readers: str) -> None:
    """Add `/metrics` to the application, for `readers`: addresses and networks by commas."""
    names = [name.strip() for name in readers.split(",") if name.strip()]
    app.state.metrics_from = [ip_network(name, strict=False) for name in names]
    app.router.routes.append(Route("/metrics", Metrics))


def exposition(database: Database, at: datetime) -> bytes:
    """Return every number as it is at `at`, in Prometheus' text form."""
    with database.reads() as session:
        registry = CollectorRegistry()
        registry.register(_Numbers(session, at))
        return generate_latest(registry)


class _Numbers(Collector):
    """Reads the numbers when it is asked, in one transaction."""

    def __init__(self, session: ReadSession, at: datetime) -> None:
        self._session = session
        self._at = at

    def describe(self) -> list[Metric]:
        """Say nothing beforehand: otherwise everything would be computed once to be named."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Give every number."""
        peers = status.peers(self._session, self._at)
        yield from _of_peers(peers, self._at)
        yield from _of_last_runs({peer.id: peer.last for peer in peers})
        yield _records(self._session)
        yield from _of_the_worker(self._session, self._at)


def _of_peers(peers: list[PeerStatus], at: datetime) -> Iterator[Metric]:
    def age(peer: PeerStatus) -> float:
        return _seconds(at - peer.verified_at) if peer.verified_at else _NEVER

    told: list[tuple[str, str, Callable[[PeerStatus], float]]] = [
        ("verified_age_seconds", "Since a run last proved that both sides hold the same; +Inf: never", age),
        ("lag", "Numbers that the peer has given since the last that was read", lambda peer: peer.lag),
        ("failures", "Runs that failed in a row", lambda peer: peer.failures),
        ("paused", "1 while the operator has paused the peer", lambda peer: peer.state is PeerState.PAUSED),
        ("held", "1 while deletions wait for the operator's yes", lambda peer: peer.is_held),
    ]
    for name, text, value in told:
        family = GaugeMetricFamily(f"samnod_sync_{name}", text, labels=["peer"])
        for peer in peers:
            family.add_metric([peer.id], value(peer))
        yield family


def _of_last_runs(runs: dict[str, RunStatus | None]) -> Iterator[Metric]:
    ended = {peer: run for peer, run in runs.items() if run is not None}
    records = GaugeMetricFamily(
        "samnod_sync_last_run_records", "What the last run that ended did with records", labels=["peer", "done"]
    )
    verdict = GaugeMetricFamily("samnod_sync_last_run_verdict", "How it ended", labels=["peer", "verdict"])
    size = GaugeMetricFamily("samnod_sync_last_run_bytes", "What it read", labels=["peer"])
    seconds = GaugeMetricFamily("samnod_sync_last_run_seconds", "How long it took", labels=["peer"])
    for peer, run in ended.items():
        for done in ("put", "deleted", "unchanged", "parked", "quarantined"):
            records.add_metric([peer, done], getattr(run, done))
        verdict.add_metric([peer, run.verdict.value if run.verdict else "none"], 1)
        size.add_metric([peer], run.bytes)
        seconds.add_metric([peer], run.seconds or 0)
    yield from (records, verdict, size, seconds)


def _records(session: ReadSession) -> Metric:
    family = GaugeMetricFamily(
        "samnod_sync_records", "Records that travel, by home, type and state here", labels=["home", "type", "state"]
    )
    counts: Counter[tuple[str, str, str]] = Counter()
    for one in status.counted(session):
        # What types a peer makes up would each be a series of its own, for ever.
        counts[one.home, one.type if one.type in KINDS else _UNKNOWN, one.state.value] += one.count
    for labels, count in counts.items():
        family.add_metric(labels, count)
    return family


def _of_the_worker(session: ReadSession, at: datetime) -> Iterator[Metric]:
    post = mail.post(session, at)
    letters = GaugeMetricFamily("samnod_letters", "Letters in the outbox, by state", labels=["state"])
    for state, count in post.letters.items():
        letters.add_metric([state.value], count)
    heard = _seconds(at - post.worked_at) if post.worked_at else _NEVER
    failed = GaugeMetricFamily("samnod_job_failed", "1 when the last run of a job failed", labels=["job"])
    for run in jobs.runs(session):
        failed.add_metric([run.name], run.fault is not None)
    yield letters
    yield GaugeMetricFamily("samnod_worker_heard_age_seconds", "Since a worker was last heard of", value=heard)
    yield failed


def _may_read(request: Request, networks: list[_Network]) -> bool:
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        address = ip_address(address_of(request.scope))
    except ValueError:
        return False
    return any(address in network for network in networks)


def _seconds(since: timedelta) -> float:
    return max(0.0, since.total_seconds())
