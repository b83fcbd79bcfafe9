"""An enterprise's inbox: what it is invited to or matches, and the four forms that answer."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from app.accounts.vocabulary import Caller
from app.core.db import Database, Reads, ReadSession, WriteSession
from app.core.errors import Conflict, InvalidContent, Message, NotFound, PreconditionFailed, SamnodError
from app.core.i18n import N_, texts
from app.core.patching import validated
from app.core.preconditions import Precondition
from app.enterprises import service as enterprises
from app.enterprises.schemas import EnterpriseRead
from app.matching import service as matching
from app.matching.schemas import Effect
from app.opportunities import service as opportunities
from app.reference.service import label
from app.responses import service as responses
from app.responses.schemas import AnswerIn, Inbox, InboxItem, QuestionIn, ResponseChange, ResponseIn, ResponseRead
from app.responses.vocabulary import DECLINE_LABELS, AnswerKind, InboxState, InvitationState, ResponseState
from app.support_requests import service as support_requests
from web.dialogue import (
    AnswerForm,
    answer_form,
    faults_of,
    form_of,
    partners,
    read_answer,
    read_question,
    refusal,
    search_partners,
    takes_answers,
    takes_questions,
)
from web.pages.common import Language, days_left
from web.pages.matchmaking import match_helpers
from web.render import address, show
from web.sessions import EnterpriseCaller
from web.writing import Form, PageRoute, PageWrites, see

router = APIRouter(route_class=PageRoute)
OpportunityId = Annotated[str, Path(max_length=36)]
FORMS = (AnswerKind.INTEREST.value, AnswerKind.DECLINE.value, "question")
_UNSEEN = (InvitationState.QUEUED, InvitationState.SENT)
_EFFECTS = 4
_TABS = {InboxState.NEW: N_("New"), InboxState.ANSWERED: N_("Answered"), InboxState.CLOSED: N_("Ended ones")}
_TOLD = {
    "interest": N_("The buyer has got your answer: you are interested."),
    "decline": N_("The buyer has got your answer: you decline."),
    "question": N_("Your question is sent. The answer is shown here, to everybody, and your name never."),
    "withdrawn": N_("Your answer is taken back."),
}


@dataclass(slots=True)
class Lacking:
    """What an enterprise could add to get more matches."""

    enterprise: EnterpriseRead
    effects: list[Effect] = field(default_factory=list)


@router.api_route("/inbox", methods=["GET", "HEAD"])
def inbox(request: Request, session: Reads, language: Language, by: EnterpriseCaller, state: str = "") -> Response:
    """Show what waits for an answer, has one, or is over."""
    say = texts(language)
    chosen = InboxState(state) if state in list(InboxState) else InboxState.NEW
    found = responses.inbox(session, by=by, state=chosen, language=language)
    kept = enterprises.kept_by(session, by.organization_id)
    counts = {InboxState.NEW: found.new, InboxState.ANSWERED: found.answered, InboxState.CLOSED: found.closed}
    return show(
        request,
        "inbox/list.html",
        200,
        inbox=found,
        kept=kept,
        chosen=chosen,
        tabs=[(one, say(name), counts[one]) for one, name in _TABS.items()],
        lacking=_lacking(session, kept, found, language),
        support_waiting=support_requests.waiting(session, by),
        reason_name=lambda reason: say(DECLINE_LABELS[reason]),
        **match_helpers(language, say),
    )


@router.api_route("/inbox/{opportunity_id}", methods=["GET", "HEAD"])
def panel(
    request: Request, session: Reads, language: Language, by: EnterpriseCaller, opportunity_id: OpportunityId
) -> Response:
    """Show one opportunity with its questions, what was answered, and the forms."""
    query = request.query_params
    kind = query.get("form", "")
    own = query.get("as", "")
    item = _item(session, opportunity_id, own, by, language)
    _tell_seen(request, item, by)
    return _page(request, language, session, opportunity_id, by, own, item, kind=kind if kind in FORMS else "")


@router.post("/inbox/{opportunity_id}")
def answer(
    request: Request,
    language: Language,
    by: EnterpriseCaller,
    session: PageWrites,
    form: Form,
    opportunity_id: OpportunityId,
) -> Response:
    """Answer, ask, or take the answer back: `do` says which."""
    say = texts(language)
    pressed, own = str(form.get("do", "")), str(form.get("enterprise_id", ""))
    database: Database = request.app.state.database
    with database.reads() as reads:
        sent = answer_form(reads, form, str(form.get("kind", "")))
        item = _item(reads, opportunity_id, own, by, language)
        if pressed == "search":
            search_partners(reads, sent, own, say)
            return _page(request, language, reads, opportunity_id, by, own, item, sent=sent)
    try:
        done = _do(session, pressed, sent, opportunity_id, own, item.response if item else None, by, language)
    except InvalidContent as refused:
        fields = {"text": "text", "partner_ids": "partner_words"}
        sent.faults += faults_of(refused, fields, "text", say)
        done = False
    except (Conflict, PreconditionFailed) as refused:
        return _again(request, language, opportunity_id, by, own, sent, refused)
    if not done:
        return _again(request, language, opportunity_id, by, own, sent)
    told = "withdrawn" if pressed == "withdraw" else sent.kind
    return see(request, f"{address(f'/inbox/{opportunity_id}', ('as', own), ('sent', told))}#told")


def _do(
    session: WriteSession,
    pressed: str,
    sent: AnswerForm,
    opportunity_id: str,
    own: str,
    given: ResponseRead | None,
    by: Caller,
    language: str,
) -> bool:
    """Do what the form says; False when something must be put right first."""
    say = texts(language)
    if pressed == "withdraw":
        if given is None:
            raise NotFound(Message(N_("There is no answer to take back.")))
        responses.withdraw_response(session, given.id, by=by)
        return True
    if sent.kind == "question":
        asked = read_question(sent, say)
        if asked is not None:
            data = validated(QuestionIn, {"enterprise_id": own, "text": asked.text})
            responses.ask(session, opportunity_id, data, by=by)
        return asked is not None
    written = read_answer(sent, say)
    if written is not None:
        _write(session, written, given, opportunity_id, own, sent.rev, by)
    return written is not None


def _write(
    session: WriteSession,
    written: AnswerIn,
    given: ResponseRead | None,
    opportunity_id: str,
    own: str,
    rev: str,
    by: Caller,
) -> None:
    """Write a first answer, or change the one that stands."""
    fields = written.model_dump(mode="json")
    if given is None or given.state is ResponseState.WITHDRAWN:
        responses.respond(session, opportunity_id, validated(ResponseIn, fields | {"enterprise_id": own}), by=by)
    else:
        match = Precondition(frozenset({rev}))
        responses.change_response(session, given.id, validated(ResponseChange, fields), match=match, by=by)


def _again(
    request: Request,
    language: str,
    opportunity_id: str,
    by: Caller,
    own: str,
    sent: AnswerForm,
    refused: SamnodError | None = None,
) -> Response:
    """Show the forms with what must be put right, or how it stands now; nothing is written."""
    database: Database = request.app.state.database
    with database.reads() as reads:
        item = _item(reads, opportunity_id, own, by, language)
        return _page(request, language, reads, opportunity_id, by, own, item, sent=sent, refused=refused)


def _page(
    request: Request,
    language: str,
    session: ReadSession,
    opportunity_id: str,
    by: Caller,
    own: str,
    item: InboxItem | None,
    *,
    kind: str = "",
    sent: AnswerForm | None = None,
    refused: SamnodError | None = None,
) -> Response:
    say = texts(language)
    kept = enterprises.kept_by(session, by.organization_id)
    enterprise = _as_whom(kept, own, item)
    one = opportunities.find(session, opportunity_id)
    given = item.response if item and item.response and item.response.state is ResponseState.STANDING else None
    if sent is not None and refused is not None:
        # What was written can be sent again, over what has been read now.
        sent.rev = str(given.rev) if given else ""
    status = refused.status if refused else 422 if sent and sent.faults else 200
    return show(
        request,
        "inbox/opportunity.html",
        status,
        one=one,
        takes_answers=takes_answers(one),
        takes_questions=takes_questions(one),
        days_left=days_left(one.deadline_at, one.country),
        form_name=label("social_procurement_form", one.form, language),
        item=item,
        kept=kept,
        enterprise=enterprise,
        response=given,
        questions=responses.questions(session, opportunity_id, by=by),
        sent=sent or form_of(session, given, kind),
        refused=refusal(refused, say) if refused else "",
        told=say(_TOLD[told]) if (told := request.query_params.get("sent", "")) in _TOLD and not refused else "",
        partner_names=lambda ids: [partner.name for partner in partners(session, ids)],
        reasons={reason.value: say(name) for reason, name in DECLINE_LABELS.items()},
        action=address(f"/{language}/inbox/{opportunity_id}"),
        form_link=lambda name: address(
            f"/{language}/inbox/{opportunity_id}", ("as", enterprise.id if enterprise else ""), ("form", name)
        ),
        **match_helpers(language, say),
    )


def _item(session: ReadSession, opportunity_id: str, own: str, by: Caller, language: str) -> InboxItem | None:
    """Return what the inbox says of an opportunity, for the enterprise that is asked for or the first that has it."""
    found: Inbox = responses.inbox(session, by=by, language=language)
    about = [item for item in found.items if item.opportunity.id == opportunity_id]
    return next((item for item in about if item.enterprise_id == own), None if own else next(iter(about), None))


def _as_whom(kept: list[EnterpriseRead], own: str, item: InboxItem | None) -> EnterpriseRead | None:
    """Return the enterprise that answers: the one asked for, the one that is invited, or the first.

    Raises:
        NotFound: the caller keeps no such enterprise.
    """
    wanted = own or (item.enterprise_id if item else "")
    if not wanted:
        return next(iter(kept), None)
    found = next((one for one in kept if one.id == wanted), None)
    if found is None:
        raise NotFound(Message(N_("You keep no enterprise with this id.")))
    return found


def _tell_seen(request: Request, item: InboxItem | None, by: Caller) -> None:
    """Write down that an invitation has been opened: a buyer sees who has looked."""
    if item is None or item.invitation is None or item.invitation.state not in _UNSEEN:
        return
    database: Database = request.app.state.database
    with database.writes() as session:
        responses.see(session, item.invitation.id, by=by)


def _lacking(session: ReadSession, kept: list[EnterpriseRead], found: Inbox, language: str) -> list[Lacking]:
    """Return what would give more matches, when there is nothing new to answer."""
    if found.new:
        return []
    return [
        Lacking(one, matching.completeness(session, one.id, language=language).effects[:_EFFECTS]) for one in kept[:3]
    ]
