"""Questions and opportunities, read as the needs that matching knows. Pure."""

from app.core.clock import today
from app.matching.profile import Lot, Need
from app.matching.schemas import LotQuestion, MatchQuestion
from app.opportunities.reservation import reservation_evidence
from app.opportunities.schemas import LotRead, OpportunityRead
from app.opportunities.vocabulary import Origin

LONGEST_READ = 8_000
SHORTEST_READ = 200


def need_of_question(question: MatchQuestion) -> Need:
    """Return the need that a question states; without lots it is one lot at the buyer's area."""
    lots = question.lots or [LotQuestion()]
    return Need(tuple(_asked_lot(question, lot, number) for number, lot in enumerate(lots, start=1)))


def need_of_opportunity(opportunity: OpportunityRead) -> Need:
    """Return the need that an opportunity states; without lots it is one lot at the buyer's area."""
    if opportunity.lots:
        return Need(tuple(_stated_lot(opportunity, lot) for lot in opportunity.lots))
    return Need(
        (
            Lot(
                id="LOT-0001",
                title=opportunity.title,
                description=opportunity.description,
                fallback_area=opportunity.buyer_area,
                country=_ours(opportunity.country),
                reference_date=today(opportunity.country),
            ),
        )
    )


def _asked_lot(question: MatchQuestion, lot: LotQuestion, number: int) -> Lot:
    country = question.country or _country_of(question.buyer_area_code, lot.area_codes)
    return Lot(
        id=f"LOT-{number:04}",
        title=_joined(question.title, lot.title),
        description=_joined(question.description, lot.description)[: _letters_each(len(question.lots))],
        cpv_main=lot.cpv_main,
        cpv_additional=tuple(lot.cpv_additional),
        area_codes=tuple(lot.area_codes),
        fallback_area=question.buyer_area_code or question.country,
        country=country,
        reserved_participation=tuple(lot.reserved_participation),
        reserved_execution=lot.reserved_execution,
        value_minor=lot.estimated_value.minor if lot.estimated_value else None,
        currency=lot.estimated_value.currency if lot.estimated_value else "SEK",
        duration_months=lot.duration_months,
        reference_date=today(country or "SE"),
    )


def _stated_lot(opportunity: OpportunityRead, lot: LotRead) -> Lot:
    gates = True
    if opportunity.origin is Origin.NOTICE:
        codes = [code for code in (lot.cpv_main, *lot.cpv_additional) if code]
        gates = reservation_evidence(lot.reserved_participation, f"{opportunity.title} {lot.title}", codes).gates
    # A notice that names only foreign places is not performed at its buyer's: its place is unknown.
    fallback = None if lot.foreign_areas else opportunity.buyer_area
    return Lot(
        id=lot.number,
        title=_joined(opportunity.title, lot.title),
        description=(lot.description or opportunity.description)[: _letters_each(opportunity.lot_count)],
        cpv_main=lot.cpv_main,
        cpv_additional=tuple(lot.cpv_additional),
        area_codes=tuple(lot.area_codes),
        fallback_area=fallback,
        country=_ours(opportunity.country),
        reserved_participation=tuple(lot.reserved_participation),
        reservation_gates=gates,
        reserved_execution=lot.reserved_execution,
        value_minor=lot.value_minor,
        currency=lot.currency or "SEK",
        duration_months=lot.duration_months,
        places_wanted=lot.places_wanted,
        reference_date=today(opportunity.country),
    )


def _letters_each(lots: int) -> int:
    """Return how much of each lot's description is read, so that a hundred lots cost little more than one."""
    return max(SHORTEST_READ, LONGEST_READ // max(1, lots))


def _joined(whole: str, part: str) -> str:
    """Return both texts, without saying the same thing twice."""
    if not part or part == whole:
        return whole
    return f"{whole} {part}"


def _country_of(buyer: str | None, areas: list[str]) -> str | None:
    """Return the country whose rules apply: the buyer's, else the one country that the work is done in."""
    found = {area[:2] for area in ([buyer] if buyer else areas)}
    return found.pop() if len(found) == 1 else None


def _ours(country: str) -> str | None:
    return country if country in {"SE", "NO"} else None
