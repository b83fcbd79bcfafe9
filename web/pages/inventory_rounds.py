"""The coordinator's rounds of needs inventories: planned, opened, followed, closed, and read with their comments."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request, Response
from starlette.datastructures import FormData

from app.accounts.vocabulary import Caller
from app.core.clock import today
from app.core.db import Database, Reads, ReadSession
from app.core.errors import Conflict, Forbidden, InvalidContent, PreconditionFailed, SamnodError, in_language
from app.core.i18n import N_, Texts, texts
from app.core.patching import validated
from app.core.preconditions import Precondition
from app.inventories import service as inventories
from app.inventories.schemas import InventoryCreate, InventoryFilters, InventoryPatch, InventoryRead, InviteesIn
from app.inventories.vocabulary import (
    MOST_OWN,
    SIDE_LABELS,
    STATUS_LABELS,
    WITHHELD_LABELS,
    QuestionKind,
    Side,
    Status,
    Verb,
)
from app.organizations import service as organizations
from app.organizations.schemas import OrganizationFilters, OrganizationRead
from app.reference.service import area_label
from web.forms import Fault, areas_named
from web.pages.common import Language
from web.pages.inventories import named
from web.render import address, show
from web.sessions import CoordinatorCaller
from web.writing import Form, PageRoute, PageWrites, see

router = APIRouter(route_class=PageRoute)
InventoryId = Annotated[str, Path(max_length=64)]
_HOME: Final = "/coordination/needs-inventories"
_OWN: Final = 5
_WEEKS: Final = timedelta(days=21)
_LONGEST: Final = 20_000
_MOST_LINES: Final = 200
_DONE: Final = {
    "planned": N_("The round is planned. Look through it, and open it when it is right."),
    "open": N_("The round is open. Now invite those who are to answer."),
    "close": N_("The round is closed, and what can be published is."),
    "archive": N_("The answers are removed. What was published stays."),
    "changed": N_("The round is changed."),
    "imported": N_("The survey is imported and the round closed. What can be published is."),
    "withdrawn": N_("The invitation is taken back."),
}
KINDS: Final = {
    QuestionKind.SCALE: N_("From 0 to 3"),
    QuestionKind.CHOICE: N_("One of several choices"),
    QuestionKind.TEXT: N_("A text"),
}


@dataclass(slots=True)
class Draft:
    """A round as it is written in the form, and what is wrong with it."""

    values: dict[str, str] = field(default_factory=dict)
    rev: str = ""
    faults: list[Fault] = field(default_factory=list)

    def fault(self, name: str) -> Fault | None:
        """Return what is wrong with a field."""
        return next((fault for fault in self.faults if fault.field == name), None)


@router.get(_HOME)
def rounds_page(request: Request, session: Reads, language: Language, by: CoordinatorCaller) -> Response:
    """Show the rounds of the region, and the way to a new one."""
    say = texts(language)
    found, _ = inventories.search(session, InventoryFilters(limit=100), by)
    own = [one for one in found if inventories.may_hold(by, one.area_code)]
    return show(
        request,
        "inventories/rounds.html",
        found=own,
        is_removed=request.query_params.get("done") == "remove",
        status_name=lambda status: say(STATUS_LABELS[status]),
        **named(language),
    )


@router.get(f"{_HOME}/new")
def new_round(request: Request, language: Language, by: CoordinatorCaller) -> Response:
    """Show the form of a new round."""
    day = today()
    blank = {
        "language": language,
        "side": Side.ENTERPRISE.value,
        "place": area_label(by.region, language) if by.region else "",
        "opens_on": day.isoformat(),
        "closes_on": (day + _WEEKS).isoformat(),
    }
    return _form(request, language, Draft(blank))


@router.post(f"{_HOME}/new")
def plan(request: Request, language: Language, by: CoordinatorCaller, session: PageWrites, form: Form) -> Response:
    """Write the draft of a round."""
    say = texts(language)
    draft, content = _typed(form, say)
    if not draft.faults:
        try:
            made = inventories.create(session, validated(InventoryCreate, content), home=request.app.state.home, by=by)
            return see(request, address(f"{_HOME}/{made.id}", ("done", "planned")) + "#told")
        except (InvalidContent, Forbidden) as refused:
            draft.faults = _faults(refused, say)
    return _form(request, language, draft, 422)


@router.get(f"{_HOME}/{{inventory_id}}")
def round_page(
    request: Request, session: Reads, language: Language, by: CoordinatorCaller, inventory_id: InventoryId
) -> Response:
    """Show how a round stands, who is asked, and what can be done now."""
    return _page(request, session, language, by, inventory_id)


@router.get(f"{_HOME}/{{inventory_id}}/edit")
def edit_round(
    request: Request, session: Reads, language: Language, by: CoordinatorCaller, inventory_id: InventoryId
) -> Response:
    """Show the form of a draft."""
    one = inventories.own(session, inventory_id, by=by)
    return _form(request, language, _as_kept(one, language), one=one)


@router.post(f"{_HOME}/{{inventory_id}}/edit")
def change(
    request: Request,
    language: Language,
    by: CoordinatorCaller,
    session: PageWrites,
    form: Form,
    inventory_id: InventoryId,
) -> Response:
    """Change a draft."""
    say = texts(language)
    one = inventories.own(session, inventory_id, by=by)
    draft, content = _typed(form, say)
    status = 422
    if not draft.faults:
        try:
            match = Precondition(frozenset({draft.rev}))
            inventories.change(session, inventory_id, validated(InventoryPatch, content), match=match, by=by)
            return see(request, address(f"{_HOME}/{inventory_id}", ("done", "changed")) + "#told")
        except (InvalidContent, Forbidden, Conflict) as refused:
            draft.faults = _faults(refused, say)
        except PreconditionFailed as changed:
            told = say(N_("Somebody else has changed this round meanwhile. Look at it again, and send your changes."))
            draft.faults, draft.rev, status = [Fault("name", told)], str(one.rev), changed.status
    return _form(request, language, draft, status, one=one)


@router.post(f"{_HOME}/{{inventory_id}}/step")
def step(
    request: Request,
    language: Language,
    by: CoordinatorCaller,
    session: PageWrites,
    form: Form,
    inventory_id: InventoryId,
) -> Response:
    """Open, close, archive or remove a round."""
    verb = str(form.get("do", ""))
    try:
        if verb == Verb.REMOVE:
            inventories.remove(session, inventory_id, match=Precondition(None), by=by)
            return see(request, f"{_HOME}?done=remove#told")
        if verb in _STEPS:
            inventories.step(session, inventory_id, _STEPS[verb], by=by)
    except Conflict as refused:
        return _again(request, language, by, inventory_id, refused)
    return see(request, address(f"{_HOME}/{inventory_id}", ("done", verb)) + "#told")


_STEPS: Final = {verb.value: verb for verb in (Verb.OPEN, Verb.CLOSE, Verb.ARCHIVE)}


@router.post(f"{_HOME}/{{inventory_id}}/invitations")
def invite(
    request: Request,
    language: Language,
    by: CoordinatorCaller,
    session: PageWrites,
    form: Form,
    inventory_id: InventoryId,
) -> Response:
    """Ask the organisations that are ticked, and the functions whose addresses are written; or take one back."""
    say = texts(language)
    try:
        if taken_back := str(form.get("withdraw", "")):
            inventories.withdraw(session, inventory_id, taken_back, by=by)
            return see(request, address(f"{_HOME}/{inventory_id}", ("done", "withdrawn")) + "#told")
        invitees, faults = _invitees(form, language, say)
        if not faults:
            data = validated(InviteesIn, {"invitees": invitees})
            done = inventories.invite(session, inventory_id, data, by=by, secret=request.app.state.secret)
            told = [("invited", len(done.invited)), ("nowhere", len(done.no_address)), ("already", len(done.already))]
            return see(request, address(f"{_HOME}/{inventory_id}", *[(name, n or "") for name, n in told]) + "#told")
    except InvalidContent as refused:
        faults = [_of_invitee(fault.pointer, fault.detail, invitees, say) for fault in refused.faults]
    except Conflict as refused:
        return _again(request, language, by, inventory_id, refused)
    return _again(request, language, by, inventory_id, faults=faults, addresses=str(form.get("addresses", "")))


def _invitees(form: FormData, language: str, say: Texts) -> tuple[list[dict[str, Any]], list[Fault]]:
    """Return whom the form asks: boxes, and lines of name, address and, if it is said, place."""
    found: list[dict[str, Any]] = [
        {"organization_id": str(one), "language": language} for one in form.getlist("organization_id")
    ]
    faults = []
    for number, line in enumerate(str(form.get("addresses", ""))[:_LONGEST].splitlines()[:_MOST_LINES], start=1):
        parts = [part.strip() for part in line.replace(",", ";").split(";")]
        if not any(parts):
            continue
        place = areas_named(parts[2]) if len(parts) > 2 and parts[2] else []
        if len(parts) < 2 or len(parts) > 3 or (len(parts) == 3 and parts[2] and len(place) != 1):
            faults.append(Fault("addresses", say(N_("Line {n}: write name; address; municipality."), n=number)))
        area = place[0].code if place else None
        email = parts[1] if len(parts) > 1 else ""
        found.append({"name": parts[0], "email": email, "language": language, "area_code": area})
    if not found:
        faults.append(Fault("addresses", say(N_("Tick an organisation, or write an address."))))
    return found, faults


def _of_invitee(pointer: str, detail: str, invitees: list[dict[str, Any]], say: Texts) -> Fault:
    """Return a fault with whom it is about."""
    parts = pointer.strip("/").split("/")
    number = int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else -1
    who = invitees[number].get("name", "") if 0 <= number < len(invitees) else ""
    told = in_language(detail, say)
    return Fault("addresses", f"{who}: {told}" if who else told)


def _again(
    request: Request,
    language: str,
    by: Caller,
    inventory_id: str,
    refused: SamnodError | None = None,
    *,
    faults: list[Fault] | None = None,
    addresses: str = "",
) -> Response:
    database: Database = request.app.state.database
    with database.reads() as session:
        return _page(request, session, language, by, inventory_id, refused, faults=faults or [], addresses=addresses)


def _page(
    request: Request,
    session: ReadSession,
    language: str,
    by: Caller,
    inventory_id: str,
    refused: SamnodError | None = None,
    *,
    faults: list[Fault] | None = None,
    addresses: str = "",
) -> Response:
    say = texts(language)
    one = inventories.own(session, inventory_id, by=by)
    is_closed = one.status in {Status.CLOSED, Status.ARCHIVED}
    results = inventories.results(session, inventory_id, by) if is_closed else None
    asked = inventories.invitations(session, inventory_id, by=by).items
    words = request.query_params.get("words", "")[:100]
    return show(
        request,
        "inventories/round.html",
        refused.status if refused else 422 if faults else 200,
        one=one,
        rate=inventories.response_rate(session, inventory_id, by=by),
        asked=asked,
        comments=inventories.comments(session, inventory_id, by=by).items if is_closed else [],
        results=results,
        withheld=say(WITHHELD_LABELS[results.withheld]) if results and results.withheld else "",
        organizations=_askable(session, words, by, {row.organization_id for row in asked})
        if one.status is Status.OPEN
        else [],
        words=words,
        addresses=addresses,
        faults=faults or [],
        fault=next(iter(faults or []), None),
        refused=in_language(refused.detail, say) if refused else "",
        told=_told(request, say),
        status_name=say(STATUS_LABELS[one.status]),
        kind_name=lambda kind: say(KINDS[kind]),
        **named(language),
    )


def _askable(session: ReadSession, words: str, by: Caller, asked: set[str | None]) -> list[OrganizationRead]:
    found, _ = organizations.looked_after(session, OrganizationFilters(words=words, limit=50), by)
    return [one for one in found if one.id not in asked]


def _told(request: Request, say: Texts) -> list[str]:
    """Return what has just been done."""
    query = request.query_params
    found = [say(_DONE[done])] if (done := query.get("done", "")) in _DONE else []
    invited, nowhere, already = (_number(query.get(name, "")) for name in ("invited", "nowhere", "already"))
    if invited:
        found.append(say.plural("{n} letter is on its way.", "{n} letters are on their way.", invited))
    if nowhere:
        found.append(
            say.plural("{n} has nobody here: write an address.", "{n} have nobody here: write addresses.", nowhere)
        )
    if already:
        found.append(say.plural("{n} was asked before.", "{n} were asked before.", already))
    return found


def _number(text: str) -> int:
    return int(text) if text.isdigit() and len(text) < 6 else 0


def _form(
    request: Request, language: str, draft: Draft, status: int = 200, *, one: InventoryRead | None = None
) -> Response:
    say = texts(language)
    return show(
        request,
        "inventories/form.html",
        status,
        draft=draft,
        one=one,
        own=range(1, max(_OWN, len(one.own_questions) if one else 0) + 1),
        kinds={kind.value: say(name) for kind, name in KINDS.items()},
        sides={side.value: say(name) for side, name in SIDE_LABELS.items()},
    )


def _typed(form: FormData, say: Texts) -> tuple[Draft, dict[str, Any]]:
    """Return the form as it was sent, and what it says as the service takes it."""
    names = ["name", "summary", "language", "place", "side", "opens_on", "closes_on"]
    names += [f"{part}-{number}" for number in range(1, MOST_OWN + 1) for part in ("text", "kind", "options")]
    values = {name: str(form.get(name, "")).strip()[:_LONGEST] for name in names}
    draft = Draft(values, str(form.get("rev", "")))
    content: dict[str, Any] = {name: values[name] for name in names[:7] if name != "place"}
    found = areas_named(values["place"]) if values["place"] else []
    if len(found) == 1:
        content["area_code"] = found[0].code
    else:
        told = N_("Write a municipality, county or country.") if not found else N_("There is more than one such place.")
        draft.faults.append(Fault("place", say(told)))
    for name, told in (("name", N_("Write what the round is called.")),):
        if not values[name]:
            draft.faults.append(Fault(name, say(told)))
    content["own_questions"] = [
        {
            "kind": values[f"kind-{number}"] or QuestionKind.TEXT.value,
            "text": values[f"text-{number}"],
            "options": [line.strip() for line in values[f"options-{number}"].splitlines() if line.strip()],
        }
        for number in range(1, MOST_OWN + 1)
        if values[f"text-{number}"]
    ]
    return draft, content


def _as_kept(one: InventoryRead, language: str) -> Draft:
    values = {
        "name": one.name,
        "summary": one.summary,
        "language": one.language,
        "place": area_label(one.area_code, language),
        "side": one.side.value,
        "opens_on": one.opens_on.isoformat(),
        "closes_on": one.closes_on.isoformat(),
    }
    for number, asked in enumerate(one.own_questions, start=1):
        values |= {f"text-{number}": asked.text, f"kind-{number}": asked.kind.value}
        values[f"options-{number}"] = "\n".join(asked.options)
    return Draft(values, str(one.rev))


_FIELDS: Final[Mapping[str, str]] = {"area_code": "place", "": "closes_on"}


def _faults(refused: SamnodError, say: Texts) -> list[Fault]:
    """Return what a service complains of as faults at the fields of the form."""
    if not isinstance(refused, InvalidContent):
        return [Fault("place" if isinstance(refused, Forbidden) else "name", in_language(refused.detail, say))]
    found = []
    for fault in refused.faults:
        parts = fault.pointer.strip("/").split("/")
        name = _FIELDS.get(parts[0], parts[0])
        if parts[0] == "own_questions":
            name = f"text-{int(parts[1]) + 1}" if len(parts) > 1 and parts[1].isdigit() else "text-1"
        found.append(Fault(name, in_language(fault.detail, say)))
    return found
