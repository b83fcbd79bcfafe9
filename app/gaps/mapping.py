"""The gap map put together: what is offered, needed, asked in surveys and searched for, cell by cell."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from operator import attrgetter
from typing import Final
from weakref import WeakKeyDictionary

from app.core.clock import add_months, today
from app.core.db import ReadSession
from app.gaps import queries
from app.gaps.demand import Demand, demand, searched
from app.gaps.rules import at_least, judged
from app.gaps.schemas import GapCell, GapFilters, GapMap, GapRow, SurveyCell
from app.gaps.vocabulary import MONTHS_OF_SEARCHES, UNSTATED, GapState, RowSort
from app.inventories import service as inventories
from app.journal.kept import Kept, kept
from app.needs import service as needs
from app.reference import service as reference
from app.support_offers import service as support_offers
from app.support_offers.vocabulary import NEED_LIST

_maps: Kept[GapMap] = WeakKeyDictionary()
Searched = Mapping[str, Counter[str]]
_LANDS: Final = ("SE", "NO")
_NO_SUPPLY: Final = support_offers.Supply(0, 0, 0)


def gap_map(session: ReadSession, filters: GapFilters) -> GapMap:
    """Return the part of the map that was asked for, in the order that was asked for.

    It is worked out once until somebody writes, or a search that found nobody is added.
    """
    since = add_months(today(), -MONTHS_OF_SEARCHES)
    rows = [(need, area, int(count)) for need, area, count in session.execute(queries.searches_since(since)).all()]
    areas = _areas(filters.area)
    misses = {
        area: Counter({need: least for need, count in counts.items() if (least := at_least(count))})
        for area, counts in searched(rows, areas).items()
    }
    told = sorted((area, need, least) for area, counts in misses.items() for need, least in counts.items())
    question = f"{filters.model_dump_json()} {told}"
    return kept(session, _maps, question, lambda: _drawn(session, filters, areas, misses, since))


def _drawn(session: ReadSession, filters: GapFilters, areas: Sequence[str], misses: Searched, since: date) -> GapMap:
    columns = [one.code for one in reference.codes(NEED_LIST)]
    supplied, offers = support_offers.supply(session, areas, filters.side)
    stated = _stated(session, filters)
    demanded = demand(stated, areas)
    surveys = _surveys(session)
    rows = [
        _row(area, columns, supplied[area], demanded[area], surveys, misses.get(area, Counter()), filters.area)
        for area in areas
    ]
    return GapMap(
        area=filters.area,
        columns=[*columns, None],
        rows=_sorted(rows, filters.sort),
        offers=offers,
        needs=len(stated),
        searches_since=since,
    )


def _areas(area: str | None) -> list[str]:
    """Return the areas of the rows: what was asked for, its parts, and that none is stated."""
    if area is None:
        counties = [code for land in _LANDS for code in (land, *(one.code for one in reference.counties_of(land)))]
        return [*counties, UNSTATED]
    parts = [one.code for one in reference.counties_of(area)] or [
        one.code for one in reference.municipalities_of(area) if one.code != area
    ]
    return [area, *parts, UNSTATED]


def _row(
    area: str,
    columns: Sequence[str],
    supplied: support_offers.Supplied,
    demanded: Demand,
    surveys: Mapping[tuple[str, str], SurveyCell],
    misses: Counter[str],
    whole: str | None,
) -> GapRow:
    cells = [
        _cell(area, need, supplied.by_need.get(need, _NO_SUPPLY), demanded, surveys.get((need, area)), misses[need])
        for need in (*columns, UNSTATED)
    ]
    return GapRow(
        area=area or None,
        is_whole=area == whole or (whole is None and area in _LANDS),
        offers=supplied.offers,
        needs=demanded.needs,
        gaps=sum(cell.state is GapState.GAP for cell in cells),
        cells=cells,
    )


def _cell(
    area: str,
    need: str,
    supply: support_offers.Supply,
    demanded: Demand,
    survey: SurveyCell | None,
    searches: int,
) -> GapCell:
    state, rests_on = judged(
        here=supply.here,
        wider=supply.wider,
        remote=supply.remote,
        needs=demanded.here[need] + demanded.wider[need],
        needing=survey.needing if survey else None,
        searches=searches or None,
    )
    is_stated = bool(area and need)
    return GapCell(
        need=need or None,
        offers=supply.here + supply.wider,
        here=supply.here,
        wider=supply.wider,
        remote=supply.remote,
        needs=demanded.here[need],
        needs_wider=demanded.wider[need],
        survey=survey,
        searches_at_least=searches or None,
        state=state if is_stated else None,
        rests_on=rests_on if is_stated else [],
    )


def _stated(session: ReadSession, filters: GapFilters) -> list[needs.Said]:
    return [said for said in needs.stated(session).values() if filters.side is None or filters.side.value in said.sides]


def _surveys(session: ReadSession) -> dict[tuple[str, str], SurveyCell]:
    return {
        (one.category, one.area): SurveyCell(needing=one.needing, answered=one.answered)
        for one in inventories.aggregate_by(session)
    }


def _sorted(rows: list[GapRow], sort: RowSort) -> list[GapRow]:
    """Return the rows in order; what holds the others stays first, and what states no area last."""
    if sort is RowSort.AREA:
        return rows
    number = {
        RowSort.GAPS: attrgetter("gaps"),
        RowSort.NEEDS: attrgetter("needs"),
        RowSort.OFFERS: attrgetter("offers"),
    }
    most = -1 if sort.startswith("-") else 1
    return sorted(rows, key=lambda row: (not row.is_whole, row.area is None, most * number[sort](row)))
