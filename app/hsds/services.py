"""Support offers as services."""

from datetime import UTC, date

from babel import Locale
from babel.dates import format_date

from app.core.columns import stable_id
from app.core.i18n import N_, Texts
from app.hsds.schemas import (
    Attribute,
    Contact,
    CostOption,
    Funding,
    Language,
    Organization,
    OrganizationRow,
    Service,
    ServiceArea,
    ServiceRow,
)
from app.hsds.taxonomies import attribute, value
from app.hsds.vocabulary import ServiceStatus
from app.reference import service as reference
from app.support_offers.schemas import SupportOfferRead
from app.support_offers.vocabulary import (
    NEED_LIST,
    STRUCTURE_LIST,
    TARGET_GROUP_LIST,
    TYPE_LIST,
    Capacity,
    Cost,
    Status,
)


def row_of(offer: SupportOfferRead, organization: OrganizationRow, say: Texts, day: date) -> ServiceRow:
    """Return an offer as a service in a list; `day` is today."""
    return ServiceRow(
        id=offer.id,
        organization_id=organization.id,
        name=offer.name,
        status=_status(offer, day),
        description="\n\n".join(filter(None, [offer.summary, offer.description])) or None,
        url=offer.website,
        email=offer.contact_email,
        application_process=_application(offer, say),
        fees_description=_fees(offer, say),
        eligibility_description=offer.eligibility or None,
        alert=_alert(offer, say),
        assured_date=offer.assured_on.isoformat() if offer.assured_on else None,
        last_modified=offer.updated_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        organization=organization,
    )


def whole(offer: SupportOfferRead, organization: Organization, say: Texts, day: date) -> Service:
    """Return an offer as a service with all that belongs to it."""
    row = row_of(offer, organization, say, day)
    own = {name: getattr(row, name) for name in ServiceRow.model_fields if name != "organization"}
    return Service(
        **own,
        organization=organization,
        service_areas=[_area(offer.id, code, say) for code in offer.service_areas],
        languages=[_language(offer, say)],
        funding=_funding(offer),
        cost_options=_costs(offer, say),
        contacts=_contacts(offer),
        attributes=_attributes(offer, say),
    )


def _status(offer: SupportOfferRead, day: date) -> ServiceStatus:
    """Tell whether it can be had: one that nobody has confirmed or that has ended rests, an archived one is no more."""
    if offer.status is Status.ARCHIVED:
        return ServiceStatus.DEFUNCT
    ended = offer.ends_on is not None and offer.ends_on < day
    return ServiceStatus.INACTIVE if ended or offer.status is not Status.PUBLISHED else ServiceStatus.ACTIVE


def _application(offer: SupportOfferRead, say: Texts) -> str | None:
    last = ""
    if offer.deadline_on:
        day = format_date(offer.deadline_on, "long", locale=say.language)
        last = say(N_("Last day to apply: {day}."), day=day)
    return " ".join(filter(None, [offer.how_to_apply, last])) or None


def _fees(offer: SupportOfferRead, say: Texts) -> str | None:
    told = []
    if offer.cost is Cost.FREE:
        told.append(say(N_("It costs nothing.")))
    elif offer.price:
        price = f"{offer.price.amount} {offer.price.currency}"
        told.append(say(N_("{price} without VAT."), price=price))
    elif offer.cost is Cost.PAID:
        told.append(say(N_("It costs something; ask how much.")))
    if offer.de_minimis:
        told.append(say(N_("To an enterprise it counts as de minimis aid.")))
    return " ".join(told) or None


def _alert(offer: SupportOfferRead, say: Texts) -> str | None:
    told = []
    if offer.capacity is Capacity.FULL:
        told.append(say(N_("There is no room for now.")))
    elif offer.capacity is Capacity.LIMITED:
        told.append(say(N_("There is little room.")))
    if offer.waiting_days:
        told.append(say.plural("The wait is {n} day.", "The wait is {n} days.", offer.waiting_days))
    return " ".join(told) or None


def _area(offer_id: str, code: str, say: Texts) -> ServiceArea:
    return ServiceArea(
        id=stable_id("service-area", f"{offer_id}:{code}"),
        service_id=offer_id,
        name=reference.area_label(code, say.language),
        uri=f"urn:samnod:area:{code}",
    )


def _language(offer: SupportOfferRead, say: Texts) -> Language:
    """Return the language of the texts, and say that it is no more than that: in which it is given nobody has told."""
    named = Locale.parse(say.language).languages.get(offer.language)
    return Language(
        id=stable_id("language", offer.id),
        service_id=offer.id,
        name=named or offer.language,
        code=offer.language,
        note=say(N_("The language of these texts. In which languages the support is given is not stated.")),
    )


def _funding(offer: SupportOfferRead) -> list[Funding]:
    if not offer.funding_source:
        return []
    return [Funding(id=stable_id("funding", offer.id), service_id=offer.id, source=offer.funding_source)]


def _costs(offer: SupportOfferRead, say: Texts) -> list[CostOption]:
    """Return what it costs, with how much of it one gets for that."""
    if offer.cost is Cost.UNKNOWN and offer.price is None and not offer.amount:
        return []
    free = offer.cost is Cost.FREE
    return [
        CostOption(
            id=stable_id("cost-option", offer.id),
            service_id=offer.id,
            option=_fees(offer, say),
            currency=offer.price.currency if offer.price else None,
            amount=0 if free else float(offer.price.amount) if offer.price else None,
            amount_description=offer.amount,
        )
    ]


def _contacts(offer: SupportOfferRead) -> list[Contact]:
    if not (offer.contact_function or offer.contact_email):
        return []
    return [
        Contact(
            id=stable_id("contact", offer.id),
            service_id=offer.id,
            title=offer.contact_function,
            email=offer.contact_email,
        )
    ]


def _attributes(offer: SupportOfferRead, say: Texts) -> list[Attribute]:
    """Return the terms that an offer is described by, and where its facts come from and under which licence."""
    said = [
        *((NEED_LIST, code) for code in offer.needs),
        (TYPE_LIST, offer.offer_type),
        *([(STRUCTURE_LIST, offer.structure_type)] if offer.structure_type else []),
        *((TARGET_GROUP_LIST, code) for code in offer.target_groups),
    ]
    # Many sources are called by their year already.
    year = str(offer.source_year or "")
    source = offer.source if year in offer.source else f"{offer.source} ({year})"
    return [
        *(attribute(offer.id, name, code, say) for name, code in said),
        value(offer.id, "service", "licence", offer.licence),
        value(offer.id, "service", "source", source),
    ]
