"""Words of the organisations: buyers, support providers and the other actors of the field."""

from enum import StrEnum


class OrganizationKind(StrEnum):
    """What sort of organisation it is."""

    MUNICIPALITY = "municipality"
    REGION = "region"
    STATE_AUTHORITY = "state_authority"
    COORDINATION_ASSOCIATION = "coordination_association"
    PUBLIC_COMPANY = "public_company"
    ADVISER = "adviser"
    INCUBATOR = "incubator"
    BUSINESS_OFFICE = "business_office"
    INTEREST_ORGANISATION = "interest_organisation"
    NETWORK = "network"
    ASSOCIATION = "association"
    COOPERATIVE = "cooperative"
    FUNDER = "funder"
    RESEARCH = "research"
    SCHOOL = "school"
    CHURCH = "church"
    INTERNATIONAL = "international"
    ENTERPRISE = "enterprise"
    SYSTEM_SUPPLIER = "system_supplier"
    OTHER = "other"


class Part(StrEnum):
    """What an organisation does in the field; it may do several things, or none that is known."""

    BUYER = "buyer"
    SUPPORT_PROVIDER = "support_provider"
    AUTHORITY = "authority"
    FUNDER = "funder"
    PARTNER = "partner"
    ENTERPRISE = "enterprise"
    COORDINATOR = "coordinator"
    INTEGRATOR = "integrator"


class Visibility(StrEnum):
    """Who may know of the organisation: everybody, or itself and those who look after its region."""

    PUBLIC = "public"
    PRIVATE = "private"


class Sort(StrEnum):
    """Orders of the list."""

    NAME = "name"
    NAME_DESC = "-name"
    UPDATED = "updated_at"
    UPDATED_DESC = "-updated_at"
