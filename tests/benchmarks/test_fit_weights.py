"""The shipped tables: what fitting counts, and what it never writes."""

from pathlib import Path

import pytest

from app.matching import weights
from benchmarks.awards import notices, profiles
from benchmarks.fit_weights import code_industries, code_rarity, fit, piece_rarity, title_hints
from tests.benchmarks.test_quality import ROW, TRAIN


def test_a_code_that_fewer_supply_is_rarer() -> None:
    rarity = dict(code_rarity(profiles(TRAIN)))
    assert rarity["45"] > rarity["90"]


def test_a_piece_must_be_held_by_several_suppliers() -> None:
    many = [{**ROW, "notice_id": f"n{n}", "winner_id": f"SE:{n}", "title": "Städning"} for n in range(4)]
    assert {piece for piece, _ in piece_rarity(profiles(many))} >= {"_sta", "ning"}
    assert piece_rarity(profiles(many[:2])) == []


def test_hints_say_what_titles_are_bought_under() -> None:
    many = [{**ROW, "notice_id": f"n{n}", "title": "Städning"} for n in range(5)]
    hints = {(piece, prefix): strength for piece, prefix, strength in title_hints(notices(many))}
    assert int(hints["_sta", "909"]) > 50


def test_industries_stand_out_where_they_are_common() -> None:
    rows = [{**ROW, "notice_id": f"n{n}", "winner_id": f"SE:{n}"} for n in range(6)]
    others = [
        {**ROW, "notice_id": f"o{n}", "winner_id": f"SE:o{n}", "cpv_main": "45233000", "winner_activity": "42110 Väg"}
        for n in range(30)
    ]
    found = {(prefix, industry) for prefix, industry, _ in code_industries(profiles(rows + others))}
    assert ("909", "81210") in found
    assert ("909", "42110") not in found


def test_the_same_rows_give_the_same_bytes_and_no_names(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    for folder in (first, second):
        folder.mkdir()
        fit(TRAIN, folder)
    for file in sorted(first.iterdir()):
        assert file.read_bytes() == (second / file.name).read_bytes()


@pytest.mark.parametrize(
    "table", [weights.code_rarity, weights.piece_rarity, weights.title_hints, weights.code_industries]
)
def test_every_table_is_shipped_and_holds_facts_only(table) -> None:  # type: ignore[no-untyped-def]  # four shapes
    assert len(table()) > 100
    assert not any(key.startswith(("SE:", "SE-")) for key in table())


def test_shipped_tables_are_small() -> None:
    assert sum(file.stat().st_size for file in weights.DATA.iterdir()) < 400_000
