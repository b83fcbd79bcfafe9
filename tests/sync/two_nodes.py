"""Two nodes in one process: `north`, which is served to `south` without a network, and `south`, which reads it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
from sqlmodel import col, select

from app.core.db import Database
from app.core.limits import Limits
from app.core.preconditions import Precondition
from app.journal.schemas import NodeRead
from app.node_api import create_node_api
from app.organizations import service as organizations
from app.organizations.schemas import OrganizationCreate
from app.organizations.tables import Organization
from app.sync import buckets, peers, pulling
from app.sync.calling import Line
from app.sync.limits import PAGE_SECONDS
from app.sync.running import Node, Outcome
from app.sync.tables import SyncPeer, SyncRun
from app.wiring import wire
from tests.databases import migrated_database
from tests.sync.homework import ADMIN
from tests.sync.neighbours import record_id

NORTH = NodeRead(id="north", name="North", url="http://north.test")
SOUTH = NodeRead(id="south", name="South", url="http://south.test")
SECRETS = {"north": b"north's secret, of thirty-two letters", "south": b"south's secret, of thirty-two letters"}
Answering = Callable[[httpx.Request, httpx.Response], httpx.Response]


class Wire(httpx.AsyncBaseTransport):
    """Hands each request to the application of the node that it is for; `harm` may change what comes back."""

    def __init__(self, served: dict[str, Any]) -> None:
        self._served = {host: httpx.ASGITransport(app) for host, app in served.items()}
        self.asked: list[httpx.Request] = []
        self.cut: set[str] = set()
        self.harm: Callable[[httpx.Request, httpx.Response], httpx.Response] | None = None

    def serve(self, host: str, app: Any) -> None:
        """Let another application answer at an address."""
        self._served[host] = httpx.ASGITransport(app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if request.url.host in self.cut:
            raise httpx.ConnectError("nobody answers")
        answer = await self._served[request.url.host].handle_async_request(request)
        content = b"".join([chunk async for chunk in answer.aiter_raw()])
        answer = httpx.Response(answer.status_code, headers=answer.headers, stream=httpx.ByteStream(content))
        if self.harm is not None:
            answer = self.harm(request, answer)
        return answer


@dataclass
class TwoNodes:
    """Both databases, and what lies between."""

    north: Database
    south: Database
    wire: Wire
    waited: list[float] = field(default_factory=list)

    def serve_north(self, database: Database) -> None:
        """Let north be another database from now on."""
        self.north = database
        self.wire.serve("north.test", served(database, NORTH))

    def reader(self, **changed: Any) -> Node:
        """Return south as it reads."""
        line = Line(self.wire, sleep=self.waited.append, seconds=changed.pop("page_seconds", PAGE_SECONDS))
        return replace(Node(self.south, "south", SECRETS["south"], line), **changed)

    def pull(self, **changed: Any) -> Outcome:
        """Let south read north."""
        return pulling.pull(self.reader(**changed), "north")

    @property
    def peer(self) -> SyncPeer:
        """What south knows of north."""
        with self.south.reads() as session:
            return session.get_one(SyncPeer, "north")

    def runs(self) -> list[SyncRun]:
        """South's runs, oldest first."""
        with self.south.reads() as session:
            order = (col(SyncRun.started_at), col(SyncRun.ended_at).is_(None), col(SyncRun.ended_at))
            return list(session.execute(select(SyncRun).order_by(*order)).scalars())

    def shown(self) -> dict[str, str]:
        """Return north's organisations as south shows them: summary by id."""
        with self.south.reads() as session:
            own = select(Organization.id, Organization.summary).where(col(Organization.home) == "north")
            return {str(record): str(summary) for record, summary in session.execute(own)}

    def are_equal(self) -> bool:
        """Tell whether south holds what north says, and both add up."""
        with self.north.reads() as ours, self.south.reads() as theirs:
            said = buckets.counted(ours, "north")
            return (
                said == buckets.held(ours, "north") == buckets.held(theirs, "north") == buckets.counted(theirs, "north")
            )


def write(database: Database, *numbers: int, home: str = "north", summary: str = "Skriven hemma.") -> None:
    """Write organisations with these numbers at a node, or change them, in one transaction."""
    wire()
    with database.writes() as session:
        for number in numbers:
            said = {"name": f"Exempel {number}", "country": "SE", "kind": "association", "source": "test"}
            data = OrganizationCreate.model_validate(said | {"summary": summary})
            organizations.register(session, data, home=home, record_id=record_id(number))


def remove(database: Database, *numbers: int) -> None:
    """Take organisations of a node away, in one transaction."""
    wire()
    with database.writes() as session:
        for number in numbers:
            organizations.remove(session, record_id(number), match=Precondition(None), by=ADMIN)


def introduce(database: Database, own: NodeRead, other: NodeRead, told: Any) -> None:
    """Write a peer down at a node, as its operator would."""
    with database.writes() as session:
        peers.add(session, told, own_id=own.id, may_be_private=True)


def served(database: Database, node: NodeRead) -> Any:
    """Return the application that answers other nodes for this one."""
    state = {"database": database, "home": node.id, "secret": SECRETS[node.id], "limits": Limits(on=False)}
    return create_node_api(state, node_name=node.name, base_url=node.url)


def introduction(database: Database, own: NodeRead, to: NodeRead) -> Any:
    """Return what a node's operator hands to another's."""
    with database.writes() as session:
        return peers.introduction(session, own, SECRETS[own.id], to.id)


@contextmanager
def two_nodes(kind: str, folder: Path) -> Iterator[TwoNodes]:
    """Give two nodes that have been introduced to each other, with empty databases of one kind."""
    wire()
    for name in ("north", "south"):
        (folder / name).mkdir()
    with (
        migrated_database(kind, folder / "north") as north_url,
        migrated_database(kind, folder / "south") as south_url,
    ):
        north, south = Database(north_url), Database(south_url)
        introduce(north, NORTH, SOUTH, introduction(south, SOUTH, NORTH))
        introduce(south, SOUTH, NORTH, introduction(north, NORTH, SOUTH))
        yield TwoNodes(north, south, Wire({"north.test": served(north, NORTH), "south.test": served(south, SOUTH)}))
        north.close()
        south.close()
