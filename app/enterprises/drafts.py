"""A row of a table as it will be written: its rows, its words and its entry in the journal, made before any is written.

All of it needs the row alone, so that it is made where the row is read, by a process beside the one that writes.
"""

from dataclasses import dataclass

from app.core.search import words_of
from app.enterprises import records
from app.enterprises.schemas import EnterpriseCreate
from app.enterprises.vocabulary import RECORD_TYPE
from app.journal import service as journal
from app.journal.vocabulary import Change


@dataclass(frozen=True, slots=True)
class Drafted:
    """A row that can be written: the record, which of its fields the file states, and what is worth knowing of it.

    The record is here as rows, `own` and `children`: models take three times as long from one process to another.
    `words` are those by which it is found, and `change` is what the journal will say if it is new.
    """

    row: int
    place: str
    own: records.Values
    children: records.Rows
    words: str
    change: Change
    stated: frozenset[str]
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What the enterprise is called."""
        name: str = self.own["name"]
        return name

    @property
    def number(self) -> str | None:
        """Its organisation number, if the row says one."""
        number: str | None = self.own["organisation_number"]
        return number

    @property
    def seat(self) -> str | None:
        """Area code of the seat's municipality, if the row says it."""
        seat: str | None = self.own["municipality"]
        return seat

    @property
    def data(self) -> EnterpriseCreate:
        """The record as it would be sent, made from its rows: what is compared with a record that is here already."""
        return EnterpriseCreate.model_validate(records.as_sent(records.assembled(self.own, self.children)))


def drafted(
    row: int,
    place: str,
    data: EnterpriseCreate,
    stated: frozenset[str],
    notes: tuple[str, ...],
    home: str,
    owner_id: str | None,
) -> Drafted:
    """Return a row ready to be written as a new record of the node `home`, under an id of its own."""
    own = records.new_values(data, home, owner_id)
    children = {table: rows for table, rows in records.child_rows(own["id"], data).items() if rows}
    change = journal.created(RECORD_TYPE, own["id"], home, records.payload(records.assembled(own, children)))
    return Drafted(row, place, own, children, words_of(records.searchable(data)), change, stated, notes)
