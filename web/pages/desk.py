"""The buyer's desk: its own opportunities, and what is done on the board of each: invite, plan, shortlist, answer."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import RedirectResponse

from app.core.clock import now
from app.core.db import Reads
from app.core.errors import Conflict, InvalidContent, NotFound, PreconditionFailed
from app.core.i18n import texts
from app.core.patching import validated
from app.core.preconditions import Precondition
from app.opportunities import service as opportunities
from app.opportunities.vocabulary import Status
from app.responses import service as responses
from app.responses.schemas import NoteIn, QuestionAnswerIn, ShortlistIn
from app.responses.vocabulary import DECLINE_LABELS, STEP_LABELS
from web.dialogue import add_plan_faults, faults_of, read_plan
from web.forms import Fault
from web.pages.board import MOST, Draft, again, page, refused_page
from web.pages.common import Language
from web.render import address, show, wants_fragment
from web.sessions import BuyerCaller
from web.writing import Form, PageRoute, PageWrites, see

router = APIRouter(route_class=PageRoute)
OpportunityId = Annotated[str, Path(max_length=36)]
EnterpriseId = Annotated[str, Path(max_length=36)]


@router.api_route("/desk", methods=["GET", "HEAD"])
def desk(request: Request, session: Reads, language: Language, by: BuyerCaller) -> Response:
    """Show the buyer's own opportunities with how each goes, and its drafts."""
    say = texts(language)
    items = responses.desk(session, by=by).items
    return show(
        request,
        "desk/list.html",
        items=[item for item in items if item.opportunity.status is not Status.DRAFT],
        drafts=[item.opportunity for item in items if item.opportunity.status is Status.DRAFT],
        reason_name=lambda reason: say(DECLINE_LABELS[reason]),
    )


@router.api_route("/desk/{opportunity_id}", methods=["GET", "HEAD"])
def board(
    request: Request, session: Reads, language: Language, by: BuyerCaller, opportunity_id: OpportunityId
) -> Response:
    """Show everybody who matches an opportunity or takes part in its dialogue."""
    return page(request, language, session, opportunity_id, by)


@router.post("/desk/{opportunity_id}/invite")
def invite(
    request: Request,
    language: Language,
    by: BuyerCaller,
    session: PageWrites,
    form: Form,
    opportunity_id: OpportunityId,
) -> Response:
    """Invite those whose boxes are ticked."""
    chosen = [str(one) for one in form.getlist("enterprise_id")][:MOST]
    if not chosen:
        say = texts(language)
        fault = Fault("list", say("Tick whom to invite."))
        return again(request, language, opportunity_id, by, draft=Draft(faults=[fault]))
    try:
        done = responses.invite(session, opportunity_id, chosen, by=by, secret=request.app.state.secret)
    except (Conflict, InvalidContent) as refused:
        return refused_page(request, language, opportunity_id, by, refused)
    told = [("invited", len(done.invited)), ("nowhere", len(done.no_address)), ("already", len(done.already))]
    return see(request, address(f"/desk/{opportunity_id}", *[(name, n or "") for name, n in told]) + "#told")


@router.post("/desk/{opportunity_id}/rows/{enterprise_id}")
def act(
    request: Request,
    language: Language,
    by: BuyerCaller,
    session: PageWrites,
    form: Form,
    opportunity_id: OpportunityId,
    enterprise_id: EnterpriseId,
) -> Response:
    """Do what one of the buttons of a row says: invite, take back, put on the shortlist, note, take off."""
    pressed, note = str(form.get("do", "")), str(form.get("note", "")).strip()
    rev = Precondition(frozenset({str(form.get("rev", ""))}))
    try:
        if pressed == "invite":
            responses.invite(session, opportunity_id, [enterprise_id], by=by, secret=request.app.state.secret)
        elif pressed == "take-back":
            responses.withdraw_invitation(session, str(form.get("invitation", "")), by=by)
        elif pressed == "shortlist":
            responses.add_to_shortlist(session, opportunity_id, ShortlistIn(enterprise_id=enterprise_id), by=by)
        elif pressed == "take-off":
            responses.take_off_shortlist(session, opportunity_id, enterprise_id, match=rev, by=by)
        elif pressed == "note":
            responses.change_note(
                session, opportunity_id, enterprise_id, validated(NoteIn, {"note": note}), match=rev, by=by
            )
    except (Conflict, PreconditionFailed, InvalidContent, NotFound) as refused:
        return refused_page(request, language, opportunity_id, by, refused, enterprise_id=enterprise_id, note=note)
    if wants_fragment(request):
        return see(request, f"/desk/{opportunity_id}/rows/{enterprise_id}")
    shown = [(name, str(form.get(name, ""))) for name in ("show", "limit")]
    return see(request, f"{address(f'/desk/{opportunity_id}', *shown)}#e-{enterprise_id}")


@router.get("/desk/{opportunity_id}/rows/{enterprise_id}")
def row(
    request: Request,
    session: Reads,
    language: Language,
    by: BuyerCaller,
    opportunity_id: OpportunityId,
    enterprise_id: EnterpriseId,
) -> Response:
    """Give one row as it is now, for htmx; without it the board, at that row."""
    if not wants_fragment(request):
        return RedirectResponse(f"/{language}/desk/{opportunity_id}#e-{enterprise_id}", 303)
    return page(request, language, session, opportunity_id, by, only=enterprise_id)


@router.post("/desk/{opportunity_id}/plan")
def plan(
    request: Request,
    language: Language,
    by: BuyerCaller,
    session: PageWrites,
    form: Form,
    opportunity_id: OpportunityId,
) -> Response:
    """Change how Samnod invites for the buyer."""
    say = texts(language)
    one = opportunities.find(session, opportunity_id, by)
    sent, data = read_plan(form, one.country, one.deadline_at, say)
    if data is None:
        return again(request, language, opportunity_id, by, draft=Draft(plan=sent, faults=sent.faults))
    try:
        responses.set_plan(session, opportunity_id, data, match=Precondition(frozenset({sent.rev})), by=by)
    except InvalidContent as refused:
        add_plan_faults(sent, refused, say)
        return again(request, language, opportunity_id, by, draft=Draft(plan=sent, faults=sent.faults))
    except (Conflict, PreconditionFailed) as refused:
        return refused_page(request, language, opportunity_id, by, refused, draft=Draft(plan=sent))
    return see(request, f"/desk/{opportunity_id}?saved=plan#told")


@router.post("/desk/{opportunity_id}/questions/{question_id}")
def answer_question(
    request: Request,
    language: Language,
    by: BuyerCaller,
    session: PageWrites,
    form: Form,
    opportunity_id: OpportunityId,
    question_id: Annotated[str, Path(max_length=36)],
) -> Response:
    """Answer a question, once for all."""
    say = texts(language)
    answer, shown_text = str(form.get("answer", "")).strip(), str(form.get("shown_text", "")).strip()
    draft = Draft(question_id=question_id, answer=answer, shown_text=shown_text)
    if not answer:
        draft.faults = [Fault(f"answer-{question_id}", say("Write the answer."))]
        return again(request, language, opportunity_id, by, draft=draft)
    try:
        data = validated(QuestionAnswerIn, {"answer": answer, "shown_text": shown_text or None})
        responses.answer_question(session, question_id, data, by=by)
    except InvalidContent as refused:
        fields = {"answer": f"answer-{question_id}", "shown_text": f"shown-{question_id}"}
        draft.faults = faults_of(refused, fields, f"answer-{question_id}", say)
        return again(request, language, opportunity_id, by, draft=draft)
    except Conflict as refused:
        return refused_page(request, language, opportunity_id, by, refused)
    return see(request, f"/desk/{opportunity_id}?saved=answer#told")


@router.api_route("/desk/{opportunity_id}/dialogue", methods=["GET", "HEAD"])
def dialogue(
    request: Request, session: Reads, language: Language, by: BuyerCaller, opportunity_id: OpportunityId
) -> Response:
    """Show the whole dialogue, made to be printed for the procurement file."""
    say = texts(language)
    found = responses.dialogue(session, opportunity_id, by=by)
    return show(
        request,
        "desk/dialogue.html",
        told=found,
        made_at=now(),
        step_name=lambda kind: say(STEP_LABELS[kind]),
        reason_name=lambda reason: say(DECLINE_LABELS[reason]),
    )


@router.api_route("/desk/{opportunity_id}/dialogue.csv", methods=["GET", "HEAD"])
def dialogue_table(session: Reads, language: Language, by: BuyerCaller, opportunity_id: OpportunityId) -> Response:
    """Give the steps of the dialogue as a table for the procurement file."""
    table = responses.as_csv(responses.dialogue(session, opportunity_id, by=by), language)
    name = f"dialogue-{opportunity_id[:8]}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(table, media_type="text/csv; charset=utf-8", headers=headers)
