"""The board of an opportunity as the buyer sees it: who matches, is invited and has answered, by tabs.

The desk's forms come back here: with what was done, or with what must be put right.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fastapi import Request, Response

from app.accounts.vocabulary import Caller
from app.core.clock import zone
from app.core.db import Database, ReadSession
from app.core.errors import NotFound, SamnodError
from app.core.i18n import Texts, texts
from app.matching import service as matching
from app.matching.schemas import Relaxation
from app.opportunities import service as opportunities
from app.organizations import service as organizations
from app.organizations.schemas import OrganizationFilters, OrganizationRead
from app.organizations.vocabulary import Part
from app.responses import service as responses
from app.responses.schemas import Board, BoardItem
from app.responses.vocabulary import DECLINE_LABELS, AnswerKind, InvitationState, QuestionState, ResponseState
from web.dialogue import STATES, PlanForm, partners, refusal
from web.forms import Fault
from web.pages.matchmaking import match_helpers
from web.render import address, show, wants_fragment

MOST: Final = 100
_ICONS = ("check", "minus", "no", "clock", "warn", "save", "chevron", "shield", "half", "ask", "info")
_STEP = 20
# With fewer matches than this the buyer is shown what would give more.
_FEW = 5
_LIVING = (InvitationState.QUEUED, InvitationState.SENT, InvitationState.SEEN)
_OVER = (InvitationState.EXPIRED, InvitationState.WITHDRAWN)


@dataclass(slots=True)
class Refused:
    """What could not be done, and the draft that it was about."""

    text: str
    status: int
    enterprise_id: str = ""
    note: str = ""


@dataclass(slots=True)
class Draft:
    """What was written on the board and could not be kept: the plan, or the answer to a question."""

    plan: PlanForm | None = None
    question_id: str = ""
    answer: str = ""
    shown_text: str = ""
    faults: Sequence[Fault] = ()

    def fault(self, name: str) -> Fault | None:
        """Return what is wrong with a field."""
        return next((fault for fault in self.faults if fault.field == name), None)


def again(request: Request, language: str, opportunity_id: str, by: Caller, *, draft: Draft) -> Response:
    """Show the board with what must be put right in the draft; nothing is written."""
    database: Database = request.app.state.database
    with database.reads() as reads:
        return page(request, language, reads, opportunity_id, by, draft=draft, status=422)


def refused_page(
    request: Request,
    language: str,
    opportunity_id: str,
    by: Caller,
    refused: SamnodError,
    *,
    enterprise_id: str = "",
    note: str = "",
    draft: Draft | None = None,
) -> Response:
    """Show what could not be done, and the board as it is now."""
    status = 409 if isinstance(refused, NotFound) else refused.status
    told = Refused(refusal(refused, texts(language)), status, enterprise_id, note)
    only = enterprise_id if wants_fragment(request) else ""
    database: Database = request.app.state.database
    with database.reads() as reads:
        return page(request, language, reads, opportunity_id, by, only=only, refused=told, draft=draft, status=status)


def page(
    request: Request,
    language: str,
    session: ReadSession,
    opportunity_id: str,
    by: Caller,
    *,
    only: str = "",
    refused: Refused | None = None,
    draft: Draft | None = None,
    status: int = 200,
) -> Response:
    """Draw the board, or the one row of it that htmx asks for."""
    say = texts(language)
    query = request.query_params
    limit = _limit(query.get("limit", ""))
    found = responses.board(session, opportunity_id, by=by, limit=MOST if only else limit, language=language)
    view = _View(found, query.get("show", ""), say)
    one = opportunities.find(session, opportunity_id, by)
    questions = responses.questions(session, opportunity_id, by=by)
    return show(
        request,
        "desk/row.html" if only else "desk/board.html",
        status,
        one=one,
        board=found,
        view=view,
        items=[item for item in found.items if item.enterprise_id == only] if only else view.items,
        only=only,
        limit=limit,
        more_link=_more_link(found, limit, view.chosen, language),
        tick_all=query.get("tick") == "all",
        to_invite=any(_can_invite(item) for item in view.items),
        answer_day=_day_of(found.plan.answer_by, one.country),
        told=_told(request, say),
        refused=refused,
        draft=draft or Draft(),
        open_questions=[one for one in questions if one.state is QuestionState.OPEN],
        answered_questions=[one for one in questions if one.state is QuestionState.ANSWERED],
        relaxations=_relaxations(session, found, language),
        coordinators=_coordinators(session, one.buyer_area, by),
        partner_names=lambda ids: [partner.name for partner in partners(session, ids)],
        reason_name=lambda reason: say(DECLINE_LABELS[reason]),
        state_of=_state_of,
        states=STATES,
        can_invite=_can_invite,
        waits=lambda item: item.invitation is not None and item.invitation.state in _LIVING and not _answered(item),
        used_icons=_ICONS,
        **match_helpers(language, say),
    )


@dataclass(slots=True)
class Tab:
    """One way to look at the board, and how many rows it has."""

    name: str
    text: str
    count: int
    is_chosen: bool


class _View:
    """The rows of the board under the tab that is chosen, and the tabs."""

    def __init__(self, found: Board, chosen: str, say: Texts) -> None:
        kinds: dict[str, tuple[str, list[BoardItem]]] = {
            "": (say("All"), list(found.items)),
            "waiting": (
                say("Waiting for an answer"),
                [i for i in found.items if _state_of(i) in {"waiting", "queued"}],
            ),
            "interested": (say("Interested ones"), [i for i in found.items if _state_of(i) == "interest"]),
            "shortlist": (say("Shortlist"), [i for i in found.items if i.shortlisted]),
            "not-invited": (say("Not yet invited"), [i for i in found.items if _state_of(i) == "none"]),
        }
        self.chosen = chosen if chosen in kinds else ""
        self.items = kinds[self.chosen][1]
        # What lies further down than the rows that are shown is neither invited nor answered.
        beyond = max(found.total - sum(item.rank is not None for item in found.items), 0)
        more = {"": beyond, "not-invited": beyond}
        self.tabs = [
            Tab(name, text, len(rows) + more.get(name, 0), name == self.chosen) for name, (text, rows) in kinds.items()
        ]
        self.answered = sum(_answered(item) for item in found.items)
        self.interested = len(kinds["interested"][1])
        self.shortlisted = len(kinds["shortlist"][1])


def _answered(item: BoardItem) -> bool:
    return item.response is not None and item.response.state is ResponseState.STANDING


def _state_of(item: BoardItem) -> str:
    """Return where the dialogue with an enterprise stands: a key of `STATES`."""
    if item.response is not None:
        if item.response.state is ResponseState.WITHDRAWN:
            return "taken-back"
        return "interest" if item.response.kind is AnswerKind.INTEREST else "decline"
    if item.invitation is None:
        return "none"
    state = item.invitation.state
    if state in _OVER or state is InvitationState.QUEUED:
        return state.value
    return "waiting"


def _can_invite(item: BoardItem) -> bool:
    return not _answered(item) and (item.invitation is None or item.invitation.state in _OVER)


def _day_of(moment: datetime | None, country: str) -> str:
    return moment.astimezone(zone(country)).date().isoformat() if moment else ""


def _limit(text: str) -> int:
    return min(MOST, max(_STEP, int(text))) if text.isascii() and text.isdecimal() and len(text) < 6 else _STEP


def _more_link(found: Board, limit: int, chosen: str, language: str) -> str:
    """Return the address with twenty rows more, at the first new one; empty when there are none."""
    ranked = [item for item in found.items if item.rank is not None]
    if limit >= MOST or len(ranked) >= found.total:
        return ""
    path = address(f"/{language}/desk/{found.opportunity.id}", ("show", chosen), ("limit", limit + _STEP))
    return f"{path}#e-{ranked[-1].enterprise_id}" if ranked else path


def _told(request: Request, say: Texts) -> list[str]:
    """Return what came of the form that was sent just before."""
    query = request.query_params
    counts = {name: _count(query.get(name, "")) for name in ("invited", "nowhere", "already")}
    told = [
        (
            counts["invited"],
            say.plural("{n} enterprise is invited.", "{n} enterprises are invited.", counts["invited"]),
        ),
        (
            counts["nowhere"],
            say.plural(
                "{n} has no address: its invitation waits until it has one.",
                "{n} have no address: their invitations wait until they have one.",
                counts["nowhere"],
            ),
        ),
        (counts["already"], say.plural("{n} was invited before.", "{n} were invited before.", counts["already"])),
    ]
    saved = {
        "plan": say("The plan is saved."),
        "answer": say("The answer is shown to everybody, and sent to those who take part."),
    }
    return [text for count, text in told if count] + [saved[name] for name in [query.get("saved", "")] if name in saved]


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 0


def _relaxations(session: ReadSession, found: Board, language: str) -> list[Relaxation]:
    """Return what would give more matches, where there are few."""
    if found.total >= _FEW or not found.opportunity.takes_answers:
        return []
    return matching.for_opportunity(session, found.opportunity.id, limit=1, language=language).relaxations


def _coordinators(session: ReadSession, area_code: str | None, by: Caller) -> list[OrganizationRead]:
    """Return the coordinators of the buyer's region that can be written to."""
    if area_code is None:
        return []
    filters = OrganizationFilters(part=[Part.COORDINATOR], located_in=[area_code])
    return [one for one in organizations.search(session, filters, by)[0] if one.contact_email]
