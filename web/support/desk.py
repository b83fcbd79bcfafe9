"""Who is at work on which support offer: its provider, or a coordinator who has to say why."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, Final

from fastapi import Depends
from pydantic import Field
from starlette.datastructures import FormData

from app.accounts import permissions
from app.accounts.permissions import Action
from app.accounts.vocabulary import Caller, Role
from app.core.clock import today
from app.core.db import ReadSession, WriteSession
from app.core.errors import Forbidden, InvalidContent, Message, in_language
from app.core.i18n import N_, Texts
from app.core.patching import validated
from app.core.schema import KeptLine, SchemaIn
from app.journal import service as journal
from app.journal.vocabulary import Actor
from app.support_offers import service as support_offers
from app.support_offers.schemas import SupportOfferRead
from app.support_offers.vocabulary import Status, Verb
from web.forms import Fault
from web.profile.drafts import text
from web.sessions import ActingAs

OfferCaller = Annotated[Caller, Depends(ActingAs(frozenset({Role.SUPPORT_PROVIDER, Role.COORDINATOR, Role.ADMIN})))]
# What is said with a step is also why it is taken.
NOTED: Final = frozenset({Verb.RETURN, Verb.SUSPEND, Verb.ARCHIVE})
_STEPS: Final = (
    *(Verb.SUBMIT, Verb.PUBLISH, Verb.RECONFIRM, Verb.RETURN, Verb.SUSPEND, Verb.ARCHIVE, Verb.REOPEN, Verb.REMOVE),
)
# How long before its day somebody is shown that an offer is to be confirmed.
_SOON: Final = timedelta(days=30)
_TODO: Final = {
    Status.DRAFT: N_("Fill it in, and submit it for review."),
    Status.IN_REVIEW: N_("It waits for the coordinator of the region."),
    Status.SUSPENDED: N_("Confirm that it still holds, and it is shown again."),
    Status.ARCHIVED: N_("It is no longer offered. It can be taken up again as a draft."),
}


class _Why(SchemaIn):
    """Why somebody does something with an offer."""

    reason: KeptLine = Field(min_length=3)


@dataclass(frozen=True, slots=True)
class Kept:
    """One offer as those see it who lead it through its life: what can be done, and what should be done next."""

    offer: SupportOfferRead
    verbs: list[Verb]
    todo: str
    is_overdue: bool
    is_due: bool
    is_urgent: bool
    corrections: int


def kept(one: SupportOfferRead, corrections: int, by: Caller, say: Texts) -> Kept:
    """Return an offer with what `by` can do with it, and should."""
    due_on = one.due_on if one.status is Status.PUBLISHED else None
    overdue = due_on is not None and due_on < today(one.country)
    due = due_on is not None and due_on < today(one.country) + _SOON
    waits = one.status in {Status.DRAFT, Status.SUSPENDED} or corrections > 0 or one.hidden_at is not None
    todo = say(_TODO[one.status]) if one.status in _TODO else ""
    return Kept(one, verbs_of(one, by), todo, overdue, due, due or waits, corrections)


def verbs_of(one: SupportOfferRead, by: Caller) -> list[Verb]:
    """Return the steps that `by` can take with an offer now; publishing is for who looks after the region."""
    possible = set(support_offers.possible_verbs(one.status))
    if not permissions.may(by, Action.REVIEW_SUPPORT_OFFER, owner_id=one.owner_id, area=one.area_code):
        possible.discard(Verb.PUBLISH)
    return [verb for verb in _STEPS if verb in possible]


def editable(session: ReadSession | WriteSession, offer_id: str, by: Caller) -> SupportOfferRead:
    """Return an offer that `by` may lead through its life.

    Raises:
        NotFound: there is none that the caller may know of.
        Forbidden: another organisation keeps it, or it lies outside the region.
    """
    one = support_offers.find(session, offer_id, by)
    if not support_offers.may_edit(by, one):
        raise Forbidden(Message(N_("This page is for others than the organisation that you act for now.")))
    return one


def needs_reason(one: SupportOfferRead | None, by: Caller) -> bool:
    """Tell whether `by` changes what another organisation keeps, and so says why."""
    return one is not None and one.owner_id not in {None, by.organization_id}


def because(session: WriteSession, by: Caller, reason: str) -> Caller:
    """Return the caller with its reason, which the journal keeps with the change."""
    if not reason:
        return by
    journal.acting(session, Actor(by.actor_id, by.organization_id, by.role.value, by.request_id, reason))
    return replace(by, reason=reason)


def reason_in(form: FormData, say: Texts, field: str = "reason") -> tuple[str, list[Fault]]:
    """Return the reason that a form gives, and what is wrong with it."""
    written = text(form, field)
    try:
        return validated(_Why, {"reason": written}).reason, []
    except InvalidContent as refused:
        told = N_("Write why, in a sentence without the names of people.")
        words = say(told) if len(written) < 3 else in_language(refused.faults[0].detail, say)
        return written, [Fault(field, words[:1].upper() + words[1:])]
