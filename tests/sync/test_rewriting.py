"""A copy that is here is changed where it differs, and ends up saying what it would say if it were written anew."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from app.core.db import Database
from app.journal import copies
from app.sync import applying
from app.sync.applying import Counts
from app.sync.canonical import canonical, hash_of
from app.sync.kinds import KINDS
from app.sync.vocabulary import Envelope
from tests.sync.copying import HOME, SORTS, forget, node, rows_of, said_by, shown

each_kind = pytest.mark.parametrize("record_type", list(KINDS))
# What only one record of a node may say.
_UNIQUE = ("organisation_number", "notice")
_TEXTS = ("name", "title", "summary", "description")
# What only ever grows, and what is written down with every change.
_GROWS = ("journal", "match_whereabouts", "match_waiting")


def saying(one: Envelope, seq: int, **changed: Any) -> Envelope:
    """Return a record with other words, under a later number."""
    payload = canonical(json.loads(one.payload) | changed)
    return one._replace(seq=seq, rev=one.rev + 1, payload=payload, hash=hash_of(payload))


def with_other_words(one: Envelope, seq: int) -> Envelope:
    said = json.loads(one.payload)
    return saying(one, seq, **{name: f"{said[name]} på nytt" for name in _TEXTS if said.get(name)})


def twin_of(one: Envelope) -> Envelope:
    said = json.loads(one.payload)
    other = saying(one, one.seq + 1, **{name: None for name in _UNIQUE if name in said})
    return other._replace(id="7f3d9a10-0000-4000-8000-000000000001")


def write(database: Database, page: Sequence[Envelope]) -> Counts:
    with database.writes() as session:
        copies.know(session, HOME)
        return applying.write(session, HOME.id, page)


@each_kind
def test_other_words_are_written_where_they_stand(
    record_type: str, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with node(tmp_path) as at_home:
        SORTS[record_type].write(at_home)
        (one,) = said_by(at_home)
    page = [one, twin_of(one)]
    assert write(database, page) == Counts(put=2)
    rows = rows_of(database, without=_GROWS)
    later = [with_other_words(one, 100 + place) for place, one in enumerate(page)]
    with monkeypatch.context() as patched:
        # Nothing that belongs to them is written.
        patched.setattr(KINDS[record_type].REPLICAS, "write", None)
        assert write(database, later) == Counts(put=2)
    assert rows_of(database, without=_GROWS) == rows
    changed = [shown(database, record_type, one.id) for one in later]
    assert "på nytt" in json.dumps(changed, ensure_ascii=False)
    with database.reads() as session:
        found = SORTS[record_type].search(session)
    forget(database, record_type, [one.id for one in later])
    with database.writes() as session:
        copies.copying(session)
        KINDS[record_type].REPLICAS.project(session, [applying.drafting.copy_of(one) for one in later])
    assert [shown(database, record_type, one.id) for one in later] == changed
    with database.reads() as session:
        assert SORTS[record_type].search(session) == found


@each_kind
def test_a_page_may_hold_all_there_is(record_type: str, database: Database, tmp_path: Path):
    with node(tmp_path) as at_home:
        record_id = SORTS[record_type].write(at_home)
        first = said_by(at_home)
        SORTS[record_type].change(at_home, record_id)
        last = [one for one in said_by(at_home) if one.id == record_id]
        expected = shown(at_home, record_type, record_id)
    one = first[0]
    kept, new = twin_of(one)._replace(id="7f3d9a10-0000-4000-8000-000000000002"), twin_of(one)
    assert write(database, [one, kept]) == Counts(put=2)
    page = [last[0]._replace(seq=one.seq + 50), with_other_words(kept, one.seq + 51), new._replace(seq=one.seq + 52)]
    assert write(database, page).quarantined == 0
    assert shown(database, record_type, record_id) == expected
    assert "på nytt" in json.dumps(shown(database, record_type, kept.id), ensure_ascii=False)
    assert shown(database, record_type, new.id)
