"""The coordinator's desk: what waits in the region, oldest first, and what was done, ready to be taken back."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request, Response

from app.accounts.vocabulary import Caller, Role
from app.claims import service as claims
from app.claims.schemas import ClaimFilters
from app.core.clock import now
from app.core.db import Database, Reads, ReadSession
from app.core.errors import Conflict, InvalidContent, SamnodError, in_language
from app.core.i18n import texts
from app.core.patching import validated
from app.enterprises import service as enterprises
from app.enterprises.schemas import EnterpriseNamed, EnterpriseSummary
from app.mail import service as mail
from app.mail.vocabulary import Post
from app.moderation import service as moderation
from app.moderation.schemas import ActFilters, ActRead, ReasonIn, ReportFilters, ReportRead
from app.opportunities import service as opportunities
from app.reference.service import area_label, counties_of, countries
from app.responses import service as responses
from app.responses.schemas import OutcomeDue
from app.support_offers import corrections
from app.support_offers import service as support_offers
from app.support_requests import service as support_requests
from app.sync import status as nodes
from web.entering import typed
from web.forms import Fault
from web.moderating import DONE, KINDS, PLACES, SUBJECTS, Place, name_of
from web.pages.common import Language
from web.render import address, show, wants_fragment
from web.sessions import CoordinatorCaller
from web.writing import Form, PageRoute, PageWrites, see

router = APIRouter(route_class=PageRoute)
RecordId = Annotated[str, Path(max_length=64)]
_SHOWN: Final = 10
_DEEPEST: Final = 100


class Deciding(StrEnum):
    """What can be done about a report."""

    HIDE = "hide"
    RESTORE = "restore"
    DISMISS = "dismiss"


class Moving(StrEnum):
    """What can be done with a record."""

    HIDE = "hide"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class Late:
    """An enterprise that nobody has confirmed for a year, and whether there is somebody to remind."""

    enterprise: EnterpriseSummary
    named: EnterpriseNamed


@dataclass(frozen=True, slots=True)
class Waiting:
    """All that waits in an area: the first of each kind, and how many there are."""

    reports: list[ReportRead]
    report_count: int
    claim_count: int
    late: list[Late]
    late_count: int
    outcomes: list[OutcomeDue]
    acts: list[ActRead]
    offers: int
    post: Post

    @property
    def is_nothing(self) -> bool:
        """Whether the desk is empty."""
        return not (self.report_count or self.claim_count or self.late_count or self.outcomes or self.offers)


@dataclass(frozen=True, slots=True)
class Refused:
    """What could not be done, beside the row that it was asked of."""

    row: str
    text: str
    reason: str = ""


@router.api_route("/coordination", methods=["GET", "HEAD"])
def desk(request: Request, session: Reads, language: Language, by: CoordinatorCaller, area: str = "") -> Response:
    """Show what waits, and what was done last."""
    return _desk(request, session, language, by, area)


@router.post("/coordination/reports/{report_id}")
def decide(
    request: Request,
    language: Language,
    by: CoordinatorCaller,
    session: PageWrites,
    form: Form,
    report_id: RecordId,
) -> Response:
    """Hide what a report is about, show it again, or dismiss the report."""
    told = typed(form, "reason")
    found = next(iter(moderation.reports_of(session, [report_id], by=by)), None)

    def act() -> ActRead:
        because = _because(by, told)
        if found is None or typed(form, "do") == Deciding.DISMISS:
            return moderation.dismiss(session, report_id, by=because)
        verb = moderation.hide if typed(form, "do") == Deciding.HIDE else moderation.restore
        return verb(session, found.subject, found.subject_id, by=because)

    return _done(request, language, by, act, f"r-{report_id}", told, report=found)


@router.post("/coordination/acts/{act_id}/undo")
def undo(
    request: Request, language: Language, by: CoordinatorCaller, session: PageWrites, act_id: RecordId
) -> Response:
    """Take back what was done."""
    say = texts(language)
    because = replace(by, reason=say("Taken back by the coordinator."))
    return _done(request, language, by, lambda: moderation.undo(session, act_id, by=because), f"a-{act_id}")


@router.post("/coordination/enterprises/{enterprise_id}/remind")
def remind(
    request: Request, language: Language, by: CoordinatorCaller, session: PageWrites, enterprise_id: RecordId
) -> Response:
    """Ask the keeper of an enterprise, by letter, to confirm its record."""
    return _done(request, language, by, lambda: moderation.remind(session, enterprise_id, by=by), f"e-{enterprise_id}")


@router.api_route("/coordination/{place}/{record_id}/{moving}", methods=["GET", "HEAD"])
def moving_page(
    request: Request,
    session: Reads,
    language: Language,
    by: CoordinatorCaller,
    place: Place,
    record_id: RecordId,
    moving: Moving,
) -> Response:
    """Show the form that hides a record or shows it again."""
    return _moving(request, session, language, by, place, record_id, moving)


@router.post("/coordination/{place}/{record_id}/{moving}")
def move(
    request: Request,
    language: Language,
    by: CoordinatorCaller,
    session: PageWrites,
    form: Form,
    place: Place,
    record_id: RecordId,
    moving: Moving,
) -> Response:
    """Hide a record or show it again, and go to its page."""
    told = typed(form, "reason")
    verb = moderation.hide if moving is Moving.HIDE else moderation.restore
    try:
        verb(session, SUBJECTS[place], record_id, by=_because(by, told))
    except (InvalidContent, Conflict) as fault:
        database: Database = request.app.state.database
        with database.reads() as reads:
            return _moving(request, reads, language, by, place, record_id, moving, told, fault)
    return see(request, f"/{place.value}/{record_id}")


def _because(by: Caller, reason: str) -> Caller:
    """Return the caller with a reason. Raises `InvalidContent` for one that says nothing, or names somebody."""
    return replace(by, reason=validated(ReasonIn, {"reason": reason}).reason)


def _done(
    request: Request,
    language: str,
    by: Caller,
    act: Callable[[], ActRead],
    row: str,
    reason: str = "",
    report: ReportRead | None = None,
) -> Response:
    """Do something, and show the row as it is now (htmx) or the desk again; what is refused is told beside the row."""
    try:
        done = act()
    except (InvalidContent, Conflict) as fault:
        refused = Refused(row, _words(fault, language), reason)
        if wants_fragment(request):
            drawn = _drawn(language, by) | {"row": row, "report": report, "act": None, "refused": refused}
            # htmx shows what is 422, and the site nothing else that failed.
            return show(request, "coordination/row.html", 422, **drawn)
        database: Database = request.app.state.database
        with database.reads() as reads:
            return _desk(request, reads, language, by, refused=refused, status=fault.status)
    if wants_fragment(request):
        drawn = _drawn(language, by) | {"row": row, "report": None, "act": done, "refused": None}
        return show(request, "coordination/row.html", **drawn)
    return see(request, address("/coordination", ("done", done.id)) + "#told")


def _words(fault: SamnodError, language: str) -> str:
    say = texts(language)
    if isinstance(fault, InvalidContent):
        return say("Write why, in a sentence without the names of people: it is told to the keeper, and kept.")
    return in_language(fault.detail, say)


def _desk(
    request: Request,
    session: ReadSession,
    language: str,
    by: Caller,
    area: str = "",
    *,
    refused: Refused | None = None,
    status: int = 200,
) -> Response:
    chosen = area if by.role is Role.ADMIN and area in _regions(language) else None
    waiting = _waiting(session, by, chosen)
    last = request.query_params.get("done", "")
    return show(
        request,
        "coordination/desk.html",
        status,
        waiting=waiting,
        regions=_regions(language) if by.role is Role.ADMIN else {},
        chosen=chosen or "",
        region=chosen or by.region,
        told=next((one for one in waiting.acts if one.id == last), None),
        refused=refused,
        support_waiting=support_requests.waiting(session, by),
        nodes_waiting=sum(peer.needs_somebody for peer in nodes.peers(session, now())),
        late_link=address(f"/{language}/enterprises", ("overdue", "true"), ("located_in", chosen or by.region or "")),
        **_drawn(language, by),
    )


def _drawn(language: str, by: Caller) -> dict[str, Any]:
    """Return what every part of the desk draws with."""
    say = texts(language)
    return {
        "by": by,
        "kinds": {kind.value: say(words) for kind, words in KINDS.items()},
        "verbs": {verb.value: say(words) for verb, words in DONE.items()},
        "is_new": False,
        "path_of": lambda one: f"/{PLACES[one.subject].value}/{one.subject_id}",
    }


def _waiting(session: ReadSession, by: Caller, area: str | None) -> Waiting:
    """Return what waits in an area, or in all that the caller looks after."""
    at = now()
    found, report_count = moderation.reports(session, ReportFilters(area=area, limit=_SHOWN), by=by)
    _, claim_count = claims.listed(session, ClaimFilters(area=area, limit=1), by=by)
    late, late_count = enterprises.overdue(session, area or by.region, _SHOWN)
    named = enterprises.named(session, [one.id for one in late])
    return Waiting(
        reports=found,
        report_count=report_count,
        claim_count=claim_count,
        late=[Late(one, named[one.id]) for one in late],
        late_count=late_count,
        outcomes=_outcomes(session, at, area or by.region),
        acts=moderation.acts(session, ActFilters(area=area, own=True, limit=_SHOWN), by=by)[0],
        offers=_offers(session, by),
        post=mail.post(session, at),
    )


def _offers(session: ReadSession, by: Caller) -> int:
    """Return how many support offers wait for review or have a correction that nobody has answered."""
    waiting = {one.id for one in support_offers.waiting(session, by=by, limit=_DEEPEST)}
    return len(waiting | {each.offer_id for each in corrections.waiting(session, by=by, limit=_DEEPEST)})


def _outcomes(session: ReadSession, at: datetime, area: str | None) -> list[OutcomeDue]:
    """Return the opportunities of an area whose outcome should have been told, the oldest first."""
    late = [one for one in responses.outcomes_due(session, at) if one.is_late][:_DEEPEST]
    named = opportunities.named(session, [one.opportunity_id for one in late])
    here = f"{area}-" if area and len(area) == len("SE") else area or ""
    return [one for one in late if (named[one.opportunity_id].area or "").startswith(here)]


def _moving(
    request: Request,
    session: ReadSession,
    language: str,
    by: Caller,
    place: Place,
    record_id: str,
    moving: Moving,
    reason: str = "",
    refused: SamnodError | None = None,
) -> Response:
    record = moderation.find_to_move(session, SUBJECTS[place], record_id, by=by)
    faults = [Fault("reason", _words(refused, language))] if refused else []
    return show(
        request,
        "coordination/moving.html",
        refused.status if refused else 200,
        place=place.value,
        record=record,
        name=name_of(record),
        moving=moving.value,
        reason=reason,
        faults=faults,
        fault=faults[0] if faults else None,
    )


def _regions(language: str) -> dict[str, str]:
    """Return the countries and counties that an administrator may narrow the desk to."""
    found = [one.code for country in countries() for one in (country, *counties_of(country.code))]
    return {code: area_label(code, language) for code in found}
