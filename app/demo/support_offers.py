"""The demo's support offers: those that the source reports name, by the reports' own words, and made-up ones.

`data/support_offers.json` holds what the reports say, and `support_offer_words.json` what each of their words means in
our code lists. A word that is not there is a fault, so that nothing is left out in silence.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from app.accounts.vocabulary import Role
from app.core.db import WriteSession
from app.core.i18n import N_
from app.demo.organizations import organization_id
from app.demo.shares import WHOLE, Share, owner_of
from app.demo.vocabulary import EXAMPLE_SOURCE, support_offer_id
from app.support_offers import corrections
from app.support_offers import service as support_offers
from app.support_offers.schemas import CorrectionIn, SupportOfferCreate
from app.support_offers.vocabulary import Status

_DATA = Path(__file__).resolve().parent / "data"
# What became of an offer, by what the report said of it in its year: the state that it has here, and why.
_STATES: Final[Mapping[str, tuple[Status, str | None]]] = {
    "published": (Status.PUBLISHED, None),
    "completed": (Status.ARCHIVED, N_("It was completed when the source was written.")),
    "ended": (Status.ARCHIVED, N_("It had ended when the source was written.")),
    "project": (Status.ARCHIVED, N_("It was a project when the source was written; whether it goes on is not known.")),
    "idea": (Status.DRAFT, N_("It was an idea or a proposal when the source was written.")),
}
# What waits for the coordinator, and what a reader has said of another.
_WAITING: Final = "exempel-natverk"
_CORRECTED: Final = "exempel-radgivning"
_CORRECTION: Final = CorrectionIn(
    field="amount", text="På kontoret säger de att det är åtta timmar numera.", proposed="8 timmar om året"
)


class Named(NamedTuple):
    """An offer that a report names, the state that it has here, and why."""

    data: SupportOfferCreate
    status: Status
    note: str | None


def named_offers() -> dict[str, Named]:
    """Return the offers that the reports name, by their number there. Raises `KeyError` for a word without meaning."""
    return {key: _named(key, row) for key, row in _read("support_offers").items()}


def example_offers() -> dict[str, SupportOfferCreate]:
    """Return the made-up offers by key, all given by the made-up provider."""
    own = {"provider_id": organization_id(Role.SUPPORT_PROVIDER.value), "source": EXAMPLE_SOURCE}
    records = _read("example_support_offers").items()
    return {key: SupportOfferCreate.model_validate({**record, **own}) for key, record in records}


def load(session: WriteSession, *, home: str, share: Share = WHOLE) -> tuple[int, int]:
    """Write those offers that are not there yet, after the organisations that give them.

    Returns how many they were, and how many of the demo's are of this `share` of it.
    """
    named = {key: one for key, one in named_offers().items() if share.holds(one.data.country, [one.data.area_code])}
    examples = {key: data for key, data in example_offers().items() if share.holds(data.country, [data.area_code])}
    written = 0
    for key, (data, status, note) in named.items():
        if not support_offers.exists(session, support_offer_id(key)):
            record_id = support_offer_id(key)
            support_offers.register(session, data, home=home, record_id=record_id, status=status, note=note)
            written += 1
    for key, data in examples.items():
        if not support_offers.exists(session, support_offer_id(key)):
            support_offers.register(
                session,
                data,
                home=home,
                record_id=support_offer_id(key),
                owner_id=owner_of(share, Role.SUPPORT_PROVIDER),
                status=Status.IN_REVIEW if key == _WAITING else Status.PUBLISHED,
            )
            if key == _CORRECTED:
                corrections.propose(session, support_offer_id(key), _CORRECTION)
            written += 1
    return written, len(named) + len(examples)


def _named(key: str, row: Mapping[str, str]) -> Named:
    words = _read("support_offer_words")
    target = row.get("target", "")
    area = row["area"] if row["area"] in words["area"] else f"{row['area']}, {row['country']}"
    provider = words["provider"].get(row["provider"])
    service_areas = words["area"][area]
    data = SupportOfferCreate.model_validate(
        {
            "name": row["name"],
            "summary": row["description"],
            "language": "en",
            "country": words["country"][row["country"]],
            "area_code": service_areas[0] if service_areas else None,
            "provider_id": organization_id(provider) if provider else None,
            "provider_name": row["provider"],
            "provider_kind": words["provider_type"][row["provider_type"]],
            "offer_type": words["offer_kind_of"].get(key) or words["offer_kind"][row["offer_kind"]],
            "structure_type": row["support_type_code"],
            "needs": row["need_category_codes"].split(";") if row.get("need_category_codes") else [],
            "target_groups": words["groups_of_target"].get(target, []),
            "stages": words["stages_of_target"].get(target, []),
            "sides": words["target"][target],
            "eligibility": target,
            "service_areas": service_areas,
            "cost": words["price"][row.get("price", "")],
            "amount": row.get("amount_or_volume"),
            "source": row["source"],
            "source_year": int(row["year_at_source"]),
            "status_at_source": row["status_at_source"],
        }
    )
    status, note = _STATES[words["status_at_source"][row["status_at_source"]]]
    return Named(data, status, note)


@cache
def _read(name: str) -> Any:
    return json.loads((_DATA / f"{name}.json").read_text(encoding="utf-8"))
