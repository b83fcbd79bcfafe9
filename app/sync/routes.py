"""The sync over HTTP: for peers under /sync/v1, with a token; for everybody /api/v1/changes and what the node is."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from isal import igzip

from app.accounts.writing import Home, LinkRoute, Writes
from app.core.db import Reads, database_of
from app.core.errors import Message, SamnodError, Unauthorized
from app.core.i18n import N_
from app.core.keyset import KeysetLinks
from app.core.problem import responses
from app.core.strict import StrictRoute
from app.sync import feed, peers, serving
from app.sync.schemas import (
    AckIn,
    ChangeFilters,
    ChangePage,
    ChangesQuery,
    HeldQuery,
    NodeDocument,
    Nonce,
    PeerCaller,
    RecordsIn,
)
from app.sync.serving import Serving
from app.sync.vocabulary import MEDIA_TYPE, ChangesFormat

_LEVEL: Final = 2
"""Of ISA-L's four: a fifth of the time that zlib takes for as much."""
_SHORTEST_COMPRESSED: Final = 2048
_AS_LINES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A page of changes",
        "content": {
            MEDIA_TYPE: {
                "schema": {"type": "string", "description": "One change a line; `Link` says where the next page is"},
                "example": '{"specversion":"1.0","id":"4711","type":"organization","method":"PUT"}\n',
                "x-why-not-json": "Lines are read one by one, however many; the same without `format` is JSON",
            }
        },
    }
}


async def caller_of(request: Request) -> PeerCaller:
    """Return the peer whose token a request carries.

    Raises:
        Unauthorized: it carries none, or one that is nobody's.
        Forbidden: the peer is paused.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized(Message(N_("Only peers may ask this, each with the token that it was introduced with.")))
    database = database_of(request)

    def find() -> PeerCaller:
        with database.reads() as session:
            return peers.caller_with(session, token.strip())

    async with database.readers:
        return await run_in_threadpool(find)


async def peer_holder(request: Request) -> str | None:
    """Return by what the limits know the peer whose token a request carries."""
    try:
        return f"node-{(await caller_of(request)).id}"
    except SamnodError:
        return None


class PeerRoute(StrictRoute):
    """A route that reads for a peer."""

    async def admit(self, request: Request) -> None:
        """Let nobody else ask."""
        request.state.peer = await caller_of(request)


class PeerWritingRoute(LinkRoute):
    """A route that writes for a peer, in one transaction."""

    async def admit(self, request: Request) -> None:
        """Let nobody else send a body."""
        request.state.peer = await caller_of(request)


def _peer(request: Request) -> PeerCaller:
    peer: PeerCaller = request.state.peer
    return peer


def _serving(request: Request) -> Serving:
    return Serving(request.app.state.home, request.app.state.secret)


Peer = Annotated[PeerCaller, Depends(_peer)]
Server = Annotated[Serving, Depends(_serving)]
RecordType = Annotated[str, Path(alias="type", max_length=64)]
Number = Annotated[str, Path(alias="number", pattern="^[0-9a-f]{2}$")]
reads = APIRouter(prefix="/sync/v1", route_class=PeerRoute)
writes = APIRouter(prefix="/sync/v1", route_class=PeerWritingRoute)
known = APIRouter(route_class=StrictRoute)
public = APIRouter(tags=["changes"], route_class=StrictRoute)


@known.get("/.well-known/samnod-node")
def read_node(session: Reads, server: Server, request: Request) -> NodeDocument:
    """Return what this node says of itself."""
    state = request.app.state
    return serving.document(session, server, name=state.node_name, url=state.base_url)


@reads.get("/changes")
def read_page(
    session: Reads, server: Server, peer: Peer, request: Request, query: Annotated[ChangesQuery, Query()]
) -> Response:
    """Return a page of own records."""
    return _answer(request, serving.changes(session, server, peer, query), MEDIA_TYPE)


@reads.get("/held")
def read_held(
    session: Reads, server: Server, peer: Peer, request: Request, query: Annotated[HeldQuery, Query()]
) -> Response:
    """Return a page of what is held here of the caller's own records."""
    return _answer(request, serving.held(session, server, peer, query), MEDIA_TYPE)


@reads.post("/records")
def read_records(session: Reads, server: Server, peer: Peer, request: Request, wanted: RecordsIn) -> Response:
    """Return these own records."""
    return _answer(request, serving.records(session, server, peer, wanted), MEDIA_TYPE)


@reads.get("/digest")
def read_digest(
    session: Reads, server: Server, peer: Peer, request: Request, nonce: Annotated[Nonce, Query()]
) -> Response:
    """Return what own records add up to."""
    return _answer(request, serving.digest(session, server, peer, nonce), "application/json")


@reads.get("/buckets/{type}/{number}")
def read_bucket(
    session: Reads,
    server: Server,
    peer: Peer,
    request: Request,
    record_type: RecordType,
    number: Number,
    nonce: Annotated[Nonce, Query()],
) -> Response:
    """Return which own records are in a bucket."""
    body = serving.bucket(session, server, peer, record_type, int(number, 16), nonce)
    return _answer(request, body, "application/json")


@writes.put("/ack")
def acknowledge(session: Writes, server: Server, peer: Peer, request: Request, told: AckIn) -> Response:
    """Keep how far the caller has read."""
    return _answer(request, serving.acknowledge(session, server, peer, told), "application/json")


@public.get(
    "/changes",
    summary="What has changed",
    response_model=ChangePage,
    responses=responses(400, 410) | _AS_LINES,
)
def read_changes(
    session: Reads, home: Home, request: Request, response: Response, filters: Annotated[ChangeFilters, Query()]
) -> ChangePage | Response:
    """Return own records in the order of their last changes: each once, as it is now, or as gone.

    Keep `next` and come back with it: what has been written since follows. With 410 begin without it, and forget what
    was read. Records of other nodes are read there.
    """
    told = feed.changes(session, home, filters)
    next_address = str(request.url.include_query_params(cursor=told.next).query)
    links = KeysetLinks(
        self=f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path,
        next=f"{request.url.path}?{next_address}",
    )
    headers = {"ETag": f'W/"{told.head}"', "Link": f'<{links.next}>; rel="next"'}
    if filters.format is ChangesFormat.NDJSON:
        return Response(feed.as_lines(told), media_type=MEDIA_TYPE, headers=headers)
    response.headers.update(headers)
    return ChangePage(items=told.items, next=told.next, has_more=told.has_more, links=links)


router = APIRouter()
router.include_router(known)
router.include_router(reads)
router.include_router(writes)


def _answer(request: Request, body: bytes, media_type: str) -> Response:
    """Return an answer for one peer, compressed here and not where the other requests wait for it."""
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding"}
    if len(body) >= _SHORTEST_COMPRESSED and "gzip" in request.headers.get("accept-encoding", ""):
        body = igzip.compress(body, _LEVEL)
        headers["Content-Encoding"] = "gzip"
    return Response(body, media_type=media_type, headers=headers)
