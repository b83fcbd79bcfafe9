"""Support offers: a list to narrow down by need and place, and each offer with its source and how fresh it is."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.background import BackgroundTask

from app.accounts.vocabulary import Caller
from app.core.clock import today
from app.core.db import Reads
from app.core.i18n import N_, Texts, texts
from app.gaps import service as gaps
from app.reference.service import area_label
from app.support_offers import corrections
from app.support_offers import service as support_offers
from app.support_offers.schemas import (
    OfferFacetGroup,
    SupportOfferFilters,
    SupportOfferRead,
    SupportOfferSummary,
)
from app.support_offers.vocabulary import Sort, Status
from web.asking import asking
from web.forms import read_filters
from web.moderating import caller_of, standing
from web.pages.common import Choice, ChoiceGroup, Language, Looser
from web.render import address, show, wants_fragment
from web.sessions import Guest
from web.support.desk import kept
from web.support.showing import word

router = APIRouter()
_SHOWN_FACETS = 6
_EARLIER = 5
_MET = 5
_ICONS = ("check", "minus", "clock", "no", "half", "chevron")

_GROUPS: Mapping[str, str] = {
    "need": N_("Helps with"),
    "area": N_("Given in"),
    "offer_type": N_("Type of support"),
    "structure_type": N_("Support structure"),
    "side": N_("Supports"),
    "stage": N_("Stage of the enterprise"),
    "target_group": N_("Target group"),
    "cost": N_("What it costs"),
    "capacity": N_("Room"),
    "remote": N_("At a distance"),
    "unstated": N_("Not said"),
}
_SORTS = {
    Sort.BEST: N_("Best answer first"),
    Sort.NEAREST: N_("Closest first"),
    Sort.NAME: N_("By name"),
    Sort.UPDATED_DESC: N_("Newest change first"),
}


@router.api_route("/support-offers", methods=["GET", "HEAD"])
def offers(request: Request, session: Reads, language: Language) -> Response:
    """Show the support offers as far as the filters in the address narrow them, and what was offered before."""
    say = texts(language)
    filters, faults = read_filters(SupportOfferFilters, request.query_params, say)
    # Drafts have a page of their own, for those who write them.
    filters = filters.model_copy(update={"status": [], "after": None if faults else filters.after})
    found, total, following = support_offers.search(session, filters, language=language)
    earlier = _earlier(session, filters) if len(found) < _EARLIER and filters.after is None else []
    understood = support_offers.understood(filters)
    fragment = wants_fragment(request)
    page = show(
        request,
        "support/_answer.html" if fragment else "support/list.html",
        422 if faults else 200,
        filters=filters,
        faults=faults,
        fault=lambda name: next((fault for fault in faults if fault.field == name), None),
        found=found,
        total=total,
        earlier=earlier,
        place=[area_label(code, language) for code in understood.area] if not filters.area else [],
        groups=_groups(session, filters, language, say),
        chosen_count=sum(name in _GROUPS for name, _ in _pairs(filters)),
        used_icons=_ICONS,
        sorts={sort.value: say(name) for sort, name in _SORTS.items()},
        looser=[] if found else _looser(session, filters, language, say),
        nearest=[] if total else support_offers.nearest(session, filters, language=language),
        order=support_offers.order_of(filters),
        following=_address(filters, language, ("after", following)) if following else "",
        first_page=_address(filters, language) if filters.after else "",
        json_link=address("/api/v1/support-offers", *_pairs(filters)),
        one_word=lambda group, code: word(group, code, language, say),
    )
    if total == 0 and not faults and (asked := support_offers.asked_only_for(filters)):
        page.background = BackgroundTask(request.app.state.misses.notice, *asked)
    if fragment:
        page.headers["HX-Push-Url"] = _address(filters, language)
    return page


@router.api_route("/support-offers/{support_offer_id}", methods=["GET", "HEAD"])
def offer_page(request: Request, session: Reads, language: Language, who: Guest, support_offer_id: str) -> Response:
    """Show one offer: what one gets, who may use it, how to apply, where it comes from and how fresh it is."""
    say = texts(language)
    by: Caller | None = caller_of(who)
    offer = support_offers.find(session, support_offer_id, by)
    reported = corrections.open_counts(session, [offer.id]).get(offer.id, 0)
    return show(
        request,
        "support/offer.html",
        offer=offer,
        one_word=lambda group, code: word(group, code, language, say),
        waits=_waits(offer),
        meets=gaps.needs_for(session, offer.id, by=by, language=language, limit=_MET),
        asking=asking(session, offer, by, say),
        standing=standing(session, offer, by),
        kept=kept(offer, reported, by, say) if by and support_offers.may_edit(by, offer) else None,
        reported=reported,
        quality=support_offers.quality_of(offer, say) if support_offers.may_edit(by, offer) else None,
    )


def _earlier(session: Reads, filters: SupportOfferFilters) -> Sequence[SupportOfferSummary]:
    """Return what was offered before and is no longer: whoever finds little learns that it has been done."""
    before = filters.model_copy(update={"status": [Status.ARCHIVED], "limit": _EARLIER})
    return support_offers.search(session, before)[0]


def _waits(offer: SupportOfferRead) -> bool:
    """Tell whether nobody has confirmed the offer, or not in time."""
    return offer.assured_on is None or (offer.due_on is not None and offer.due_on < today(offer.country))


def _groups(session: Reads, filters: SupportOfferFilters, language: str, say: Texts) -> list[ChoiceGroup]:
    """Return every choice that there is, with how many the present filters leave under each.

    The boxes stay where they are when a filter changes: only their counts do, so that a fragment can renew these.
    """
    everything = {group.name: group for group in support_offers.counted(session, SupportOfferFilters()).groups}
    now = {group.name: group for group in support_offers.counted(session, filters).groups}
    return [_choices(_kept(everything[name], now[name]), language, say) for name in _GROUPS]


def _kept(everything: OfferFacetGroup, now: OfferFacetGroup) -> OfferFacetGroup:
    """Return all choices of a filter with the counts of now, and what is chosen though there is none of it."""
    counted = {facet.code: facet for facet in now.facets}
    known = [facet.code for facet in everything.facets]
    kept = [counted.get(facet.code) or facet.model_copy(update={"count": 0}) for facet in everything.facets]
    return now.model_copy(update={"facets": kept + [one for one in now.facets if one.chosen and one.code not in known]})


def _choices(group: OfferFacetGroup, language: str, say: Texts) -> ChoiceGroup:
    choices = [
        Choice(facet.code, word(group.name, facet.code, language, say), facet.count, facet.chosen)
        for facet in group.facets
    ]
    first = [choice for place, choice in enumerate(choices) if place < _SHOWN_FACETS or choice.chosen]
    rest = [choice for choice in choices if choice not in first]
    return ChoiceGroup(group.name, say(_GROUPS[group.name]), first, rest)


def _pairs(filters: SupportOfferFilters) -> list[tuple[str, object]]:
    """Return the filters as parameters, without those that say nothing."""
    sent = filters.model_dump(mode="json", exclude={"after"}, exclude_defaults=True)
    pairs: list[tuple[str, object]] = []
    for name, value in sent.items():
        said = "true" if value is True else value
        pairs += [(name, item) for item in value] if isinstance(value, list) else [(name, said)]
    return pairs


def _address(filters: SupportOfferFilters, language: str, *more: tuple[str, Any]) -> str:
    return address(f"/{language}/support-offers", *_pairs(filters), *more)


def _looser(session: Reads, filters: SupportOfferFilters, language: str, say: Texts) -> list[Looser]:
    """Return the nearest searches that find something: the same elsewhere, the same place without the words."""
    meant = support_offers.understood(filters).model_copy(update={"after": None})
    tried: list[tuple[str, dict[str, Any]]] = [
        (say("The same support anywhere"), {"area": []}),
        (say("All support there"), {**SupportOfferFilters().model_dump(), "area": meant.area}),
        (say("All support"), SupportOfferFilters().model_dump()),
    ]
    found: list[Looser] = []
    for text, change in tried:
        looser = meant.model_copy(update=change)
        total = support_offers.search(session, looser.model_copy(update={"limit": 1}))[1]
        link = _address(looser, language)
        if total and looser != meant and link not in [one.link for one in found]:
            found.append(Looser(text, total, link))
    return found
