"""A lease is given back with the end of its run, whoever is still waiting for a page."""

from pathlib import Path

import pytest

from app.sync import ahead
from app.sync.calling import Caller
from tests.engines import mostly_sqlite
from tests.sync.two_nodes import two_nodes


@mostly_sqlite
def test_a_page_that_is_still_asked_for_when_the_run_has_ended_keeps_no_lease(
    database_kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    callers: list[Caller] = []
    pages = ahead.pages

    def noted(caller: Caller, *asked):
        callers.append(caller)
        return pages(caller, *asked)

    monkeypatch.setattr(ahead, "pages", noted)
    with two_nodes(database_kind, tmp_path) as nodes:
        nodes.pull()
        callers[0].before_waiting()
        assert nodes.peer.held_until is None
