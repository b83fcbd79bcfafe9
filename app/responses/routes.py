"""The dialogue over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Response

from app.accounts.permissions import (
    DialogueReader,
    InboxReader,
    InvitationReader,
    Inviter,
    QuestionAnswerer,
    Responder,
    ResponseReader,
    Shortlister,
)
from app.accounts.writing import LinkRoute, NodeSecret, Writes, WritingRoute, tagged
from app.core.db import Reads
from app.core.i18n import negotiate
from app.core.preconditions import IfMatch, etag_of
from app.core.problem import responses
from app.core.strict import StrictRoute
from app.responses import service
from app.responses.schemas import (
    AnswerIn,
    Board,
    Desk,
    Dialogue,
    Inbox,
    InvitationRead,
    Invitations,
    Invited,
    InviteIn,
    NoteIn,
    OutreachIn,
    OutreachRead,
    QuestionAnswerIn,
    QuestionIn,
    QuestionRead,
    Questions,
    QuestionText,
    ReplyRead,
    ResponseChange,
    ResponseIn,
    ResponseRead,
    Responses,
    Shortlist,
    ShortlistIn,
    ShortlistRead,
)
from app.responses.vocabulary import InboxState, QuestionState

reads = APIRouter(tags=["responses"], route_class=StrictRoute)
writes = APIRouter(tags=["responses"], route_class=WritingRoute)
links = APIRouter(tags=["responses"], route_class=LinkRoute)
OpportunityId = Annotated[str, Path(alias="opportunityId", description="Id of the opportunity", max_length=64)]
EnterpriseId = Annotated[str, Path(alias="enterpriseId", description="Id of the enterprise", max_length=64)]
InvitationId = Annotated[str, Path(alias="invitationId", description="Id of the invitation", max_length=64)]
ResponseId = Annotated[str, Path(alias="responseId", description="Id of the answer", max_length=64)]
QuestionId = Annotated[str, Path(alias="questionId", description="Id of the question", max_length=64)]
Token = Annotated[str, Path(description="What stands last in the link of the e-mail", max_length=64)]
AcceptLanguage = Annotated[str | None, Header(description="Language of the texts: sv, nb or en")]
Limit = Annotated[int, Query(ge=1, le=100, description="How many matches to return, at most one hundred")]
CSV_EXAMPLE = "Tid;Vad;Företag;Plats;Poäng;Skäl;Text\r\n2026-11-21 12:00:00;Inbjuden;Exempel Städ;1;88;;\r\n"
EXPORTED: dict[int | str, dict[str, Any]] = responses(404) | {
    200: {
        "description": "The steps, as an attachment",
        "content": {
            "text/csv": {
                "schema": {"type": "string"},
                "example": CSV_EXAMPLE,
                "x-why-not-json": "A table for the procurement file; the dialogue itself is had in JSON",
            }
        },
    }
}


@reads.get("/desk", summary="The buyer's desk", responses=responses(401, 403))
def read_desk(session: Reads, caller: DialogueReader) -> Desk:
    """Return the key's own opportunities, each with how its dialogue goes; what waits for an outcome comes first."""
    return service.desk(session, by=caller)


@reads.get("/inbox", summary="The enterprise's inbox", responses=responses(401, 403))
def read_inbox(
    session: Reads,
    caller: InboxReader,
    state: Annotated[InboxState | None, Query(description="Only what is new, answered or closed")] = None,
    accept_language: AcceptLanguage = None,
) -> Inbox:
    """Return the invitations and the matching opportunities of the enterprises that the key's organisation keeps."""
    return service.inbox(session, by=caller, state=state, language=negotiate(accept_language))


@reads.get("/opportunities/{opportunityId}/board", summary="Who fits, and what was said", responses=responses(404))
def read_board(
    session: Reads,
    caller: DialogueReader,
    opportunity_id: OpportunityId,
    limit: Limit = 50,
    accept_language: AcceptLanguage = None,
) -> Board:
    """Return the best matches of an own opportunity and all who take part in its dialogue, by rank."""
    return service.board(session, opportunity_id, by=caller, limit=limit, language=negotiate(accept_language))


@reads.get("/opportunities/{opportunityId}/outreach", summary="Read the outreach plan", responses=responses(404))
def read_outreach(
    session: Reads, caller: InvitationReader, opportunity_id: OpportunityId, response: Response
) -> OutreachRead:
    """Return how Samnod invites for the buyer. Without a plan the `ETag` is "0", and the buyer invites by hand.

    The `ETag` is the plan's own: the two counts are told beside it, and do not change it.
    """
    found = service.plan(session, opportunity_id, by=caller)
    response.headers["ETag"] = etag_of(found.rev)
    return found


@writes.put(
    "/opportunities/{opportunityId}/outreach",
    summary="Set the outreach plan",
    responses=responses(401, 403, 404, 409, 412, 428),
)
def set_outreach(
    session: Writes,
    caller: Inviter,
    match: IfMatch,
    opportunity_id: OpportunityId,
    data: OutreachIn,
    response: Response,
) -> OutreachRead:
    """Let Samnod invite the best matches, a batch a day, until enough are interested or the last day has come."""
    made = service.set_plan(session, opportunity_id, data, match=match, by=caller)
    tagged(response, made.rev)
    return made


@reads.get("/opportunities/{opportunityId}/invitations", summary="Read the invitations", responses=responses(404))
def read_invitations(session: Reads, caller: InvitationReader, opportunity_id: OpportunityId) -> Invitations:
    """Return the invitations to an own opportunity, by rank."""
    return Invitations(items=service.invitations(session, opportunity_id, by=caller))


@writes.post(
    "/opportunities/{opportunityId}/invitations",
    summary="Invite enterprises",
    responses=responses(401, 403, 404, 409),
)
def invite_enterprises(
    session: Writes, caller: Inviter, secret: NodeSecret, opportunity_id: OpportunityId, data: InviteIn
) -> Invited:
    """Invite enterprises to answer, by e-mail with a link that needs no account. Nobody is invited twice."""
    return service.invite(session, opportunity_id, data.enterprise_ids, by=caller, secret=secret)


@writes.post(
    "/invitations/{invitationId}/withdraw", summary="Take an invitation back", responses=responses(401, 403, 404, 409)
)
def withdraw_invitation(session: Writes, caller: Inviter, invitation_id: InvitationId) -> InvitationRead:
    """Take back an invitation that has not been answered: its link opens nothing any more."""
    return service.withdraw_invitation(session, invitation_id, by=caller)


@writes.post(
    "/invitations/{invitationId}/see", summary="Say that an invitation was read", responses=responses(401, 403, 404)
)
def see_invitation(session: Writes, caller: Responder, invitation_id: InvitationId) -> InvitationRead:
    """Say that an own enterprise has read its invitation; the buyer sees that. To read it alone says nothing."""
    return service.see(session, invitation_id, by=caller)


@reads.get("/opportunities/{opportunityId}/responses", summary="Read the answers", responses=responses(404))
def read_responses(session: Reads, caller: DialogueReader, opportunity_id: OpportunityId) -> Responses:
    """Return the answers to an own opportunity, newest first. Nobody but the buyer reads them all."""
    return Responses(items=service.responses(session, opportunity_id, by=caller))


@writes.post(
    "/opportunities/{opportunityId}/responses",
    status_code=201,
    summary="Answer an opportunity",
    responses=responses(401, 403, 404, 409),
)
def respond(
    session: Writes, caller: Responder, opportunity_id: OpportunityId, data: ResponseIn, response: Response
) -> ResponseRead:
    """Say that an own enterprise is interested, or declines and why; invited or not, until the deadline."""
    given = service.respond(session, opportunity_id, data, by=caller)
    tagged(response, given.rev, f"/api/v1/responses/{given.id}")
    return given


@reads.get("/responses/{responseId}", summary="Read one answer", responses=responses(404))
def read_response(session: Reads, caller: ResponseReader, response_id: ResponseId, response: Response) -> ResponseRead:
    """Return one answer, to its enterprise and to its buyer."""
    found = service.find_response(session, response_id, by=caller)
    response.headers["ETag"] = etag_of(found.rev)
    return found


@writes.put("/responses/{responseId}", summary="Change an answer", responses=responses(401, 403, 404, 409, 412, 428))
def change_response(
    session: Writes,
    caller: Responder,
    match: IfMatch,
    response_id: ResponseId,
    data: ResponseChange,
    response: Response,
) -> ResponseRead:
    """Write an own answer anew, whole, as long as answers are taken."""
    changed = service.change_response(session, response_id, data, match=match, by=caller)
    tagged(response, changed.rev)
    return changed


@writes.post("/responses/{responseId}/withdraw", summary="Take an answer back", responses=responses(401, 403, 404, 409))
def withdraw_response(session: Writes, caller: Responder, response_id: ResponseId, response: Response) -> ResponseRead:
    """Take an own answer back; another may be given as long as answers are taken."""
    withdrawn = service.withdraw_response(session, response_id, by=caller)
    tagged(response, withdrawn.rev)
    return withdrawn


@reads.get("/opportunities/{opportunityId}/questions", summary="Questions and answers", responses=responses(401, 404))
def read_questions(session: Reads, caller: ResponseReader, opportunity_id: OpportunityId) -> Questions:
    """Return what was asked and answered, to everybody; the open ones to the buyer, and to whoever asked."""
    return Questions(items=service.questions(session, opportunity_id, by=caller))


@writes.post(
    "/opportunities/{opportunityId}/questions",
    status_code=201,
    summary="Ask the buyer",
    responses=responses(401, 403, 404, 409),
)
def ask_question(
    session: Writes, caller: Responder, opportunity_id: OpportunityId, data: QuestionIn, response: Response
) -> QuestionRead:
    """Ask in the name of an own enterprise. The buyer answers once for all, and nobody is told who asked."""
    asked = service.ask(session, opportunity_id, data, by=caller)
    tagged(response, _rev(asked), f"/api/v1/opportunities/{opportunity_id}/questions")
    return asked


@writes.post("/questions/{questionId}/answer", summary="Answer a question", responses=responses(401, 403, 404, 409))
def answer_question(
    session: Writes, caller: QuestionAnswerer, question_id: QuestionId, data: QuestionAnswerIn, response: Response
) -> QuestionRead:
    """Answer a question once for all: it is shown to everybody with its answer, and cannot be answered again."""
    answered = service.answer_question(session, question_id, data, by=caller)
    tagged(response, _rev(answered))
    return answered


@reads.get("/opportunities/{opportunityId}/shortlist", summary="Read the shortlist", responses=responses(404))
def read_shortlist(session: Reads, caller: DialogueReader, opportunity_id: OpportunityId) -> Shortlist:
    """Return the shortlist of an own opportunity with its notes, by rank. Nobody else ever reads it."""
    return Shortlist(items=service.shortlist(session, opportunity_id, by=caller))


@writes.post(
    "/opportunities/{opportunityId}/shortlist",
    status_code=201,
    summary="Put on the shortlist",
    responses=responses(401, 403, 404, 409),
)
def add_to_shortlist(
    session: Writes, caller: Shortlister, opportunity_id: OpportunityId, data: ShortlistIn, response: Response
) -> ShortlistRead:
    """Put an enterprise on the shortlist, with a note of the buyer's own."""
    made = service.add_to_shortlist(session, opportunity_id, data, by=caller)
    tagged(response, made.rev, f"/api/v1/opportunities/{opportunity_id}/shortlist/{made.enterprise_id}")
    return made


@writes.patch(
    "/opportunities/{opportunityId}/shortlist/{enterpriseId}",
    summary="Change a note",
    responses=responses(401, 403, 404, 412, 428),
)
def change_note(
    session: Writes,
    caller: Shortlister,
    match: IfMatch,
    opportunity_id: OpportunityId,
    enterprise_id: EnterpriseId,
    data: NoteIn,
    response: Response,
) -> ShortlistRead:
    """Write the note of an enterprise on the shortlist anew."""
    changed = service.change_note(session, opportunity_id, enterprise_id, data, match=match, by=caller)
    tagged(response, changed.rev)
    return changed


@writes.delete(
    "/opportunities/{opportunityId}/shortlist/{enterpriseId}",
    status_code=204,
    summary="Take off the shortlist",
    responses=responses(401, 403, 404, 412, 428),
)
def take_off_shortlist(
    session: Writes, caller: Shortlister, match: IfMatch, opportunity_id: OpportunityId, enterprise_id: EnterpriseId
) -> None:
    """Take an enterprise off the shortlist; the dialogue still tells that it was there."""
    service.take_off_shortlist(session, opportunity_id, enterprise_id, match=match, by=caller)


@reads.get("/opportunities/{opportunityId}/dialogue", summary="The whole dialogue", responses=responses(404))
def read_dialogue(session: Reads, caller: DialogueReader, opportunity_id: OpportunityId) -> Dialogue:
    """Return everything that was said about an own opportunity, in the order of time: for the procurement file."""
    return service.dialogue(session, opportunity_id, by=caller)


@reads.get(
    "/opportunities/{opportunityId}/dialogue/export",
    summary="The dialogue as a table",
    response_class=Response,
    responses=EXPORTED,
)
def export_dialogue(
    session: Reads, caller: DialogueReader, opportunity_id: OpportunityId, accept_language: AcceptLanguage = None
) -> Response:
    """Return the same steps as CSV that a spreadsheet program opens, in the reader's language."""
    found = service.dialogue(session, opportunity_id, by=caller)
    headers = {"Content-Disposition": f'attachment; filename="samnod-dialogue-{found.opportunity.id}.csv"'}
    return Response(service.as_csv(found, negotiate(accept_language)), media_type="text/csv", headers=headers)


@reads.get("/replies/{token}", summary="Look through a link", responses=responses(404))
def read_reply(session: Reads, secret: NodeSecret, token: Token, response: Response) -> ReplyRead:
    """Return what the link in an invitation shows. No key is needed: the link is one. To look changes nothing."""
    response.headers["Cache-Control"] = "no-store"
    return service.read_reply(session, token, secret=secret)


@links.post("/replies/{token}", summary="Answer through a link", responses=responses(404, 409, 422, 503))
def reply(session: Writes, secret: NodeSecret, token: Token, data: AnswerIn) -> ReplyRead:
    """Answer through the link in an invitation, once. No key is needed; what was answered is shown from then on."""
    return service.reply(session, token, data, secret=secret)


@links.post("/replies/{token}/questions", summary="Ask through a link", responses=responses(404, 409, 422, 503))
def ask_by_link(session: Writes, secret: NodeSecret, token: Token, data: QuestionText) -> ReplyRead:
    """Ask the buyer through the link in an invitation, which stays good for an answer. No key is needed.

    The buyer answers once for all, and nobody is told who asked. A question that is sent twice is asked once.
    """
    return service.ask_by_link(session, token, data, secret=secret)


def _rev(question: QuestionRead) -> int:
    """Return a question's version: it is asked, and then answered, and never changes otherwise."""
    return 1 if question.state is QuestionState.OPEN else 2


router = APIRouter()
router.include_router(reads)
router.include_router(writes)
router.include_router(links)
