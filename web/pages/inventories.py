"""What closed rounds of needs inventories found: one by one, side by side, and as tables to take along."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from app.core.db import Reads
from app.core.errors import BadRequest, in_language
from app.core.i18n import texts
from app.inventories import service as inventories
from app.inventories.schemas import InventoryFilters
from app.inventories.vocabulary import SIDE_LABELS, WITHHELD_LABELS, ExportForm, QuestionKind, Status
from web.forms import Fault, read_filters
from web.pages.common import Language
from web.render import address, show

router = APIRouter()
InventoryId = Annotated[str, Path(max_length=64)]
Rounds = Annotated[list[str], Query(max_length=20)]


@router.api_route("/needs-inventories", methods=["GET", "HEAD"])
def list_page(request: Request, session: Reads, language: Language) -> Response:
    """List the closed rounds, the newest first, with boxes to put some of them side by side."""
    filters, _ = read_filters(InventoryFilters, request.query_params, texts(language))
    filters = filters.model_copy(update={"status": [Status.CLOSED, Status.ARCHIVED]})
    found, total = inventories.search(session, filters)
    return show(
        request,
        "inventories/list.html",
        found=found,
        total=total,
        filters=filters,
        faults=[],
        page_link=lambda number: address(request.url.path, ("page", number), ("limit", filters.limit)),
        **named(language),
    )


@router.api_route("/needs-inventories/compare", methods=["GET", "HEAD"])
def compare_page(request: Request, session: Reads, language: Language, rounds: Rounds = []) -> Response:  # noqa: B006 (FastAPI copies it)
    """Show rounds side by side: without any, the two newest."""
    say = texts(language)
    faults: list[Fault] = []
    try:
        found = inventories.compare(session, rounds)
    except BadRequest as refused:
        faults = [Fault("rounds", in_language(one.detail, say)) for one in refused.faults]
        found = inventories.compare(session)
    closed, _ = inventories.search(session, InventoryFilters(limit=100, status=[Status.CLOSED, Status.ARCHIVED]))
    chosen = [("rounds", one.id) for one in found.rounds]
    return show(
        request,
        "inventories/compare.html",
        422 if faults else 200,
        found=found,
        closed=closed,
        chosen=[one for _, one in chosen],
        faults=faults,
        table_link=lambda form: address(f"/{language}/needs-inventories/compare/{form}", *chosen),
        **named(language),
    )


@router.api_route("/needs-inventories/compare/{form}", methods=["GET", "HEAD"])
def compare_table(session: Reads, language: Language, form: ExportForm, rounds: Rounds = []) -> Response:  # noqa: B006
    """Give rounds side by side as a table."""
    table = inventories.comparison_file(inventories.compare(session, rounds), form, language)
    return file(table, form, "samnod-needs-compared")


@router.api_route("/needs-inventories/{inventory_id}", methods=["GET", "HEAD"])
def results_page(request: Request, session: Reads, language: Language, inventory_id: InventoryId) -> Response:
    """Show what is published of a closed round: a table of its questions, and one by area."""
    found = inventories.results(session, inventory_id)
    say = texts(language)
    return show(
        request,
        "inventories/results.html",
        found=found,
        one=found.inventory,
        scales=[question for question in found.questions if question.kind is QuestionKind.SCALE],
        choices=[question for question in found.questions if question.kind is QuestionKind.CHOICE],
        withheld=say(WITHHELD_LABELS[found.withheld]) if found.withheld else "",
        rows_withheld=say(WITHHELD_LABELS[found.rows_withheld]) if found.rows_withheld else "",
        value_name=lambda value, kind: inventories.value_name(value, kind, language),
        **named(language),
    )


@router.api_route("/needs-inventories/{inventory_id}/table/{form}", methods=["GET", "HEAD"])
def results_table(session: Reads, language: Language, inventory_id: InventoryId, form: ExportForm) -> Response:
    """Give what is published of a closed round as a table."""
    table = inventories.results_file(inventories.results(session, inventory_id), form, language)
    return file(table, form, f"samnod-needs-{inventory_id[:8]}")


def file(table: bytes, form: ExportForm, name: str) -> Response:
    """Return a table as an attachment."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form.value}"'}
    return Response(table, media_type=inventories.TYPES[form], headers=headers)


def named(language: str) -> dict[str, Any]:
    """Return what templates call questions, areas and sides by."""
    say = texts(language)
    return {
        "question_name": lambda asked: inventories.question_name(asked, language),
        "category_name": lambda key: inventories.category_name(key, language),
        "row_name": lambda area, whole=False: inventories.area_name(area, language, whole=whole),
        "side_name": lambda side: say(SIDE_LABELS[side]),
    }
