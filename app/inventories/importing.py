"""A survey that was made elsewhere, brought in whole or not at all; a dry run tells what would happen."""

import tempfile
from pathlib import Path

from app.accounts.vocabulary import Caller
from app.audit import service as audit
from app.core.bulk import insert_many
from app.core.clock import now
from app.core.columns import new_id
from app.core.db import WriteSession
from app.core.errors import Conflict, Message, in_language
from app.core.i18n import N_, Texts
from app.enterprises.spreadsheet import Table
from app.inventories import rounds
from app.inventories.reading import Survey, read_answers, read_file
from app.inventories.schemas import ImportColumn, ImportFault, SurveyImport
from app.inventories.tables import InventoryAnswer, NeedsInventory
from app.inventories.vocabulary import Status, Verb


def read_upload(content: bytes) -> Table:
    """Return the table of a file that was sent. It is read before any transaction begins.

    Raises:
        InvalidContent: it is no .xlsx or CSV file that can be read, or names none of the ten categories.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "survey"
        path.write_bytes(content)
        return read_file(path)


def bring_in(
    session: WriteSession, inventory_id: str, table: Table, *, dry_run: bool, by: Caller | None = None, say: Texts
) -> SurveyImport:
    """Write the answers of a table into a draft and close it; return what was read, and every fault.

    Nothing is written on a dry run, nor when there is a fault.

    Raises:
        NotFound, Forbidden: as `rounds.step`.
        Conflict: the round is not a draft: answers that came by links are not mixed with others.
    """
    row = rounds.held(session, inventory_id, by)
    if row.status is not Status.DRAFT:
        raise Conflict(
            Message(N_("Answers are imported into a draft; this round is {status}."), status=row.status.value)
        )
    found = read_answers(table, row.own_questions)
    if not found.answers:
        found.wrong(table.heading_row, table.place(table.heading_row, 0), "", Message(N_("no row holds an answer")))
    is_written = not dry_run and not found.fault_count
    if is_written:
        _write(session, row, found)
    return SurveyImport(
        dry_run=dry_run,
        written=is_written,
        sheet=table.sheet,
        other_sheets=table.other_sheets,
        answers=len(found.answers),
        columns=[ImportColumn(heading=one.heading, key=one.key, is_comment=one.is_text) for one in found.columns],
        unread=found.unread,
        fault_count=found.fault_count,
        faults=[
            ImportFault(row=one.row, place=one.place, column=one.column, detail=in_language(one.detail, say))
            for one in found.faults
        ],
    )


def _write(session: WriteSession, row: NeedsInventory, found: Survey) -> None:
    # Their random ids are all that answers are ever ordered by: which row of the file one was is forgotten.
    kept = [
        {"id": new_id(), "inventory_id": row.id, "area_code": area, "given": given, "texts": said}
        for area, given, said in found.answers
    ]
    insert_many(session, InventoryAnswer, kept)
    rounds.take(session, row, Verb.IMPORT, is_imported=True, closed_at=now())
    rounds.close(session, row)
    audit.record(session, "import-inventory", rounds.OBJECT, row.id, after={"answers": len(kept)})
