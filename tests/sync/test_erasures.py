"""What is taken away for good stands in a ledger beside the database, once it is committed and never before."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette

from app import sync_jobs
from app.core.clock import now
from app.core.db import Database, after_commit, rehearse
from app.journal import copies
from app.journal import service as journal
from app.journal.vocabulary import Change
from app.organizations import service as organizations
from app.settings import Settings
from app.sync import erasures
from app.wiring import wire
from app.worker import Context
from tests.engines import mostly_sqlite
from tests.mail.letters import SENDER
from tests.sync.peering import organization, removed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "beside"


@pytest.fixture
def node(database_url: str, folder: Path) -> Iterator[Database]:
    wire()
    node = Database(database_url, beside=folder)
    yield node
    node.close()


def erased(folder: Path) -> list[tuple[str, str, str, int]]:
    return [(one.home, one.type, one.id, one.rev) for one in erasures.read(folder)]


def remove_and_fail(node: Database, removal: Change) -> None:
    with node.writes() as session:
        journal.record(session, removal)
        raise RuntimeError


def fail_before_the_commit(node: Database, tell: Callable[[], None]) -> None:
    def fail(_session: object) -> None:
        raise RuntimeError

    with node.writes() as session:
        after_commit(session, tell)
        session.info["before_commit"] = [fail]


def test_what_is_taken_away_is_written_down_and_what_is_hidden_is_not(node: Database, folder: Path):
    first, second = organization(node), organization(node, "Två")
    organization(node, "Två", visibility="private", record_id=second)
    with node.writes() as session:
        # As a nightly check tells it that finds a record hidden by a write that went round the journal.
        journal.restate(session, journal.removed("organization", second, "norr", 3, {}))
    assert erased(folder) == []
    with node.reads() as session:
        assert erasures.missing(session, folder, "norr") == []
    removed(node, first)
    removed_again = organization(node, "Tre")
    removed(node, removed_again)
    assert erased(folder) == [("norr", "organization", first, 2), ("norr", "organization", removed_again, 2)]
    assert (folder / erasures.FILE).stat().st_mode & 0o077 == 0
    assert b"Exempelkommun" not in (folder / erasures.FILE).read_bytes()


@mostly_sqlite
def test_what_is_rolled_back_or_only_rehearsed_is_not_erased(node: Database, folder: Path):
    record_id = organization(node)
    removal = journal.removed("organization", record_id, "norr", 2, {})
    with pytest.raises(RuntimeError):
        remove_and_fail(node, removal)
    with node.writes() as session:
        journal.record(session, removal)
        rehearse(session)
    assert erased(folder) == []


@mostly_sqlite
def test_a_commit_that_fails_tells_nobody(node: Database):
    told: list[str] = []
    with pytest.raises(RuntimeError):
        fail_before_the_commit(node, lambda: told.append("failed"))
    with node.writes() as session:
        after_commit(session, lambda: told.append("rehearsed"))
        rehearse(session)
    with node.writes() as session:
        after_commit(session, lambda: told.append("committed"))
        assert told == []
    assert told == ["committed"]


@mostly_sqlite
def test_copies_are_no_matter_of_ours(node: Database, folder: Path):
    with node.writes() as session:
        copies.copying(session)
        journal.record(session, journal.removed("organization", "theirs", "sodra", 2, {}))
    assert erased(folder) == []


@mostly_sqlite
def test_a_ledger_that_cannot_be_written_undoes_nothing_and_is_completed_later(
    node: Database, folder: Path, caplog: pytest.LogCaptureFixture
):
    first, second = organization(node), organization(node, "Två")
    removed(node, first)
    folder.joinpath(erasures.FILE).rename(folder / "aside")
    folder.joinpath(erasures.FILE).mkdir()
    removed(node, second)
    assert "samnod sync erasures" in caplog.text
    with node.reads() as session:
        assert not organizations.exists(session, second)
        folder.joinpath(erasures.FILE).rmdir()
        folder.joinpath("aside").rename(folder / erasures.FILE)
        assert [one.id for one in erasures.missing(session, folder, "norr")] == [second]
    sync_jobs.tell_own_anew(Context(node, b"secret", "norr", SENDER, None, "holder", now(), lambda: False))
    with node.reads() as session:
        assert erasures.complete(session, folder, "norr") == 0
    assert [one[2] for one in erased(folder)] == [first, second]


def test_a_line_that_was_cut_short_is_passed_over(tmp_path: Path):
    whole = erasures.Erasure("2026-11-22T12:00:00+00:00", "norr", "organization", "one", 2)
    erasures.append(tmp_path, [whole])
    with (tmp_path / erasures.FILE).open("ab") as file:
        file.write(b'{"at":"2026-11-22T12\n[]\n{"at":')
    erasures.append(tmp_path, [whole])
    assert list(erasures.read(tmp_path)) == [whole, whole]
    assert list(erasures.read(tmp_path / "nowhere")) == []


@mostly_sqlite
def test_the_server_keeps_its_ledger_in_its_own_folder(app: Starlette, settings: Settings):
    database: Database = app.state.database
    record_id = organization(database)
    removed(database, record_id)
    assert [one[2] for one in erased(settings.var_dir)] == [record_id]
    database.close()
