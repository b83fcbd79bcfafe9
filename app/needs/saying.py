"""What each published need states, in memory: sums over all of them are asked for again and again.

Each process reads the needs once and then follows the journal, in the question's own transaction, as the support offers
do (decision 26): what has changed since is read anew before a question is answered.
"""

import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from sqlalchemy import select
from sqlalchemy.engine import Engine

from app.core.db import ReadSession
from app.journal import service as journal
from app.journal.kept import engine_of
from app.needs import queries
from app.needs.vocabulary import RECORD_TYPE, TermKind

_MOST_FOLLOWED = 500


@dataclass(frozen=True, slots=True)
class Said:
    """What one published need states: its categories, areas and whose it is."""

    categories: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()
    sides: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Known:
    number: int
    said: Mapping[str, Said]


_known: WeakKeyDictionary[Engine, _Known] = WeakKeyDictionary()
_reading = threading.Lock()


def stated(session: ReadSession) -> Mapping[str, Said]:
    """Return what each published need states, by its id, as of what this session sees."""
    last: int = session.execute(select(journal.last_number())).scalar_one()
    engine = engine_of(session)
    with _reading:
        known = _known.get(engine)
        if known is not None and known.number == last:
            return known.said
        # A smaller number: this session sees an older moment, or the database has been put back.
        said = _read(session, None) if known is None or known.number > last else _followed(session, known)
        if known is None or known.number < last:
            _known[engine] = _Known(last, said)
        return said


def _followed(session: ReadSession, known: _Known) -> Mapping[str, Said]:
    changed = journal.changed_since(session, RECORD_TYPE, known.number)
    if len(changed) > _MOST_FOLLOWED:
        return _read(session, None)
    if not changed:
        return known.said
    return {one: said for one, said in known.said.items() if one not in changed} | _read(session, changed)


def _read(session: ReadSession, ids: Collection[str] | None) -> dict[str, Said]:
    found: dict[str, dict[str | None, set[str]]] = {}
    for need_id, kind, code in session.connection().execute(queries.stated(ids)):
        found.setdefault(need_id, {}).setdefault(kind, set()).add(code)
    return {one: _said(kinds) for one, kinds in found.items()}


def _said(kinds: Mapping[str | None, set[str]]) -> Said:
    own = (frozenset(kinds.get(kind.value, ())) for kind in (TermKind.CATEGORY, TermKind.AREA, TermKind.SIDE))
    return Said(*own)
