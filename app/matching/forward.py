"""One need against every enterprise of the index."""

from collections.abc import Sequence
from datetime import date

from app.core.db import ReadSession, WriteSession
from app.matching import index, ranking
from app.matching.gate import Gate, compile_gate
from app.matching.plan import Plan
from app.matching.profile import Lot
from app.matching.ranking import LotPlan, Ranked


def ranked(session: ReadSession | WriteSession, lots: Sequence[Lot], plans: Sequence[Plan], on: date) -> list[Ranked]:
    """Rank everyone for a need on a day, chunk by chunk. Lots that ask the same are counted once and weighed."""
    asked: dict[tuple[int, Gate], LotPlan] = {}
    for lot, plan in zip(lots, plans, strict=True):
        gate = compile_gate(lot, on)
        key = (id(plan.groups), gate)
        before = asked.get(key)
        asked[key] = LotPlan(plan, gate, before.weight + 1 if before else 1)
    different = list(asked.values())
    return [ranking.rank(different, chunk) for chunk in index.read_chunks(session, different)]
