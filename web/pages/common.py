"""What several pages need: the language in the address, boxes to tick, names of rules, and how many days are left."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from fastapi import Path

from app.core.clock import today, zone
from app.core.i18n import N_
from app.enterprises.vocabulary import Reservation

Language = Annotated[Literal["sv", "nb", "en"], Path(description="Language of the page")]
# For a page that says nothing itself but in its template: an address in another language is still no page of ours.
InLanguage = Annotated[Language, Path(alias="language")]

RULES = {
    Reservation.RES_WS: N_("Social and professional integration"),
    Reservation.RES_PUB_SER: N_("Public service mission"),
    Reservation.SE_IDEBUREN: N_("Civil-society organisations (Sweden)"),
    Reservation.NO_IDEELL: N_("Non-profit organisations (Norway)"),
}

# What the fields of a record are called where it is told which of them changed.
PARTS = {
    "name": N_("Name"),
    "aliases": N_("Also called"),
    "organisation_number": N_("Organisation number"),
    "country": N_("Country"),
    "kind": N_("Kind"),
    "lifecycle": N_("Life-cycle"),
    "legal_form": N_("Legal form"),
    "area_code": N_("Place"),
    "place": N_("Place"),
    "founded_year": N_("Founded"),
    "public_ownership": N_("Publicly owned"),
    "summary": N_("Description"),
    "language": N_("Description"),
    "offerings": N_("Sells"),
    "criteria": N_("Criteria, one by one"),
    "certificates": N_("Certificates"),
    "eligibility": N_("May take part when reserved"),
    "service_areas": N_("Service area"),
    "target_groups": N_("Works with"),
    "industry_codes": N_("Industry codes"),
    "employees": N_("Employees"),
    "turnover": N_("Turnover, million kr a year"),
    "languages": N_("Languages"),
    "contact_function": N_("Contact"),
    "contact_email": N_("Contact"),
    "website": N_("Website"),
    "source": N_("Source"),
    "source_year": N_("Source"),
    "confirmed_on": N_("Confirmed"),
    "hidden_at": N_("Hidden or shown"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One box to tick in a list of filters."""

    code: str
    name: str
    count: int | None
    chosen: bool


@dataclass(frozen=True, slots=True)
class ChoiceGroup:
    """The boxes of one filter: those shown at once, and the rest behind "more"."""

    field: str
    name: str
    first: list[Choice]
    rest: list[Choice]


@dataclass(frozen=True, slots=True)
class Looser:
    """A filter less, and how many that finds."""

    name: str
    total: int
    link: str


def days_left(deadline: datetime | str | None, country: str = "SE") -> int | None:
    """Return the days from today to the deadline's day, both in `country`; None without a deadline or after it."""
    if not deadline:
        return None
    moment = datetime.fromisoformat(deadline) if isinstance(deadline, str) else deadline
    left = (moment.astimezone(zone(country)).date() - today(country)).days
    return left if left >= 0 else None
