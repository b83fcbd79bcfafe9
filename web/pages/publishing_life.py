"""What becomes of an opportunity: one's own list, close, withdraw, remove, the outcome; and its history, for all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from starlette.datastructures import FormData

from app.accounts import permissions
from app.accounts.permissions import Action
from app.accounts.vocabulary import Caller
from app.core.db import Reads
from app.core.errors import BadRequest, Conflict, FieldFault, InvalidContent, PreconditionFailed, in_language
from app.core.i18n import N_, Texts, texts
from app.core.patching import validated
from app.core.preconditions import Precondition
from app.journal.schemas import Revision
from app.opportunities import service as opportunities
from app.opportunities.schemas import AwardIn, CancelIn, OpportunityRead
from app.opportunities.vocabulary import BAND_LIMITS, LotResult, Status, ValueBand
from app.reference.service import label
from web.forms import Fault
from web.pages.common import Language
from web.pages.publishing import editable, giving_reason, needs_reason
from web.publication.form import LotForm
from web.publication.record import packed, publication_of
from web.render import show
from web.sessions import BuyerCaller, Guest
from web.writing import Form, PageRoute, PageWrites, see

router = APIRouter(route_class=PageRoute)
_MOST_LISTED = 100
_MOST_TOLD = 60
_NOT_TOLD: Final = ""
_PERSON: Final = "person"

FIELD_NAMES = {
    "title": N_("Title"),
    "description": N_("Description"),
    "form": N_("Form of social procurement"),
    "status": N_("Status"),
    "buyer_name": N_("Buyer"),
    "buyer_number": N_("The buyer's organisation number"),
    "buyer_area": N_("The buyer's municipality or county"),
    "contact_function": N_("Function that answers questions"),
    "contact_email": N_("The function's e-mail address"),
    "deadline_at": N_("Last day for answers or tenders"),
    "questions_until": N_("Questions can be asked until"),
    "published_at": N_("Published"),
    "closed_at": N_("Closed"),
    "legal_basis": N_("Legal basis, as you state it"),
    "official_url": N_("Link to the official notice"),
    "lots": N_("Lots"),
    "lot_count": N_("Number of lots"),
    "reserved_participation": N_("Reserved procurement"),
    "outcome": N_("How it ended"),
    "source": N_("Source"),
    "country": N_("Country"),
    "language": N_("Language"),
}


@dataclass(frozen=True, slots=True)
class Changed:
    """One change of a record as the history shows it: each field by its name, with what it held before and after."""

    revision: Revision
    fields: list[tuple[str, str, str]]


@dataclass(slots=True)
class LotOutcome:
    """How one lot ended, as it stands in the form; `number` is empty for the whole."""

    number: str
    title: str
    result: str = _NOT_TOLD
    winner: str = ""
    winner_number: str = ""
    value: str = ""
    band: str = ""


@router.get("/publish/mine")
def mine(request: Request, session: Reads, language: Language, by: BuyerCaller, saved: str = "") -> Response:
    """Show the organisation's drafts, and what it has published."""
    kept = opportunities.led_by(session, by, _MOST_LISTED)
    drafts = [one for one in kept if one.status is Status.DRAFT]
    others = [one for one in kept if one.status is not Status.DRAFT]
    return show(
        request, "publishing/mine.html", drafts=drafts, others=others, saved=saved, kind=partial(_kind, language)
    )


def _kind(language: str, form: str) -> str:
    return label("social_procurement_form", form, language)


@router.get("/publish/{opportunity_id}/{step}")
def ask(request: Request, language: Language, by: BuyerCaller, opportunity_id: str, step: str) -> Response:
    """Ask before a step is taken: close, withdraw, remove, or tell the outcome."""
    one = editable(request, opportunity_id, by)
    if step == "outcome":
        return _outcome_page(request, language, one, by, _outcomes_of(one), {})
    return _step_page(request, language, one, by, step)


@router.post("/publish/{opportunity_id}/close")
def close(
    request: Request, language: Language, by: BuyerCaller, session: PageWrites, form: Form, opportunity_id: str
) -> Response:
    """Take no more answers."""
    one = editable(request, opportunity_id, by)
    by = giving_reason(session, by, _text(form, "reason"))
    try:
        opportunities.close(session, opportunity_id, by=by)
    except (BadRequest, Conflict) as refused:
        return _step_page(request, language, one, by, "close", refused=refused)
    return see(request, f"/opportunities/{opportunity_id}")


@router.post("/publish/{opportunity_id}/withdraw")
def withdraw(
    request: Request, language: Language, by: BuyerCaller, session: PageWrites, form: Form, opportunity_id: str
) -> Response:
    """End it without a contract, saying why."""
    one = editable(request, opportunity_id, by)
    by = giving_reason(session, by, _text(form, "reason"))
    why = _text(form, "why")
    try:
        opportunities.cancel(session, opportunity_id, validated(CancelIn, {"reason": why}), by=by)
    except (InvalidContent, BadRequest, Conflict) as refused:
        return _step_page(request, language, one, by, "withdraw", refused=refused, why=why)
    return see(request, f"/opportunities/{opportunity_id}")


@router.post("/publish/{opportunity_id}/remove")
def remove(
    request: Request, language: Language, by: BuyerCaller, session: PageWrites, form: Form, opportunity_id: str
) -> Response:
    """Take a draft or a withdrawn one away. What a draft said stands on the answer, so that it can be put back."""
    one = editable(request, opportunity_id, by)
    by = giving_reason(session, by, _text(form, "reason"))
    try:
        match = Precondition(frozenset({_text(form, "rev")}))
        opportunities.remove(session, opportunity_id, match=match, by=by)
    except (BadRequest, Conflict, PreconditionFailed) as refused:
        return _step_page(request, language, one, by, "remove", refused=refused)
    said = publication_of(one.model_dump(mode="json"), language) if one.status is Status.DRAFT else None
    return show(request, "publishing/removed.html", pub=said, one=one, packed=packed, further=_further_fields)


@router.post("/publish/{opportunity_id}/outcome")
def tell_outcome(
    request: Request, language: Language, by: BuyerCaller, session: PageWrites, form: Form, opportunity_id: str
) -> Response:
    """Tell how it ended, lot by lot; one that is still published is closed by that."""
    one = editable(request, opportunity_id, by)
    by = giving_reason(session, by, _text(form, "reason"))
    said = {"awarded_on": _text(form, "awarded_on"), "why": _text(form, "why")}
    told = [_read_outcome(lot, form, n) for n, lot in enumerate(_outcomes_of(one))]
    try:
        data = validated(AwardIn, _award(one, told, said))
        if one.status is Status.PUBLISHED:
            opportunities.close(session, opportunity_id, by=by)
        opportunities.award(session, opportunity_id, data, by=by)
    except (InvalidContent, BadRequest, Conflict) as refused:
        return _outcome_page(request, language, one, by, told, said, refused)
    return see(request, f"/opportunities/{opportunity_id}")


@router.get("/opportunities/{opportunity_id}/history")
def history(request: Request, session: Reads, language: Language, who: Guest, opportunity_id: str) -> Response:
    """Show when an opportunity changed and in what; to who keeps it also what it said before."""
    by = who.caller() if who else None
    one = opportunities.find(session, opportunity_id, by)
    found = opportunities.history(session, opportunity_id, by).items
    whole = permissions.may(by, Action.READ_LOG, owner_id=one.owner_id, area=one.buyer_area)
    changes = _changes(found, one.model_dump(mode="json"), texts(language))
    return show(request, "publishing/history.html", one=one, changes=changes, whole=whole)


def _changes(revisions: list[Revision], after: Mapping[str, Any], say: Texts) -> list[Changed]:
    """Return the changes, newest first; what a field held after one is what it held before the next, or holds now."""
    current, found = dict(after), []
    for revision in revisions:
        before = revision.before or {}
        fields = [
            (
                say(FIELD_NAMES.get(name, N_("Another fact"))),
                _shown(before.get(name)),
                _shown(current.get(name)),
            )
            for name in revision.fields
        ]
        found.append(Changed(revision, fields))
        current |= before
    return found


def _shown(value: Any) -> str:
    if value in (None, "", []):
        return "–"
    if isinstance(value, list):
        return "; ".join(_shown(one) for one in value)
    if isinstance(value, dict):
        return ", ".join(_shown(held) for name, held in value.items() if held not in (None, "", []) and name != "id")
    return str(value)


def _step_page(
    request: Request,
    language: str,
    one: OpportunityRead,
    by: Caller,
    step: str,
    *,
    refused: Any = None,
    why: str = "",
) -> Response:
    """Ask about one step, or say why it was refused; 404 for one that there is not."""
    say = texts(language)
    faults: list[Fault] = []
    status = 422
    if isinstance(refused, InvalidContent):
        faults = [Fault("why", say("Write why, in a few words.") if len(why) < 2 else _first(refused, say))]
    elif isinstance(refused, BadRequest):
        faults = [Fault("reason", say("Write why you change what another organisation keeps."))]
    elif refused is not None:
        faults, status = [Fault("step", in_language(refused.detail, say))], refused.status
    return show(
        request,
        "publishing/step.html",
        status if refused is not None else 200 if step in _STEPS else 404,
        one=one,
        step=step,
        faults=faults,
        fault=lambda name: next((fault for fault in faults if fault.field == name), None),
        why=why,
        reason_needed=needs_reason(one, by),
        reason=by.reason or "",
    )


_STEPS = frozenset({"close", "withdraw", "remove"})


def _first(refused: InvalidContent, say: Texts) -> str:
    told = in_language(refused.faults[0].detail if refused.faults else refused.detail, say)
    return told[:1].upper() + told[1:]


def _further_fields(lot: LotForm, n: int) -> list[tuple[str, str]]:
    """Return the fields of a further lot, as the form sends them."""
    values = {"title": lot.title, "cpv": lot.written_codes, "place": lot.place, "value": lot.value}
    values |= {"reserved": lot.reserved, "rest": packed(lot.rest)}
    return [(f"lot-{n}-{name}", value) for name, value in values.items()]


def _outcomes_of(one: OpportunityRead) -> list[LotOutcome]:
    """Return what is to be told: of each lot, or of the whole when there is one lot or none; with what is told."""
    lots = [(lot.number, lot.title) for lot in one.lots[:_MOST_TOLD]] if len(one.lots) > 1 else [("", one.title)]
    told = {award.lot_number or "": award for award in (one.outcome.awards if one.outcome else [])}
    found = []
    for number, title in lots:
        award = told.get(number) or (told.get(one.lots[0].number) if not number and one.lots else None)
        lot = LotOutcome(number, title)
        if award is not None:
            lot.result = _PERSON if award.is_natural_person else award.result.value
            lot.winner, lot.winner_number = award.winner_name or "", award.winner_number or ""
            lot.value = award.value.amount if award.value else ""
            lot.band = award.value_band.value if award.value_band and not award.value else ""
        found.append(lot)
    return found


def _read_outcome(lot: LotOutcome, form: FormData, n: int) -> LotOutcome:
    names = {"result": "result", "winner": "winner", "winner_number": "number", "value": "value", "band": "band"}
    for attribute, name in names.items():
        setattr(lot, attribute, _text(form, f"{name}-{n}"))
    return lot


def _award(one: OpportunityRead, told: list[LotOutcome], said: dict[str, str]) -> dict[str, Any]:
    """Return what was told as the service takes it; the same lots told again put right what was told before."""
    awards = [_lot_award(one, lot) for lot in told if lot.result]
    return {
        "awarded_on": said["awarded_on"] or None,
        "reason": said["why"],
        "awards": awards,
        "replaces_earlier": one.status is Status.AWARDED,
    }


def _lot_award(one: OpportunityRead, lot: LotOutcome) -> dict[str, Any]:
    currency = {"NO": "NOK"}.get(one.country, "SEK")
    won = lot.result != LotResult.NO_WINNER
    named = lot.result == LotResult.AWARDED
    amount = "".join(lot.value.split()).replace(",", ".").removesuffix("kr")
    award: dict[str, Any] = {
        "lot_number": lot.number or None,
        "result": LotResult.AWARDED.value if won else LotResult.NO_WINNER.value,
        "is_natural_person": lot.result == _PERSON,
        "winner_name": (lot.winner or None) if named else None,
        "winner_number": (lot.winner_number or None) if named else None,
    }
    if won and amount:
        award["value"] = {"amount": amount, "currency": currency}
    elif won and lot.band:
        award |= {"value_band": lot.band, "currency": currency}
    return award


def _outcome_page(
    request: Request,
    language: str,
    one: OpportunityRead,
    by: Caller,
    told: list[LotOutcome],
    said: dict[str, str],
    refused: Any = None,
) -> Response:
    say = texts(language)
    faults: list[Fault] = []
    if isinstance(refused, BadRequest):
        faults = [Fault("reason", say("Write why you change what another organisation keeps."))]
    elif isinstance(refused, InvalidContent):
        faults = _outcome_faults(refused, told, say)
    elif refused is not None:
        faults = [Fault("outcome", in_language(refused.detail, say))]
    out = [_kept_day(one.outcome.on) if one.outcome else "", one.outcome.reason if one.outcome else ""]
    return show(
        request,
        "publishing/outcome.html",
        refused.status if isinstance(refused, Conflict) else 422 if refused else 200,
        one=one,
        told=told,
        awarded_on=said.get("awarded_on", out[0]),
        why=said.get("why", out[1] or ""),
        faults=faults,
        fault=lambda name: next((fault for fault in faults if fault.field == name), None),
        bands=[(band.value, *BAND_LIMITS[band]) for band in ValueBand],
        currency={"NO": "NOK"}.get(one.country, "SEK"),
        reason_needed=needs_reason(one, by),
        reason=by.reason or "",
    )


def _kept_day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _outcome_faults(refused: InvalidContent, told: list[LotOutcome], say: Texts) -> list[Fault]:
    """Return what was refused at the fields it is about."""
    shown = [n for n, lot in enumerate(told) if lot.result]
    if not shown:
        return [Fault("result-0", say("Say how at least one lot ended."))]
    return [_outcome_fault(fault, shown, say) for fault in refused.faults] or [
        Fault("outcome", in_language(refused.detail, say))
    ]


def _outcome_fault(fault: FieldFault, shown: list[int], say: Texts) -> Fault:
    parts = fault.pointer.strip("/").split("/")
    text = in_language(fault.detail, say)
    text = text[:1].upper() + text[1:]
    if parts[0] != "awards" or len(parts) < 2 or not parts[1].isdecimal():
        return Fault({"awarded_on": "awarded_on", "reason": "why"}.get(parts[0], "outcome"), text)
    name = {"winner_number": "number", "value": "value", "value_band": "band", "lot_number": "result"}
    return Fault(f"{name.get(parts[2] if len(parts) > 2 else '', 'winner')}-{shown[int(parts[1])]}", text)


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""
