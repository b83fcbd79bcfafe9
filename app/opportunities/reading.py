"""Opportunities read whole, many in a handful of queries."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from app.core.db import ReadSession, WriteSession
from app.opportunities.rules import ENDED
from app.opportunities.schemas import AwardRead, LotRead, MoneyRead, OpportunityRead, OutcomeRead
from app.opportunities.tables import (
    Award,
    Lot,
    LotArea,
    LotCpv,
    LotReservation,
    LotTargetGroup,
    Opportunity,
    OpportunityBuyer,
    OpportunityObjective,
    OpportunitySrppArea,
)
from app.opportunities.vocabulary import Ending

# How many ids one question may hold: well below what either database takes.
_BATCH = 1_000
_NOT_SHOWN = {"title_sort", "created_at", "ended_on", "ended_reason"}


def read_one(session: ReadSession | WriteSession, opportunity: Opportunity) -> OpportunityRead:
    """Return one opportunity, whole."""
    return read_all(session, [opportunity])[0]


def read_all(session: ReadSession | WriteSession, found: Sequence[Opportunity]) -> list[OpportunityRead]:
    """Return these opportunities, whole, in their order."""
    ids = [opportunity.id for opportunity in found]
    lots = _lots(session, ids)
    buyers = _grouped(session, OpportunityBuyer, "opportunity_id", ids)
    objectives = _grouped(session, OpportunityObjective, "opportunity_id", ids)
    areas = _grouped(session, OpportunitySrppArea, "opportunity_id", ids)
    awards = _grouped(session, Award, "opportunity_id", ids)
    return [
        OpportunityRead(
            **opportunity.model_dump(exclude=_NOT_SHOWN),
            outcome=_outcome(opportunity, awards.get(opportunity.id, [])),
            lots=lots.get(opportunity.id, []),
            lot_count=len(lots.get(opportunity.id, [])),
            reserved_participation=sorted(
                {code for lot in lots.get(opportunity.id, []) for code in lot.reserved_participation}
            ),
            other_buyers=[row.name for row in buyers.get(opportunity.id, [])],
            objectives=sorted(row.objective for row in objectives.get(opportunity.id, [])),
            srpp_areas=sorted(row.area for row in areas.get(opportunity.id, [])),
        )
        for opportunity in found
    ]


def outcomes(session: ReadSession, opportunity_ids: list[str]) -> dict[str, OutcomeRead]:
    """Return how these opportunities ended, by their ids; one that has not, or of which nobody told, is left out."""
    wanted = select(Opportunity).where(col(Opportunity.id).in_(opportunity_ids), col(Opportunity.status).in_(ENDED))
    ended = session.execute(wanted).scalars().all()
    awards = _grouped(session, Award, "opportunity_id", [opportunity.id for opportunity in ended])
    told = {one.id: _outcome(one, awards.get(one.id, [])) for one in ended}
    return {opportunity_id: outcome for opportunity_id, outcome in told.items() if outcome is not None}


def _lots(session: ReadSession | WriteSession, opportunity_ids: list[str]) -> dict[str, list[LotRead]]:
    ordered = select(Lot).where(col(Lot.opportunity_id).in_(opportunity_ids)).order_by(col(Lot.position))
    lots = session.execute(ordered).scalars().all()
    of = [lot.id for lot in lots]
    codes = _grouped(session, LotCpv, "lot_id", of)
    areas = _grouped(session, LotArea, "lot_id", of)
    reservations = _grouped(session, LotReservation, "lot_id", of)
    groups = _grouped(session, LotTargetGroup, "lot_id", of)
    found: dict[str, list[LotRead]] = {}
    for lot in lots:
        read = LotRead(
            **lot.model_dump(exclude={"opportunity_id", "position"}),
            estimated_value=_money(lot.value_minor, lot.currency),
            cpv_additional=[row.code for row in codes.get(lot.id, [])],
            area_codes=[row.area for row in areas.get(lot.id, []) if not row.is_foreign],
            foreign_areas=[row.area for row in areas.get(lot.id, []) if row.is_foreign],
            reserved_participation=sorted(row.reservation for row in reservations.get(lot.id, [])),
            target_groups=sorted(row.target_group for row in groups.get(lot.id, [])),
        )
        found.setdefault(lot.opportunity_id, []).append(read)
    return found


def _outcome(opportunity: Opportunity, awards: Sequence[Award]) -> OutcomeRead | None:
    """Return how it ended; None while it has not, or when nobody has told."""
    if opportunity.status not in ENDED or not (awards or opportunity.ended_on or opportunity.ended_reason):
        return None
    return OutcomeRead(
        kind=Ending(opportunity.status),
        on=opportunity.ended_on,
        reason=opportunity.ended_reason,
        awards=[
            AwardRead(
                **award.model_dump(exclude={"id", "opportunity_id", "position", "value_minor"}),
                value=_money(award.value_minor, award.currency),
            )
            for award in awards
        ],
    )


def _money(minor: int | None, currency: str | None) -> MoneyRead | None:
    if minor is None or currency is None:
        return None
    whole, hundredths = divmod(minor, 100)
    return MoneyRead(amount=f"{whole}.{hundredths:02}" if hundredths else str(whole), currency=currency)


def _grouped(session: ReadSession | WriteSession, table: Any, parent: str, ids: list[str]) -> dict[str, list[Any]]:
    """Return the rows of a child table by their parent, in order of position where they have one."""
    found: dict[str, list[Any]] = {}
    rows: list[Any] = []
    for first in range(0, len(ids), _BATCH):
        wanted = getattr(table, parent).in_(ids[first : first + _BATCH])
        rows += session.execute(select(table).where(wanted)).scalars()
    for row in sorted(rows, key=lambda row: getattr(row, "position", 0)):
        found.setdefault(getattr(row, parent), []).append(row)
    return found
