"""A round is counted once, when it closes: what may be published is written into it, and all else reads only that."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import update
from sqlmodel import col

from app.core.db import WriteSession
from app.inventories import queries, suppression
from app.inventories.rules import area_in
from app.inventories.tables import InventoryAnswer, NeedsInventory
from app.inventories.vocabulary import (
    LEVELS,
    NEED_LIST,
    NEEDING,
    NOT_ASKED,
    OPEN_LEFT,
    QuestionKind,
    Withheld,
)
from app.reference import service as reference

Given = tuple[str, Mapping[str, Any]]


def questions_of(own: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return all that a round asks: the ten categories, and its own questions by number (`q1`, `q2` …)."""
    listed = [one.code for one in reference.codes(NEED_LIST) if one.code not in NOT_ASKED]
    asked = [{"key": code, "kind": QuestionKind.SCALE.value, "text": "", "options": []} for code in listed]
    return asked + [{"key": f"q{number}", **one} for number, one in enumerate(own, start=1)]


def publish(session: WriteSession, row: NeedsInventory) -> None:
    """Count a round that has just been closed, write what may be published into it, and forget whose each answer is."""
    session.flush()
    found = [(area_in(area, row.area_code), given) for area, given, _ in session.execute(queries.answers(row.id))]
    whole, by_row = _alike(session, row, found)
    row.results = counted(found, questions_of(row.own_questions), withheld=whole, rows_withheld=by_row)
    own = col(InventoryAnswer.inventory_id) == row.id
    session.connection().execute(update(InventoryAnswer).where(own).values(invitation_id=None))
    session.flush()


def counted(
    found: list[Given], questions: Iterable[Mapping[str, Any]], *, withheld: bool = False, rows_withheld: bool = False
) -> dict[str, Any]:
    """Return what is published of answers: each its area and what it says by question.

    `withheld` and `rows_withheld` say that an earlier round was answered by nearly the same.
    """
    if len(found) < suppression.SMALLEST or withheld:
        why = Withheld.FEW if len(found) < suppression.SMALLEST else Withheld.ALIKE
        return {"withheld": why.value, "rows_withheld": None, "answered": None, "rows": {}, "questions": {}}
    rows = {} if rows_withheld else _rows(found)
    return {
        "withheld": None,
        "rows_withheld": Withheld.ALIKE.value if rows_withheld else None,
        "answered": len(found),
        "rows": rows,
        "questions": {one["key"]: _question(one, found, rows) for one in questions if one["kind"] != QuestionKind.TEXT},
    }


def _rows(found: Iterable[Given]) -> dict[str, int]:
    return suppression.rows(Counter(area for area, _ in found))


def _question(asked: Mapping[str, Any], found: list[Given], rows: Mapping[str, int]) -> dict[str, Any]:
    """Return the cells of one question, what needs it in all, and by row."""
    key = asked["key"]
    said = Counter(str(given.get(key, OPEN_LEFT)) for _, given in found)
    if asked["kind"] == QuestionKind.CHOICE:
        cells = suppression.line({option: said[option] for option in [*asked["options"], OPEN_LEFT]})
        return {"needing": None, "cells": cells, "rows": {}}
    levels = {level: said[level] for level in [*map(str, LEVELS), OPEN_LEFT]}
    needing = Counter(suppression.row_of(area, rows) for area, given in found if given.get(key) in NEEDING and rows)
    told = suppression.scale(levels, {str(level) for level in NEEDING}, rows, needing)
    return {"needing": told.needing, "cells": dict(told.levels), "rows": dict(told.by_row)}


def _alike(session: WriteSession, row: NeedsInventory, found: list[Given]) -> tuple[bool, bool]:
    """Tell whether an earlier round of which something is published was answered by nearly the same: whole, by row."""
    ours = _answerers(session, row, _rows(found))
    whole, by_row = False, False
    for other in session.execute(queries.published()).scalars().all() if ours else []:
        results = other.results or {}
        theirs = _answerers(session, other, results.get("rows", {})) if results.get("answered") else {}
        if other.id != row.id and theirs:
            alike = suppression.too_alike(ours, theirs)
            whole, by_row = whole or alike[0], by_row or alike[1]
    return whole, by_row


def _answerers(session: WriteSession, row: NeedsInventory, rows: Mapping[str, int]) -> dict[str, set[str]]:
    """Return who answered a round, by row; of an import that is not known, and nothing is compared with it."""
    found: dict[str, set[str]] = {}
    for one in session.execute(queries.answerers(row.id)).scalars():
        lying = suppression.row_of(area_in(one.area_code, row.area_code), rows)
        found.setdefault(lying, set()).add(one.receiver)
    return found
