"""The demo's needs: those that the source reports tell of, by the reports' own words, and made-up ones.

`data/needs.json` holds what the reports say, and `need_words.json` what each of their words means in our code lists. A
word that is not there is a fault, so that nothing is left out in silence. A report that speaks of an enterprise which
is in the registry gives it as the holder.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from app.accounts.vocabulary import Role
from app.core.db import WriteSession
from app.demo.shares import WHOLE, Share, owner_of
from app.demo.vocabulary import EXAMPLE_SOURCE, enterprise_id, need_id
from app.needs import service as needs
from app.needs.schemas import NeedCreate
from app.needs.vocabulary import Status

_DATA = Path(__file__).resolve().parent / "data"
# The made-up enterprise whose organisation has a key and a login.
_HOLDER = "stadkompaniet"


class Told(NamedTuple):
    """A need, the state that it has here, and how it was met, if it was."""

    data: NeedCreate
    status: Status
    note: str | None


def named_needs() -> dict[str, NeedCreate]:
    """Return the needs that the reports tell of, by their number there. Raises `KeyError` for an unknown word."""
    return {key: _named(row) for key, row in _read("needs").items()}


def example_needs() -> dict[str, Told]:
    """Return the made-up needs by key, all of one made-up enterprise."""
    return {key: _example(record) for key, record in _read("example_needs").items()}


def load(session: WriteSession, *, home: str, share: Share = WHOLE) -> tuple[int, int]:
    """Write those needs that are not there yet, after the enterprises that have them.

    Returns how many they were, and how many of the demo's are of this `share` of it.
    """
    owner = owner_of(share, Role.ENTERPRISE)
    told: dict[str, tuple[Told, str | None]] = {}
    told |= {key: (Told(data, Status.PUBLISHED, None), None) for key, data in named_needs().items()}
    told |= {key: (one, owner) for key, one in example_needs().items()}
    own = {key: one for key, one in told.items() if share.holds(one[0].data.country, one[0].data.areas)}
    new = {key: one for key, one in own.items() if not needs.exists(session, need_id(key))}
    for key, ((data, status, note), keeper) in new.items():
        needs.register(session, data, home=home, record_id=need_id(key), owner_id=keeper, status=status, note=note)
    return len(new), len(own)


def _named(row: Mapping[str, str]) -> NeedCreate:
    words = _read("need_words")
    enterprise = words["enterprise_of_holder"].get(row["holder"])
    return NeedCreate.model_validate(
        {
            "title": row["need_text"],
            "language": "sv" if row["source_section"] in words["section_in_swedish"] else "en",
            "categories": [row["need_category_code"]],
            "support_areas": [row["support_area_code"]] if "support_area_code" in row else [],
            "sides": words["side"][row["side"]],
            "urgency": words["urgency"][row.get("urgency_hint", "")],
            "enterprise_id": enterprise_id(enterprise) if enterprise else None,
            "holder_name": row["holder"],
            "country": words["country"][row["country"]],
            "areas": words["area"][row["area"]],
            "source": row["source"],
            "source_year": words["source"][row["source"]],
            "source_section": row["source_section"],
        }
    )


def _example(record: Mapping[str, Any]) -> Told:
    said = dict(record)
    status, note = Status(said.pop("status")), said.pop("note", None)
    own = {"enterprise_id": enterprise_id(_HOLDER), "country": "SE", "source": EXAMPLE_SOURCE}
    return Told(NeedCreate.model_validate(said | own), status, note)


@cache
def _read(name: str) -> Any:
    return json.loads((_DATA / f"{name}.json").read_text(encoding="utf-8"))
