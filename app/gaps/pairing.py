"""Needs and offers matched, both ways, over the lists that both are written in."""

from collections.abc import Iterable, Sequence
from typing import Final

from app.accounts.vocabulary import Caller
from app.core.db import ReadSession
from app.core.i18n import N_, texts
from app.gaps.schemas import NeedAnswers, NeedMet, OfferAnswers, SurveyNeed
from app.inventories import service as inventories
from app.needs import service as needs
from app.needs.schemas import NeedFilters, NeedSummary
from app.needs.vocabulary import Sort as NeedSort
from app.reference import service as reference
from app.support_offers import service as support_offers
from app.support_offers.schemas import OfferReason, SupportOfferChoices, SupportOfferFound, SupportOfferRead
from app.support_offers.vocabulary import NEED_LIST, ReasonCode, Side
from app.support_requests import service as support_requests

_MOST_AREAS: Final = 50
_MOST_NEEDS: Final = 20
_NONE: Final = OfferAnswers(items=[], total=0, survey=[])


def offers_for(
    session: ReadSession, need_id: str, *, by: Caller | None = None, language: str, limit: int = 20
) -> NeedAnswers:
    """Return the offers that answer a need, with reasons, and where none does the nearest.

    An offer answers a need when both state a category, and it is given where the need is. Who it is for decides the
    order and leaves nobody out. A need that states no category is answered by nothing: nobody knows what it asks.

    Raises:
        NotFound: there is no such need that the caller may know of.
    """
    need = needs.find(session, need_id, by)
    if not need.categories:
        return NeedAnswers(items=[], total=0, nearest=[])
    asked = SupportOfferChoices(need=need.categories, area=_areas(need.areas))
    # What a labour market lacks is neither side's own: it has no offers of its kind.
    said = {side.value for side in need.sides}
    sides = [side for side in Side if side.value in said]
    items, total = support_offers.answering(session, asked, sides, limit=limit, language=language)
    near = [] if total else support_offers.nearest(session, asked, language=language)
    _tell_what_helped(session, [*items, *near], language)
    return NeedAnswers(items=items, total=total, nearest=near)


def needs_for(
    session: ReadSession, offer_id: str, *, by: Caller | None = None, language: str, limit: int = _MOST_NEEDS
) -> OfferAnswers:
    """Return the published needs that an offer meets, the most urgent first, and what surveys of its areas say.

    Raises:
        NotFound: there is no such offer that the caller may know of.
    """
    offer = support_offers.find(session, offer_id, by)
    if not offer.needs:
        return _NONE
    asked = NeedFilters(category=offer.needs, area=_areas(offer.service_areas), sort=NeedSort.URGENCY_DESC, limit=limit)
    found, total, _ = needs.search(session, asked)
    met = [_met(need, offer, language) for need in found]
    return OfferAnswers(items=met, total=total, survey=_surveyed(session, offer))


def _tell_what_helped(session: ReadSession, offers: Sequence[SupportOfferFound], language: str) -> None:
    """Add to the reasons how much an offer has helped those who used it, once enough of them have told."""
    say = texts(language)
    for offer_id, share in support_requests.helpfulness(session, [one.id for one in offers]).items():
        percent = round(share * 100)
        told = say(N_("Helped {percent} % of those who have told"), percent=percent)
        reason = OfferReason(code=ReasonCode.HELPED, values=[str(percent)], text=told)
        for one in offers:
            if one.id == offer_id:
                one.reasons.append(reason)


def _met(need: NeedSummary, offer: SupportOfferRead, language: str) -> NeedMet:
    shared = [code for code in need.categories if code in offer.needs]
    areas = _shared_areas(need.areas, offer.service_areas)
    say = texts(language)
    what = ", ".join(reference.label(NEED_LIST, code, language).lower() for code in shared)
    where = ", ".join(reference.area_label(code, language) for code in areas)
    told = (
        say(N_("Asks for {what} in {where}"), what=what, where=where)
        if areas
        else say(N_("Asks for {what}"), what=what)
    )
    return NeedMet(need=need, met=shared, areas=areas, text=told)


def _shared_areas(ones: Iterable[str], others: Sequence[str]) -> list[str]:
    """Return where both are: of two areas, one of which holds the other, the smaller."""
    pairs = [(one, other) for one in ones for other in others]
    smaller = [one if reference.covers(other, one) else other for one, other in pairs if _meet(one, other)]
    return list(dict.fromkeys(smaller))


def _meet(one: str, other: str) -> bool:
    return reference.covers(one, other) or reference.covers(other, one)


def _areas(stated: Sequence[str]) -> list[str]:
    """Return areas as a filter takes them: of very many the counties that they lie in."""
    if len(stated) <= _MOST_AREAS:
        return list(stated)
    return list(dict.fromkeys(code[: len("SE-25")] for code in stated))[:_MOST_AREAS]


def _surveyed(session: ReadSession, offer: SupportOfferRead) -> list[SurveyNeed]:
    return [
        SurveyNeed(need=one.category, area=one.area, needing=one.needing, answered=one.answered)
        for one in inventories.aggregate_by(session, categories=offer.needs)
        if one.needing and any(reference.covers(area, one.area) for area in offer.service_areas)
    ][:_MOST_NEEDS]
