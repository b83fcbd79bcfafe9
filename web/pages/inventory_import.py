"""A survey that was made elsewhere, sent as a file: tried first, and then written whole or not at all."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from starlette.datastructures import UploadFile

from app.core.db import Database, Reads
from app.core.errors import Conflict, InvalidContent, in_language
from app.core.i18n import N_, texts
from app.inventories import service as inventories
from app.inventories.schemas import InventoryRead, SurveyImport
from web.forms import Fault
from web.pages.common import Language
from web.pages.inventories import named
from web.render import address, show
from web.sessions import CoordinatorCaller
from web.writing import Form, PageRoute, act, see

router = APIRouter(route_class=PageRoute)
InventoryId = Annotated[str, Path(max_length=64)]
_HOME = "/coordination/needs-inventories"


@router.get(f"{_HOME}/{{inventory_id}}/import")
def import_page(
    request: Request, session: Reads, language: Language, by: CoordinatorCaller, inventory_id: InventoryId
) -> Response:
    """Show how a file is made, and where it is sent."""
    return _page(request, language, inventories.own(session, inventory_id, by=by))


@router.post(f"{_HOME}/{{inventory_id}}/import")
def import_file(
    request: Request,
    language: Language,
    by: CoordinatorCaller,
    form: Form,
    inventory_id: InventoryId,
) -> Response:
    """Try a file, or write it; what is wrong is told cell by cell."""
    say = texts(language)
    database: Database = request.app.state.database
    sent = form.get("file")
    content = sent.file.read() if isinstance(sent, UploadFile) else b""
    is_tried = form.get("do") != "write"
    fault, done = "", None
    try:
        if content:
            # Read before the transaction begins, so that no writer waits for a large file.
            table = inventories.read_upload(content)
            with database.writes() as session:
                act(request, session)
                done = inventories.bring_in(session, inventory_id, table, dry_run=is_tried, by=by, say=say)
        else:
            fault = say(N_("Choose a file."))
    except (InvalidContent, Conflict) as refused:
        fault = in_language(refused.detail, say)
    if done is not None and done.written:
        return see(request, address(f"{_HOME}/{inventory_id}", ("done", "imported")) + "#told")
    with database.reads() as reads:
        one = inventories.own(reads, inventory_id, by=by)
    is_wrong = bool(fault or (done and done.fault_count))
    return _page(request, language, one, done, fault, 422 if is_wrong else 200)


def _page(
    request: Request,
    language: str,
    one: InventoryRead,
    done: SurveyImport | None = None,
    fault: str = "",
    status: int = 200,
) -> Response:
    return show(
        request,
        "inventories/import.html",
        status,
        one=one,
        done=done,
        faults=[Fault("file", fault)] if fault else [],
        fault=Fault("file", fault) if fault else None,
        key_name=lambda key: _key_name(one, key, language),
        **named(language),
    )


def _key_name(one: InventoryRead, key: str, language: str) -> str:
    """Return what a column answers: the area, a category, or a question of the round's own."""
    asked = next((question for question in one.questions if question.key == key), None)
    return inventories.question_name(asked, language) if asked else texts(language)(N_("Area"))
