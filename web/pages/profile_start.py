"""Where an organisation comes to its profiles: straight in, by a list, or by three questions that begin one."""

from typing import Any, Final

from fastapi import APIRouter, Request, Response

from app.core.clock import today
from app.core.db import Reads
from app.core.errors import Conflict, InvalidContent
from app.core.i18n import texts
from app.core.patching import validated
from app.enterprises import service as enterprises
from app.enterprises.schemas import EnterpriseCreate
from app.reference.service import find_areas
from web.forms import Fault, place_name
from web.pages.common import InLanguage, Language
from web.pages.profile import to_profile
from web.profile.drafts import Draft, area_called, text
from web.profile.sections import faults_at
from web.render import show, wants_fragment
from web.sessions import EnterpriseCaller
from web.writing import Form, PageRoute, PageWrites, see

router = APIRouter(route_class=PageRoute)
# Kept in the record, and so in one language: the reader's would change with who looks.
_SOURCES: Final = {"SE": "Företaget självt", "NO": "Virksomheten selv"}
_ASKED = ("name", "area_code", "title")


@router.get("/profile")
def profiles(request: Request, session: Reads, language: Language, by: EnterpriseCaller) -> Response:
    """Go straight in to the one profile that the organisation keeps; else choose one, or begin."""
    kept = enterprises.kept_by(session, by.organization_id)
    if len(kept) == 1:
        return to_profile(language, kept[0].id)
    if not kept:
        return _start(request, {}, [])
    waits = {one.id for one in kept if enterprises.needs_reconfirmation(one.confirmed_on, today(one.country))}
    return show(request, "profile/choose.html", kept=kept, waits=waits)


@router.get("/profile-start")
def start_page(request: Request, _language: InLanguage, _by: EnterpriseCaller) -> Response:
    """Show the three questions, for one more profile."""
    return _start(request, {}, [])


@router.get("/profile-places")
def suggest_places(request: Request, language: Language, area_code: str = "", more: str = "") -> Response:
    """Give the list under a field for a place: municipalities for the seat, any area for where somebody works."""
    if not wants_fragment(request):
        return see(request, "/profile")
    words = (more or area_code).strip()[:100]
    found = find_areas(words, 12) if words else []
    options = [place_name(area, language) for area in found if more or area.level == "municipality"]
    return show(request, "matchmaking/options.html", options=options[:8])


@router.post("/profile-start")
def start(request: Request, session: PageWrites, language: Language, by: EnterpriseCaller, form: Form) -> Response:
    """Register an enterprise by its name, its municipality and what it offers, and go on to its CPV codes."""
    say = texts(language)
    draft: Draft = {name: text(form, name) for name in _ASKED}
    faults: list[Fault] = []
    if not draft["name"]:
        faults.append(Fault("name", say("Write what the enterprise is called.")))
    seat = None
    if draft["area_code"]:
        seat, wrong = area_called(draft["area_code"], "area_code", say)
        faults += wrong
    else:
        faults.append(Fault("area_code", say("Write the municipality where it has its seat.")))
    if not draft["title"]:
        faults.append(Fault("title", say("Write in a few words what it offers.")))
    if faults or seat is None:
        return _start(request, draft, faults, 422)
    sent: dict[str, Any] = {
        "name": draft["name"],
        "country": seat.country,
        "area_code": seat.code,
        "language": language if language != "en" else {"NO": "nb"}.get(seat.country, "sv"),
        "offerings": [{"title": draft["title"], "language": language}],
        "source": _SOURCES[seat.country],
        "confirmed_on": today(seat.country).isoformat(),
    }
    try:
        made = enterprises.register_for(session, validated(EnterpriseCreate, sent), home=request.app.state.home, by=by)
    except (InvalidContent, Conflict) as error:
        return _start(request, draft, faults_at(error.faults, sent, say), error.status)
    return see(request, f"/profile/{made.id}/offerings/0")


def _start(request: Request, draft: Draft, faults: list[Fault], status: int = 200) -> Response:
    return show(
        request,
        "profile/start.html",
        status,
        draft={name: draft.get(name, "") for name in _ASKED},
        faults=faults,
        fault=lambda name: next((fault for fault in faults if fault.field == name), None),
    )
