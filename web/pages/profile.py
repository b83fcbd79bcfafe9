"""An enterprise's own profile, section by section: what it says of itself, and what saying more would give.

Its own people come by `/profile`; a coordinator or an administrator by `/enterprises/{id}/edit`, with a reason that is
kept with each change. Every section is a form of its own; without JavaScript it is a page of its own.
"""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.accounts import permissions
from app.accounts.permissions import Action
from app.core.clock import today
from app.core.db import Reads, ReadSession
from app.core.errors import Conflict, InvalidContent, NotFound, PreconditionFailed
from app.core.i18n import N_, texts
from app.enterprises import service as enterprises
from app.enterprises.schemas import EnterpriseRead
from app.matching import service as matching
from web.forms import Fault
from web.pages.common import PARTS, InLanguage, Language
from web.profile.drafts import Draft, Written, text
from web.profile.keeping import AtDesk, Desk, editable, save
from web.profile.offerings import (
    NEW,
    Removed,
    arranged,
    is_training,
    offering_draft,
    put_back,
    read_offering,
    taken_away,
)
from web.profile.sections import OFFERINGS, SECTIONS, TRAINING, Section, faults_at, section_called, section_of
from web.profile.showing import lists_for
from web.render import address, show, wants_fragment
from web.writing import Form, PageRoute, PageWrites, see

router = APIRouter(route_class=PageRoute)
_CONFIRM = "confirm"


@router.get("/profile/{enterprise_id}")
@router.get("/enterprises/{enterprise_id}/edit")
def profile(request: Request, session: Reads, language: Language, desk: AtDesk, saved: str = "") -> Response:
    """Show the whole profile: what each section says, and what saying more would give."""
    one = editable(session, desk)
    return show(
        request,
        "profile/page.html",
        **_drawn(desk, one, language),
        saved=next((section for section in SECTIONS if section.key == saved), None),
        confirmed=saved == _CONFIRM,
        overdue=enterprises.needs_reconfirmation(one.confirmed_on, today(one.country)),
        may_confirm=_may_confirm(desk, one),
        **_lacking(session, one, language),
    )


@router.get("/profile/{enterprise_id}/lacks")
@router.get("/enterprises/{enterprise_id}/edit/lacks")
def lacks(request: Request, session: Reads, language: Language, desk: AtDesk) -> Response:
    """Give the list of what saying more would give, after a section has been saved in place."""
    if not wants_fragment(request):
        return see(request, desk.base)
    one = editable(session, desk)
    return show(request, "profile/_lacks.html", desk=desk, **_lacking(session, one, language))


@router.get("/profile/{enterprise_id}/history")
@router.get("/enterprises/{enterprise_id}/edit/history")
def profile_history(request: Request, session: Reads, language: Language, desk: AtDesk) -> Response:
    """Show what has changed, when, by whom and why."""
    one = editable(session, desk)
    say = texts(language)
    revisions = enterprises.history(session, one.id, desk.by).items
    return show(
        request,
        "profile/history.html",
        desk=desk,
        one=one,
        revisions=[
            (revision, list(dict.fromkeys(say(PARTS.get(name, N_("Other"))) for name in revision.fields)))
            for revision in revisions
        ],
    )


@router.post("/profile/{enterprise_id}/confirm")
@router.post("/enterprises/{enterprise_id}/edit/confirm")
def confirm(request: Request, session: PageWrites, _language: InLanguage, desk: AtDesk) -> Response:
    """Write down that the record is right today."""
    enterprises.confirm(session, desk.enterprise_id, by=desk.by)
    return see(request, f"{address(desk.base, ('saved', _CONFIRM))}#confirm")


@router.get("/profile/{enterprise_id}/offerings/{position}")
@router.get("/enterprises/{enterprise_id}/edit/offerings/{position}")
def offering_form(
    request: Request,
    session: Reads,
    language: Language,
    desk: AtDesk,
    position: str,
    kind: str = "",
    code: str = "",
) -> Response:
    """Show the form of one offering, or of a new one."""
    one = editable(session, desk)
    place = _place(one, position)
    draft = offering_draft(one, place, language, training=kind == "training", code=code)
    return _offering_page(request, desk, one, position, draft, language)


@router.post("/profile/{enterprise_id}/offerings/{position}")
@router.post("/enterprises/{enterprise_id}/edit/offerings/{position}")
def save_offering(
    request: Request, session: PageWrites, language: Language, desk: AtDesk, form: Form, position: str
) -> Response:
    """Save one offering, or look up codes for its form."""
    desk = desk.because(form)
    one = editable(session, desk)
    say = texts(language)
    try:
        place = _place(one, position)
    except NotFound:
        # Somebody has taken it away since: what was written is kept, as a new offering.
        position, place = NEW, None
    written = read_offering(form, one, place, say)
    if not written.final:
        status = 422 if written.faults else 200
        return _offering_page(request, desk, one, position, written.draft, language, written.faults, status)
    section = TRAINING if written.draft["kind"] == "work_training" else OFFERINGS
    outcome = _try_to_save(session, desk, section, written, form, one, language)
    if isinstance(outcome, EnterpriseRead):
        return _saved(request, desk, section, outcome, language)
    faults, status, now_there = outcome
    return _offering_page(
        request, desk, now_there or one, position, written.draft, language, faults, status, conflict=bool(now_there)
    )


@router.get("/profile/{enterprise_id}/{section_key}")
@router.get("/enterprises/{enterprise_id}/edit/{section_key}")
def section_form(
    request: Request, session: Reads, language: Language, desk: AtDesk, section_key: str, view: bool = False
) -> Response:
    """Show the form of a section; htmx gets it in the section's place, or the section again (`view`)."""
    section = section_called(section_key)
    one = editable(session, desk)
    if view:
        if not wants_fragment(request):
            return see(request, f"{desk.base}#{section.key}")
        return show(request, "profile/saved.html", part=section, **_drawn(desk, one, language), saved=None)
    removed = _just_removed(session, desk, one)
    if removed and section is not (TRAINING if is_training(removed.offering) else OFFERINGS):
        removed = None
    return _section_page(request, desk, one, section, section.draft(one, language), language, removed=removed)


@router.post("/profile/{enterprise_id}/{section_key}")
@router.post("/enterprises/{enterprise_id}/edit/{section_key}")
def save_section(
    request: Request, session: PageWrites, language: Language, desk: AtDesk, form: Form, section_key: str
) -> Response:
    """Save a section, put the offerings in order, or show the form again with what it asked for."""
    section = section_called(section_key)
    desk = desk.because(form)
    one = editable(session, desk)
    do = text(form, "do")
    removed: Removed | None = None
    written = section.read(form, one, texts(language))
    arranges = section in {OFFERINGS, TRAINING} and (do == "undo" or ":" in do)
    if arranges:
        found = put_back(one, form) if do == "undo" else arranged(one, do)
        if found is None:
            return see(request, f"{desk.base}/{section.key}")
        offerings, removed = found
        # The form around the list is saved with it; "undo" stands in a form of its own.
        written = Written({}, {**(written.patch if do != "undo" else {}), "offerings": offerings})
    if not written.final:
        status = 422 if written.faults else 200
        return _section_page(request, desk, one, section, written.draft, language, written.faults, status)
    outcome = _try_to_save(session, desk, section, written, form, one, language)
    if not isinstance(outcome, EnterpriseRead):
        faults, status, now_there = outcome
        return _section_page(
            request, desk, now_there or one, section, written.draft, language, faults, status, conflict=bool(now_there)
        )
    if not arranges:
        return _saved(request, desk, section, outcome, language)
    if wants_fragment(request):
        draft = section.draft(outcome, language)
        return _section_page(request, desk, outcome, section, draft, language, removed=removed, moved=removed is None)
    return see(
        request,
        address(
            f"{desk.base}/{section.key}",
            ("reason", desk.reason if desk.asks_reason else ""),
        ),
    )


_Refused = tuple[list[Fault], int, EnterpriseRead | None]


def _try_to_save(
    session: PageWrites, desk: Desk, section: Section, written: Written, form: Form, one: EnterpriseRead, language: str
) -> EnterpriseRead | _Refused:
    """Return the record as saved; or what stands in the way, its status, and the record when somebody changed it."""
    say = texts(language)
    faults = [*written.faults, *desk.reason_faults(say)]
    if faults:
        return faults, 422, None
    try:
        return save(session, desk, section, written, form, one)
    except (InvalidContent, Conflict) as error:
        return faults_at(error.faults, written.patch, say), error.status, None
    except PreconditionFailed as error:
        return [], error.status, one


def _saved(request: Request, desk: Desk, section: Section, one: EnterpriseRead, language: str) -> Response:
    """Answer a section that has been saved: it alone to htmx, else the way back to it on the profile."""
    if not wants_fragment(request):
        return see(
            request,
            f"{address(desk.base, ('saved', section.key), ('reason', desk.reason))}#{section.key}",
        )
    fragment = show(request, "profile/saved.html", part=section, **_drawn(desk, one, language), saved=section)
    # What it now lacks is counted from what is committed: the page asks for it when this has come.
    fragment.headers["HX-Trigger-After-Settle"] = "profile-saved"
    return fragment


def _section_page(
    request: Request,
    desk: Desk,
    one: EnterpriseRead,
    section: Section,
    draft: Draft,
    language: str,
    faults: list[Fault] | None = None,
    status: int = 200,
    *,
    conflict: bool = False,
    removed: Removed | None = None,
    moved: bool = False,
    offering: str = "",
) -> Response:
    """Show a section's form, on a page of its own or in its place."""
    faults = faults or []
    return show(
        request,
        "profile/form_fragment.html" if wants_fragment(request) else "profile/form.html",
        status,
        **_drawn(desk, one, language),
        part=section,
        draft=draft,
        faults=faults,
        fault=lambda name: next((fault for fault in faults if fault.field == name), None),
        conflict=conflict,
        removed=removed,
        moved=moved,
        offering=offering,
    )


def _offering_page(
    request: Request,
    desk: Desk,
    one: EnterpriseRead,
    position: str,
    draft: Draft,
    language: str,
    faults: list[Fault] | None = None,
    status: int = 200,
    *,
    conflict: bool = False,
) -> Response:
    section = TRAINING if draft["kind"] == "work_training" else OFFERINGS
    return _section_page(
        request, desk, one, section, draft, language, faults, status, conflict=conflict, offering=position
    )


def _drawn(desk: Desk, one: EnterpriseRead, language: str) -> dict[str, Any]:
    """Return what every page of a profile draws with."""
    return {"desk": desk, "one": one, "sections": SECTIONS, "lists": lists_for(one, desk.by, language)}


def _lacking(session: ReadSession, one: EnterpriseRead, language: str) -> dict[str, Any]:
    """Return what could be added, each with the section where that is done."""
    found = matching.completeness(session, one.id, language=language, hidden_too=True)
    return {
        "found": found,
        "effects": [(effect, section_of(effect.pointer)) for effect in found.effects],
    }


def _place(one: EnterpriseRead, position: str) -> int | None:
    """Return which offering an address means, None for a new one. Raises `NotFound`."""
    if position == NEW:
        return None
    if not position.isascii() or not position.isdecimal() or len(position) > 3 or int(position) >= len(one.offerings):
        raise NotFound(position)
    return int(position)


def _just_removed(session: ReadSession, desk: Desk, one: EnterpriseRead) -> Removed | None:
    """Return what the last change took away, for whoever comes from taking it away: the history still holds it."""
    last = next(iter(enterprises.history(session, one.id, desk.by).items), None)
    if last is None or last.rev != one.rev or not last.before:
        return None
    return taken_away(last.before.get("offerings"), one)


def _may_confirm(desk: Desk, one: EnterpriseRead) -> bool:
    return permissions.may(desk.by, Action.CONFIRM_ENTERPRISE, owner_id=one.owner_id, area=one.area_code)


def to_profile(language: str, enterprise_id: str) -> Response:
    """Return the way to one of an organisation's profiles."""
    return RedirectResponse(f"/{language}/profile/{enterprise_id}", 303)
