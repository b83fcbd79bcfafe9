"""Two-step sign-in on one's own account: turned on with an app, recovery codes, and turned off."""

from typing import Final

import segno
from fastapi import APIRouter, Request, Response

from app.accounts import attempts, resets, two_step
from app.accounts.vocabulary import Attempted, SignedIn
from app.core.db import Database, Reads
from app.core.errors import Conflict, InvalidContent, NotFound, SamnodError, TooManyRequests
from app.core.i18n import N_, texts
from web.entering import counted, faults_of, secret_typed, typed
from web.forms import Fault
from web.pages.common import InLanguage, Language
from web.render import address, show
from web.sessions import Member
from web.writing import Form, PageRoute, act, see

router = APIRouter(route_class=PageRoute)
_HERE: Final = "/account/two-step"
_SET_UP: Final = f"{_HERE}/set-up"
_DONE: Final = {"off": N_("Two-step sign-in is off.")}
# Five dots on paper for each of the code's, and the white frame that a camera needs around it.
_DOTS: Final = 5


@router.get("/account/two-step")
def overview(request: Request, language: Language, who: Member, session: Reads, done: str = "") -> Response:
    """Show whether it is on, and what can be done about it."""
    state = two_step.state(session, who.person_id)
    told = texts(language)(_DONE[done]) if done in _DONE else ""
    return show(request, "people/two_step.html", state=state, done=told, faults=[])


@router.post("/account/two-step")
def begin(request: Request, language: Language, who: Member, form: Form) -> Response:
    """Make a secret for the app of somebody who knows the password."""
    database: Database = request.app.state.database
    try:
        _require_password(request, who, secret_typed(form, "current"))
        with database.writes() as session:
            two_step.begin(session, who)
    except (InvalidContent, TooManyRequests) as fault:
        return _again(request, language, who, fault)
    except Conflict:
        return see(request, _HERE)
    return see(request, _SET_UP)


@router.get("/account/two-step/set-up")
def set_up_page(request: Request, _language: InLanguage, who: Member) -> Response:
    """Show the code to scan and the secret to type, until the app's first code has come."""
    return _set_up(request, who)


@router.post("/account/two-step/set-up")
def confirm(request: Request, language: Language, who: Member, form: Form) -> Response:
    """Turn it on by the app's first code, and show the recovery codes."""
    database: Database = request.app.state.database
    secret: bytes = request.app.state.secret
    try:
        attempt = attempts.count(database, Attempted.TWO_STEP, (who.person_id,), secret=secret)
        with database.writes() as session:
            act(request, session)
            made = two_step.confirm(session, who, typed(form, "one_time_code"), secret=secret)
            attempts.take_back(session, attempt)
    except (InvalidContent, TooManyRequests) as fault:
        page = _set_up(request, who, fault.status, faults_of(fault, texts(language), "one_time_code"))
        page.headers.update(fault.headers)
        return page
    except NotFound:
        return see(request, _HERE)
    return show(request, "people/recovery_codes.html", codes=made, is_new=True)


@router.post("/account/two-step/codes")
def renew(request: Request, language: Language, who: Member, form: Form) -> Response:
    """Show new recovery codes to somebody who knows the password or has the app."""
    database: Database = request.app.state.database
    try:
        _prove(request, who, secret_typed(form, "current"))
        with database.writes() as session:
            act(request, session)
            made = two_step.new_codes(session, who.person_id, secret=request.app.state.secret)
    except (InvalidContent, TooManyRequests) as fault:
        return _again(request, language, who, fault)
    except NotFound:
        return see(request, _HERE)
    return show(request, "people/recovery_codes.html", codes=made, is_new=False)


@router.post("/account/two-step/off")
def turn_off(request: Request, language: Language, who: Member, form: Form) -> Response:
    """Turn it off for somebody who knows the password or has the app."""
    database: Database = request.app.state.database
    try:
        _prove(request, who, secret_typed(form, "off_current"))
        with database.writes() as session:
            act(request, session)
            two_step.turn_off(session, who.person_id)
    except (InvalidContent, TooManyRequests) as fault:
        return _again(request, language, who, fault, at="off_current")
    except NotFound:
        return see(request, _HERE)
    return see(request, address(_HERE, ("done", "off")))


def _prove(request: Request, who: SignedIn, proof: str) -> None:
    """Refuse whoever can say neither the password of a person nor a code, though it holds the person's session.

    Raises:
        InvalidContent: it is neither.
        TooManyRequests: it has been tried too often.
    """
    if not two_step.looks_like_code(proof):
        _require_password(request, who, proof)
        return
    database: Database = request.app.state.database
    secret: bytes = request.app.state.secret
    attempt = attempts.count(database, Attempted.TWO_STEP, (who.person_id,), secret=secret)
    with database.writes() as session:
        two_step.use_code(session, who.person_id, proof, secret=secret)
        attempts.take_back(session, attempt)


def _require_password(request: Request, who: SignedIn, password: str) -> None:
    counted(request, Attempted.SIGN_IN, who.email)
    database: Database = request.app.state.database
    with database.reads() as reads:
        resets.require_password(reads, who.person_id, password)


def _again(request: Request, language: str, who: SignedIn, fault: SamnodError, at: str = "current") -> Response:
    """Show the page again with what was wrong, at the field that it was written in."""
    database: Database = request.app.state.database
    faults = [Fault(at, one.text) for one in faults_of(fault, texts(language), at)]
    with database.reads() as session:
        state = two_step.state(session, who.person_id)
    page = show(request, "people/two_step.html", fault.status, state=state, done="", faults=faults)
    page.headers.update(fault.headers)
    return page


def _set_up(request: Request, who: SignedIn, status: int = 200, faults: list[Fault] | None = None) -> Response:
    database: Database = request.app.state.database
    site = request.app.state.site
    try:
        with database.reads() as session:
            issuer = site.node_name or "Samnod"
            told = two_step.set_up(session, who, secret=request.app.state.secret, issuer=issuer)
    except NotFound:
        return see(request, _HERE)
    drawn = segno.make(told.address, error="m").svg_data_uri(scale=_DOTS, border=4, dark="#000", light="#fff")
    groups = [told.secret[start : start + 4] for start in range(0, len(told.secret), 4)]
    return show(
        request,
        "people/two_step_set_up.html",
        status,
        qr=drawn,
        address=told.address,
        groups=groups,
        faults=faults or [],
    )
