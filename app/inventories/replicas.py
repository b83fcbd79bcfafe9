"""Rounds that travel between nodes: what was published of those that are closed, never an answer or who was asked."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field
from sqlalchemy import select
from sqlmodel import col

from app.core.db import ReadSession, WriteSession
from app.core.errors import Message
from app.core.i18n import N_
from app.core.schema import Code, Instant, KeptLine, SchemaIn, Whole
from app.inventories import publishing, rounds
from app.inventories.schemas import InventoryCreate
from app.inventories.suppression import is_small
from app.inventories.tables import NeedsInventory
from app.inventories.vocabulary import OPEN_LEFT, PUBLIC, QuestionKind, Status, Withheld
from app.journal.replicas import Draft, Replicas, shown_as
from app.journal.vocabulary import Copy

RECORD_TYPE: Final = rounds.OBJECT
SCHEMA: Final = "needs_inventory/1.0"
# All that leaves the node of a round; `results` is what was counted, and suppressed, when it closed.
_PUBLISHED: Final = (
    *("status", "name", "summary", "language", "area_code", "side", "opens_on", "closes_on", "own_questions"),
    *("is_imported", "is_demo", "results", "opened_at", "closed_at"),
)


def _large(count: int) -> int:
    if is_small(count):
        raise ValueError(Message(N_("a count from one to four is told to nobody")))
    return count


_Count = Annotated[Whole, Field(ge=0), AfterValidator(_large)]


class _CopiedQuestion(SchemaIn):
    """What was published of one question."""

    needing: _Count | None = None
    cells: dict[KeptLine, _Count | None]
    rows: dict[Code, _Count | None]


class _CopiedResults(SchemaIn):
    """What was published of a round."""

    withheld: Withheld | None = None
    rows_withheld: Withheld | None = None
    answered: _Count | None = None
    rows: dict[Code, _Count]
    questions: dict[Code, _CopiedQuestion]


class _CopiedRound(InventoryCreate):
    """A round as its home publishes it: closed, with its results."""

    status: Annotated[Status, shown_as(PUBLIC)]
    is_imported: bool = False
    is_demo: bool = False
    results: _CopiedResults
    opened_at: Instant | None = None
    closed_at: Instant


def published(said: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what other nodes may know of a round; None for one that is not closed."""
    is_public = said["status"] in PUBLIC and said["results"] is not None
    # It was suppressed when the round closed. Should it ever not have been, it stays here.
    return {name: said[name] for name in _PUBLISHED} if is_public and not _tells_of_few(said["results"]) else None


def _tells_of_few(results: Any) -> bool:
    """Tell whether a count from one to four stands anywhere in what is published."""
    if isinstance(results, Mapping):
        return any(map(_tells_of_few, results.values()))
    return isinstance(results, int) and is_small(results)


def said(session: ReadSession | WriteSession, record_ids: Sequence[str]) -> dict[str, tuple[int, dict[str, Any]]]:
    """Return the `rev` of these rounds, drafts too, and what the journal would say of them now, by id."""
    rows = session.execute(select(NeedsInventory).where(col(NeedsInventory.id).in_(record_ids))).scalars()
    return {row.id: (row.rev, rounds.payload(row)) for row in rows}


def _draft(copy: Copy, data: _CopiedRound) -> Draft:
    return Draft({NeedsInventory: [_row(copy, data)]})


def _row(copy: Copy, data: _CopiedRound) -> dict[str, Any]:
    fixed = {"id": copy.id, "home": copy.home, "rev": copy.rev, "created_at": copy.at, "updated_at": copy.at}
    own = {name: getattr(data, name) for name in _PUBLISHED}
    asked = [one.model_dump(mode="json") for one in data.own_questions]
    return {**fixed, **own, "own_questions": asked, "results": _in_order(data.results.model_dump(mode="json"), asked)}


def _in_order(results: dict[str, Any], own_questions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return results with the choices of each question in the order in which it gives them: JSON has sorted them."""
    for asked in publishing.questions_of(own_questions):
        if asked["kind"] == QuestionKind.CHOICE and (told := results["questions"].get(asked["key"])):
            choices = [*asked["options"], OPEN_LEFT]
            told["cells"] = {one: told["cells"][one] for one in choices if one in told["cells"]}
    return results


def _as_then(session: WriteSession, record_id: str, data: _CopiedRound) -> None:
    """Remove again what was removed when the round was archived, and the backup has brought back."""
    if data.status is Status.ARCHIVED:
        rounds.forget_answers(session, record_id)


REPLICAS: Final = Replicas(RECORD_TYPE, _CopiedRound, _draft, [NeedsInventory], taken_back=_as_then)
