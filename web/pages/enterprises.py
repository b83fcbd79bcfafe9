"""The registry: a list to narrow down, and each enterprise with what is known of it and where that comes from."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response

from app.accounts import permissions
from app.accounts.permissions import Action
from app.accounts.vocabulary import Caller, Role, SignedIn
from app.core.clock import today
from app.core.db import Reads
from app.core.i18n import N_, Texts, texts
from app.enterprises import service as enterprises
from app.enterprises.schemas import EligibilityRead, EnterpriseFilters, EnterpriseRead, FacetGroup
from app.enterprises.vocabulary import EligibilityState, Kind, OfferingKind, Reservation, Sort
from app.matching import service as matching
from app.matching.schemas import ReverseMatches
from app.reference.service import area_label, cpv_label, label
from web.figures import AreaMap, service_area_map
from web.forms import read_filters
from web.moderating import caller_of, standing
from web.pages.common import PARTS, RULES, Choice, ChoiceGroup, Language, Looser, days_left
from web.render import address, show, wants_fragment
from web.sessions import Guest

router = APIRouter()
_SHOWN_FACETS = 8
_LOOSER = 4
_ICONS = ("check", "half", "ask", "no", "clock", "chevron")

_GROUPS = {
    "located_in": N_("County"),
    "sector": N_("Trade"),
    "reserved": N_("May take part when reserved"),
    "kind": N_("Kind"),
    "overdue": N_("Confirmed"),
}
# The order that a visitor chose last, until the browser is closed: nothing else is kept, and nothing of who it is.
_ORDER = "samnod_order"
_SORTS = {
    Sort.NAME: N_("Name, A to Ö"),
    Sort.NAME_DESC: N_("Name, Ö to A"),
    Sort.UPDATED_DESC: N_("Last changed first"),
}
KINDS = {
    Kind.ENTERPRISE: N_("Enterprise"),
    Kind.PROJECT: N_("Project"),
    Kind.NETWORK: N_("Network"),
    Kind.ASSOCIATION: N_("Association"),
    Kind.EVENT: N_("Event"),
}
_STATES = {
    EligibilityState.VERIFIED: "eligible",
    EligibilityState.DECLARED: "declared",
    EligibilityState.EXPIRED: "unknown",
    EligibilityState.DENIED: "ineligible",
}
_SHOWN_REVISIONS = 8
_LEGAL_BASIS = {
    ("SE", Reservation.RES_WS): "LOU 4 kap. 18 §",
    ("NO", Reservation.RES_WS): "FOA § 16-9, § 8-8, § 30-3",
    ("SE", Reservation.RES_PUB_SER): "LOU 19 kap. 25 §",
    ("SE", Reservation.SE_IDEBUREN): "LOU 19 kap. 25 a §",
    ("NO", Reservation.NO_IDEELL): "FOA § 30-2 a",
}


@router.api_route("/enterprises", methods=["GET", "HEAD"])
def registry(request: Request, session: Reads, language: Language) -> Response:
    """Show the registry as far as the filters in the address narrow it; htmx gets the list and the counts."""
    say = texts(language)
    remembered = request.cookies.get(_ORDER, "")
    kept = {"sort": remembered} if remembered in list(_SORTS) else {}
    filters, faults = read_filters(EnterpriseFilters, request.query_params, say, kept)
    found, total = enterprises.search(session, filters)
    groups = _groups(session, filters, language, say)
    here = _address(filters, language)
    fragment = wants_fragment(request)
    page = show(
        request,
        "enterprises/_answer.html" if fragment else "enterprises/list.html",
        422 if faults else 200,
        filters=filters,
        faults=faults,
        found=found,
        total=total,
        groups=groups,
        others=_other_choices(filters, language, say),
        sorts={sort.value: say(name) for sort, name in _SORTS.items()},
        looser=[] if found else _looser(session, filters, language, say),
        page_link=lambda number: _address(filters, language, page=number),
        json_link=address("/api/v1/enterprises", *_pairs(filters), ("page", filters.page), ("limit", filters.limit)),
        csv_link=address("/api/v1/enterprises/export", *_pairs(filters)),
        waits=lambda one: enterprises.needs_reconfirmation(one.confirmed_on, today(one.country)),
        fault=lambda name: next((fault for fault in faults if fault.field == name), None),
        kinds={kind.value: say(name) for kind, name in KINDS.items()},
        used_icons=_ICONS,
    )
    if fragment:
        page.headers["HX-Push-Url"] = here
    if request.query_params.get("sort") == filters.sort != remembered:
        page.set_cookie(_ORDER, filters.sort, httponly=True, samesite="lax", secure=request.url.scheme == "https")
    return page


@router.api_route("/enterprises/{enterprise_id}", methods=["GET", "HEAD"])
def enterprise_page(request: Request, session: Reads, language: Language, who: Guest, enterprise_id: str) -> Response:
    """Show one enterprise: facts, what it sells, its criteria one by one, and open opportunities that fit."""
    say = texts(language)
    by = caller_of(who)
    enterprise = enterprises.find(session, enterprise_id, by)
    return show(
        request,
        "enterprises/enterprise.html",
        enterprise=enterprise,
        standing=standing(session, enterprise, by),
        kind=say(KINDS[enterprise.kind]),
        sells=[offering for offering in enterprise.offerings if offering.kind != OfferingKind.WORK_TRAINING],
        places=[offering for offering in enterprise.offerings if offering.kind == OfferingKind.WORK_TRAINING],
        eligibility=[_rule(enterprise, known, say) for known in enterprise.eligibility],
        legal_form=_legal_form(enterprise, language),
        criterion_name=_criterion_name(language),
        area_map=_map(enterprise, language),
        fitting=_fitting(session, enterprise, language),
        places_free=_places_free(enterprise),
        source_note=_source_note(enterprise, say),
        waits=enterprises.needs_reconfirmation(enterprise.confirmed_on, today(enterprise.country)),
        revisions=_revisions(session, enterprise, by, say),
        reachable=_reachable,
        edit_path=_edit_path(who, enterprise),
        days_left=days_left,
    )


def _edit_path(who: SignedIn | None, enterprise: EnterpriseRead) -> str:
    """Return where the visitor may change the record: as its keeper, or as who looks after its region; else nothing."""
    caller = who.caller() if who else None
    if caller is None or not permissions.may(
        caller, Action.EDIT_ENTERPRISE, owner_id=enterprise.owner_id, area=enterprise.area_code
    ):
        return ""
    own = caller.role is Role.ENTERPRISE
    return f"/profile/{enterprise.id}" if own else f"/enterprises/{enterprise.id}/edit"


def _groups(session: Reads, filters: EnterpriseFilters, language: str, say: Texts) -> list[ChoiceGroup]:
    """Return every choice that the registry holds, with how many the present filters leave under each.

    The boxes stay where they are when a filter changes: only their counts do, so that a fragment can renew these.
    """
    everything = enterprises.facets(session, EnterpriseFilters())
    now = {group.name: {facet.code: facet for facet in group.facets} for group in enterprises.facets(session, filters)}
    groups = []
    for group in everything:
        of = now[group.name]
        kept = [of.get(facet.code) or facet.model_copy(update={"count": 0}) for facet in group.facets]
        chosen = [facet for facet in of.values() if facet.chosen and facet not in kept]
        groups.append(_choices(FacetGroup(name=group.name, facets=[*kept, *chosen]), language, say))
    return groups


def _choices(group: FacetGroup, language: str, say: Texts) -> ChoiceGroup:
    def name(code: str) -> str:
        if group.name == "located_in":
            return area_label(code, language)
        if group.name == "sector":
            return label("sector", code, language)
        if group.name == "overdue":
            return say(N_("Not for a year, or never"))
        known = RULES[Reservation(code)] if group.name == "reserved" else KINDS[Kind(code)]
        return say(known)

    choices = [Choice(facet.code, name(facet.code), facet.count, facet.chosen) for facet in group.facets]
    first = [choice for place, choice in enumerate(choices) if place < _SHOWN_FACETS or choice.chosen]
    rest = [choice for choice in choices if choice not in first]
    return ChoiceGroup(group.name, say(_GROUPS[group.name]), first, rest)


def _other_choices(filters: EnterpriseFilters, language: str, say: Texts) -> list[tuple[str, Choice]]:
    """Return the filters that the form has no list for: a link from elsewhere set them, and they can be taken off."""
    return [
        *(("cpv", Choice(code, f"{code} {cpv_label(code, language) or ''}", None, True)) for code in filters.cpv),
        *(("area", Choice(code, area_label(code, language), None, True)) for code in filters.area),
        *(
            ("target_group", Choice(code, label("target_group", code, language), None, True))
            for code in filters.target_group
        ),
        *(
            ("confirmed_before", Choice(day.isoformat(), say("Not confirmed since {date}", date=day), None, True))
            for day in [filters.confirmed_before]
            if day
        ),
    ]


def _pairs(filters: EnterpriseFilters) -> list[tuple[str, object]]:
    """Return the filters as parameters, without page and without what says nothing."""
    sent = filters.model_dump(mode="json", exclude={"page", "limit", "sort"})
    pairs: list[tuple[str, object]] = []
    for name, value in sent.items():
        said = "true" if value is True else value or ""
        pairs += [(name, item) for item in value] if isinstance(value, list) else [(name, said)]
    return [*pairs, ("sort", "" if filters.sort == Sort.NAME else filters.sort.value)]


def _address(filters: EnterpriseFilters, language: str, page: int = 1) -> str:
    default = EnterpriseFilters.model_fields["limit"].default
    return address(
        f"/{language}/enterprises",
        *_pairs(filters),
        ("page", "" if page == 1 else page),
        ("limit", "" if filters.limit == default else filters.limit),
    )


def _looser(session: Reads, filters: EnterpriseFilters, language: str, say: Texts) -> list[Looser]:
    """Return the nearest searches that find something: one filter less, then none of the others."""
    tried = [
        ("words", say("Without the words “{words}”", words=filters.words), ""),
        ("sector", say("All trades"), []),
        ("located_in", say("All counties"), []),
        ("reserved", say("Whether or not they may take part when reserved"), []),
        ("kind", say("All kinds"), []),
        ("cpv", say("All CPV codes"), []),
        ("area", say("All service areas"), []),
        ("target_group", say("All target groups"), []),
        ("overdue", say("Also what was confirmed within a year"), False),
        ("confirmed_before", say("Whenever confirmed"), None),
    ]
    found = []
    for name, text, nothing in tried:
        if getattr(filters, name):
            looser = filters.model_copy(update={name: nothing, "page": 1})
            total = enterprises.search(session, looser.model_copy(update={"limit": 1}))[1]
            if total:
                found.append(Looser(text, total, _address(looser, language)))
    everything = EnterpriseFilters()
    if not found:
        total = enterprises.search(session, everything)[1]
        if total:
            found.append(Looser(say("The whole registry"), total, _address(everything, language)))
    return found[:_LOOSER]


def _rule(enterprise: EnterpriseRead, known: EligibilityRead, say: Texts) -> dict[str, Any]:
    """Return what is known of one rule, as its tag, its sentence and its legal basis."""
    sentences = {
        EligibilityState.VERIFIED: N_("May take part in procurements reserved for: {rule}. Verified."),
        EligibilityState.DECLARED: N_("Says that it may take part in procurements reserved for: {rule}."),
        EligibilityState.EXPIRED: N_("The statement about procurements reserved for: {rule} is out of date."),
        EligibilityState.DENIED: N_("Says that it may not take part in procurements reserved for: {rule}."),
    }
    rule = say(RULES[known.reservation])
    return {
        "state": _STATES[known.state],
        "text": say(sentences[known.state], rule=rule[:1].lower() + rule[1:]),
        "basis": _LEGAL_BASIS.get((enterprise.country, known.reservation), ""),
        "on": known.on,
        "valid_until": known.valid_until,
    }


def _legal_form(enterprise: EnterpriseRead, language: str) -> str:
    if enterprise.legal_form is None:
        return ""
    return label(f"legal_form_{enterprise.country.lower()}", enterprise.legal_form, language)


def _criterion_name(language: str) -> Callable[[str], str]:
    def name(code: str) -> str:
        found = label("asf_criterion", code, language)
        return found if found != code else label("social_enterprise_criterion", code, language)

    return name


def _map(enterprise: EnterpriseRead, language: str) -> AreaMap | None:
    return service_area_map(enterprise.area_code, enterprise.service_areas, language)


def _fitting(session: Reads, enterprise: EnterpriseRead, language: str) -> ReverseMatches:
    return matching.for_enterprise(session, enterprise.id, limit=10, language=language, hidden_too=True)


def _places_free(enterprise: EnterpriseRead) -> int | None:
    """Return the work-training places free in all, or None when no offering says."""
    known = [offering.places_free for offering in enterprise.offerings if offering.places_free is not None]
    return sum(known) if known else None


def _revisions(session: Reads, enterprise: EnterpriseRead, by: Caller | None, say: Texts) -> list[dict[str, Any]]:
    """Return the newest changes: when, and which of the parts of the page; what was there before is nobody's here."""
    found = enterprises.history(session, enterprise.id, by).items[:_SHOWN_REVISIONS]
    return [
        {"at": one.at, "parts": list(dict.fromkeys(say(PARTS.get(name, N_("Other"))) for name in one.fields))}
        for one in found
    ]


def _source_note(enterprise: EnterpriseRead, say: Texts) -> str:
    """Return how old a figure is, in few words."""
    if enterprise.confirmed_on is None and enterprise.source_year:
        return say("from {year}, not confirmed", year=enterprise.source_year)
    return say("confirmed by the enterprise") if enterprise.confirmed_on else say("not confirmed")


def _reachable(address_: str) -> bool:
    """Tell whether an address can be followed: the made-up records use names that no network has (RFC 2606)."""
    host = urlsplit(address_).hostname or address_.rpartition("@")[2]
    return not host.endswith(".invalid")
