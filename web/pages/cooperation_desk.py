"""The coordinator's desk for requests for cooperation: examine, go through the rules, propose, tell the decision."""

from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request, Response
from starlette.datastructures import FormData

from app.accounts.vocabulary import Caller
from app.core.db import Reads, ReadSession, WriteSession
from app.core.errors import InvalidContent, Message, NotFound, SamnodError, in_language
from app.core.i18n import N_, texts
from app.core.patching import validated
from app.core.preconditions import Precondition
from app.intake import service as intake
from app.intake.schemas import (
    ChecklistIn,
    CooperationFilters,
    CooperationRead,
    DecisionIn,
    ExamineIn,
    ProposalIn,
    ReturnIn,
)
from app.intake.vocabulary import OPEN, ROUTE_LIST, RULE_LIST, STATE_LABELS, Holds, Outcome, Side, State
from app.reference import service as reference
from web.entering import typed
from web.forms import Fault, read_filters
from web.pages.common import Choice, ChoiceGroup, Language
from web.pages.cooperation import OUTCOMES, words
from web.render import address, show
from web.sessions import CoordinatorCaller
from web.writing import Form, PageRoute, PageWrites, see

router = APIRouter(route_class=PageRoute)
RecordId = Annotated[str, Path(max_length=64)]
_LONGEST_TEXT: Final = 10_000
_HOLDS: Final = {
    Holds.YES: N_("It holds"),
    Holds.NO: N_("It does not hold"),
    Holds.UNSURE: N_("Not known yet"),
}
_PROSE: Final = ("proposal", "proposal_reason", "decision", "decision_reason")


@router.get("/coordination/cooperation")
def desk(request: Request, session: Reads, language: Language, by: CoordinatorCaller) -> Response:
    """Show the requests of the region, those that wait unless the address says otherwise, the oldest first."""
    say = texts(language)
    filters, faults = read_filters(CooperationFilters, request.query_params, say)
    shown = filters if filters.state else filters.model_copy(update={"state": list(OPEN)})
    found, total, following = intake.search(session, shown, by)
    choices = [Choice(state.value, say(name), None, state in filters.state) for state, name in STATE_LABELS.items()]
    here = f"/{language}/coordination/cooperation"
    pairs = [("state", state.value) for state in filters.state]
    return show(
        request,
        "cooperation/desk.html",
        422 if faults else 200,
        found=found,
        total=total,
        faults=faults,
        region=by.region,
        states=ChoiceGroup("state", say("How far it has come"), choices, []),
        following=address(here, *pairs, ("after", following)) if following else "",
        **words(say, language),
    )


@router.get("/coordination/cooperation/{request_id}")
def handled(
    request: Request, session: Reads, language: Language, by: CoordinatorCaller, request_id: RecordId
) -> Response:
    """Show one request with what can be done about it now."""
    return _page(request, language, _find(session, request_id, by, language), {})


@router.post("/coordination/cooperation/{request_id}")
def handle(
    request: Request, session: PageWrites, language: Language, by: CoordinatorCaller, form: Form, request_id: RecordId
) -> Response:
    """Take the step that the form says; whoever comes second is told that somebody was before."""
    one = _find(session, request_id, by, language)
    sent = _sent(form)
    try:
        _take(session, request_id, form, sent, by, request.app.state.secret)
    except SamnodError as refused:
        return _page(request, language, one, sent, refused)
    return see(request, f"/coordination/cooperation/{request_id}?done=1#told")


def _find(session: ReadSession | WriteSession, request_id: str, by: Caller, language: str) -> CooperationRead:
    """Return a request that `by` handles. Raises `NotFound`."""
    one = intake.find(session, request_id, by, language)
    if one.side is not Side.HANDLER:
        raise NotFound(Message(N_("There is no such request in your region.")))
    return one


def _take(
    session: WriteSession, request_id: str, form: FormData, sent: dict[str, str], by: Caller, secret: bytes
) -> None:
    match = Precondition(frozenset({typed(form, "rev")}))
    due = _day(sent["due_on"])
    also: dict[str, Any] = {"by": by, "secret": secret, "match": match}
    do = typed(form, "do")
    if do == "examine":
        intake.examine(session, request_id, validated(ExamineIn, {"due_on": due, "note": sent["note"]}), **also)
    elif do == "check":
        rules = {one.code: holds for one in reference.code_list(RULE_LIST) if (holds := typed(form, one.code))}
        intake.check(session, request_id, validated(ChecklistIn, {"rules": rules}), by=by, match=match)
    elif do == "return":
        intake.take_back(session, request_id, validated(ReturnIn, {"note": sent["note"]}), **also)
    elif do == "decide":
        told = {"outcome": sent["outcome"], "decision": sent["decision"], "reason": sent["decision_reason"]}
        intake.decide(session, request_id, validated(DecisionIn, told), **also)
    else:
        told = {"route": sent["route"], "proposal": sent["proposal"], "reason": sent["proposal_reason"]}
        intake.propose(session, request_id, validated(ProposalIn, {**told, "due_on": due}), **also)


def _page(
    request: Request,
    language: str,
    one: CooperationRead,
    sent: dict[str, str],
    refused: SamnodError | None = None,
) -> Response:
    say = texts(language)
    do = sent.get("do", "")
    draft = {name: sent.get(name) or str(getattr(one, name) or "") for name in _PROSE}
    draft |= {"route": sent.get("route") or one.route or one.wished_route or "", "outcome": sent.get("outcome", "")}
    draft |= {"note": sent.get("note", ""), "due_on": sent.get("due_on", "")}
    faults: list[Fault] = []
    if isinstance(refused, InvalidContent):
        places = {"reason": f"{'decision' if do == 'decide' else 'proposal'}_reason", "rules": "checklist"}
        named = [(fault.pointer.strip("/").partition("/")[0], fault.detail) for fault in refused.faults]
        faults = [Fault(places.get(name, name), in_language(told, say)) for name, told in named]
    elif refused is not None:
        faults = [Fault("told", say(N_("Somebody has taken this request on since you opened the page: look again.")))]
    return show(
        request,
        "cooperation/handle.html",
        refused.status if refused else 200,
        one=one,
        draft=draft,
        faults=faults,
        fault=lambda name: next((fault for fault in faults if fault.field == name), None),
        done=bool(request.query_params.get("done")) and refused is None,
        routes=reference.code_list(ROUTE_LIST),
        rules=reference.code_list(RULE_LIST),
        holds={holds.value: say(name) for holds, name in _HOLDS.items()},
        outcomes={outcome.value: say(OUTCOMES[outcome]) for outcome in Outcome},
        is_checked=one.state in (State.EXAMINING, State.PROPOSED),
        **words(say, language),
    )


def _sent(form: FormData) -> dict[str, str]:
    sent = {name: typed(form, name) for name in ("do", "route", "outcome", "note", "due_on")}
    for name in _PROSE:
        value = form.get(name, "")
        sent[name] = value.strip()[: _LONGEST_TEXT + 1] if isinstance(value, str) else ""
    return sent


def _day(text: str) -> str | None:
    """Return a day as it was typed, if it is one: what is not is left to the schema to refuse."""
    try:
        return date.fromisoformat(text).isoformat() if text else None
    except ValueError:
        return text
