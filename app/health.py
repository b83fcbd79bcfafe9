"""Health, asked for by whatever watches over the process: `/healthz` lives, `/readyz` can answer."""

import anyio
import anyio.to_thread
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.core.db import Database
from app.migrating import what_is_missing

SILENT = "The database does not answer: see that it runs and that SAMNOD_DATABASE_URL is right."
# A probe is answered before whoever sent it gives up.
PATIENCE_SECONDS = 2.0


class Live(HTTPEndpoint):
    """The process lives. Endpoints of this kind answer every other method than GET and HEAD with 405."""

    async def get(self, _request: Request) -> Response:
        """Answer at once, without the database."""
        return _answer(200, "ok")


class Ready(HTTPEndpoint):
    """The database answers, and has the shape that this program needs."""

    async def get(self, request: Request) -> Response:
        """Answer 200, or 503 with what to do."""
        database: Database = request.app.state.database
        # In a thread of its own: those that serve people may all be at work.
        limiter: anyio.CapacityLimiter = request.app.state.probes
        missing = SILENT
        with anyio.move_on_after(PATIENCE_SECONDS):
            missing = await anyio.to_thread.run_sync(_missing, database, limiter=limiter, abandon_on_cancel=True)
        return _answer(503, missing) if missing else _answer(200, "ready")


def install(app: Starlette) -> None:
    """Add both to the application, ahead of what is mounted at `/`; the database is `app.state.database`."""
    app.state.probes = anyio.CapacityLimiter(1)
    app.router.routes.append(Route("/healthz", Live))
    app.router.routes.append(Route("/readyz", Ready))


def _missing(database: Database) -> str:
    try:
        return what_is_missing(database) or ""
    except SQLAlchemyError:
        return SILENT


def _answer(status: int, told: str) -> Response:
    return JSONResponse({"status": told}, status, {"Cache-Control": "no-store"})
