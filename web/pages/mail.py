"""No more letters, with one click and without signing in; and, in the demo, the letters that nobody sends."""

from ipaddress import ip_address
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from app.accounts import people
from app.accounts.vocabulary import Digest
from app.core.clock import now
from app.core.db import Database, Reads
from app.core.errors import Message, NotFound
from app.core.i18n import N_
from app.mail import service as mail
from app.mail.service import Stops
from app.mail.vocabulary import Sender
from web.pages.common import InLanguage
from web.render import show
from web.writing import PageRoute, PageWrites, see

router = APIRouter()
guarded = APIRouter(route_class=PageRoute)
Token = Annotated[str, Path(max_length=200)]


@router.api_route("/unsubscribe/{token}", methods=["GET", "HEAD"])
def unsubscribe_page(request: Request, _language: InLanguage, token: Token) -> Response:
    """Show what the link stops, with a button: programs that look into mail follow links, so looking stops nothing."""
    return _page(request, token, is_done=request.query_params.get("stopped") == "1")


# The one form of the site that is not asked where it comes from (RFC 8058): a mail program sends it, without cookies
# and without Origin. Whoever makes somebody send it can do no more than stop letters, with a token that we signed.
@router.post("/unsubscribe/{token}")
def unsubscribe(request: Request, _language: InLanguage, token: Token) -> Response:
    """Stop the letters. Answered at once and not with a redirect, which mail programs do not follow."""
    stops, subject = _stops(request, token)
    database: Database = request.app.state.database
    with database.writes() as session:
        if stops is Stops.INVITATIONS:
            mail.stop_invitations(session, subject)
        else:
            _stop_digest(session, subject)
    return _page(request, token, is_done=True)


@guarded.post("/unsubscribe/{token}/resume")
def resume(request: Request, _language: InLanguage, token: Token, session: PageWrites) -> Response:
    """Send invitations again, to whoever stopped them by mistake."""
    stops, subject = _stops(request, token)
    if stops is Stops.INVITATIONS:
        mail.resume_invitations(session, subject)
    return see(request, f"/unsubscribe/{token}")


@router.api_route("/outbox", methods=["GET", "HEAD"])
def outbox_page(request: Request, _language: InLanguage, session: Reads) -> Response:
    """Show the letters of the demo: no mail server is set, so they are read here. On one's own machine only."""
    if not _is_shown(request):
        raise NotFound(Message(N_("There is no such page.")))
    name = f"Samnod {request.app.state.site.node_name}".strip()
    sender = Sender("samnod@example.invalid", name, str(request.base_url))
    letters = mail.shown(session, sender, secret=request.app.state.secret)
    return show(request, "mail/outbox.html", letters=letters, post=mail.post(session, now()))


router.include_router(guarded)


def _page(request: Request, token: str, *, is_done: bool) -> Response:
    stops, _ = _stops(request, token)
    return show(request, "mail/unsubscribe.html", token=token, invitations=stops is Stops.INVITATIONS, is_done=is_done)


def _stops(request: Request, token: str) -> tuple[Stops, str]:
    found = mail.stops_of(token, secret=request.app.state.secret)
    if found is None:
        raise NotFound(Message(N_("There is no such page.")))
    return found


def _stop_digest(session: PageWrites, person_id: str) -> None:
    """Turn a person's digest off. Of somebody who has left there is nothing to stop, and nothing is told of it."""
    try:
        people.change(session, person_id, digest=Digest.OFF)
    except NotFound:
        return


def _is_shown(request: Request) -> bool:
    state = request.app.state
    # The address in the browser too: a proxy on this machine may bring others, and another site's name may lead here.
    hosts = (request.client.host if request.client else "", request.url.hostname or "")
    return bool(state.keeps_mail and all(map(_is_loopback, hosts)) and state.site.has_demo())


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
