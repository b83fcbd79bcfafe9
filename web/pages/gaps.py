"""The gap map: what is offered, what is needed, and where nobody offers it; as a table first, then as a picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request, Response

from app.core.db import Reads
from app.core.i18n import N_, Texts, texts
from app.gaps import service as gaps
from app.gaps.schemas import GapCell, GapFilters, GapMap, GapRow
from app.gaps.vocabulary import EVIDENCE_LABELS, STATE_LABELS, Evidence, GapState, MapForm, RowSort
from app.reference.service import area_label, counties_of, countries
from app.support_offers.vocabulary import Side
from web.forms import read_filters
from web.gap_figures import dot_map, level_of
from web.pages.common import Language
from web.render import address, show

router = APIRouter()
_FIRST: Final = 3
_MOST_TOLD: Final = 40
_SIDES: Final = {Side.ENTERPRISE: N_("Social enterprises"), Side.PUBLIC: N_("Public bodies")}
_SORTS: Final = {
    RowSort.AREA: N_("Area"),
    RowSort.GAPS: N_("Gaps"),
    RowSort.NEEDS: N_("Needs"),
    RowSort.OFFERS: N_("Offers"),
}
_DEMAND: Final = {Evidence.NEEDS, Evidence.SURVEY, Evidence.SEARCHES}


@dataclass(frozen=True, slots=True)
class Told:
    """A gap in words: where, what, what it rests on, and where to look further."""

    area: str
    need: str
    state: str
    rests_on: str
    link: str


@dataclass(frozen=True, slots=True)
class NeedBar:
    """One need over the whole map: how often it is stated, and how many offers help with it."""

    name: str
    needs: int
    offers: int


@router.api_route("/gap-map", methods=["GET", "HEAD"])
def map_page(request: Request, session: Reads, language: Language) -> Response:
    """Show the part of the gap map that the address asks for."""
    say = texts(language)
    filters, faults = read_filters(GapFilters, request.query_params, say)
    found = gaps.gap_map(session, filters)
    told = _told(found, language, say)
    whole = [row for row in found.rows if row.is_whole]
    return show(
        request,
        "gaps/map.html",
        422 if faults else 200,
        filters=filters,
        faults=faults,
        fault=lambda name: next((fault for fault in faults if fault.field == name), None),
        found=found,
        columns=[gaps.need_name(need, language) for need in found.columns],
        area_name=lambda area: gaps.area_name(area, language),
        area_link=lambda row: _area_link(row, filters, language),
        state_name=lambda state: say(STATE_LABELS[state]),
        look=_look,
        areas=[(land.code, land.name(language), _counties(land.code, language)) for land in countries()],
        sides={side.value: say(name) for side, name in _SIDES.items()},
        sorts=[(sort.value, say(name), _address(filters, language, sort=sort)) for sort, name in _SORTS.items()],
        gap_count=sum(row.gaps for row in found.rows if not row.is_whole),
        asked_count=sum(_is_asked(cell) for row in found.rows if not row.is_whole for cell in row.cells),
        first=told[:_FIRST],
        told=told[:_MOST_TOLD],
        picture=dot_map(found),
        level=lambda row: level_of(row.gaps, max((one.gaps for one in found.rows if not one.is_whole), default=0)),
        bars=_bars(whole, found, language),
        csv_link=_file(filters, language, MapForm.CSV),
        xlsx_link=_file(filters, language, MapForm.XLSX),
        json_link=address("/api/v1/gap-map", *_pairs(filters)),
    )


@router.api_route("/gap-map.{form}", methods=["GET", "HEAD"])
def map_as_file(request: Request, session: Reads, language: Language, form: MapForm) -> Response:
    """Give the same part of the map as a table, a row a cell."""
    filters, _ = read_filters(GapFilters, request.query_params, texts(language))
    table = gaps.as_file(gaps.gap_map(session, filters), form, language)
    headers = {"Content-Disposition": f'attachment; filename="samnod-gap-map.{form.value}"'}
    return Response(table, media_type=gaps.TYPES[form], headers=headers)


def _told(found: GapMap, language: str, say: Texts) -> list[Told]:
    """Return the gaps that somebody asks about, those with the most behind them first."""
    rows = [row for row in found.rows if row.area and (not row.is_whole or len(found.rows) <= _FIRST)]
    cells = [(row, cell) for row in rows for cell in row.cells if _is_asked(cell)]
    cells.sort(key=lambda pair: (-_weight(pair[1]), pair[0].area or "", pair[1].need or ""))
    return [
        Told(
            area=gaps.area_name(row.area, language),
            need=gaps.need_name(cell.need, language),
            state=say(STATE_LABELS[cell.state]) if cell.state else "",
            rests_on=_rests_on(cell, say),
            link=address(f"/{language}/support-offers", ("need", cell.need), ("area", row.area)),
        )
        for row, cell in cells
    ]


def _is_asked(cell: GapCell) -> bool:
    return cell.state is GapState.GAP and bool(_DEMAND & set(cell.rests_on))


def _weight(cell: GapCell) -> int:
    needing = (cell.survey.needing if cell.survey else None) or 0
    return 3 * cell.needs + cell.needs_wider + needing + (cell.searches_at_least or 0)


def _rests_on(cell: GapCell, say: Texts) -> str:
    """Return what a state rests on, with its numbers where it has any."""
    numbers = {
        Evidence.NEEDS: cell.needs + cell.needs_wider,
        Evidence.SURVEY: cell.survey.needing if cell.survey else None,
        Evidence.SEARCHES: cell.searches_at_least,
        Evidence.AT_A_DISTANCE: cell.remote,
    }
    told = []
    for one in cell.rests_on:
        number = numbers.get(one)
        least = "≥ " if one is Evidence.SEARCHES else ""
        told.append(f"{say(EVIDENCE_LABELS[one])}: {least}{number}" if number else say(EVIDENCE_LABELS[one]))
    return "; ".join(told)


def _look(cell: GapCell) -> str:
    """Return how deep a cell's colour is; it only repeats the words."""
    if cell.state is None:
        return ""
    looks = {GapState.MET: "lv0", GapState.THIN: "lv1", GapState.GAP: "lv4" if _is_asked(cell) else "lv2"}
    return looks[cell.state]


def _bars(whole: Sequence[GapRow], found: GapMap, language: str) -> list[NeedBar]:
    """Return each need with its numbers over what the map shows, the most needed first."""
    bars = []
    for place, need in enumerate(found.columns):
        cells = [row.cells[place] for row in whole]
        numbers = sum(cell.needs for cell in cells), sum(cell.here for cell in cells)
        bars.append(NeedBar(gaps.need_name(need, language), *numbers))
    return sorted(bars, key=lambda bar: (-bar.needs, bar.name))


def _area_link(row: GapRow, filters: GapFilters, language: str) -> str:
    """Return where the parts of an area are shown; nothing for one that has none, or is what is shown."""
    if row.area is None or row.area == filters.area or len(row.area) > len("SE-25"):
        return ""
    return _address(filters, language, area=row.area)


def _counties(country: str, language: str) -> list[tuple[str, str]]:
    return [(one.code, area_label(one.code, language)) for one in counties_of(country)]


def _pairs(filters: GapFilters) -> list[tuple[str, object]]:
    sent = filters.model_dump(mode="json", exclude_defaults=True)
    return list(sent.items())


def _address(filters: GapFilters, language: str, **change: object) -> str:
    return address(f"/{language}/gap-map", *_pairs(filters.model_copy(update=change)))


def _file(filters: GapFilters, language: str, form: MapForm) -> str:
    return address(f"/{language}/gap-map.{form.value}", *_pairs(filters))
