"""One's own support offers: what each waits for, the steps of its life, and what has changed."""

from enum import StrEnum
from typing import Final

from fastapi import APIRouter, Request, Response

from app.accounts.vocabulary import Caller, Role
from app.core.db import Database, Reads
from app.core.errors import Conflict, InvalidContent, PreconditionFailed, SamnodError, in_language
from app.core.i18n import N_, texts
from app.core.preconditions import Precondition
from app.support_offers import corrections
from app.support_offers import service as support_offers
from app.support_offers.schemas import SupportOfferRead
from app.support_offers.vocabulary import Verb
from app.support_requests import service as support_requests
from web.forms import Fault
from web.pages.common import Language
from web.profile.drafts import text
from web.render import show
from web.support.desk import NOTED, OfferCaller, because, editable, kept, needs_reason, reason_in
from web.support.draft import FIELDS
from web.writing import Form, PageRoute, PageWrites, see

router = APIRouter(route_class=PageRoute)
_MORE_FIELDS: Final = {
    "status": N_("State"),
    "status_note": N_("State"),
    "provider_id": N_("Who gives it"),
    "provider_kind": N_("Who gives it"),
    "assured_on": N_("Confirmed"),
    "due_on": N_("Confirmed"),
    "published_at": N_("Published"),
    "hidden_at": N_("Hidden or shown"),
    "source": N_("Source"),
    "source_year": N_("Source"),
    "licence": N_("Licence"),
}


class Step(StrEnum):
    """The steps that a page asks about; changing an offer has a form of its own."""

    SUBMIT = Verb.SUBMIT.value
    RETURN = Verb.RETURN.value
    PUBLISH = Verb.PUBLISH.value
    RECONFIRM = Verb.RECONFIRM.value
    SUSPEND = Verb.SUSPEND.value
    ARCHIVE = Verb.ARCHIVE.value
    REOPEN = Verb.REOPEN.value
    REMOVE = Verb.REMOVE.value


@router.get("/support-offers/mine")
def mine(request: Request, session: Reads, language: Language, by: OfferCaller, done: str = "") -> Response:
    """Show the organisation's offers in every state, what waits for somebody first."""
    say = texts(language)
    own = support_offers.kept_by(session, by.organization_id)
    counts = corrections.open_counts(session, [one.id for one in own])
    found = [kept(one, counts.get(one.id, 0), by, say) for one in own]
    return show(
        request,
        "support/mine.html",
        urgent=[one for one in found if one.is_urgent],
        others=[one for one in found if not one.is_urgent],
        is_coordinator=by.role in {Role.COORDINATOR, Role.ADMIN},
        support_waiting=support_requests.waiting(session, by),
        done=done,
    )


@router.get("/support-offers/{support_offer_id}/step/{offer_step}")
def ask(
    request: Request, session: Reads, language: Language, by: OfferCaller, support_offer_id: str, offer_step: Step
) -> Response:
    """Ask before a step is taken, and for what is said with it."""
    return _page(request, language, editable(session, support_offer_id, by), by, offer_step)


@router.post("/support-offers/{support_offer_id}/step/{offer_step}")
def take(
    request: Request,
    language: Language,
    by: OfferCaller,
    session: PageWrites,
    form: Form,
    support_offer_id: str,
    offer_step: Step,
) -> Response:
    """Take a step of an offer's life."""
    say, step = texts(language), offer_step
    one = editable(session, support_offer_id, by)
    field = "note" if Verb(step) in NOTED else "reason"
    reason, faults = "", list[Fault]()
    if step is Step.PUBLISH and needs_reason(one, by):
        reason = say("Reviewed by the coordinator.")
    elif field == "note" or needs_reason(one, by):
        reason, faults = reason_in(form, say, field)
    if faults:
        return _page(request, language, one, by, step, draft=reason, faults=faults, status=422)
    by = because(session, by, reason if needs_reason(one, by) else "")
    try:
        if step is Step.REMOVE:
            match = Precondition(frozenset({text(form, "rev") or str(one.rev)}))
            support_offers.remove(session, support_offer_id, match=match, by=by)
        else:
            note = reason if field == "note" else None
            support_offers.step(session, support_offer_id, Verb(step), by=by, note=note)
    except (Conflict, InvalidContent, PreconditionFailed) as refused:
        return _refused(request, language, by, support_offer_id, step, reason, refused)
    return see(request, _after(one, by, step))


@router.get("/support-offers/{support_offer_id}/history")
def offer_history(
    request: Request, session: Reads, language: Language, by: OfferCaller, support_offer_id: str
) -> Response:
    """Show what has changed, when, by whom and why."""
    say = texts(language)
    one = editable(session, support_offer_id, by)
    names = {**FIELDS, **_MORE_FIELDS}
    revisions = [
        (revision, list(dict.fromkeys(say(names.get(name, N_("Other"))) for name in revision.fields)))
        for revision in support_offers.history(session, one.id, by).items
    ]
    return show(request, "support/history.html", one=one, revisions=revisions)


def _after(one: SupportOfferRead, by: Caller, step: Step) -> str:
    """Return where somebody goes on after a step: coordinators to what waits next."""
    if needs_reason(one, by) or one.owner_id is None:
        return f"/coordination/support-offers?done={step.value}#told"
    return f"/support-offers/mine?done={step.value}#told"


def _refused(
    request: Request, language: str, by: Caller, offer_id: str, step: Step, draft: str, refused: SamnodError
) -> Response:
    """Show the step again with what stood in its way, over the offer as it is for everybody else."""
    told = in_language(refused.detail, texts(language))
    database: Database = request.app.state.database
    with database.reads() as reads:
        one = editable(reads, offer_id, by)
    fault = Fault("step", told)
    return _page(request, language, one, by, step, draft=draft, faults=[fault], status=refused.status)


def _page(
    request: Request,
    language: str,
    one: SupportOfferRead,
    by: Caller,
    step: Step,
    *,
    draft: str = "",
    faults: list[Fault] | None = None,
    status: int = 200,
) -> Response:
    faults = faults or []
    return show(
        request,
        "support/step.html",
        status,
        one=one,
        step=step.value,
        is_possible=Verb(step) in support_offers.possible_verbs(one.status),
        asks_note=Verb(step) in NOTED,
        asks_reason=needs_reason(one, by) and Verb(step) not in NOTED and step is not Step.PUBLISH,
        draft=draft,
        faults=faults,
        fault=lambda name: next((fault for fault in faults if fault.field == name), None),
        back="/support-offers/mine" if by.role is Role.SUPPORT_PROVIDER else "/coordination/support-offers",
        quality=support_offers.quality_of(one, texts(language)),
    )
