"""How much an offer tells whoever looks for support, what would improve it, and what its provider should know.

Pure judgements of a record as it is read. They advise and warn, and never stop anything.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from app.core.i18n import N_, Texts
from app.organizations.vocabulary import OrganizationKind
from app.support_offers.schemas import Improvement, OfferQuality, OfferWarning, SupportOfferRead
from app.support_offers.vocabulary import Capacity, Cost, Side

_ENOUGH_WORDS: Final = 12


class _Asked(NamedTuple):
    """What a good offer says: the field that says it, its points of a hundred, and the advice while it is missing."""

    field: str
    points: int
    is_said: Callable[[SupportOfferRead], bool]
    advice: str


_WANTED: Final = (
    _Asked("needs", 15, lambda one: bool(one.needs), N_("Say what it helps with: without it nobody finds it by need.")),
    _Asked(
        "service_areas", 15, lambda one: bool(one.service_areas), N_("Say where it is given: a municipality or county.")
    ),
    _Asked(
        "how_to_apply",
        15,
        lambda one: bool(one.how_to_apply or one.website or one.contact_email),
        N_("Say how to apply, or give a web address or a function address."),
    ),
    _Asked(
        "assured_on",
        15,
        lambda one: one.assured_on is not None,
        N_("Confirm that the offer holds: nobody has since it came from its source."),
    ),
    _Asked(
        "summary",
        10,
        lambda one: len(f"{one.summary} {one.description}".split()) >= _ENOUGH_WORDS,
        N_("Describe it in a sentence or two: what one gets, and what happens."),
    ),
    _Asked("sides", 5, lambda one: bool(one.sides), N_("Say whom it supports: enterprises, public bodies or both.")),
    _Asked(
        "eligibility",
        5,
        lambda one: bool(one.eligibility or one.target_groups or one.stages),
        N_("Say who may use it, and how far the enterprise should have come."),
    ),
    _Asked("cost", 5, lambda one: one.cost is not Cost.UNKNOWN, N_("Say whether it is free or costs something.")),
    _Asked("delivery", 5, lambda one: bool(one.delivery), N_("Say whether it is given on site or at a distance.")),
    _Asked("capacity", 5, lambda one: one.capacity is not Capacity.UNKNOWN, N_("Say whether there is room.")),
    _Asked("amount", 5, lambda one: bool(one.amount), N_("Say how much of it one gets, for instance 5 hours a year.")),
)
# Both the Swedish words of the law and its basis stay as they are in every language.
_INDIVIDUAL_AID: Final = "KL (2017:725) 2 kap. 8 §"


def quality_of(one: SupportOfferRead, say: Texts) -> OfferQuality:
    """Return the points of an offer, what would improve it (most first), and warnings, in the language of `say`."""
    missing = [asked for asked in _WANTED if not asked.is_said(one)]
    return OfferQuality(
        score=_score(missing),
        improvements=[
            Improvement(field=asked.field, points=asked.points, text=say(asked.advice))
            for asked in sorted(missing, key=lambda asked: -asked.points)
        ],
        warnings=warnings_of(one, say),
    )


def warnings_of(one: SupportOfferRead, say: Texts) -> list[OfferWarning]:
    """Return what the provider should know before it goes on."""
    if not _may_be_individual_aid(one):
        return []
    told = N_(
        "A Swedish municipality may not grant a single company rent or direct money without exceptional reasons. "
        "Advice, networks, training and purchases are possible."
    )
    return [OfferWarning(code="individual-aid", text=say(told), legal_basis=_INDIVIDUAL_AID)]


def _score(missing: list[_Asked]) -> int:
    return 100 - sum(asked.points for asked in missing)


def _may_be_individual_aid(one: SupportOfferRead) -> bool:
    """Tell whether a Swedish municipality offers an enterprise money or premises that it does not pay for."""
    gives = one.offer_type in {"financing", "premises"} and one.cost is not Cost.PAID
    to_enterprises = Side.ENTERPRISE in one.sides or not one.sides
    return one.country == "SE" and one.provider_kind is OrganizationKind.MUNICIPALITY and gives and to_enterprises
