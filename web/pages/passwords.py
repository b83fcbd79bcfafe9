"""A new password by a link that is sent by e-mail. The answer is the same, and as quick, whoever asks."""

from fastapi import APIRouter, BackgroundTasks, Request, Response

from app.accounts import invitations, resets
from app.accounts.vocabulary import Attempted
from app.core.db import Database, Reads
from app.core.errors import InvalidContent, NotFound, TooManyRequests
from app.core.i18n import texts
from web.entering import counted, enter, faults_of, go_on, secret_typed, typed
from web.forms import Fault
from web.pages.common import InLanguage, Language
from web.render import show
from web.writing import Form, PageRoute

router = APIRouter(route_class=PageRoute)


@router.get("/reset-password")
def ask_page(request: Request, _language: InLanguage) -> Response:
    """Show where to ask for a link."""
    return show(request, "people/reset.html", email="", sent=False, faults=[])


@router.post("/reset-password")
def ask(request: Request, language: Language, form: Form, later: BackgroundTasks) -> Response:
    """Say that a link is on its way to the address, if somebody has it here; whether, is found out afterwards."""
    email, say = typed(form, "email"), texts(language)
    if not email:
        told = [Fault("email", say("Write your e-mail address."))]
        return show(request, "people/reset.html", 422, email=email, sent=False, faults=told)
    try:
        counted(request, Attempted.RESET, email.lower())
    except TooManyRequests as fault:
        page = show(request, "people/reset.html", 429, email=email, sent=False, faults=faults_of(fault, say, "email"))
        page.headers.update(fault.headers)
        return page
    # After the answer has left: who waited for it cannot tell by the clock whether there was anybody to write to.
    later.add_task(_send, request.app.state.database, email, request.app.state.secret)
    return show(request, "people/reset.html", email=email, sent=True, faults=[])


@router.get("/reset-password/{token}")
def choose_page(request: Request, _language: InLanguage, session: Reads, token: str) -> Response:
    """Show where to choose a new password; opening the link uses nothing up."""
    try:
        email = resets.look(session, token, secret=request.app.state.secret)
    except NotFound as gone:
        return show(request, "people/link_gone.html", 404, told=gone.detail, again="/reset-password")
    return show(request, "people/new_password.html", token=token, email=email, faults=[])


@router.post("/reset-password/{token}")
def choose(request: Request, language: Language, form: Form, token: str) -> Response:
    """Set the new password, end every session that there was, and begin a new one; a code is asked as before."""
    database: Database = request.app.state.database
    secret: bytes = request.app.state.secret
    try:
        with database.reads() as reads:
            email = resets.look(reads, token, secret=secret)
        hashed = invitations.hashed_for(email, secret_typed(form))
        with database.writes() as session:
            person_id = resets.use(session, token, hashed, secret=secret)
            entry = enter(request, session, person_id)
    except InvalidContent as fault:
        faults = faults_of(fault, texts(language), "password")
        return show(request, "people/new_password.html", 422, token=token, email=email, faults=faults)
    except NotFound as gone:
        return show(request, "people/link_gone.html", 404, told=gone.detail, again="/reset-password")
    return go_on(request, entry)


def _send(database: Database, email: str, secret: bytes) -> None:
    with database.writes() as session:
        resets.send_link(session, email, secret=secret)
