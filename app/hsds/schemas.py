"""What HSDS 3.0 says of services, organisations and taxonomies. What is None is left out of the answer.

That is why these schemas, unlike those of our own API, have defaults: a field that may be left out is not required.

Field names and what they hold are the standard's (Open Referral, CC BY-SA 4.0); only the fields that we can fill are
here.
"""

from typing import Annotated, Generic, TypeVar
from uuid import UUID

from pydantic import AfterValidator, Field

from app.core.errors import Message
from app.core.i18n import N_
from app.core.schema import Instant, Line, SchemaIn, SchemaOut
from app.hsds.vocabulary import DEEPEST_PAGE, LONGEST_PAGE, ServiceStatus

Item = TypeVar("Item")


def _uuid(text: str) -> str:
    """Return an id as we write it. Raises `ValueError` for what is none."""
    try:
        return str(UUID(text))
    except ValueError as fault:
        raise ValueError(Message(N_("is no id: ids are UUIDs"))) from fault


Id = Annotated[
    Line, AfterValidator(_uuid), Field(json_schema_extra={"example": "ac148810-d857-441c-9679-408f346de14b"})
]


class PageQuery(SchemaIn):
    """Which page of a list, and the words that it is searched by."""

    search: Line = Field(default="", description="Every word, or its beginning")
    page: int = Field(default=1, ge=1, le=DEEPEST_PAGE, description="Page number, from one")
    per_page: int = Field(default=20, ge=1, le=LONGEST_PAGE, description="Rows a page, at most one hundred")

    @property
    def offset(self) -> int:
        """How many rows come before this page."""
        return (self.page - 1) * self.per_page


class OrganizationQuery(PageQuery):
    """Which organisations."""

    taxonomy_term_id: list[Id] = Field(
        default=[], max_length=40, description="Those with a service that has this term; repeated: any of them"
    )
    taxonomy_id: Id | None = Field(default=None, description="Those with a service that has any term of this taxonomy")


class ServiceQuery(PageQuery):
    """Which services."""

    taxonomy_term_id: list[Id] = Field(
        default=[], max_length=40, description="Those that have this term; repeated: any of them"
    )
    taxonomy_id: Id | None = Field(default=None, description="Those that have any term of this taxonomy")
    organization_id: Id | None = Field(default=None, description="Those of this organisation")
    modified_after: Instant | None = Field(default=None, description="Those that were changed then or later")
    full: bool = Field(default=False, description="With all that belongs to each service")


class TermQuery(PageQuery):
    """Which terms."""

    taxonomy_id: Id | None = Field(default=None, description="Those of this taxonomy")


class Meta(SchemaOut):
    """About this API, as the standard wants it told."""

    version: str = Field(description="Version of HSDS")
    profile: str = Field(description="What it is a profile of")
    openapi_url: str = Field(description="The document of this API")


class Page(SchemaOut, Generic[Item]):
    """One page of a list."""

    total_items: int
    total_pages: int
    page_number: int
    size: int = Field(description="Rows in this page")
    first_page: bool
    last_page: bool
    empty: bool
    contents: list[Item]


class Taxonomy(SchemaOut):
    """A list of words that services are described by."""

    id: str
    name: str
    description: str
    uri: str


class Term(SchemaOut):
    """One word of a taxonomy."""

    id: str
    code: str
    name: str
    description: str
    taxonomy: str
    taxonomy_id: str
    language: str
    term_uri: str


class Attribute(SchemaOut):
    """What a record is described by: a term, or a value."""

    id: str
    link_id: str
    link_type: str
    link_entity: str
    value: str | None = None
    taxonomy_term_id: str | None = None
    taxonomy_term: Term | None = None


class Phone(SchemaOut):
    """The number of a switchboard or a function."""

    id: str
    contact_id: str
    number: str


class Contact(SchemaOut):
    """A function that answers, never a person."""

    id: str
    service_id: str | None = None
    organization_id: str | None = None
    title: str | None = None
    email: str | None = None
    phones: list[Phone] | None = None


class Address(SchemaOut):
    """Where an organisation is, as far as its municipality tells."""

    id: str
    location_id: str
    address_1: str
    city: str
    state_province: str
    postal_code: str
    country: str
    address_type: str


class Location(SchemaOut):
    """The municipality that an organisation works in."""

    id: str
    organization_id: str
    location_type: str
    name: str
    description: str
    addresses: list[Address]


class Identifier(SchemaOut):
    """A number that somebody else has given an organisation."""

    id: str
    organization_id: str
    identifier_scheme: str | None = None
    identifier_type: str
    identifier: str


class ServiceName(SchemaOut):
    """A service as it stands with its organisation."""

    id: str
    organization_id: str
    name: str
    status: ServiceStatus


class OrganizationRow(SchemaOut):
    """An organisation in a list."""

    id: str
    name: str
    description: str
    email: str | None = None
    website: str | None = None


class Organization(OrganizationRow):
    """An organisation with what belongs to it."""

    contacts: list[Contact]
    locations: list[Location]
    organization_identifiers: list[Identifier]
    attributes: list[Attribute]


class OrganizationWithServices(Organization):
    """An organisation with what belongs to it, and the services that it gives."""

    services: list[ServiceName]


class ServiceArea(SchemaOut):
    """Where a service is given."""

    id: str
    service_id: str
    name: str
    uri: str


class Language(SchemaOut):
    """A language, and what it is the language of."""

    id: str
    service_id: str
    name: str
    code: str
    note: str


class Funding(SchemaOut):
    """Who pays for a service."""

    id: str
    service_id: str
    source: str


class CostOption(SchemaOut):
    """What a service costs whoever uses it, and how much one gets."""

    id: str
    service_id: str
    option: str | None = None
    currency: str | None = None
    amount: float | None = None
    amount_description: str | None = None


class ServiceRow(ServiceName):
    """A service in a list: everything there is one of."""

    description: str | None = None
    url: str | None = None
    email: str | None = None
    application_process: str | None = None
    fees_description: str | None = None
    eligibility_description: str | None = None
    alert: str | None = None
    assured_date: str | None = None
    last_modified: str
    organization: OrganizationRow


class Service(ServiceRow):
    """A service with all that belongs to it."""

    organization: Organization
    service_areas: list[ServiceArea]
    languages: list[Language]
    funding: list[Funding]
    cost_options: list[CostOption]
    contacts: list[Contact]
    attributes: list[Attribute]
