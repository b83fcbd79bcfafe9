"""Requests for support: the form that asks, the list of each side, and one request with what can be done."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response

from app.accounts.vocabulary import Caller, Role
from app.core.clock import now, today
from app.core.db import Database, Reads, ReadSession, WriteSession
from app.core.errors import Conflict, InvalidContent, PreconditionFailed, SamnodError
from app.core.i18n import N_, Texts, texts
from app.core.patching import validated
from app.core.preconditions import Precondition
from app.enterprises import service as enterprises
from app.support_offers import service as support_offers
from app.support_requests import service
from app.support_requests.schemas import (
    AcceptIn,
    DeclineIn,
    OutcomeIn,
    SupportRequestFilters,
    SupportRequestIn,
    SupportRequestRead,
)
from app.support_requests.vocabulary import DECLINE_LABELS, HELPED_LABELS, OPEN, RequestSide, RequestState, Sort
from web.asking import STATES, STEPS, RequestForm, read_form, title_of
from web.dialogue import refusal
from web.pages.common import Language
from web.render import address, show
from web.sessions import ActingAs, EnterpriseCaller
from web.writing import Form, PageRoute, PageWrites, see

router = APIRouter(route_class=PageRoute)
_SIDES = frozenset({Role.ENTERPRISE, Role.SUPPORT_PROVIDER, Role.COORDINATOR, Role.ADMIN})
SideCaller = Annotated[Caller, Depends(ActingAs(_SIDES))]
OfferId = Annotated[str, Path(max_length=64)]
RequestId = Annotated[str, Path(max_length=64)]
_TABS: dict[str, tuple[str, tuple[RequestState, ...]]] = {
    "open": (N_("Waiting"), OPEN),
    "accepted": (N_("Accepted"), (RequestState.ACCEPTED,)),
    "ended": (N_("Ended ones"), (RequestState.DECLINED, RequestState.EXPIRED, RequestState.WITHDRAWN)),
}
_TOLD = {
    "sent": N_("Your request is sent. You get a letter when it is answered."),
    "acknowledge": N_("The enterprise is told that you have read the request. Decide within a month."),
    "accept": N_("You have accepted. The enterprise is told."),
    "decline": N_("You have declined. The enterprise is told why."),
    "withdraw": N_("Your request is taken back."),
    "outcome": N_("Thank you. Your answer is counted together with others’."),
}
_WITHIN = 20


@router.api_route("/support-offers/{support_offer_id}/ask", methods=["GET", "HEAD"])
def ask_page(
    request: Request, session: Reads, language: Language, by: EnterpriseCaller, support_offer_id: OfferId
) -> Response:
    """Show the form that asks for the support of an offer."""
    return _ask_page(request, session, language, by, support_offer_id, None)


@router.post("/support-offers/{support_offer_id}/ask")
def ask(
    request: Request,
    language: Language,
    by: EnterpriseCaller,
    session: PageWrites,
    form: Form,
    support_offer_id: OfferId,
) -> Response:
    """Send the request, and show it."""
    sent = read_form(form)
    try:
        said = sent.values("enterprise_id", "contact_email") | {"text": sent.text, "offer_id": support_offer_id}
        support_offers.find(session, support_offer_id, by)
        made = service.send(session, validated(SupportRequestIn, said), by=by)
    except InvalidContent as refused:
        sent.complain(refused, texts(language), "text")
        return _asked_again(request, language, by, support_offer_id, sent)
    except Conflict as refused:
        return _asked_again(request, language, by, support_offer_id, sent, refused)
    return see(request, address(f"/support-requests/{made.id}", ("done", "sent")) + "#told")


@router.api_route("/support-requests", methods=["GET", "HEAD"])
def list_page(
    request: Request, session: Reads, language: Language, by: SideCaller, show_only: str = "", after: str = ""
) -> Response:
    """Show the requests of one's own side: what waits, what was accepted, what has ended."""
    say = texts(language)
    side = RequestSide.ENTERPRISE if by.role is Role.ENTERPRISE else RequestSide.PROVIDER
    chosen = show_only if show_only in _TABS else "open"
    # What has waited longest is answered first; what was answered last is looked for first.
    sort = Sort.OLDEST if chosen == "open" and side is RequestSide.PROVIDER else Sort.NEWEST
    filters = validated(SupportRequestFilters, {"side": side, "sort": sort, "limit": _WITHIN, "after": after or None})
    found, _, following = service.search(session, filters.model_copy(update={"state": list(_TABS[chosen][1])}), by)
    return show(
        request,
        "support_requests/list.html",
        200,
        found=found,
        side=side,
        title=say(title_of(side)),
        tabs=[(key, say(name), _count(session, side, states, by)) for key, (name, states) in _TABS.items()],
        chosen=chosen,
        waiting=service.waiting(session, by),
        following=address(f"/{language}/support-requests", ("show_only", chosen), ("after", following)),
        has_more=following is not None,
        is_later=bool(after),
        **_words(say),
    )


@router.api_route("/support-requests/{support_request_id}", methods=["GET", "HEAD"])
def request_page(
    request: Request,
    session: Reads,
    language: Language,
    by: SideCaller,
    support_request_id: RequestId,
    form: str = "",
    done: str = "",
) -> Response:
    """Show one request, and the forms for what its reader can do now."""
    one = service.find(session, support_request_id, by)
    return _page(request, language, one, RequestForm(kind=form, rev=str(one.rev)), done=done)


@router.post("/support-requests/{support_request_id}")
def act(
    request: Request, language: Language, by: SideCaller, session: PageWrites, form: Form, support_request_id: RequestId
) -> Response:
    """Answer a request, take it back, or tell whether it helped: `do` says which."""
    say = texts(language)
    sent = read_form(form)
    try:
        done = _do(session, support_request_id, sent, _because(session, support_request_id, by, say))
    except InvalidContent as refused:
        sent.complain(refused, say, "comment" if sent.kind == "outcome" else "text")
        return _again(request, language, by, support_request_id, sent)
    except (Conflict, PreconditionFailed) as refused:
        return _again(request, language, by, support_request_id, sent, refused)
    if not done:
        sent.kind = ""
        return _again(request, language, by, support_request_id, sent)
    return see(request, address(f"/support-requests/{support_request_id}", ("done", sent.kind)) + "#told")


def _do(session: WriteSession, request_id: str, sent: RequestForm, by: Caller) -> bool:
    """Do what the form says; False for a button that there is not."""
    match = Precondition(frozenset({sent.rev}) if sent.rev else None)
    if sent.kind == "acknowledge":
        service.acknowledge(session, request_id, by=by, match=match)
    elif sent.kind == "accept":
        service.accept(session, request_id, validated(AcceptIn, {"text": sent.text}), by=by, match=match)
    elif sent.kind == "decline":
        said = sent.values("reason") | {"text": sent.text}
        service.decline(session, request_id, validated(DeclineIn, said), by=by, match=match)
    elif sent.kind == "withdraw":
        service.withdraw(session, request_id, by=by, match=match)
    elif sent.kind == "outcome":
        told = sent.values("helped") | {"comment": sent.comment}
        # What the worker writes meanwhile changes nothing of what is told here.
        service.tell_outcome(session, request_id, validated(OutcomeIn, told), by=by)
    else:
        return False
    return True


def _because(session: WriteSession, request_id: str, by: Caller, say: Texts) -> Caller:
    """Return the caller; a coordinator, who answers for somebody who cannot, with that as the reason."""
    one = service.find(session, request_id, by)
    if one.side is RequestSide.PROVIDER and one.is_by_coordinator:
        return replace(by, reason=say("The provider has nobody on Samnod who could answer."))
    return by


def _ask_page(
    request: Request,
    session: ReadSession,
    language: str,
    by: Caller,
    offer_id: str,
    sent: RequestForm | None,
    refused: SamnodError | None = None,
) -> Response:
    say = texts(language)
    offer = support_offers.find(session, offer_id, by)
    kept = enterprises.kept_by(session, by.organization_id)
    why_not = service.refusal(offer, today(offer.country))
    # Whoever has asked already is led to that request; what was typed meanwhile stays to be read.
    waits = service.open_request(session, offer_id, kept[0].id) if len(kept) == 1 and not refused else None
    if sent is None:
        address_known = kept[0].contact_email if len(kept) == 1 else None
        sent = RequestForm(contact_email=address_known or "")
    return show(
        request,
        "support_requests/ask.html",
        refused.status if refused else 422 if sent.faults else 200,
        offer=offer,
        kept=kept,
        sent=sent,
        why_not=say(why_not.source) if why_not else "",
        refused=refusal(refused, say) if refused else "",
        open_request=refused.request_id if isinstance(refused, service.AlreadyAsked) else "",
        waits=waits,
        action=f"/{language}/support-offers/{offer_id}/ask",
    )


def _asked_again(
    request: Request,
    language: str,
    by: Caller,
    offer_id: str,
    sent: RequestForm,
    refused: SamnodError | None = None,
) -> Response:
    database: Database = request.app.state.database
    with database.reads() as reads:
        return _ask_page(request, reads, language, by, offer_id, sent, refused)


def _again(
    request: Request,
    language: str,
    by: Caller,
    request_id: str,
    sent: RequestForm,
    refused: SamnodError | None = None,
) -> Response:
    """Show the request as it is now, with what was typed; nothing is written."""
    database: Database = request.app.state.database
    with database.reads() as reads:
        one = service.find(reads, request_id, by)
    # What was typed can be sent again, over what has been read now.
    sent.rev = str(one.rev)
    return _page(request, language, one, sent, refused=refused)


def _page(
    request: Request,
    language: str,
    one: SupportRequestRead,
    sent: RequestForm,
    *,
    done: str = "",
    refused: SamnodError | None = None,
) -> Response:
    say = texts(language)
    if one.side is RequestSide.PROVIDER and one.state in OPEN and sent.kind not in ("accept", "decline"):
        sent.kind = "accept"
    if one.side is RequestSide.ENTERPRISE and one.helped and not sent.faults:
        sent.helped, sent.comment = one.helped.value, one.comment
    return show(
        request,
        "support_requests/request.html",
        refused.status if refused else 422 if sent.faults else 200,
        one=one,
        sent=sent,
        told=say(_TOLD[done]) if done in _TOLD and not refused else "",
        refused=refusal(refused, say) if refused else "",
        is_open=one.state in OPEN,
        days_left=max(0, (one.due_at - now()).days),
        title=say(title_of(one.side)),
        steps={step.value: say(words) for step, words in STEPS.items()},
        action=f"/{language}/support-requests/{one.id}",
        **_words(say),
    )


def _words(say: Texts) -> dict[str, Any]:
    return {
        "states": {state.value: (colour, icon, say(words)) for state, (colour, icon, words) in STATES.items()},
        "reasons": {reason.value: say(words) for reason, words in DECLINE_LABELS.items()},
        "answers": {helped.value: say(words) for helped, words in HELPED_LABELS.items()},
    }


def _count(session: ReadSession, side: RequestSide, states: tuple[RequestState, ...], by: Caller) -> int:
    return service.search(session, SupportRequestFilters(side=side, state=list(states), limit=1), by)[1]
