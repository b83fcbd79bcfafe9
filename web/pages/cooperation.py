"""Requests for cooperation, by whoever asks: what it is, the form, one's own requests, and the link in a letter."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request, Response
from starlette.datastructures import FormData

from app.accounts import permissions
from app.accounts.permissions import Action
from app.accounts.vocabulary import Attempted, Caller
from app.core.db import Database, Reads
from app.core.errors import InvalidContent, SamnodError, TooManyRequests, in_language
from app.core.i18n import N_, Texts, texts
from app.core.patching import validated
from app.intake import service as intake
from app.intake.schemas import CooperationFilters, CooperationIn, CooperationRead, OpenCooperationIn, SupplementIn
from app.intake.vocabulary import ROUTE_LIST, STATE_LABELS, STEP_LABELS, Outcome, Sort
from app.reference import service as reference
from app.reference.service import label
from web.entering import counted, faults_of, typed
from web.forms import Fault, areas_named, read_filters
from web.moderating import caller_of
from web.pages.common import Language
from web.render import address, show
from web.sessions import AnyCaller, Guest
from web.writing import Form, PageRoute, PageWrites, act, see

router = APIRouter(route_class=PageRoute)
RecordId = Annotated[str, Path(max_length=64)]
Token = Annotated[str, Path(max_length=100)]
_FIELDS: Final = ("title", "text", "place", "wished_route", "requester_name", "contact_function", "contact_email")
_LONGEST_TEXT: Final = 10_000
_MISSING: Final[Mapping[str, str]] = {
    "title": N_("Write in a few words what it is about."),
    "text": N_("Write what you want to do together, in at least a sentence."),
    "place": N_("Write the municipality or the county where it is to be."),
    "requester_name": N_("Write the name of your association or organisation."),
    "contact_email": N_("Write an e-mail address of your organisation, such as info@ or kontakt@."),
}
OUTCOMES: Final[Mapping[Outcome, str]] = {
    Outcome.AGREED: N_("There will be a cooperation"),
    Outcome.DECLINED: N_("There will be no cooperation"),
}


@dataclass(slots=True)
class Draft:
    """A request as it is written in the form, and what is wrong with it."""

    values: dict[str, str] = field(default_factory=lambda: dict.fromkeys(_FIELDS, ""))
    faults: list[Fault] = field(default_factory=list)

    def fault(self, name: str) -> Fault | None:
        """Return what is wrong with a field."""
        return next((fault for fault in self.faults if fault.field == name), None)


def words(say: Texts, language: str) -> dict[str, Any]:
    """Return what pages about requests call their states, steps, routes and outcomes."""
    return {
        "state_name": lambda state: say(STATE_LABELS[state]),
        "step_name": lambda step: say(STEP_LABELS[step]),
        "route_name": lambda route: label(ROUTE_LIST, route, language),
        "outcome_name": lambda outcome: say(OUTCOMES[outcome]),
    }


@router.api_route("/cooperation", methods=["GET", "HEAD"])
def cooperation_page(request: Request, language: Language, who: Guest, sent: str = "") -> Response:
    """Explain how a request for cooperation is led to a decision, and show the form."""
    return _form_page(request, language, caller_of(who), Draft(), sent=bool(sent))


@router.post("/cooperation")
def ask(request: Request, language: Language, who: Guest, form: Form) -> Response:
    """Send a request: in the name of the organisation that is signed in, or without an account."""
    by = caller_of(who)
    say = texts(language)
    draft, content = _sent(form, language, say, is_open=not _may_ask(by))
    if draft.faults:
        return _form_page(request, language, by, draft, 422)
    database: Database = request.app.state.database
    secret: bytes = request.app.state.secret
    try:
        if by is not None and _may_ask(by):
            with database.writes() as session:
                act(request, session)
                made = intake.submit(session, validated(CooperationIn, content), by=by, secret=secret)
            return see(request, f"/cooperation/requests/{made.id}")
        data = validated(OpenCooperationIn, content)
        counted(request, Attempted.COOPERATION, data.contact_email)
        with database.writes() as session:
            act(request, session)
            intake.submit_openly(session, data, secret=secret)
    except InvalidContent as refused:
        draft.faults = _faults(refused, say)
        return _form_page(request, language, by, draft, 422)
    except TooManyRequests as refused:
        draft.faults = faults_of(refused, say, "title")
        page = _form_page(request, language, by, draft, 429)
        page.headers.update(refused.headers)
        return page
    return see(request, address("/cooperation", ("sent", "1")))


@router.get("/cooperation/requests")
def own_requests(request: Request, session: Reads, language: Language, by: AnyCaller) -> Response:
    """Show the requests of the organisation that is signed in, the newest first."""
    say = texts(language)
    filters, _ = read_filters(CooperationFilters, request.query_params, say, {"sort": Sort.NEWEST})
    found, total, following = intake.search(session, filters, by)
    here = f"/{language}/cooperation/requests"
    return show(
        request,
        "cooperation/mine.html",
        found=found,
        total=total,
        following=address(here, ("after", following)) if following else "",
        request_link=lambda one: f"/{language}{_path_of(one.id, one.side)}",
        may_ask=_may_ask(by),
        **words(say, language),
    )


@router.get("/cooperation/requests/{request_id}")
def own_request(request: Request, session: Reads, language: Language, by: AnyCaller, request_id: RecordId) -> Response:
    """Show one of the organisation's requests, and what can still be done with it."""
    one = intake.find(session, request_id, by, language)
    return _request_page(request, language, one, f"/cooperation/requests/{request_id}")


@router.post("/cooperation/requests/{request_id}")
def act_upon_own(
    request: Request, session: PageWrites, language: Language, by: AnyCaller, form: Form, request_id: RecordId
) -> Response:
    """Take a request of one's own back, or add to it."""
    path = f"/cooperation/requests/{request_id}"
    one = intake.find(session, request_id, by, language)
    try:
        if form.get("do") == "withdraw":
            intake.withdraw(session, request_id, by=by)
        else:
            intake.supplement(session, request_id, validated(SupplementIn, _note(form)), by=by)
    except SamnodError as refused:
        return _request_page(request, language, one, path, refused=refused, note=_note(form)["note"])
    return see(request, address(path, ("done", "withdrawn" if form.get("do") == "withdraw" else "added")))


@router.api_route("/cooperation/follow/{token}", methods=["GET", "HEAD"])
def follow(request: Request, session: Reads, language: Language, token: Token) -> Response:
    """Show the request of a link, and what can still be done with it; reading changes nothing."""
    one = intake.read_link(session, token, secret=request.app.state.secret, language=language)
    return _request_page(request, language, one, f"/cooperation/follow/{token}")


@router.post("/cooperation/follow/{token}")
def act_by_link(request: Request, session: PageWrites, language: Language, form: Form, token: Token) -> Response:
    """Take a request back, or add to it, without an account."""
    path, secret = f"/cooperation/follow/{token}", request.app.state.secret
    one = intake.read_link(session, token, secret=secret, language=language)
    try:
        if form.get("do") == "withdraw":
            intake.withdraw_by_link(session, token, secret=secret)
        else:
            intake.supplement_by_link(session, token, validated(SupplementIn, _note(form)), secret=secret)
    except SamnodError as refused:
        return _request_page(request, language, one, path, refused=refused, note=_note(form)["note"])
    return see(request, address(path, ("done", "withdrawn" if form.get("do") == "withdraw" else "added")))


def _path_of(request_id: str, side: str) -> str:
    return f"/coordination/cooperation/{request_id}" if side == "handler" else f"/cooperation/requests/{request_id}"


def _may_ask(by: Caller | None) -> bool:
    owner = by.organization_id if by else None
    return permissions.may(by, Action.REQUEST_COOPERATION, owner_id=owner, area=None)


def _form_page(
    request: Request, language: str, by: Caller | None, draft: Draft, status: int = 200, *, sent: bool = False
) -> Response:
    return show(
        request,
        "cooperation/form.html",
        status,
        draft=draft,
        faults=draft.faults,
        is_open=not _may_ask(by),
        by=by,
        sent=sent,
        routes=reference.code_list(ROUTE_LIST),
        **words(texts(language), language),
    )


def _request_page(
    request: Request,
    language: str,
    one: CooperationRead,
    path: str,
    *,
    refused: SamnodError | None = None,
    note: str = "",
) -> Response:
    say = texts(language)
    return show(
        request,
        "cooperation/request.html",
        refused.status if refused else 200,
        one=one,
        path=path,
        is_by_link="/follow/" in path,
        faults=faults_of(refused, say, "note") if refused else [],
        note=note,
        done=request.query_params.get("done", "") if refused is None else "",
        **words(say, language),
    )


def _note(form: FormData) -> dict[str, str]:
    note = form.get("note", "")
    return {"note": note.strip()[:_LONGEST_TEXT] if isinstance(note, str) else ""}


def _sent(form: FormData, language: str, say: Texts, *, is_open: bool) -> tuple[Draft, dict[str, Any]]:
    """Return the form as it was sent, with what is plainly missing, and what it says of the request."""
    draft = Draft({name: typed(form, name) for name in _FIELDS})
    text = form.get("text", "")
    draft.values["text"] = text.strip()[: _LONGEST_TEXT + 1] if isinstance(text, str) else ""
    needed = ["title", "text", "place", *(["requester_name", "contact_email"] if is_open else [])]
    missing = [name for name in needed if not draft.values[name]]
    areas = areas_named(draft.values["place"]) if "place" not in missing else []
    if "place" not in missing and len(areas) != 1:
        missing.append("place")
    draft.faults = [Fault(name, say(_MISSING[name])) for name in needed if name in missing]
    sent = ("title", "text", "wished_route", "contact_function", "contact_email", *(["requester_name"] * is_open))
    content: dict[str, Any] = {name: draft.values[name] or None for name in sent}
    return draft, {**content, "area_code": areas[0].code if areas else None, "language": language}


def _faults(refused: InvalidContent, say: Texts) -> list[Fault]:
    """Return what a service refuses at the fields of the form."""
    named = [(fault.pointer.strip("/").partition("/")[0], fault.detail) for fault in refused.faults]
    return [Fault("place" if name == "area_code" else name, in_language(told, say)) for name, told in named]
