"""Each kind of record that travels: what a copy says, how it is found, replaced and forgotten; what stays at home."""

from pathlib import Path

import pytest

from app.core.db import Database
from app.core.errors import Conflict, InvalidContent, NotFound
from app.journal import copies
from app.journal import service as journal
from app.journal.vocabulary import Copy
from app.sync import envelopes
from app.sync.kinds import KINDS
from app.sync.vocabulary import Envelope
from tests.sync.copying import HOME, SORTS, carried, copy_of, forget, node, rows_of, said_by, shown, write

# What only ever grows: the journal, and the places in the index.
_GROWS = ("journal", "match_whereabouts")
each_kind = pytest.mark.parametrize("record_type", list(KINDS))


@each_kind
def test_a_copy_says_what_its_home_says_until_it_is_forgotten(record_type: str, database: Database, tmp_path: Path):
    sort = SORTS[record_type]
    with node(tmp_path) as at_home:
        before = rows_of(database, without=_GROWS)
        record_id = sort.write(at_home)
        carried(at_home, database)
        assert shown(database, record_type, record_id) == shown(at_home, record_type, record_id)
        with database.reads() as session:
            assert sort.search(session) == [record_id]
            assert {change.home for change in journal.entries(session, record_id)} == {HOME.id}
        sort.change(at_home, record_id)
        carried(at_home, database)
        said = shown(database, record_type, record_id)
        assert said == shown(at_home, record_type, record_id)
        with database.reads() as session:
            assert sort.search(session) == [record_id]
    forget(database, record_type, [record_id, "nobody"])
    assert rows_of(database, without=_GROWS) == before
    with database.reads() as session:
        assert sort.search(session) == []
        with pytest.raises(NotFound):
            sort.read(session, record_id)


@each_kind
def test_what_is_told_of_a_record_is_what_is_told_when_it_is_asked_for_anew(record_type: str, tmp_path: Path):
    with node(tmp_path) as at_home:
        SORTS[record_type].write(at_home)
        with at_home.reads() as session:
            assert KINDS[record_type].REPLICAS.own_ids(session, HOME.id)
            assert list(envelopes.unsaid(session, HOME.id)) == []


def test_an_instant_is_told_in_one_form_whoever_wrote_it(tmp_path: Path):
    kind = KINDS["opportunity"]
    with node(tmp_path) as at_home:
        record_id = SORTS["opportunity"].write(at_home)
        with at_home.reads() as session:
            ((_, said),) = kind.said(session, [record_id]).values()
        told = kind.published({**said, "deadline_at": "2030-12-20T23:59:00+01:00", "questions_until": None})
        assert told is not None
        assert (told["deadline_at"], told["questions_until"]) == ("2030-12-20T22:59:00Z", None)


@each_kind
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_what_a_newer_home_says_more_is_passed_over(record_type: str, database: Database, tmp_path: Path):
    with node(tmp_path) as at_home:
        record_id = SORTS[record_type].write(at_home)
        (envelope,) = said_by(at_home)
        more = {"new": {"field": 1}, "owner_id": "org-of-a-stranger", "hidden_at": "2026-01-01T00:00:00Z"}
        more |= {"visibility": "private"}
        write(database, record_type, [copy_of(envelope, **more)])
        assert shown(database, record_type, record_id) == shown(at_home, record_type, record_id)
    with database.reads() as session:
        read = SORTS[record_type].read(session, record_id)
        assert getattr(read, "owner_id", None) is None


@each_kind
def test_nobody_speaks_for_another_node(record_type: str, database: Database, tmp_path: Path):
    with node(tmp_path) as at_home:
        record_id = SORTS[record_type].write(at_home)
        (envelope,) = said_by(at_home)
        write(database, record_type, [copy_of(envelope)])
        before = shown(database, record_type, record_id)
        with pytest.raises(Conflict, match="belongs to a"):
            write(database, record_type, [_of("b", envelope)])
    forget_of("b", database, record_type, record_id)
    assert shown(database, record_type, record_id) == before


@pytest.mark.parametrize("record_type", ["need", "support_offer"])
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_no_home_takes_the_address_of_another_s_record(record_type: str, database: Database, tmp_path: Path):
    with node(tmp_path) as at_home:
        record_id = SORTS[record_type].write(at_home)
        (envelope,) = said_by(at_home)
    write(database, record_type, [copy_of(envelope, slug="another-5b0c1a6e")])
    slug = shown(database, record_type, record_id)["slug"]
    assert slug != "another-5b0c1a6e"
    assert slug.endswith(record_id[:8])


@each_kind
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_what_cannot_be_read_is_refused(record_type: str, database: Database, tmp_path: Path):
    with node(tmp_path) as at_home:
        SORTS[record_type].write(at_home)
        (envelope,) = said_by(at_home)
    with pytest.raises(InvalidContent):
        write(database, record_type, [copy_of(envelope, language="<b>")])
    with database.reads() as session:
        assert SORTS[record_type].search(session) == []


def _of(home: str, envelope: Envelope) -> Copy:
    """Return the same record as another node would say it."""
    return copy_of(envelope)._replace(home=home)


def forget_of(home: str, database: Database, record_type: str, record_id: str) -> None:
    """Let another node take a record back that is not its own."""
    with database.writes() as session:
        copies.copying(session)
        KINDS[record_type].REPLICAS.forget(session, home, [record_id])
