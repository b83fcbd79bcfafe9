"""Other nodes: how this one stands with them, and how whoever met an opportunity there answers it here."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby
from typing import Annotated, Final

from fastapi import APIRouter, BackgroundTasks, Path, Request, Response
from fastapi.responses import RedirectResponse

from app.accounts.vocabulary import Attempted
from app.core.clock import now
from app.core.db import Database, Reads, ReadSession
from app.core.errors import NotFound, TooManyRequests
from app.core.i18n import N_, Texts, texts
from app.core.paging import LONGEST
from app.core.text import tokens
from app.enterprises import service as enterprises
from app.enterprises.schemas import EnterpriseFilters, EnterpriseRead, EnterpriseSummary
from app.opportunities import service as opportunities
from app.opportunities.schemas import OpportunityRead
from app.opportunities.vocabulary import PUBLIC_STATUSES
from app.responses import service as responses
from app.sync import status
from app.sync.vocabulary import RecordState, Verdict
from web.dialogue import takes_answers
from web.entering import counted, faults_of, typed
from web.forms import Fault
from web.node_faults import told
from web.origins import answer_at, origins_of
from web.pages.common import Language, days_left
from web.render import address, show
from web.sessions import CoordinatorCaller
from web.writing import Form, PageRoute, see

router = APIRouter(route_class=PageRoute)
OpportunityId = Annotated[str, Path(max_length=36)]
_FOUND: Final = 10
_LONGEST_WORDS: Final = 300
# How many numbers of a type are shown; the command lists more.
_DOUBLES: Final = 100
# Where the pages of records that say a number are.
_PLACES: Final = {"enterprise": "enterprises", "organization": "organizations"}
# Above this hours are told as days.
_MANY_HOURS: Final = 48

# How a night, or a run, is shown: colour, sign and words.
VERDICTS: Final = {
    Verdict.VERIFIED: ("success", "check", N_("Both sides hold the same")),
    Verdict.RECONCILED: ("info", "half", N_("Differed, and was put right")),
    Verdict.UNFINISHED: ("warning", "clock", N_("Not finished")),
    Verdict.HELD: ("warning", "ask", N_("Waits for the operator's yes")),
    Verdict.FAILED: ("danger", "no", N_("Failed")),
    None: ("neutral", "clock", N_("Goes on, or was cut off")),
}
NOT_READ: Final = ("neutral", "minus", N_("Not read"))
TYPES: Final = {
    "enterprise": N_("Enterprises"),
    "opportunity": N_("Opportunities"),
    "organization": N_("Organisations"),
    "support_offer": N_("Support offers"),
    "need": N_("Needs"),
    "needs_inventory": N_("Surveys of needs"),
}
STATES: Final = {
    RecordState.PARKED: N_("Kept aside: this program is too old to read it"),
    RecordState.QUARANTINED: N_("Kept aside: what its home says cannot be done here"),
}


@router.api_route("/coordination/nodes", methods=["GET", "HEAD"])
def nodes_page(request: Request, session: Reads, language: Language, _by: CoordinatorCaller) -> Response:
    """Show how this node stands with each other: when both were last proved to hold the same, and what to do."""
    say = texts(language)
    at = now()
    peers = status.peers(session, at)
    return show(
        request,
        "nodes/status.html",
        # Where somebody has something to do stands first.
        peers=sorted(peers, key=lambda peer: not peer.needs_somebody),
        names={peer.id: peer.name for peer in peers},
        waiting=sum(peer.needs_somebody for peer in peers),
        aside=status.aside(session),
        told=lambda fault: told(fault, say),
        verdicts={key: (colour, sign, say(name)) for key, (colour, sign, name) in VERDICTS.items()},
        not_read=(*NOT_READ[:2], say(NOT_READ[2])),
        types={key: say(name) for key, name in TYPES.items()},
        states={key.value: say(name) for key, name in STATES.items()},
        since=lambda moment: _since(at - moment, say),
    )


@router.api_route("/coordination/nodes/doubles", methods=["GET", "HEAD"])
def doubles_page(request: Request, session: Reads, language: Language, _by: CoordinatorCaller) -> Response:
    """Show which organisation numbers records of two nodes say; their coordinators agree on which record goes."""
    say = texts(language)
    # One more than is shown, to know whether there are more.
    found = [list(rows) for _, rows in groupby(status.doubles(session, _DOUBLES + 1), key=lambda one: one.type)]
    shown = [one for rows in found for one in rows[:_DOUBLES]]
    origins = origins_of(request)
    return show(
        request,
        "nodes/doubles.html",
        found=[
            (
                one,
                say(TYPES[one.type]),
                [(name, origins.at(home, one.type, record_id), record_id) for home, record_id, name in one.records],
            )
            for one in shown
        ],
        has_more=any(len(rows) > _DOUBLES for rows in found),
        most=_DOUBLES,
        places=_PLACES,
    )


def _since(length: timedelta, say: Texts) -> str:
    """Return how long it has been, as short as it is said: hours, and days when they are many."""
    hours = int(length.total_seconds() // 3600)
    if hours < 1:
        return say("Under an hour")
    return say("{n} h", n=hours) if hours < _MANY_HOURS else say.plural("{n} day", "{n} days", hours // 24)


@router.api_route("/opportunities/{opportunity_id}/answer", methods=["GET", "HEAD"])
def answer_page(
    request: Request,
    session: Reads,
    language: Language,
    opportunity_id: OpportunityId,
    enterprise: str = "",
    words: str = "",
    sent: str = "",
) -> Response:
    """Show who answers, and the button that sends its link; another node's opportunity is answered there."""
    one = _public(session, opportunity_id)
    origin = origins_of(request).at(one.home, "opportunity", one.id)
    if origin is not None:
        return RedirectResponse(answer_at(origin, enterprise[:36]), 303)
    return _page(request, language, session, one, enterprise, words[:_LONGEST_WORDS], is_sent=bool(sent))


@router.post("/opportunities/{opportunity_id}/answer")
def send_link(
    request: Request, language: Language, form: Form, opportunity_id: OpportunityId, later: BackgroundTasks
) -> Response:
    """Say that the link is on its way to the address in the enterprise's record; whether there is one, is not told."""
    say = texts(language)
    enterprise_id = typed(form, "enterprise")[:36]
    database: Database = request.app.state.database
    with database.reads() as session:
        one = _public(session, opportunity_id)
        if not enterprises.exists(session, enterprise_id):
            faults = [Fault("words", say("Choose who answers."))]
            return _page(request, language, session, one, "", typed(form, "words"), faults, 422)
        try:
            counted(request, Attempted.ANSWER_LINK, f"{opportunity_id}:{enterprise_id}")
        except TooManyRequests as fault:
            faults = faults_of(fault, say, "send")
            page = _page(request, language, session, one, enterprise_id, "", faults, 429)
            page.headers.update(fault.headers)
            return page
    # After the answer has left: who waited for it cannot tell by the clock whether there was anywhere to write to.
    later.add_task(_send, database, opportunity_id, enterprise_id, request.app.state.secret)
    path = f"/opportunities/{opportunity_id}/answer"
    return see(request, address(path, ("enterprise", enterprise_id), ("sent", "1")) + "#told")


def _page(
    request: Request,
    language: str,
    session: ReadSession,
    one: OpportunityRead,
    enterprise_id: str,
    words: str,
    faults: list[Fault] | None = None,
    status_code: int = 200,
    *,
    is_sent: bool = False,
) -> Response:
    chosen = _known(session, enterprise_id)
    found, more = _search(session, words) if chosen is None else ([], 0)
    return show(
        request,
        "nodes/answer.html",
        status_code,
        one=one,
        takes_answers=takes_answers(one),
        days_left=days_left(one.deadline_at, one.country),
        chosen=chosen,
        words=words,
        found=found,
        more=more,
        faults=faults or [],
        is_sent=is_sent and chosen is not None,
        here=f"/{language}/opportunities/{one.id}/answer",
        choose_link=lambda found: address(f"/{language}/opportunities/{one.id}/answer", ("enterprise", found.id)),
    )


def _public(session: ReadSession, opportunity_id: str) -> OpportunityRead:
    one = opportunities.find(session, opportunity_id)
    if one.status not in PUBLIC_STATUSES:
        raise opportunities.unknown()
    return one


def _known(session: ReadSession, enterprise_id: str) -> EnterpriseRead | None:
    try:
        return enterprises.find(session, enterprise_id) if enterprise_id else None
    except NotFound:
        return None


def _search(session: ReadSession, words: str) -> tuple[list[EnterpriseSummary], int]:
    """Return enterprises by words, those that have them in their name first, and how many more there are."""
    if not words.strip():
        return [], 0
    found, total = enterprises.search(session, EnterpriseFilters(words=words, limit=LONGEST))
    wanted = tokens(words)
    best = sorted(found, key=lambda one: not _is_named(one.name, wanted))[:_FOUND]
    return best, total - len(best)


def _is_named(name: str, words: Sequence[str]) -> bool:
    return all(any(token.startswith(word) for token in tokens(name)) for word in words)


def _send(database: Database, opportunity_id: str, enterprise_id: str, secret: bytes) -> None:
    with database.writes() as session:
        responses.send_link(session, opportunity_id, enterprise_id, secret=secret)
