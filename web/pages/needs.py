"""Needs: a list to narrow down by kind and place, and each need with its source, its state and what may help."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from app.core.clock import today
from app.core.db import Reads
from app.core.i18n import N_, Texts, texts
from app.enterprises import service as enterprises
from app.gaps import service as gaps
from app.needs import service as needs
from app.needs.schemas import NeedFacetGroup, NeedFilters, NeedRead
from app.needs.vocabulary import Sort, Status
from app.organizations import service as organizations
from app.reference.service import area_label
from web.forms import read_filters
from web.moderating import caller_of
from web.needs.showing import STEPS, word
from web.pages.common import Choice, ChoiceGroup, Language, Looser
from web.render import address, show, wants_fragment
from web.sessions import Guest

router = APIRouter()
_SHOWN_FACETS: Final = 6
_ANSWERS: Final = 5
_ICONS: Final = ("check", "clock", "no", "half", "chevron")

_GROUPS: Final[Mapping[str, str]] = {
    "category": N_("What kind of support"),
    "area": N_("Needed in"),
    "side": N_("Who needs it"),
    "urgency": N_("How urgent it is"),
    "support_area": N_("Areas of support"),
    "unstated": N_("Not said"),
}
_SORTS: Final = {
    Sort.NEAREST: N_("Closest first"),
    Sort.URGENCY_DESC: N_("Most urgent first"),
    Sort.TITLE: N_("By name"),
    Sort.UPDATED_DESC: N_("Newest change first"),
}


@router.api_route("/needs", methods=["GET", "HEAD"])
def needs_page(request: Request, session: Reads, language: Language) -> Response:
    """Show the published needs as far as the filters in the address narrow them."""
    say = texts(language)
    filters, faults = read_filters(NeedFilters, request.query_params, say)
    # What is met can be looked for too; what is not public has a page of its own, for those who write it.
    shown = [status for status in filters.status if status is Status.MET]
    filters = filters.model_copy(update={"status": shown, "after": None if faults else filters.after})
    found, total, following = needs.search(session, filters)
    understood = needs.understood(filters)
    fragment = wants_fragment(request)
    page = show(
        request,
        "needs/_answer.html" if fragment else "needs/list.html",
        422 if faults else 200,
        filters=filters,
        faults=faults,
        fault=lambda name: next((fault for fault in faults if fault.field == name), None),
        found=found,
        total=total,
        place=[area_label(code, language) for code in understood.area] if not filters.area else [],
        groups=_groups(session, filters, language, say),
        chosen_count=sum(name in _GROUPS for name, _ in _pairs(filters)),
        used_icons=_ICONS,
        sorts={sort.value: say(name) for sort, name in _SORTS.items()},
        looser=[] if found else _looser(session, filters, language, say),
        following=_address(filters, language, ("after", following)) if following else "",
        first_page=_address(filters, language) if filters.after else "",
        json_link=address("/api/v1/needs", *_pairs(filters)),
        one_word=lambda group, code: word(group, str(code), language, say),
    )
    if fragment:
        page.headers["HX-Push-Url"] = _address(filters, language)
    return page


@router.api_route("/needs/{need_id}", methods=["GET", "HEAD"])
def need_page(request: Request, session: Reads, language: Language, who: Guest, need_id: str) -> Response:
    """Show one need: what, who, where and how urgent, where it comes from, how fresh it is, and what may help."""
    say = texts(language)
    by = caller_of(who)
    need = needs.find(session, need_id, by)
    may_edit = needs.may_edit(by, need)
    return show(
        request,
        "needs/need.html",
        need=need,
        enterprise=_enterprise(session, need),
        one_word=lambda group, code: word(group, str(code), language, say),
        offers_link=_offers_link(need),
        answers=gaps.offers_for(session, need.id, by=by, language=language, limit=_ANSWERS),
        waits=need.assured_on is None or (need.due_on is not None and need.due_on < today(need.country)),
        may_edit=may_edit,
        reason_needed=by is not None and need.owner_id not in {None, by.organization_id},
        steps=[(verb, say(STEPS[verb])) for verb in needs.possible_verbs(need.status) if verb in STEPS],
        advice=needs.advice_on(need, say) if may_edit else [],
        kept_by=organizations.name_of(session, need.owner_id) if need.owner_id else "",
    )


def _enterprise(session: Reads, need: NeedRead) -> str:
    """Return the enterprise of the registry that has the need, if everybody may see it there."""
    shown = need.enterprise_id is not None and enterprises.exists(session, need.enterprise_id)
    return need.enterprise_id or "" if shown else ""


def _offers_link(need: NeedRead) -> str:
    """Return where the support offers of the same kind and place are listed."""
    asked = [("need", code) for code in need.categories if code != "other"]
    return address("/support-offers", *asked, *(("area", code) for code in need.areas))


def _groups(session: Reads, filters: NeedFilters, language: str, say: Texts) -> list[ChoiceGroup]:
    """Return every choice that there is, with how many the present filters leave under each.

    The boxes stay where they are when a filter changes: only their counts do, so that a fragment can renew these.
    """
    everything = {group.name: group for group in needs.counted(session, NeedFilters(status=filters.status)).groups}
    now = {group.name: group for group in needs.counted(session, filters).groups}
    return [_choices(_kept(everything[name], now[name]), language, say) for name in _GROUPS]


def _kept(everything: NeedFacetGroup, now: NeedFacetGroup) -> NeedFacetGroup:
    """Return all choices of a filter with the counts of now, and what is chosen though there is none of it."""
    counted = {facet.code: facet for facet in now.facets}
    known = [facet.code for facet in everything.facets]
    kept = [counted.get(facet.code) or facet.model_copy(update={"count": 0}) for facet in everything.facets]
    return now.model_copy(update={"facets": kept + [one for one in now.facets if one.chosen and one.code not in known]})


def _choices(group: NeedFacetGroup, language: str, say: Texts) -> ChoiceGroup:
    choices = [
        Choice(facet.code, word(group.name, facet.code, language, say), facet.count, facet.chosen)
        for facet in group.facets
    ]
    first = [choice for place, choice in enumerate(choices) if place < _SHOWN_FACETS or choice.chosen]
    return ChoiceGroup(group.name, say(_GROUPS[group.name]), first, [one for one in choices if one not in first])


def _pairs(filters: NeedFilters) -> list[tuple[str, object]]:
    """Return the filters as parameters, without those that say nothing."""
    sent = filters.model_dump(mode="json", exclude={"after"}, exclude_defaults=True)
    pairs: list[tuple[str, object]] = []
    for name, value in sent.items():
        pairs += [(name, item) for item in value] if isinstance(value, list) else [(name, value)]
    return pairs


def _address(filters: NeedFilters, language: str, *more: tuple[str, Any]) -> str:
    return address(f"/{language}/needs", *_pairs(filters), *more)


def _looser(session: Reads, filters: NeedFilters, language: str, say: Texts) -> list[Looser]:
    """Return the nearest searches that find something: the same elsewhere, the same place without the words."""
    meant = needs.understood(filters).model_copy(update={"after": None})
    tried: list[tuple[str, dict[str, Any]]] = [
        (say("The same need anywhere"), {"area": []}),
        (say("All needs there"), {**NeedFilters().model_dump(), "area": meant.area}),
        (say("All needs"), NeedFilters().model_dump()),
    ]
    found: list[Looser] = []
    for text, change in tried:
        looser = meant.model_copy(update=change)
        total = needs.search(session, looser.model_copy(update={"limit": 1}))[1]
        link = _address(looser, language)
        if total and looser != meant and link not in [one.link for one in found]:
            found.append(Looser(text, total, link))
    return found
