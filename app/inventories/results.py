"""What is read of closed rounds: results, comments, rounds side by side, and sums for other rooms.

All of it is read from what was published when the round closed, and no filter counts anew. Only comments are read from
the answers themselves: by who looks after the region, without who wrote them.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.accounts.vocabulary import Caller
from app.core.db import ReadSession, WriteSession
from app.core.errors import BadRequest, Conflict, FieldFault, Message
from app.core.i18n import N_
from app.inventories import publishing, queries, rounds
from app.inventories.schemas import (
    CellRead,
    CommentsOn,
    CommentsRead,
    ComparedQuestion,
    ComparedRow,
    Comparison,
    QuestionResult,
    ResultsRead,
    RowAnswered,
    RowNeeding,
)
from app.inventories.suppression import REST, SMALLEST
from app.inventories.tables import NeedsInventory
from app.inventories.vocabulary import PUBLIC, QuestionKind, Status

# What stands side by side when nobody says which.
_NEWEST = 2


@dataclass(frozen=True, slots=True)
class Needing:
    """How many answers of one round say that they need something, in one area.

    `needing` is None where it is hidden: fewer than five, or a number that would tell of fewer than five.
    """

    inventory_id: str
    category: str
    area: str
    needing: int | None
    answered: int


def results(session: ReadSession | WriteSession, inventory_id: str, by: Caller | None = None) -> ResultsRead:
    """Return what is published of a closed round.

    Raises:
        NotFound: there is no such round that the caller may know of.
        Conflict: it is not closed: nothing is published while answers are taken.
    """
    row = rounds.known(session, inventory_id, by)
    told = _published(row)
    asked = publishing.questions_of(row.own_questions)
    return ResultsRead(
        inventory=rounds.read(row),
        withheld=told["withheld"],
        rows_withheld=told["rows_withheld"],
        answered=told["answered"],
        rows=[RowAnswered(area=area or None, answered=n) for area, n in _in_order(told["rows"])],
        questions=[_question(one, told["questions"][one["key"]]) for one in asked if one["key"] in told["questions"]],
    )


def comments(session: ReadSession | WriteSession, inventory_id: str, *, by: Caller) -> CommentsRead:
    """Return what was written on questions that five or more answered, without who wrote it, in no order.

    Raises:
        NotFound: the caller looks after no such round.
        Conflict: it is not closed.
    """
    row = rounds.looked_after(session, inventory_id, by)
    if _published(row)["withheld"]:
        return CommentsRead(items=[])
    answered: Counter[str] = Counter()
    written: dict[str, list[str]] = {}
    for _, given, texts in session.execute(queries.answers(inventory_id)):
        answered.update({*given, *texts})
        for key, text in texts.items():
            written.setdefault(key, []).append(text)
    return CommentsRead(
        items=[
            CommentsOn(key=one["key"], text=one["text"], comments=_shuffled(one["key"], written[one["key"]]))
            for one in publishing.questions_of(row.own_questions)
            if one["key"] in written and answered[one["key"]] >= SMALLEST
        ]
    )


def compare(session: ReadSession | WriteSession, inventory_ids: Sequence[str] = ()) -> Comparison:
    """Return the ten categories of closed rounds side by side, in the order asked for; of none, the two newest.

    Only what each of them publishes is told: a row that one hides is hidden in all, and areas that not all of them have
    rows for are left out.

    Raises:
        BadRequest: the same round twice, or one that is not closed.
    """
    found = _chosen(session, inventory_ids)
    told_of = [_published(row) for row in found]
    areas = _shared(told_of)
    return Comparison(
        rounds=[rounds.read(row) for row in found],
        answered=[one["answered"] for one in told_of],
        questions=[_compared(one["key"], told_of, areas) for one in publishing.questions_of([])],
    )


def aggregate_by(
    session: ReadSession | WriteSession, *, categories: Sequence[str] = (), country: str | None = None
) -> list[Needing]:
    """Return how many need each category in each county and municipality, from the newest round that publishes it.

    What is hidden is None, and never 0. A round's own area stands for all its answers; its rows stand for their areas.
    Each area has one round for a category: rounds are never added up, and demo answers count as what they are.
    """
    newest: dict[tuple[str, str], Needing] = {}
    for row in session.execute(queries.published()).scalars():
        told = row.results or {}
        if not told.get("answered") or (country is not None and row.area_code[:2] != country):
            continue
        sums = {row.area_code: told["answered"], **told["rows"]}
        for key in categories or [one["key"] for one in publishing.questions_of([])]:
            for area, answered in sums.items():
                if not area or area[:2] != row.area_code[:2]:
                    continue
                number = _needing(told, key, None if area == row.area_code else area)
                newest.setdefault((key, area), Needing(row.id, key, area, number, answered))
    return sorted(newest.values(), key=lambda one: (one.category, one.area))


def _chosen(session: ReadSession | WriteSession, ids: Sequence[str]) -> list[NeedsInventory]:
    if not ids:
        return list(reversed(session.execute(queries.published().limit(_NEWEST)).scalars().all()))
    closed = {row.id: row for row in session.execute(queries.published()).scalars()}
    faults = [
        *([N_("the same round stands here twice")] if len(set(ids)) < len(ids) else []),
        *([N_("there is no closed round with this id")] if set(ids) - closed.keys() else []),
    ]
    if faults:
        told = [FieldFault("rounds", Message(fault)) for fault in faults]
        raise BadRequest(Message(N_("A parameter is wrong: see errors.")), told)
    return [closed[one] for one in ids]


def _shared(told_of: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the areas that all rounds have rows for."""
    rows = [one["rows"] for one in told_of]
    return [area for area, _ in _in_order(rows[0]) if area and all(area in one for one in rows)] if rows else []


def _compared(key: str, told_of: Sequence[Mapping[str, Any]], areas: Sequence[str]) -> ComparedQuestion:
    whole: list[str | None] = [None, *areas]
    return ComparedQuestion(
        key=key,
        rows=[
            ComparedRow(area=area, needing=_all_or_none([_needing(one, key, area) for one in told_of]))
            for area in whole
        ],
    )


def _published(row: NeedsInventory) -> dict[str, Any]:
    if row.status not in PUBLIC or row.results is None:
        told = N_("The round is {status}: nothing is published before it is closed.")
        raise Conflict(Message(told, status=Status(row.status).value))
    return row.results


def _question(asked: Mapping[str, Any], told: Mapping[str, Any]) -> QuestionResult:
    rows = _in_order(told["rows"])
    return QuestionResult(
        key=asked["key"],
        kind=QuestionKind(asked["kind"]),
        text=asked["text"],
        needing=told["needing"],
        cells=[CellRead(value=value, count=count) for value, count in told["cells"].items()],
        rows=[RowNeeding(area=area or None, needing=needing) for area, needing in rows],
    )


def _needing(told: Mapping[str, Any], key: str, area: str | None = None) -> int | None:
    """Return how many need something, in all or in one area; None when it is not published."""
    found = told["questions"].get(key)
    if found is None:
        return None
    number: int | None = found["needing"] if area is None else found["rows"].get(area)
    return number


def _all_or_none(numbers: list[int | None]) -> list[int | None]:
    return [None for _ in numbers] if None in numbers else numbers


def _in_order(rows: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return rows by their codes, with the rest last."""
    return sorted(rows.items(), key=lambda row: (row[0] == REST, row[0]))


def _shuffled(key: str, texts: Sequence[str]) -> list[str]:
    """Return texts in an order that tells nothing, and differs from question to question."""
    return sorted(texts, key=lambda text: hashlib.sha256(f"{key}:{text}".encode()).digest())
