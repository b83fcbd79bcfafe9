"""The site: a FastAPI application of its own, mounted last at `/`, with error pages for people."""

import logging
from collections.abc import Callable, Mapping
from typing import Final

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from app.core.db import SILENCES, Database, ReadSession, is_silence
from app.core.errors import NotReady, SamnodError
from app.core.i18n import negotiate
from app.core.limits import Limits
from app.gaps.misses import Misses
from web.assets import STATIC
from web.assets import assets as find_assets
from web.figures import POINTS_CSS, POINTS_PATH
from web.origins import origins_of, own_only
from web.pages import (
    about,
    account,
    claims,
    completeness,
    contact_forms,
    contacts,
    cooperation,
    cooperation_desk,
    coordination,
    desk,
    enterprises,
    gaps,
    inbox,
    inventories,
    inventory_import,
    inventory_rounds,
    invitation,
    keys,
    legal,
    mail,
    matchmaking,
    needs,
    needs_writing,
    nodes,
    opportunities,
    organizations,
    passwords,
    people,
    profile,
    profile_start,
    publishing,
    publishing_life,
    records,
    reply,
    reporting,
    sign_in,
    support_corrections,
    support_desk,
    support_offers,
    support_queue,
    support_requests,
    support_writing,
    survey,
    two_step,
)
from web.render import Site, show
from web.security import Headers
from web.sessions import Cookies, SignInNeeded, guest
from web.writing import StaleForm

_log = logging.getLogger("samnod.site")
# A file of five megabytes, and the form around it.
_LARGEST_BODY = 6 * 1024 * 1024


def _pages() -> APIRouter:
    """Put every page together, under the language that its address begins with."""
    found = APIRouter()
    for page in (
        matchmaking,
        enterprises,
        completeness,
        publishing_life,
        publishing,
        nodes,
        opportunities,
        support_desk,
        support_writing,
        support_corrections,
        support_queue,
        support_requests,
        # Before the coordinator's desk, whose addresses have the same form.
        inventory_import,
        inventory_rounds,
        inventories,
        survey,
        needs_writing,
        needs,
        support_offers,
        gaps,
        contacts,
        contact_forms,
        cooperation,
        cooperation_desk,
        about,
        legal,
        sign_in,
        passwords,
        invitation,
        account,
        two_step,
        people,
        keys,
        claims,
        profile_start,
        profile,
        desk,
        inbox,
        reply,
        organizations,
        coordination,
        mail,
        reporting,
    ):
        found.include_router(page.router, prefix="/{language}", dependencies=[Depends(guest), Depends(own_only)])
    return found


# Once for the process: what FastAPI makes of a hundred pages takes longer than anything else in an application.
_PAGES: Final = _pages()


def _no_demo(_session: ReadSession) -> bool:
    return False


def create_site(
    *,
    database: Database,
    node_name: str = "",
    assets: str = "auto",
    demo: Callable[[ReadSession], bool] = _no_demo,
    base_url: str = "",
    limits: Limits | None = None,
    misses: Misses | None = None,
    secret: bytes = b"",
    home: str = "local",
    contact_email: str = "",
    keeps_mail: bool = False,
) -> FastAPI:
    """Return the site over `database`.

    `node_name` is the region at the foot of every page; `demo` tells whether example data is loaded, which puts the
    banner on top; `base_url` is the public address (https turns HSTS on); `assets` is auto, vendor or cdn; `limits`
    counts how often a visitor asks for a ranking; `misses` keeps searches that found nobody; `secret` is what sessions
    and forms are signed with, and `home` the node that new records belong to; `contact_email` is the function that what
    visitors tell about the site is sent to; `keeps_mail` lets the demo show its letters, because nothing sends them.
    Raises MissingAssets when `assets` is vendor and a file is missing.
    """
    files = find_assets(assets)
    site = FastAPI(title="Samnod", docs_url=None, redoc_url=None, openapi_url=None, max_body_size=_LARGEST_BODY)
    site.state.database = database
    site.state.limits = limits or Limits(on=False)
    site.state.misses = misses or Misses(database)
    site.state.secret = secret
    site.state.home = home
    site.state.base_url = base_url
    site.state.contact = contact_email
    site.state.keeps_mail = keeps_mail
    site.state.cookies = Cookies(secure=base_url.startswith("https://"))
    site.state.sessions_told = {}
    site.state.site = Site(node_name, files, database, demo)
    site.add_middleware(Headers, cdn=files.origin, https=base_url.startswith("https://"))
    _install_errors(site)
    site.add_api_route(POINTS_PATH, _points_css, methods=["GET", "HEAD"])
    site.mount("/static", StaticFiles(directory=STATIC), name="static")
    site.add_api_route("/", _choose_language, methods=["GET", "HEAD"])
    site.router.routes.extend(records.router.routes)
    site.router.routes.extend(_PAGES.routes)
    return site


def _points_css() -> Response:
    """Give the one rule that depends on the criteria's most points."""
    return Response(POINTS_CSS, media_type="text/css")


def _choose_language(request: Request) -> Response:
    """Send the visitor to the front page in the browser's language."""
    return RedirectResponse(f"/{negotiate(request.headers.get('accept-language'))}/", 302)


def _install_errors(site: FastAPI) -> None:
    async def known(request: Request, error: Exception) -> Response:
        if not isinstance(error, SamnodError):
            raise error
        if isinstance(error, SignInNeeded):
            return sign_in.ask(request)
        if isinstance(error, StaleForm):
            return sign_in.ask_again(request)
        page = _error_page(request, error.status, error.members.get("home"))
        page.headers.update(error.headers)
        return page

    async def silent_database(request: Request, error: Exception) -> Response:
        if not is_silence(error):
            raise error
        _log.error("The database does not answer", exc_info=error)
        page = _error_page(request, NotReady.status)
        page.headers.update(NotReady.headers)
        return page

    async def http(request: Request, error: Exception) -> Response:
        return _error_page(request, error.status_code if isinstance(error, HTTPException) else 500)

    async def validation(request: Request, error: Exception) -> Response:
        places = {found["loc"][0] for found in error.errors()} if isinstance(error, RequestValidationError) else set()
        return _error_page(request, 404 if "path" in places else 422)

    async def unexpected(request: Request, _error: Exception) -> Response:
        return _error_page(request, 500)

    site.add_exception_handler(SamnodError, known)
    for silence in SILENCES:
        site.add_exception_handler(silence, silent_database)
    site.add_exception_handler(HTTPException, http)
    site.add_exception_handler(RequestValidationError, validation)
    site.add_exception_handler(Exception, unexpected)


def _error_page(request: Request, status: int, home: Mapping[str, str] | None = None) -> Response:
    """Show what went wrong; `home` is where another node's record can be changed."""
    origin = origins_of(request).told(home["node"], home["url"]) if home else None
    return show(request, "error.html", status, error_status=status, origin=origin)
