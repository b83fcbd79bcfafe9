"""Open opportunities as they are kept compiled: lots and plans as bytes, and back. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any, Final

import orjson

from app.core.clock import today
from app.matching.plan import AskedCode, Group, Plan, complete_plan
from app.matching.profile import Lot
from app.matching.vocabulary import Combine, Criterion

# What judges a lot that is compiled already. Its words are in its plan; its name is kept with the plans.
_FACTS: Final = (
    "cpv_main",
    "cpv_additional",
    "area_codes",
    "fallback_area",
    "country",
    "reserved_participation",
    "reservation_gates",
    "reserved_execution",
    "value_minor",
    "currency",
    "duration_months",
    "places_wanted",
)
_LISTS: Final = frozenset({"cpv_additional", "area_codes", "reserved_participation"})


@dataclass(frozen=True, slots=True)
class KeptLot:
    """A lot without its words: its slot in the index, how many lots of its opportunity are just like it, its facts."""

    slot: int
    weight: int
    lot: Lot


@dataclass(frozen=True, slots=True)
class Shown:
    """What a list shows of an opportunity."""

    title: str
    language: str
    buyer_name: str


def different(plans: Sequence[Plan]) -> tuple[list[int], list[int]]:
    """Return where each different plan is first met, and for each plan the number of the one it is like."""
    firsts: list[int] = []
    numbers: dict[int, int] = {}
    likes: list[int] = []
    for position, plan in enumerate(plans):
        if id(plan.groups) not in numbers:
            numbers[id(plan.groups)] = len(firsts)
            firsts.append(position)
        likes.append(numbers[id(plan.groups)])
    return firsts, likes


def lots_to_bytes(lots: Sequence[KeptLot]) -> bytes:
    """Return the different lots of an opportunity as bytes."""
    said = [[one.slot, one.weight, {name: getattr(one.lot, name) for name in _FACTS}] for one in lots]
    return orjson.dumps(said)


def lots_from_bytes(data: bytes) -> tuple[KeptLot, ...]:
    """Return what `lots_to_bytes` wrote, as it is judged today."""
    return _lots(data, today("SE"), today("NO"))


# The same bytes say the same for a day, whichever enterprise asks; what changes is written as other bytes.
@lru_cache(maxsize=4_096)
def _lots(data: bytes, day: date, day_in_norway: date) -> tuple[KeptLot, ...]:
    return tuple(
        KeptLot(slot, weight, _lot(facts, day_in_norway if facts["country"] == "NO" else day))
        for slot, weight, facts in orjson.loads(data)
    )


def _lot(facts: dict[str, Any], on: date) -> Lot:
    values: dict[str, Any] = {name: tuple(value) if name in _LISTS else value for name, value in facts.items()}
    return Lot(id="", title="", reference_date=on, **values)


def plans_to_bytes(shown: Shown, plans: Sequence[Plan]) -> bytes:
    """Return what explains an opportunity as bytes: what is shown of it, and the codes and words of its plans."""
    firsts, likes = different(plans)
    value = {
        "shown": [shown.title, shown.language, shown.buyer_name],
        "lots": [[plan.lot_id, number] for plan, number in zip(plans, likes, strict=True)],
        "plans": [_said(plans[position]) for position in firsts],
    }
    return orjson.dumps(value)


def _said(plan: Plan) -> dict[str, Any]:
    asked = [group for group in plan.groups if group.criterion in {Criterion.WHAT, Criterion.WORDS}]
    return {
        "groups": [[one.name, one.criterion, one.combine, one.points, one.cap, one.scale] for one in asked],
        "codes": [[one.code, one.inferred, one.group] for one in plan.codes],
        "words": plan.words,
    }


def plans_from_bytes(data: bytes, lots: Sequence[KeptLot]) -> tuple[Shown, list[Lot], list[Plan]]:
    """Return what is shown of an opportunity, its lots in the buyer's order (without words), and the plan of each."""
    value: dict[str, Any] = orjson.loads(data)
    plans = [_plan(said, one.lot) for said, one in zip(value["plans"], lots, strict=True)]
    named = [(replace(lots[n].lot, id=lot_id), replace(plans[n], lot_id=lot_id)) for lot_id, n in value["lots"]]
    return Shown(*value["shown"]), [lot for lot, _ in named], [plan for _, plan in named]


def _plan(said: dict[str, Any], lot: Lot) -> Plan:
    groups = tuple(
        Group(name, Criterion(criterion), Combine(combine), points, cap, scale)
        for name, criterion, combine, points, cap, scale in said["groups"]
    )
    return complete_plan(lot, groups, tuple(AskedCode(*code) for code in said["codes"]), tuple(said["words"]))
