"""Who gives support, as organisations: what their records say, or the name alone."""

from collections.abc import Sequence

from app.contacts.schemas import ContactRead
from app.core.columns import stable_id
from app.core.i18n import N_, Texts
from app.hsds.schemas import Address, Contact, Identifier, Location, Organization, OrganizationRow, Phone
from app.hsds.taxonomies import value
from app.hsds.vocabulary import IDENTIFIER_SCHEMES
from app.organizations.schemas import OrganizationRead
from app.reference import service as reference
from app.support_offers.publishing import Provider


def row_of(provider: Provider, record: OrganizationRead | None, say: Texts) -> OrganizationRow:
    """Return a provider as an organisation in a list; `record` is None where everybody may know no more than a name."""
    return OrganizationRow(
        id=provider.id,
        name=record.name if record else provider.name,
        description=_description(record, say),
        email=record.contact_email if record else None,
        website=record.website if record else None,
    )


def whole(
    provider: Provider, record: OrganizationRead | None, contacts: Sequence[ContactRead], say: Texts
) -> Organization:
    """Return a provider as an organisation with the functions that answer for it, where it is, and its number."""
    row = row_of(provider, record, say)
    return Organization(
        **row.model_dump(),
        contacts=[*_own_contact(record), *map(_contact, contacts)],
        locations=_locations(record, say),
        organization_identifiers=_identifiers(record),
        attributes=[value(provider.id, "organization", "source", record.source)] if record else [],
    )


def _description(record: OrganizationRead | None, say: Texts) -> str:
    if record is None:
        return say(N_("Known by name only: it has no record here."))
    return record.summary or record.name


def _own_contact(record: OrganizationRead | None) -> list[Contact]:
    if record is None or not (record.contact_function or record.contact_email):
        return []
    return [
        Contact(
            id=stable_id("contact", record.id),
            organization_id=record.id,
            title=record.contact_function,
            email=record.contact_email,
        )
    ]


def _contact(contact: ContactRead) -> Contact:
    phone = contact.phone and Phone(id=stable_id("phone", contact.id), contact_id=contact.id, number=contact.phone)
    return Contact(
        id=contact.id,
        organization_id=contact.organization_id,
        title=contact.function,
        email=contact.email,
        phones=[phone] if phone else None,
    )


def _locations(record: OrganizationRead | None, say: Texts) -> list[Location]:
    """Return the municipality of an organisation: we keep no street, and of a county or country there is no city."""
    place = reference.area(record.area_code) if record and record.area_code else None
    if record is None or place is None or place.level != "municipality" or place.parent is None:
        return []
    location_id = stable_id("location", record.id)
    city = place.name(say.language)
    address = Address(
        id=stable_id("address", record.id),
        location_id=location_id,
        # The standard wants a first line and a postal code; what we know of the address is its municipality.
        address_1=city,
        city=city,
        state_province=reference.area_label(place.parent, say.language),
        postal_code="",
        country=place.country,
        address_type="physical",
    )
    return [
        Location(
            id=location_id,
            organization_id=record.id,
            location_type="physical",
            name=city,
            description=say(N_("The municipality; the street is not kept here.")),
            addresses=[address],
        )
    ]


def _identifiers(record: OrganizationRead | None) -> list[Identifier]:
    if record is None or record.organisation_number is None:
        return []
    return [
        Identifier(
            id=stable_id("organization-identifier", record.id),
            organization_id=record.id,
            identifier_scheme=IDENTIFIER_SCHEMES.get(record.country),
            identifier_type="organisation_number",
            identifier=record.organisation_number,
        )
    ]
