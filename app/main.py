"""Assemble the house. Nobody imports this module but the server and the tests."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio.to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app import health, logs, metrics
from app.api import create_api
from app.core import problem
from app.core.db import Database
from app.core.limits import Limits
from app.core.traffic import Traffic
from app.demo import service as demo
from app.gaps.misses import Misses
from app.node_api import create_node_api
from app.open_referral import create_projection
from app.reference import service as reference
from app.secret import is_needed_for, secret_of
from app.settings import Settings
from app.settings import settings as read_settings
from app.wiring import wire
from web.site import create_site


def create_app(settings: Settings) -> Starlette:
    """Return the whole application: health, the API under /api/v1 and the site at /."""
    database = Database(settings.database, beside=settings.var_dir)
    secret = secret_of(settings.secret_key, settings.var_dir)
    limits = Limits(on=settings.rate_limits, exempt=settings.rate_limit_exempt)
    misses = Misses(database)
    wire()

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        logs.configure(settings.log_level)
        with database.reads() as session:
            reference.use_imported(session)
        # Sync endpoints run in this pool; see core/db.py for why it is small.
        anyio.to_thread.current_default_thread_limiter().total_tokens = database.threads
        yield
        misses.write()
        database.close()

    app = Starlette(lifespan=lifespan)
    app.state.database = database
    app.state.limits = limits

    health.install(app)
    metrics.install(app, settings.metrics_from)
    app.add_route("/api/v1", _about_the_api, methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    state = {"database": database, "home": settings.node, "secret": secret, "limits": limits, "misses": misses}
    app.mount("/api/v1", create_api(state, base_url=settings.base_url, contact_email=settings.contact_email))
    node_api = create_node_api(state, node_name=settings.node_name, base_url=settings.base_url)
    app.router.routes += [Route(path, node_api) for path in ("/sync/v1/{rest:path}", "/.well-known/samnod-node")]
    app.add_route("/hsds", _about_the_projection, methods=["GET", "HEAD", "OPTIONS"])
    app.mount("/hsds", create_projection(state, base_url=settings.base_url, contact_email=settings.contact_email))
    app.mount(
        "/",
        create_site(
            database=database,
            node_name=settings.node_name,
            assets=settings.assets,
            demo=demo.is_loaded,
            base_url=settings.base_url,
            limits=limits,
            misses=misses,
            secret=secret,
            contact_email=settings.contact_email,
            home=settings.node,
            # Only where the public address is this machine's own.
            keeps_mail=not settings.smtp_url and not is_needed_for("127.0.0.1", settings.base_url),
        ),
    )
    app.router.default = _Nowhere(app.router.default)
    app.add_middleware(Traffic)
    return app


def served() -> Starlette:
    """Return the application as each process of a server makes it for itself."""
    app = create_app(read_settings())
    # What is loaded by now lives as long as the process: the collector need not walk it whenever it looks for garbage.
    gc.collect()
    gc.freeze()
    return app


class _Nowhere:
    """Answers what no route takes: an address with a line break in it passes every mount by, and the API's own too."""

    def __init__(self, otherwise: ASGIApp) -> None:
        self._otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse an address of the API as the API does, and any other plainly."""
        if scope["type"] == "http" and scope["path"].startswith(("/api/", "/hsds/", "/sync/")):
            await problem.nothing_here(Request(scope))(scope, receive, send)
        else:
            await self._otherwise(scope, receive, send)


async def _about_the_api(_request: Request) -> Response:
    """Send whoever leaves the last slash out to what the API says about itself; the site knows no such page."""
    return RedirectResponse("/api/v1/api-info", 307)


async def _about_the_projection(_request: Request) -> Response:
    """Send whoever leaves the last slash out to what the projection says about itself, from any site."""
    return RedirectResponse("/hsds/", 307, headers={"Access-Control-Allow-Origin": "*"})
