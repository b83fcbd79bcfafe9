"""What matching knows of the two sides: plain values, filled in by whoever holds the records."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Offering:
    """One thing an enterprise sells, or its work-training places."""

    id: str
    title: str
    description: str = ""
    cpv: tuple[str, ...] = ()
    """Eight-digit CPV codes without the check digit."""
    sectors: tuple[str, ...] = ()
    kind: str = "service"
    """goods, service or work_training."""
    places_free: int | None = None
    """Work-training places free now; None when not stated."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What is stated of one reserved code: declared, verified, denied or expired, on what day, and until when."""

    state: str
    on: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """One enterprise as matching sees it. No person, no age of the profile, no count of anything past."""

    enterprise_id: str
    name: str
    country: str
    municipality: str | None = None
    """Area code of the seat, such as SE-2281."""
    lifecycle: str = "active"
    kind: str = "enterprise"
    offerings: tuple[Offering, ...] = ()
    service_areas: tuple[str, ...] = ()
    """Area codes: a country (SE), counties (SE-22) or municipalities (SE-2281)."""
    industry_codes: tuple[str, ...] = ()
    """SNI/NACE digits, such as 81210, optionally followed by a space and the label."""
    eligibility: Mapping[str, Statement] = field(default_factory=dict)
    """Reserved code (res-ws …) to what is stated of it."""
    turnover_band: str | None = None
    """micro, small, medium or large (Commission Recommendation 2003/361/EC); None when not stated."""
    employees_band: str | None = None
    """micro, small, medium or large; None when not stated."""
    criteria: Mapping[str, str] = field(default_factory=dict)
    """Definition criterion to declared, verified or expired."""
    confirmed: bool = True
    """False for a record taken from a report that the enterprise has not confirmed."""


@dataclass(frozen=True, slots=True)
class Lot:
    """One lot of a need. A need without lots is one lot at the buyer's area."""

    id: str
    title: str
    description: str = ""
    cpv_main: str | None = None
    cpv_additional: tuple[str, ...] = ()
    area_codes: tuple[str, ...] = ()
    fallback_area: str | None = None
    """The buyer's area, used when the lot names no place."""
    country: str | None = None
    reserved_participation: tuple[str, ...] = ()
    reservation_gates: bool = True
    """False for an imported flag that neither title nor CPV agrees with: it is shown, and gates nothing."""
    reserved_execution: str | None = None
    value_minor: int | None = None
    """Estimated value in minor units of `currency`, without VAT, for the whole duration."""
    currency: str = "SEK"
    duration_months: int | None = None
    places_wanted: int | None = None
    reference_date: date | None = None
    """The day rules and statements are read for: today, where the buyer is."""


@dataclass(frozen=True, slots=True)
class Need:
    """What somebody wants to buy, as lots."""

    lots: tuple[Lot, ...]
