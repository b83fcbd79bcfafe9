"""Corrections of support offers: anybody says what is out of date; whoever keeps the offer accepts or rejects it."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request, Response

from app.accounts.vocabulary import Attempted, Caller
from app.core.db import Database, Reads, ReadSession
from app.core.errors import Conflict, InvalidContent, SamnodError, TooManyRequests, in_language
from app.core.i18n import N_, texts
from app.core.patching import validated
from app.support_offers import corrections
from app.support_offers import service as support_offers
from app.support_offers.schemas import CorrectionAccept, CorrectionIn, CorrectionRead
from app.support_offers.vocabulary import CORRECTABLE, PROPOSABLE, CorrectionState, LedTo, Status
from web.entering import counted
from web.forms import Fault
from web.moderating import caller_of
from web.pages.common import Language
from web.profile.drafts import text
from web.render import show
from web.sessions import Guest
from web.support.desk import OfferCaller, because, editable, needs_reason, reason_in
from web.support.draft import FIELDS
from web.writing import Form, PageRoute, PageWrites, see

router = APIRouter(route_class=PageRoute)
CorrectionId = Annotated[str, Path(max_length=64)]
_REJECT: Final = "reject"
LED_TO: Final[Mapping[LedTo, str]] = {
    LedTo.APPLIED: N_("Right: write what is proposed into the offer"),
    LedTo.CHANGED: N_("Right: I have changed the offer myself"),
    LedTo.SUSPENDED: N_("Right: pause the offer until it is confirmed again"),
    LedTo.ARCHIVED: N_("Right: it is no longer offered"),
}
_NAMES: Final = {
    "field": N_("What is wrong?"),
    "text": N_("Tell what is wrong"),
    "proposed": N_("What should stand there instead?"),
}
_FAULTS: Final = {
    "field": N_("Choose what it is about: what you propose must have its place."),
    "proposed": N_("Write at most {n} characters."),
}
_LONGEST: Final = 2000


@router.api_route("/support-offers/{support_offer_id}/correct", methods=["GET", "HEAD"])
def correct_page(
    request: Request, session: Reads, language: Language, who: Guest, support_offer_id: str, sent: str = ""
) -> Response:
    """Show the form that says what is out of date or wrong, or the thanks."""
    return _form(request, session, language, support_offer_id, who, is_sent=bool(sent))


@router.post("/support-offers/{support_offer_id}/correct")
def correct(request: Request, language: Language, who: Guest, form: Form, support_offer_id: str) -> Response:
    """Take a correction."""
    database: Database = request.app.state.database
    draft = {name: text(form, name).replace("\r\n", "\n")[: _LONGEST + 1] for name in _NAMES}
    try:
        # In transactions of their own: what is refused is counted too.
        data = validated(CorrectionIn, {name: value or None for name, value in draft.items()})
        counted(request, Attempted.REPORT)
        with database.writes() as session:
            corrections.propose(session, support_offer_id, data, by=caller_of(who))
    except (InvalidContent, TooManyRequests, Conflict) as fault:
        with database.reads() as reads:
            page = _form(request, reads, language, support_offer_id, who, draft=draft, refused=fault)
        page.headers.update(fault.headers if isinstance(fault, TooManyRequests) else {})
        return page
    return see(request, f"/support-offers/{support_offer_id}/correct?sent=1")


@router.get("/support-offers/{support_offer_id}/corrections")
def listed(
    request: Request, session: Reads, language: Language, by: OfferCaller, support_offer_id: str, done: str = ""
) -> Response:
    """Show what has been corrected, and what became of it."""
    return _list(request, session, language, by, support_offer_id, done=done)


@router.post("/support-offers/{support_offer_id}/corrections/{correction_id}")
def decide(
    request: Request,
    language: Language,
    by: OfferCaller,
    session: PageWrites,
    form: Form,
    support_offer_id: str,
    correction_id: CorrectionId,
) -> Response:
    """Accept a correction, with what it leads to, or reject it."""
    say = texts(language)
    one = editable(session, support_offer_id, by)
    do, note = text(form, "do"), text(form, "note")
    faults: list[Fault] = []
    # What is decided without a change of the offer needs no words, unless another organisation keeps it.
    if needs_reason(one, by) or note or do in {_REJECT, LedTo.SUSPENDED, LedTo.ARCHIVED}:
        note, faults = reason_in(form, say, "note")
    if do not in {_REJECT, *LedTo}:
        faults.append(Fault("do", say("Choose what is to be done.")))
    database: Database = request.app.state.database
    refused: SamnodError | None = None
    if not faults:
        by = because(session, by, note if needs_reason(one, by) else "")
        try:
            if do == _REJECT:
                corrections.reject(session, one.id, correction_id, note, by=by)
            else:
                accepted = CorrectionAccept(led_to=LedTo(do), note=note or None)
                corrections.accept(session, one.id, correction_id, accepted, by=by)
        except (InvalidContent, Conflict) as fault:
            refused = fault
            told = fault.faults[0].detail if fault.faults else fault.detail
            words = in_language(told, say)
            faults = [Fault("do", words[:1].upper() + words[1:])]
    if faults:
        written = {"id": correction_id, "do": do, "note": note}
        with database.reads() as reads:
            status = refused.status if refused else 422
            return _list(request, reads, language, by, support_offer_id, written=written, faults=faults, status=status)
    return see(request, f"/support-offers/{support_offer_id}/corrections?done={correction_id}#told")


def _form(
    request: Request,
    session: ReadSession,
    language: str,
    offer_id: str,
    who: Guest,
    *,
    draft: Mapping[str, str] | None = None,
    refused: InvalidContent | TooManyRequests | Conflict | None = None,
    is_sent: bool = False,
) -> Response:
    say = texts(language)
    one = support_offers.find(session, offer_id, caller_of(who))
    faults = _faults(refused, language) if refused else []
    return show(
        request,
        "support/correct.html",
        refused.status if refused else 200,
        one=one,
        is_closed=one.status is Status.ARCHIVED,
        fields=[(name, say(FIELDS[name])) for name in FIELDS if name in CORRECTABLE],
        draft=draft or dict.fromkeys(_NAMES, ""),
        faults=faults,
        fault=lambda name: next((fault for fault in faults if fault.field == name), None),
        is_sent=is_sent,
    )


def _faults(refused: InvalidContent | TooManyRequests | Conflict, language: str) -> list[Fault]:
    """Return what is wrong at the fields of the form; what is no field's, at the text."""
    say = texts(language)
    if not isinstance(refused, InvalidContent):
        return [Fault("text", in_language(refused.detail, say))]
    found: dict[str, Fault] = {}
    for fault in refused.faults:
        name = fault.pointer.strip("/").split("/")[0]
        told = say(_FAULTS[name], n=_LONGEST) if name == "field" else in_language(fault.detail, say)
        at = name if name in _NAMES else "text"
        found.setdefault(at, Fault(at, told if at == "field" else f"{say(_NAMES[at])}: {told}"))
    return list(found.values())


def _list(
    request: Request,
    session: ReadSession,
    language: str,
    by: Caller,
    offer_id: str,
    *,
    written: Mapping[str, str] | None = None,
    faults: list[Fault] | None = None,
    status: int = 200,
    done: str = "",
) -> Response:
    one = editable(session, offer_id, by)
    found = corrections.of_offer(session, offer_id, by=by)
    return show(
        request,
        "support/corrections.html",
        status,
        one=one,
        told=next((each for each in found if each.id == done), None),
        needs_note=needs_reason(one, by),
        written=written or {"id": "", "do": "", "note": ""},
        faults=faults or [],
        fault=lambda name: next((wrong for wrong in faults or [] if wrong.field == name), None),
        open=[each for each in found if each.state is CorrectionState.OPEN],
        decided=[each for each in reversed(found) if each.state is not CorrectionState.OPEN],
        **words(language),
        ways=lambda each: _ways(each, language),
    )


def words(language: str) -> dict[str, Any]:
    """Return what the templates of corrections draw with."""
    say = texts(language)
    return {"field_name": lambda field: say(FIELDS[field]) if field else say("The whole offer")}


def _ways(one: CorrectionRead, language: str) -> list[tuple[str, str]]:
    """Return what can be done about a correction; what proposes nothing for a field cannot be written into it."""
    say = texts(language)
    can_apply = one.proposed is not None and one.field in PROPOSABLE
    accepted = [(way.value, say(told)) for way, told in LED_TO.items() if can_apply or way is not LedTo.APPLIED]
    return [*accepted, (_REJECT, say("Not right: leave the offer as it is"))]
