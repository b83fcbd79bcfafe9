"""The projection's front door: support offers, who gives them and the words they are described by, as HSDS 3.0."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from app.contacts import service as contacts
from app.core.clock import today
from app.core.db import ReadSession
from app.core.errors import Message, NotFound
from app.core.i18n import N_, Texts
from app.hsds import organizations as told
from app.hsds import services, taxonomies
from app.hsds.schemas import (
    Organization,
    OrganizationQuery,
    OrganizationRow,
    OrganizationWithServices,
    Page,
    PageQuery,
    Service,
    ServiceName,
    ServiceQuery,
    ServiceRow,
    Taxonomy,
    Term,
    TermQuery,
)
from app.hsds.vocabulary import ServiceStatus
from app.organizations import service as organizations
from app.organizations.schemas import OrganizationRead
from app.support_offers import publishing
from app.support_offers import service as support_offers
from app.support_offers.publishing import Provider, Wanted
from app.support_offers.schemas import SupportOfferRead

Item = TypeVar("Item")
Listed = TypeVar("Listed", Taxonomy, Term)


def list_services(session: ReadSession, query: ServiceQuery, say: Texts) -> Page[ServiceRow]:
    """Return one page of the services that can be had now, by id, each with its organisation."""
    offers, total = _offers(session, query)
    known = _Organizations(session, say, offers)
    return _page(Page[ServiceRow], [services.row_of(one, known.row(one), say, today()) for one in offers], total, query)


def list_whole_services(session: ReadSession, query: ServiceQuery, say: Texts) -> Page[Service]:
    """Return the same page with all that belongs to each service."""
    offers, total = _offers(session, query)
    known = _Organizations(session, say, offers)
    return _page(Page[Service], [services.whole(one, known.whole(one), say, today()) for one in offers], total, query)


def find_service(session: ReadSession, service_id: str, say: Texts) -> Service:
    """Return one service with all that belongs to it; one that has been in the list stays readable, with its status.

    Raises:
        NotFound: no offer of this node that everybody may read has this id.
    """
    offer = support_offers.find(session, service_id)
    if not publishing.is_own(session, offer):
        raise support_offers.unknown()
    return services.whole(offer, _Organizations(session, say, [offer]).whole(offer), say, today())


def list_organizations(session: ReadSession, query: OrganizationQuery, say: Texts) -> Page[OrganizationRow]:
    """Return one page of the organisations that give a service now, by id."""
    wanted = _wanted(query)
    found = publishing.providers(session, wanted) if wanted else {}
    listed = [one for one in found.values() if one.is_listed and taxonomies.has_words(one.name, query.search)]
    shown = listed[query.offset : query.offset + query.per_page]
    records = _records(session, shown)
    return _page(
        Page[OrganizationRow], [told.row_of(one, records.get(one.id), say) for one in shown], len(listed), query
    )


def find_organization(session: ReadSession, organization_id: str, say: Texts) -> OrganizationWithServices:
    """Return one organisation with what belongs to it, and the services that it gives now.

    Raises:
        NotFound: none with this id gives, or has given, a service that everybody may read.
    """
    provider = publishing.providers(session).get(organization_id)
    if provider is None:
        raise NotFound(Message(N_("There is no organisation that gives support with this id.")))
    whole = _whole(session, provider, _records(session, [provider]), say)
    given = [
        ServiceName(id=offer_id, organization_id=provider.id, name=name, status=ServiceStatus.ACTIVE)
        for offer_id, name in publishing.names_of(session, provider)
    ]
    return OrganizationWithServices.model_validate({**_members(whole), "services": given})


def list_taxonomies(query: PageQuery, say: Texts) -> Page[Taxonomy]:
    """Return one page of the taxonomies, by id."""
    found = [
        one for one in taxonomies.taxonomies(say) if taxonomies.has_words(f"{one.name} {one.description}", query.search)
    ]
    return _cut(Page[Taxonomy], found, query)


def find_taxonomy(taxonomy_id: str, say: Texts) -> Taxonomy:
    """Return one taxonomy. Raises `NotFound`."""
    return _one(taxonomies.taxonomies(say), taxonomy_id)


def list_terms(query: TermQuery, say: Texts) -> Page[Term]:
    """Return one page of the terms of one taxonomy, or of all, by id."""
    found = [
        one
        for one in taxonomies.terms(say)
        if query.taxonomy_id in (None, one.taxonomy_id)
        and taxonomies.has_words(f"{one.name} {one.code.replace('_', ' ')}", query.search)
    ]
    return _cut(Page[Term], found, query)


def find_term(term_id: str, say: Texts) -> Term:
    """Return one term. Raises `NotFound`."""
    return _one(taxonomies.terms(say), term_id)


@dataclass(frozen=True, slots=True)
class _Organizations:
    """Who gives these offers; what is known of each is read once."""

    session: ReadSession
    say: Texts
    offers: Sequence[SupportOfferRead]
    records: dict[str, OrganizationRead] = field(default_factory=dict)
    read: dict[str, Organization] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.records.update(_records(self.session, [_provider(offer) for offer in self.offers]))

    def row(self, offer: SupportOfferRead) -> OrganizationRow:
        """Return who gives an offer, in short."""
        provider = _provider(offer)
        return told.row_of(provider, self.records.get(provider.id), self.say)

    def whole(self, offer: SupportOfferRead) -> Organization:
        """Return who gives an offer, with what belongs to it."""
        provider = _provider(offer)
        if provider.id not in self.read:
            self.read[provider.id] = _whole(self.session, provider, self.records, self.say)
        return self.read[provider.id]


def _provider(offer: SupportOfferRead) -> Provider:
    return Provider(publishing.provider_id_of(offer), offer.provider_name, offer.provider_id is not None, True)


def _records(session: ReadSession, providers: Sequence[Provider]) -> dict[str, OrganizationRead]:
    return organizations.public_ones(session, {one.id for one in providers if one.has_record})


def _whole(
    session: ReadSession, provider: Provider, records: Mapping[str, OrganizationRead], say: Texts
) -> Organization:
    record = records.get(provider.id)
    return told.whole(provider, record, contacts.of_organization(session, provider.id) if record else [], say)


def _offers(session: ReadSession, query: ServiceQuery) -> tuple[list[SupportOfferRead], int]:
    wanted = _wanted(query)
    provider = publishing.providers(session).get(query.organization_id) if query.organization_id else None
    if wanted is None or (query.organization_id and provider is None):
        return [], 0
    wanted = Wanted(query.search, wanted.any_of, wanted.within, provider, query.modified_after)
    return publishing.offers_page(session, wanted, offset=query.offset, limit=query.per_page)


def _wanted(query: ServiceQuery | OrganizationQuery) -> Wanted | None:
    """Return what the taxonomies ask for; None when they name what nobody has, so that there is nothing to find."""
    codes = taxonomies.codes_of(query.taxonomy_term_id)
    name = taxonomies.list_of(query.taxonomy_id) if query.taxonomy_id else ""
    if name is None or (query.taxonomy_term_id and not codes):
        return None
    return Wanted(any_of=codes, within=name)


def _members(whole: Organization) -> dict[str, object]:
    return {name: getattr(whole, name) for name in Organization.model_fields}


def _one(found: Sequence[Listed], wanted: str) -> Listed:
    for one in found:
        if one.id == wanted:
            return one
    raise NotFound(Message(N_("There is nothing with this id.")))


def _cut(kind: type[Page[Item]], found: Sequence[Item], query: PageQuery) -> Page[Item]:
    return _page(kind, list(found[query.offset : query.offset + query.per_page]), len(found), query)


def _page(kind: type[Page[Item]], contents: list[Item], total: int, query: PageQuery) -> Page[Item]:
    pages = -(-total // query.per_page)
    return kind(
        total_items=total,
        total_pages=pages,
        page_number=query.page,
        size=len(contents),
        first_page=query.page == 1,
        last_page=query.page >= pages,
        empty=not contents,
        contents=contents,
    )
