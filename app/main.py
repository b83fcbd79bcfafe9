"""Assemble the house. Nobody imports this module but the server and the tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio.to_thread
from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse

from app import health, logs
from app.api import create_api
from app.core.db import Database
from app.core.traffic import Traffic
from app.demo import service as demo
from app.reference import service as reference
from app.secret import secret_of
from app.settings import Settings
from app.wiring import wire
from web.site import create_site


def create_app(settings: Settings) -> FastAPI:
    """Return the whole application: health, the API under /api/v1 and the site at /."""
    database = Database(settings.database)
    secret = secret_of(settings.secret_key, settings.var_dir)
    wire()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        logs.configure(settings.log_level)
        with database.reads() as session:
            reference.use_imported(session)
        # Sync endpoints run in this pool; see core/db.py for why it is small.
        anyio.to_thread.current_default_thread_limiter().total_tokens = database.threads
        yield
        database.close()

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.database = database

    health.install(app)
    app.add_route("/api/v1", _about_the_api, methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    app.mount("/api/v1", create_api({"database": database, "home": settings.node, "secret": secret}))
    app.mount(
        "/",
        create_site(
            database=database,
            node_name=settings.node_name,
            assets=settings.assets,
            demo=demo.is_loaded,
            base_url=settings.base_url,
        ),
    )
    app.add_middleware(Traffic)
    return app


async def _about_the_api(_request: Request) -> Response:
    """Send whoever leaves the last slash out to what the API says about itself; the site knows no such page."""
    return RedirectResponse("/api/v1/api-info", 307)
