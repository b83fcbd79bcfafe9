"""Records for tests: valid as they stand, each field to be overridden by the test that cares about it."""

from typing import Any

from app.enterprises.schemas import EnterpriseCreate
from app.needs.schemas import NeedCreate
from app.opportunities.schemas import LotIn, OpportunityCreate
from app.support_offers.schemas import SupportOfferCreate


def enterprise(**overrides: Any) -> EnterpriseCreate:
    """Return a made-up cleaner in Sundsvall."""
    record: dict[str, Any] = {
        "name": "Exempel Städ",
        "country": "SE",
        "lifecycle": "active",
        "area_code": "SE-2281",
        "place": "Sundsvall",
        "summary": "Ett påhittat företag.",
        "offerings": [offering()],
        "eligibility": [{"reservation": "res-ws", "state": "declared", "on": "2026-01-15"}],
        "service_areas": ["SE-2281"],
        "target_groups": ["far_from_labour_market"],
        "source": "exempel",
    }
    return EnterpriseCreate.model_validate(record | overrides)


def offering(**overrides: Any) -> dict[str, Any]:
    """Return an offering of cleaning, as it is sent."""
    record: dict[str, Any] = {"title": "Lokalvård", "cpv": ["90910000"], "sectors": ["cleaning"]}
    return record | overrides


def lot(**overrides: Any) -> LotIn:
    """Return a lot of cleaning in Sundsvall."""
    record: dict[str, Any] = {"title": "Städning av skolor", "cpv_main": "90910000", "area_codes": ["SE-2281"]}
    return LotIn.model_validate(record | overrides)


def opportunity(**overrides: Any) -> OpportunityCreate:
    """Return a published procurement of cleaning by a made-up municipality, with one lot."""
    record: dict[str, Any] = {
        "title": "Städning av skolor",
        "description": "Daglig städning.",
        "form": "reserved_goods_services",
        "country": "SE",
        "buyer_name": "Exempelstads kommun",
        "buyer_area": "SE-2281",
        "deadline_at": "2199-01-01T12:00:00Z",
        "lots": [lot()],
        "source": "exempel",
    }
    return OpportunityCreate.model_validate(record | overrides)


def need(**overrides: Any) -> NeedCreate:
    """Return a social enterprise's need of advice in Norrbotten; its holder has no record of its own."""
    record: dict[str, Any] = {
        "title": "Någon att bolla affärsplanen med",
        "categories": ["advice"],
        "support_areas": ["coaching"],
        "sides": ["enterprise"],
        "holder_name": "Exempelföretaget",
        "country": "SE",
        "areas": ["SE-25"],
        "source": "exempel",
    }
    return NeedCreate.model_validate(record | overrides)


def support_offer(**overrides: Any) -> SupportOfferCreate:
    """Return advice for social enterprises in Norrbotten, given by somebody without a record of its own."""
    record: dict[str, Any] = {
        "name": "Exempelrådgivning",
        "summary": "Råd till den som vill starta.",
        "country": "SE",
        "area_code": "SE-25",
        "provider_name": "Exempelrådgivarna",
        "offer_type": "advisory",
        "needs": ["advice"],
        "sides": ["enterprise"],
        "service_areas": ["SE-25"],
        "source": "exempel",
    }
    return SupportOfferCreate.model_validate(record | overrides)
