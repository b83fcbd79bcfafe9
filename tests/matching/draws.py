"""Random enterprises, needs and opportunities, drawn from a few trades and places so that many of them meet."""

import random
from datetime import timedelta
from typing import Any

from app.core.clock import now, today
from app.enterprises.schemas import EnterpriseCreate
from app.matching.schemas import LotQuestion, MatchQuestion
from app.opportunities.schemas import OpportunityCreate

TRADES = [
    ("Städning av kontor", "90910000"),
    ("Lokalvård och fönsterputs", "90911000"),
    ("Catering och lunch", "55520000"),
    ("Skötsel av grönytor", "77314000"),
    ("Återvinning av elektronik", "90514000"),
    ("Tvätteri", "98310000"),
    ("Flyttjänster", "98392000"),
    ("Arbetsträning", "85312510"),
]
AREAS = ["SE-2281", "SE-2280", "SE-2282", "SE-22", "SE", "NO-5001", "NO-50", "NO"]
STATES = ["declared", "verified", "expired", "denied"]
LIFECYCLES = ["active", "active", "active", "pilot", "planned", "closed", "unknown"]
KINDS = ["enterprise", "enterprise", "enterprise", "project", "association"]


def anyone(draw: random.Random, number: int) -> EnterpriseCreate:
    """Return a random enterprise."""
    place = draw.choice([*AREAS[:3], "NO-5001"])
    trades = draw.sample(TRADES, draw.randint(0, 3))
    statement = {
        "reservation": draw.choice(["res-ws", "res-pub-ser"]),
        "state": draw.choice(STATES),
        "on": str(today() - timedelta(days=draw.randrange(-30, 1500))) if draw.random() < 0.9 else None,
        "valid_until": str(today() + timedelta(days=draw.randrange(-200, 400))) if draw.random() < 0.5 else None,
    }
    return EnterpriseCreate.model_validate(
        {
            "name": f"Exempel {number}",
            "country": place[:2],
            "kind": draw.choice(KINDS),
            "lifecycle": draw.choice(LIFECYCLES),
            "area_code": place if draw.random() < 0.9 else None,
            "service_areas": draw.sample(AREAS, draw.randint(0, 2)),
            "offerings": [{"title": title, "cpv": [cpv] if draw.random() < 0.8 else []} for title, cpv in trades],
            "eligibility": [statement] if draw.random() < 0.7 else [],
            "turnover": draw.choice([None, "0-1", "3-10", "50-"]),
            "source": "test",
        }
    )


def anything(draw: random.Random) -> MatchQuestion:
    """Return a random need of one to three lots."""

    def lot() -> LotQuestion:
        title, cpv = draw.choice(TRADES)
        return LotQuestion.model_validate(
            {
                "title": title if draw.random() < 0.5 else "",
                "cpv_main": cpv if draw.random() < 0.6 else None,
                "cpv_additional": draw.sample([code for _, code in TRADES], draw.randint(0, 2)),
                "area_codes": draw.sample(AREAS, draw.randint(0, 2)),
                "reserved_participation": draw.choice([[], ["res-ws"], ["res-pub-ser"], ["res-ws", "res-pub-ser"]]),
                "estimated_value": draw.choice([None, {"amount": "5000000", "currency": "SEK"}]),
            }
        )

    return MatchQuestion(
        title=draw.choice(TRADES)[0],
        buyer_area_code=draw.choice([None, "SE-2281", "NO-5001"]),
        lots=[lot() for _ in range(draw.randint(0, 3))],
    )


def any_opportunity(draw: random.Random, number: int) -> OpportunityCreate:
    """Return a random published opportunity of up to four lots, some of them alike."""

    def lot() -> dict[str, Any]:
        title, cpv = draw.choice(TRADES)
        return {
            "title": title,
            "cpv_main": cpv if draw.random() < 0.7 else None,
            "cpv_additional": draw.sample([code for _, code in TRADES], draw.randint(0, 2)),
            "area_codes": draw.sample(AREAS, draw.randint(0, 2)),
            "reserved_participation": draw.choice([[], [], ["res-ws"], ["res-ws", "res-pub-ser"]]),
            "estimated_value": draw.choice([None, {"amount": "5000000", "currency": "SEK"}]),
        }

    lots = [lot() for _ in range(draw.randint(0, 3))]
    return OpportunityCreate.model_validate(
        {
            "title": draw.choice(TRADES)[0],
            "form": "early_dialogue",
            "country": draw.choice(["SE", "SE", "NO"]),
            "buyer_name": f"Exempelkommun {number}",
            "buyer_area": draw.choice([None, "SE-2281", "NO-5001"]),
            "deadline_at": draw.choice([None, now() + timedelta(days=draw.randint(1, 60))]),
            "lots": [*lots, *lots[:1]],
            "source": "test",
        }
    )
