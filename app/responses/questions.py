"""Questions to the buyer, answered once for all. Nobody but the asker knows who asked."""

from app.accounts import permissions
from app.accounts.permissions import Action
from app.accounts.vocabulary import Caller
from app.audit import service as audit
from app.core.clock import now
from app.core.db import ReadSession, WriteSession
from app.core.errors import Conflict, Message, NotFound
from app.core.i18n import N_
from app.enterprises import service as enterprises
from app.opportunities import service as opportunities
from app.opportunities.rules import ENDED
from app.opportunities.schemas import OpportunityRead
from app.responses import ground, letters, queries, rules
from app.responses.rows import question_read
from app.responses.rules import QUESTION_STEPS
from app.responses.schemas import QuestionAnswerIn, QuestionIn, QuestionRead
from app.responses.tables import DialogueQuestion
from app.responses.vocabulary import (
    MOST_QUESTIONS,
    InvitationState,
    QuestionState,
    QuestionStep,
    ResponseState,
    StepKind,
)

# These are over: nobody writes to them again.
_OVER = {InvitationState.EXPIRED, InvitationState.WITHDRAWN}


def ask(session: WriteSession, opportunity_id: str, data: QuestionIn, *, by: Caller) -> QuestionRead:
    """Ask in the name of one of the caller's enterprises, and return the question.

    Raises:
        NotFound: there is no such opportunity, or the caller keeps no such enterprise.
        Forbidden: the opportunity belongs to another node, where it is answered.
        Conflict: the last day for questions has passed, or it has asked very many.
    """
    opportunities.find(session, opportunity_id)
    opportunity = ground.held(session, opportunity_id)
    ground.enterprise_of(session, data.enterprise_id, by)
    return put(session, opportunity, data.enterprise_id, data.text)


def put(session: WriteSession, opportunity: OpportunityRead, enterprise_id: str, text: str) -> QuestionRead:
    """Write an enterprise's question about an opportunity that is held. Raises `Conflict` as `ask`."""
    at = now()
    ground.require_taking(opportunity, at)
    if not rules.takes_questions(opportunity, at):
        raise Conflict(Message(N_("The last day for questions has passed.")))
    if session.execute(queries.question_count(opportunity.id, enterprise_id)).scalar_one() >= MOST_QUESTIONS:
        raise Conflict(Message(N_("One enterprise may ask {n} questions about an opportunity."), n=MOST_QUESTIONS))
    row = DialogueQuestion(
        opportunity_id=opportunity.id, enterprise_id=enterprise_id, state=QuestionState.OPEN, text=text
    )
    session.add(row)
    session.flush()
    # The buyer reads the steps: who asked is not among them.
    ground.write_step(session, opportunity.id, StepKind.ASKED, text=text)
    audit.record(session, "ask", "question", row.id, after={"text": text})
    return question_read(row, [enterprise_id])


def answer(session: WriteSession, question_id: str, data: QuestionAnswerIn, *, by: Caller) -> QuestionRead:
    """Answer a question once for all: it is shown with its answer, and everybody who takes part is told.

    Raises:
        NotFound: no opportunity of the caller's has such a question.
        Conflict: it is answered already, or the opportunity has ended.
    """
    row = session.get(DialogueQuestion, question_id)
    if row is None:
        raise _unknown()
    opportunity = opportunities.held(session, row.opportunity_id)
    if not permissions.may(by, Action.ANSWER_QUESTION, owner_id=opportunity.owner_id, area=opportunity.buyer_area):
        raise _unknown()
    if opportunity.status in ENDED:
        raise Conflict(
            Message(N_("The opportunity is {status}: questions are not answered now."), status=opportunity.status.value)
        )
    shown = data.shown_text or ""
    ground.take(
        session, row, QuestionStep.ANSWER, QUESTION_STEPS, answer=data.answer, shown_text=shown, answered_at=now()
    )
    ground.write_step(session, opportunity.id, StepKind.QUESTION_ANSWERED, text=data.answer)
    letters.answer(session, opportunity, {row.enterprise_id, *_taking_part(session, opportunity.id)}, row.id)
    audit.record(session, "answer-question", "question", row.id, after=data.model_dump(mode="json"))
    return question_read(row)


def all_of(session: ReadSession, opportunity_id: str, *, by: Caller | None) -> list[QuestionRead]:
    """Return the questions about an opportunity, oldest first: to everybody those that are answered.

    Its buyer reads the open ones too, and an asker its own.

    Raises:
        NotFound: there is no opportunity with this id that the caller may know of.
    """
    opportunity = opportunities.find(session, opportunity_id, by)
    sees_all = permissions.may(by, Action.ANSWER_QUESTION, owner_id=opportunity.owner_id, area=opportunity.buyer_area)
    own = {one.id for one in enterprises.kept_by(session, by.organization_id)} if by and not sees_all else set()
    read = [question_read(row, own) for row in ground.fresh(session, queries.questions([opportunity_id]))]
    return [one for one in read if sees_all or one.is_own or one.state is QuestionState.ANSWERED]


def _taking_part(session: WriteSession, opportunity_id: str) -> set[str]:
    """Return the enterprises that are invited, or have answered."""
    invited = {
        row.enterprise_id
        for row in ground.fresh(session, queries.invitations(opportunity_id))
        if row.state not in _OVER
    }
    rows = ground.fresh(session, queries.responses([opportunity_id]))
    return invited | {row.enterprise_id for row in rows if row.state is ResponseState.STANDING}


def _unknown() -> NotFound:
    return NotFound(Message(N_("There is no question with this id that you may answer.")))
