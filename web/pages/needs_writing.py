"""Needs written and led through their life: by who has them, or by a coordinator who says why."""

from collections.abc import Sequence
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from starlette.datastructures import FormData

from app.accounts.vocabulary import Caller, Role
from app.core.db import Reads, ReadSession, WriteSession
from app.core.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    InvalidContent,
    Message,
    NotFound,
    PreconditionFailed,
    in_language,
)
from app.core.i18n import N_, Texts, texts
from app.core.patching import validated
from app.core.preconditions import Precondition
from app.needs import service as needs
from app.needs.schemas import NeedCreate, NeedFilters, NeedNote, NeedPatch, NeedRead, NeedSummary
from app.needs.vocabulary import Side, Sort, Status, Verb
from app.organizations import service as organizations
from app.reference.service import area
from web.forms import Fault
from web.needs.draft import Draft, blank, differences, draft_of, faults_at, read, record_of
from web.needs.showing import STEPS, choices
from web.pages.common import InLanguage, Language
from web.pages.publishing import giving_reason
from web.profile.drafts import chosen, text
from web.render import show
from web.sessions import AnyCaller
from web.writing import Form, PageRoute, PageWrites, see

router = APIRouter(route_class=PageRoute)
# Whoever looks after a region writes for others, and so says who has the need.
_FOR_OTHERS: Final = frozenset({Role.COORDINATOR, Role.ADMIN})
# How it was met is shown with it; why it was withdrawn is kept for those who may still see it.
_NOTED: Final = frozenset({Verb.MEET, Verb.WITHDRAW})
_SIDES: Final = {Role.ENTERPRISE: Side.ENTERPRISE, Role.BUYER: Side.PUBLIC}
_MOST: Final = 100
_CHANGED: Final = PreconditionFailed.status
_WHY: Final = N_("Write a sentence without the names of people.")


@router.get("/needs/mine")
def mine(request: Request, session: Reads, language: Language, by: AnyCaller, saved: str = "") -> Response:
    """Show the needs that the organisation keeps; a coordinator sees what waits in the region as well."""
    say = texts(language)
    kept: Sequence[NeedSummary] = needs.kept_by(session, by.organization_id)
    return show(
        request,
        "needs/mine.html",
        kept=kept,
        waiting=_waiting(session, by) if by.role in _FOR_OTHERS else None,
        is_saved=bool(saved),
        step_name=lambda verb: say(STEPS[verb]),
    )


@router.get("/needs/new")
def new(request: Request, session: Reads, language: Language, by: AnyCaller) -> Response:
    """Show the form of a new need."""
    return _form(request, session, by, blank(language, _SIDES.get(by.role, "")))


@router.post("/needs/new")
def write(request: Request, session: PageWrites, language: Language, by: AnyCaller, form: Form) -> Response:
    """Keep a draft, or publish at once."""
    say = texts(language)
    draft = read(form)
    record, faults = record_of(draft, say)
    if by.role in _FOR_OTHERS and not draft["holder_name"]:
        faults.append(Fault("holder_name", say("Write who has the need: an organisation or a group, never a person.")))
    if faults:
        return _form(request, session, by, draft, faults=faults)
    own = record | {"country": _country(session, record["areas"], by), "source": _name(session, by)}
    if by.role not in _FOR_OTHERS:
        own["holder_name"] = None
    try:
        made = needs.register_for(session, validated(NeedCreate, own), home=request.app.state.home, by=by)
        if form.get("do") == "publish":
            made = needs.step(session, made.id, Verb.PUBLISH, by=by)
    except (InvalidContent, Forbidden) as refused:
        return _form(request, session, by, draft, faults=_refusals(refused, say))
    return see(request, f"/needs/{made.id}" if made.status is Status.PUBLISHED else "/needs/mine?saved=1")


@router.get("/needs/{need_id}/edit")
def edit(request: Request, session: Reads, language: Language, by: AnyCaller, need_id: str) -> Response:
    """Show the form with what a need says."""
    one = _editable(session, need_id, by)
    return _form(request, session, by, draft_of(one, language), one=one)


@router.post("/needs/{need_id}/edit")
def change(
    request: Request, session: PageWrites, language: Language, by: AnyCaller, form: Form, need_id: str
) -> Response:
    """Change a need; when somebody else has changed it meanwhile, show both versions."""
    say = texts(language)
    one = _editable(session, need_id, by)
    draft, kept = read(form), draft_of(one, language)
    draft |= {name: kept[name] for name in chosen(form, "theirs") if name in kept}
    record, faults = record_of(draft, say)
    by, wrong = _because(session, by, one, form, say)
    if faults or wrong:
        return _form(request, session, by, draft, one=one, faults=[*faults, *wrong])
    if not _names_holder(one, by):
        del record["holder_name"]
    try:
        match = Precondition(frozenset({str(form.get("rev", ""))}))
        patch = validated(NeedPatch, record)
        changed = needs.change(session, need_id, patch, match=match, by=by)
    except PreconditionFailed:
        named = choices(language, say)
        return _form(request, session, by, draft, one=one, differing=differences(draft, kept, named), status=_CHANGED)
    except (InvalidContent, Forbidden, Conflict) as refused:
        return _form(request, session, by, draft, one=one, faults=_refusals(refused, say))
    return see(request, f"/needs/{changed.id}")


@router.get("/needs/{need_id}/{need_step}")
def step_page(
    request: Request, session: Reads, _language: InLanguage, by: AnyCaller, need_id: str, need_step: str
) -> Response:
    """Show what a step means, and ask for what is told with it."""
    return _step(request, _editable(session, need_id, by), _verb(need_step), by)


@router.post("/needs/{need_id}/{need_step}")
def step(
    request: Request,
    session: PageWrites,
    language: Language,
    by: AnyCaller,
    form: Form,
    need_id: str,
    need_step: str,
) -> Response:
    """Take a step of a need's life."""
    say = texts(language)
    one, verb = _editable(session, need_id, by), _verb(need_step)
    note = text(form, "reason")
    if verb in _NOTED or needs_reason(one, by):
        told, faults = _note(note, say)
        if told is None:
            return _step(request, one, verb, by, note=note, faults=faults)
        note = told
        by = giving_reason(session, by, note) if needs_reason(one, by) else by
    try:
        if verb is Verb.REMOVE:
            needs.remove(session, need_id, match=Precondition(frozenset({str(form.get("rev", ""))})), by=by)
            return see(request, "/needs/mine")
        needs.step(session, need_id, verb, by=by, note=note if verb in _NOTED else None)
    except (Conflict, PreconditionFailed):
        # Somebody else was quicker: how it stands now is shown, and what can be done with it.
        return _step(request, one, verb, by, note=note, was_quicker=True, status=409)
    return see(request, f"/needs/{need_id}")


def needs_reason(one: NeedRead | None, by: Caller) -> bool:
    """Tell whether `by` changes what another organisation keeps, and so says why."""
    return one is not None and one.owner_id not in {None, by.organization_id}


def _editable(session: ReadSession | WriteSession, need_id: str, by: Caller) -> NeedRead:
    """Return a need that `by` may lead through its life.

    Raises:
        NotFound: there is none that the caller may know of.
        Forbidden: another organisation keeps it, or it lies outside the region.
    """
    one = needs.find(session, need_id, by)
    if not needs.may_edit(by, one):
        raise Forbidden(Message(N_("This page is for others than the organisation that you act for now.")))
    return one


def _verb(name: str) -> Verb:
    """Return the step that an address names. Raises `NotFound`."""
    found = next((verb for verb in STEPS if verb.value == name), None)
    if found is None:
        raise NotFound(name)
    return found


def _waiting(session: ReadSession, by: Caller) -> list[NeedSummary]:
    """Return the drafts, what was withdrawn and what has lapsed in the coordinator's region."""
    own = NeedFilters(status=[Status.DRAFT, Status.WITHDRAWN], sort=Sort.UPDATED_DESC, limit=_MOST)
    lapsed = NeedFilters(
        status=[Status.LAPSED], area=[by.region] if by.region else [], sort=Sort.UPDATED_DESC, limit=_MOST
    )
    return [*needs.search(session, own, by)[0], *needs.search(session, lapsed, by)[0]]


def _names_holder(one: NeedRead | None, by: Caller) -> bool:
    """Tell whether the form asks who has the need: of a new one its own organisation does, unless it says otherwise."""
    return by.role in _FOR_OTHERS if one is None else not (one.holder_id or one.enterprise_id)


def _country(session: ReadSession | WriteSession, areas: Sequence[str], by: Caller) -> str:
    """Return the country that a need is felt in: that of its first place, else that of who writes it."""
    first = area(areas[0]) if areas else None
    if first is not None:
        return first.country
    try:
        own = organizations.find(session, by.organization_id, by).country
    except NotFound:
        own = ""
    return own if own in ("SE", "NO") else "SE"


def _name(session: ReadSession | WriteSession, by: Caller) -> str:
    return organizations.name_of(session, by.organization_id)[:200] or "Samnod"


def _note(written: str, say: Texts) -> tuple[str | None, list[Fault]]:
    """Return what is told with a step, or what is wrong with it."""
    try:
        return validated(NeedNote, {"note": written}).note, []
    except InvalidContent as refused:
        told = say(_WHY) if len(written.strip()) < len("why") else in_language(refused.faults[0].detail, say)
        return None, [Fault("reason", told)]


def _because(
    session: WriteSession, by: Caller, one: NeedRead, form: FormData, say: Texts
) -> tuple[Caller, list[Fault]]:
    """Return the caller with the reason that the form gives, which the journal keeps; or what is wrong with it."""
    if not needs_reason(one, by):
        return by, []
    reason, faults = _note(text(form, "reason"), say)
    return (giving_reason(session, by, reason), []) if reason else (by, faults)


def _refusals(refused: Exception, say: Texts) -> list[Fault]:
    if isinstance(refused, InvalidContent):
        return faults_at(refused.faults, say)
    if isinstance(refused, Forbidden):
        return [Fault("areas", say("Write a municipality in your region."))]
    told = refused.detail if isinstance(refused, Conflict | BadRequest) else Message("")
    return [Fault("title", in_language(told, say))]


def _form(
    request: Request,
    session: ReadSession | WriteSession,
    by: Caller,
    draft: Draft,
    *,
    one: NeedRead | None = None,
    faults: Sequence[Fault] = (),
    differing: Sequence[tuple[str, str, str]] = (),
    status: int = 0,
) -> Response:
    language = request.path_params["language"]
    return show(
        request,
        "needs/form.html",
        status or (422 if faults else 200),
        one=one,
        draft=draft,
        choices=choices(language, texts(language)),
        names_holder=_names_holder(one, by),
        own_name=_name(session, by),
        reason_needed=needs_reason(one, by),
        reason=_sent(request, "reason"),
        **_faulty(faults),
        differing=differing,
        was_changed=status == _CHANGED,
    )


def _step(
    request: Request,
    one: NeedRead,
    verb: Verb,
    by: Caller,
    *,
    note: str = "",
    faults: Sequence[Fault] = (),
    was_quicker: bool = False,
    status: int = 0,
) -> Response:
    say = texts(request.path_params["language"])
    return show(
        request,
        "needs/step.html",
        status or (422 if faults else 200),
        one=one,
        verb=verb.value,
        name=say(STEPS[verb]),
        is_possible=verb in needs.possible_verbs(one.status) and not was_quicker,
        was_quicker=was_quicker,
        asks_note=verb in _NOTED,
        reason_needed=needs_reason(one, by),
        note=note,
        **_faulty(faults),
    )


def _faulty(faults: Sequence[Fault]) -> dict[str, Any]:
    return {"faults": faults, "fault": lambda name: next((one for one in faults if one.field == name), None)}


def _sent(request: Request, name: str) -> str:
    """Return a field of the form that was sent; empty on a page that nobody has sent."""
    return text(request.state.form, name) if request.method == "POST" else ""
