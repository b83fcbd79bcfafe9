"""The link in an e-mail: whoever has it reads without an account, and answers once with a POST."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from app.core.db import Database, Reads, ReadSession, WriteSession
from app.core.errors import Conflict, InvalidContent, SamnodError
from app.core.i18n import N_, Texts, texts
from app.opportunities import service as opportunities
from app.reference.service import label
from app.responses import service as responses
from app.responses.schemas import ReplyRead
from app.responses.vocabulary import DECLINE_LABELS, LinkState
from web.dialogue import (
    AnswerForm,
    Partner,
    answer_form,
    faults_of,
    partners,
    read_answer,
    read_question,
    refusal,
    search_partners,
)
from web.pages.common import Language, days_left
from web.pages.inbox import FORMS
from web.render import address, show
from web.writing import Form, PageRoute, PageWrites, see

router = APIRouter(route_class=PageRoute)
Token = Annotated[str, Path(max_length=100)]
_TOLD = {
    "answer": N_("The buyer has got your answer."),
    "question": N_("Your question is sent. The answer comes by e-mail, and is shown here."),
}


@router.api_route("/reply/{token}", methods=["GET", "HEAD"])
def reply_page(request: Request, session: Reads, language: Language, token: Token) -> Response:
    """Show what the link is about and what can still be done; reading changes nothing."""
    kind = request.query_params.get("form", "")
    found = responses.read_reply(session, token, secret=request.app.state.secret)
    return _page(request, language, session, token, found, AnswerForm(kind=kind if kind in FORMS else ""))


@router.post("/reply/{token}")
def reply(request: Request, language: Language, session: PageWrites, form: Form, token: Token) -> Response:
    """Answer, once, or ask."""
    say = texts(language)
    database: Database = request.app.state.database
    with database.reads() as reads:
        found = responses.read_reply(reads, token, secret=request.app.state.secret)
        sent = answer_form(reads, form, str(form.get("kind", "")))
        if form.get("do") == "search":
            search_partners(reads, sent, found.enterprise_id, say)
            return _page(request, language, reads, token, found, sent)
    refused: SamnodError | None = None
    try:
        if _do(session, sent, token, request.app.state.secret, say):
            told = "question" if sent.kind == "question" else "answer"
            return see(request, f"{address(f'/reply/{token}', ('sent', told))}#told")
    except InvalidContent as wrong:
        sent.faults += faults_of(wrong, {"text": "text", "partner_ids": "partner_words"}, "text", say)
    except Conflict as wrong:
        refused = wrong
    with database.reads() as reads:
        found = responses.read_reply(reads, token, secret=request.app.state.secret)
        return _page(request, language, reads, token, found, sent, refused)


def _do(session: WriteSession, sent: AnswerForm, token: str, secret: bytes, say: Texts) -> bool:
    """Do what the form says; False when something must be put right first."""
    if sent.kind == "question":
        asked = read_question(sent, say)
        if asked is not None:
            responses.ask_by_link(session, token, asked, secret=secret)
        return asked is not None
    written = read_answer(sent, say)
    if written is not None:
        responses.reply(session, token, written, secret=secret)
    return written is not None


def _page(
    request: Request,
    language: str,
    session: ReadSession,
    token: str,
    found: ReplyRead,
    sent: AnswerForm,
    refused: SamnodError | None = None,
) -> Response:
    say = texts(language)
    one = opportunities.find(session, found.opportunity.id)
    path = f"/{language}/reply/{token}"
    return show(
        request,
        "reply/reply.html",
        refused.status if refused else 422 if sent.faults else 200,
        one=one,
        found=found,
        form_name=label("social_procurement_form", one.form, language),
        is_open=found.state is LinkState.OPEN,
        enterprise=Partner(found.enterprise_id, found.enterprise_name, None),
        takes_questions=found.opportunity.takes_questions,
        days_left=days_left(one.deadline_at, one.country),
        response=found.response if found.response and found.response.state == "standing" else None,
        questions=found.questions,
        sent=sent,
        refused=refusal(refused, say) if refused else "",
        told=say(_TOLD[told]) if (told := request.query_params.get("sent", "")) in _TOLD and not refused else "",
        partner_names=lambda ids: [partner.name for partner in partners(session, ids)],
        reasons={reason.value: say(name) for reason, name in DECLINE_LABELS.items()},
        action=path,
        form_link=lambda name: address(path, ("form", name)),
    )
