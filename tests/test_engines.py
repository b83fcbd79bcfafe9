"""A test that is put aside is one whose other half runs: nothing disappears."""

from pathlib import Path
from typing import Any

import pytest

from tests import engines


class Collected:
    """What is asked of a collected test."""

    def __init__(self, file: str, name: str) -> None:
        self.path, self.name, self.nodeid = Path(file), name, f"{file}::{name}"
        self.marks: list[str] = []

    def add_marker(self, mark: Any) -> None:
        self.marks.append(mark.name)

    def get_closest_marker(self, name: str) -> str | None:
        return name if name in self.marks else None


def marks_of(*names: str, file: str = "tests/x/test_service.py") -> dict[str, list[str]]:
    items: list[Any] = [Collected(file, name) for name in names]
    engines.put_twins_aside(items)
    return {item.name: item.marks for item in items}


def test_with_every_commit_another_quarter_of_the_twins_has_its_turn():
    names = [f"tests/x/test_service.py::test_{number}[postgresql]" for number in range(300)]
    turns = [{name for name in names if engines.is_its_turn(name, seed)} for seed in ("one", "two")]
    assert all(50 < len(turn) < 110 for turn in turns)
    assert turns[0] != turns[1]
    assert turns[0] == {name for name in names if engines.is_its_turn(name, "one")}


@pytest.mark.parametrize("has_its_turn", [True, False])
def test_only_a_twin_is_put_aside(monkeypatch: pytest.MonkeyPatch, has_its_turn: bool):
    monkeypatch.setattr(engines, "is_its_turn", lambda *_: has_its_turn)
    assert marks_of("test_a[sqlite]", "test_a[postgresql]", "test_alone[postgresql]", "test_b") == {
        "test_a[sqlite]": [],
        "test_a[postgresql]": [] if has_its_turn else ["deep", "twin"],
        "test_alone[postgresql]": [],
        "test_b": [],
    }
    through_routes = marks_of("test_a[sqlite]", "test_a[postgresql]", file="tests/x/test_routes.py")
    assert through_routes["test_a[postgresql]"] == ["deep", "twin"]


@pytest.mark.parametrize("has_its_turn", [True, False])
def test_one_of_hundreds_takes_turns(monkeypatch: pytest.MonkeyPatch, has_its_turn: bool):
    monkeypatch.setattr(engines, "is_its_turn", lambda *_: has_its_turn)
    one: Any = Collected("tests/x/test_all.py", "test_each[GET /x]")
    one.marks.append("turns")
    engines.put_twins_aside([one])
    assert one.marks == ["turns", *([] if has_its_turn else ["deep", "twin"])]


def test_two_faults_of_nodes_are_drawn_for_a_day_and_every_one_has_its_day():
    def drawn(day: str) -> set[str]:
        items: list[Any] = [Collected("tests/sync/test_faults_of_nodes.py", f"test_{number}") for number in range(12)]
        for item in items:
            item.marks.append("fault")
        items[0].marks.append("deep")
        engines.draw_faults(items, day)
        assert items[0].marks == ["fault", "deep"]
        return {item.name for item in items if "deep" not in item.marks}

    days = [drawn(f"2026-11-{day:02}") for day in range(1, 31)]
    assert {len(names) for names in days} == {2}
    assert set.union(*days) == {f"test_{number}" for number in range(1, 12)}
    assert drawn("2026-11-01") == days[0]


def test_the_longest_files_begin():
    items: list[Any] = [Collected(f"tests/{name}.py", "test") for name in ("test_a", "test_b_browser", "test_c")]
    engines.long_ones_first(items)
    assert [item.path.stem for item in items] == ["test_b_browser", "test_a", "test_c"]
