"""The directory: functions that answer for organisations, and the organisations themselves, by role and place."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request, Response
from starlette.datastructures import QueryParams

from app.contacts import service as contacts
from app.contacts.schemas import ContactFilters
from app.contacts.vocabulary import ROLE_LABELS
from app.core.db import Reads
from app.core.i18n import N_, Texts, texts
from app.core.paging import is_within_reach
from app.organizations import service as organizations
from app.organizations.schemas import OrganizationFilters
from app.organizations.vocabulary import OrganizationKind, Part
from app.reference.service import area_label
from web.forms import Fault, areas_named, read_filters
from web.moderating import caller_of
from web.pages.common import Choice, ChoiceGroup, Language
from web.render import address, show
from web.sessions import Guest

router = APIRouter()
RecordId = Annotated[str, Path(max_length=64)]
_LONGEST_PLACE: Final = 100
_MOST_PLACES: Final = 5
_A_PAGE: Final = 20
# What people look for first; the rest is behind "more".
_ROLES: Final = (Part.BUYER, Part.SUPPORT_PROVIDER, Part.COORDINATOR, Part.FUNDER, Part.AUTHORITY)
KINDS: Final[Mapping[OrganizationKind, str]] = {
    OrganizationKind.MUNICIPALITY: N_("Municipality"),
    OrganizationKind.REGION: N_("County or region"),
    OrganizationKind.STATE_AUTHORITY: N_("State authority"),
    OrganizationKind.COORDINATION_ASSOCIATION: N_("Coordination association"),
    OrganizationKind.PUBLIC_COMPANY: N_("Publicly owned company"),
    OrganizationKind.ADVISER: N_("Adviser"),
    OrganizationKind.INCUBATOR: N_("Incubator or science park"),
    OrganizationKind.BUSINESS_OFFICE: N_("Business office"),
    OrganizationKind.INTEREST_ORGANISATION: N_("Interest organisation"),
    OrganizationKind.NETWORK: N_("Network"),
    OrganizationKind.ASSOCIATION: N_("Association"),
    OrganizationKind.COOPERATIVE: N_("Cooperative"),
    OrganizationKind.FUNDER: N_("Funder or foundation"),
    OrganizationKind.RESEARCH: N_("University or research"),
    OrganizationKind.SCHOOL: N_("School"),
    OrganizationKind.CHURCH: N_("Church"),
    OrganizationKind.INTERNATIONAL: N_("International body"),
    OrganizationKind.ENTERPRISE: N_("Enterprise"),
    OrganizationKind.SYSTEM_SUPPLIER: N_("Supplier of systems"),
    OrganizationKind.OTHER: N_("Other kind"),
}


class View(StrEnum):
    """How the contacts are drawn."""

    TABLE = "table"
    CARDS = "cards"


@router.api_route("/contacts", methods=["GET", "HEAD"])
def directory(request: Request, session: Reads, language: Language) -> Response:
    """Show the contacts, and below them the organisations, as far as the filters in the address narrow both."""
    say = texts(language)
    query = request.query_params
    filters, place, faults = _read(query, language, say)
    view = View.CARDS if query.get("view") == View.CARDS else View.TABLE
    found, total, following = contacts.search(session, filters)
    actors = _actors(query.get("page", ""), filters)
    known, known_total = organizations.search(session, actors, None)
    named = [("view", view.value if view is View.CARDS else "")]

    def to(path: str, *more: tuple[str, object]) -> str:
        return address(path, *_pairs(filters), *more)

    here = f"/{language}/contacts"
    return show(
        request,
        "contacts/list.html",
        422 if faults else 200,
        filters=filters,
        place=place,
        faults=faults,
        fault=lambda name: next((fault for fault in faults if fault.field == name), None),
        roles=_roles(filters, say),
        role_name=lambda role: say(ROLE_LABELS[role]),
        kind_name=lambda kind: say(KINDS[kind]),
        view=view.value,
        found=found,
        total=total,
        actors=actors,
        known=known,
        known_total=known_total,
        following=to(here, *named, ("after", following)) if following else "",
        first_page=to(here, *named) if filters.after else "",
        view_links={one.value: to(here, ("view", one.value)) for one in View},
        actor_link=lambda page: f"{to(here, *named, ('page', page))}#actors",
        csv_link=to(f"{here}.csv"),
        json_link=to("/api/v1/contacts"),
    )


@router.api_route("/contacts.csv", methods=["GET", "HEAD"])
def directory_as_table(request: Request, session: Reads, language: Language) -> Response:
    """Give every contact that the filters in the address find, as CSV."""
    filters, _, _ = _read(request.query_params, language, texts(language))
    table = contacts.as_csv(contacts.everything(session, filters.model_copy(update={"after": None})), language)
    headers = {"Content-Disposition": 'attachment; filename="contacts.csv"'}
    return Response(table, media_type="text/csv; charset=utf-8", headers=headers)


@router.api_route("/organizations/{organization_id}", methods=["GET", "HEAD"])
def organization_page(
    request: Request, session: Reads, language: Language, who: Guest, organization_id: RecordId
) -> Response:
    """Show one organisation: what it does, where, who answers for it, and where that is known from."""
    say = texts(language)
    by = caller_of(who)
    one = organizations.find(session, organization_id, by)
    may_edit = contacts.may_edit(by, one)
    keeper = one.owner_id or one.id
    return show(
        request,
        "contacts/organization.html",
        one=one,
        found=contacts.of_organization(session, organization_id, by),
        may_edit=may_edit,
        # Who changes another's record says why.
        asks_reason=may_edit and by is not None and by.organization_id != keeper,
        role_name=lambda role: say(ROLE_LABELS[role]),
        kind_name=lambda kind: say(KINDS[kind]),
        done=request.query_params.get("done", ""),
    )


def _read(query: QueryParams, language: str, say: Texts) -> tuple[ContactFilters, str, list[Fault]]:
    """Return the filters that the address holds, the place as the form writes it, and what cannot be read of them."""
    filters, faults = read_filters(ContactFilters, query, say)
    typed = query.get("place", "").strip()[:_LONGEST_PLACE]
    if not typed:
        shown = [area_label(code, language) for code in filters.area[:_MOST_PLACES]]
        return filters, shown[0] if len(shown) == 1 else "", faults
    areas = [area.code for area in areas_named(typed)]
    if not areas:
        told = say(N_("We know no municipality, county or country called {place}."), place=typed)
        return filters, typed, [*faults, Fault("place", told)]
    return filters.model_copy(update={"area": areas}), typed, faults


def _actors(page: str, filters: ContactFilters) -> OrganizationFilters:
    """Return the same filters as they are asked of organisations; a page that there cannot be is the first."""
    number = int(page) if page.isdecimal() and is_within_reach(int(page), _A_PAGE) else 1
    return OrganizationFilters(
        words=filters.words, part=filters.role, located_in=filters.area, page=number, limit=_A_PAGE
    )


def _roles(filters: ContactFilters, say: Texts) -> ChoiceGroup:
    choices = [Choice(role.value, say(name), None, role in filters.role) for role, name in ROLE_LABELS.items()]
    first = [one for one in choices if one.code in _ROLES or one.chosen]
    return ChoiceGroup("role", say("Role"), first, [one for one in choices if one not in first])


def _pairs(filters: ContactFilters) -> list[tuple[str, Any]]:
    """Return the filters as parameters, without those that say nothing."""
    sent = filters.model_dump(mode="json", exclude={"after"}, exclude_defaults=True)
    pairs: list[tuple[str, Any]] = []
    for name, value in sent.items():
        said = "true" if value is True else value
        pairs += [(name, item) for item in value] if isinstance(value, list) else [(name, said)]
    return pairs
