"""The link in an invitation: whoever opens it reads, and a POST answers. No account is asked for."""

from app.core.clock import now
from app.core.db import ReadSession, WriteSession
from app.core.errors import Conflict, Message, NotFound
from app.core.i18n import N_
from app.enterprises import service as enterprises
from app.opportunities import service as opportunities
from app.opportunities.schemas import OpportunityRead
from app.responses import answers, ground, queries, questions, rules
from app.responses.rows import question_read, response_read
from app.responses.schemas import AnswerIn, QuestionText, ReplyRead
from app.responses.tables import EnterpriseInvitation
from app.responses.vocabulary import LinkState, QuestionState

_REFUSALS = {
    LinkState.ANSWERED: N_("This link has been used: the answer is below. To change it, sign in."),
    LinkState.EXPIRED: N_("This link has expired. Answer by signing in, as long as answers are taken."),
    LinkState.WITHDRAWN: N_("The buyer has taken this invitation back."),
    LinkState.CLOSED: N_("No more answers are taken."),
}


def read(session: ReadSession | WriteSession, token: str, *, secret: bytes) -> ReplyRead:
    """Return what a link shows: what it is about, what can still be done, and what was answered. It changes nothing.

    Raises:
        NotFound: no invitation has this link.
    """
    row = _row(session, token, secret)
    return _shown(session, row, _public(session, row))


def reply(session: WriteSession, token: str, data: AnswerIn, *, secret: bytes) -> ReplyRead:
    """Answer through a link, once, and return what it shows from now on.

    Raises:
        NotFound: no invitation has this link.
        Conflict: it was used, has expired or was taken back, or no answers are taken.
        InvalidContent: a partner does not exist.
    """
    row, opportunity = _open(session, token, secret)
    enterprise = enterprises.find(session, row.enterprise_id)
    answers.give(session, opportunity, enterprise, data, by_link=True)
    session.refresh(row)
    return _shown(session, row, opportunity)


def ask(session: WriteSession, token: str, data: QuestionText, *, secret: bytes) -> ReplyRead:
    """Ask through a link, which stays good for an answer. Raises `NotFound` and `Conflict` as `reply`.

    The same question while it waits for its answer is the same request sent again: it is asked once.
    """
    row, opportunity = _open(session, token, secret)
    before = _shown(session, row, opportunity)
    if any(one.is_own and one.state is QuestionState.OPEN and one.text == data.text for one in before.questions):
        return before
    questions.put(session, opportunity, row.enterprise_id, data.text)
    return _shown(session, row, opportunity)


def _open(session: WriteSession, token: str, secret: bytes) -> tuple[EnterpriseInvitation, OpportunityRead]:
    """Return the invitation of a link that is still good, with its opportunity, held."""
    row = _row(session, token, secret)
    opportunity = opportunities.held(session, row.opportunity_id)
    session.refresh(row)
    state = _state(row, opportunity)
    if state is not LinkState.OPEN or not enterprises.exists(session, row.enterprise_id):
        raise Conflict(Message(_REFUSALS.get(state, _REFUSALS[LinkState.WITHDRAWN])))
    return row, opportunity


def _row(session: ReadSession | WriteSession, token: str, secret: bytes) -> EnterpriseInvitation:
    found = ground.fresh(session, queries.invitation_by_hash(rules.hash_of(secret, token)))
    if not found:
        raise NotFound(Message(N_("This link leads nowhere: check that it was copied whole.")))
    row: EnterpriseInvitation = found[0]
    return row


def _public(session: ReadSession | WriteSession, row: EnterpriseInvitation) -> OpportunityRead:
    return opportunities.find(session, row.opportunity_id)


def _state(row: EnterpriseInvitation, opportunity: OpportunityRead) -> LinkState:
    at = now()
    expires_at = row.expires_at or row.created_at
    takes = rules.takes_answers(opportunity, at)
    return rules.link_state(row.state, row.used_at, expires_at, takes=takes, at=at)


def _shown(session: ReadSession | WriteSession, row: EnterpriseInvitation, opportunity: OpportunityRead) -> ReplyRead:
    own = [row.enterprise_id]
    given = ground.fresh(session, queries.response(opportunity.id, row.enterprise_id))
    asked = [question_read(one, own) for one in ground.fresh(session, queries.questions([opportunity.id]))]
    return ReplyRead(
        state=_state(row, opportunity),
        opportunity=ground.told_of(opportunity),
        enterprise_id=row.enterprise_id,
        enterprise_name=row.enterprise_name,
        expires_at=row.expires_at or row.created_at,
        response=response_read(given[0]) if given else None,
        questions=[one for one in asked if one.is_own or one.state is QuestionState.ANSWERED],
    )
