"""The needs of the reports: all of them, with no word left without a meaning, and found as people ask."""

import csv
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.core.db import Database
from app.demo import needs as demo_needs
from app.demo import service as demo
from app.demo.vocabulary import enterprise_id, is_example, need_id
from app.needs import service
from app.needs.schemas import NeedChoices, NeedCreate, NeedFilters
from app.needs.vocabulary import Status
from tests.engines import mostly_sqlite

NAMED = demo_needs.named_needs()
OF_SOURCE: dict[str, Callable[[NeedCreate], list[Any]]] = {
    "need_category_code": lambda one: one.categories,
    "support_area_code": lambda one: one.support_areas,
    "need_text": lambda one: [one.title],
    "holder": lambda one: [one.holder_name],
    "country": lambda one: [one.country],
    "source": lambda one: [one.source],
    "source_section": lambda one: [one.source_section],
}


def test_every_row_of_the_source_is_a_need_as_it_stands_there():
    file = Path(os.environ.get("SAMNOD_DATA_DIR", "../shared/data")) / "sources" / "needs.csv"
    if not file.is_file():
        pytest.skip("the folder of source data (SAMNOD_DATA_DIR) is absent")
    with file.open(encoding="utf-8", newline="") as lines:
        rows = {row.pop("id"): row for row in csv.DictReader(lines)}
    assert len(rows) == 56
    assert {key: {name: value for name, value in row.items() if value} for key, row in rows.items()} == (
        demo_needs._read("needs")
    )
    for key, row in rows.items():
        for name, said in OF_SOURCE.items():
            assert said(NAMED[key]) == ([row[name]] if row[name] else []), (key, name)
        assert str(NAMED[key].source_year) in row["source"], key
        assert NAMED[key].areas, key
        assert NAMED[key].sides, key


def test_every_meaning_is_used_and_a_word_without_one_is_a_fault():
    words, rows = demo_needs._read("need_words"), demo_needs._read("needs")
    for field in ("side", "country", "area", "source"):
        assert set(words[field]) == {row[field] for row in rows.values()}, field
        with pytest.raises(KeyError):
            demo_needs._named(rows["N001"] | {field: "något nytt"})
    with pytest.raises(KeyError):
        demo_needs._named(rows["N001"] | {"urgency_hint": "bråttom"})
    assert set(words["enterprise_of_holder"]) <= {row["holder"] for row in rows.values()}
    assert set(words["enterprise_of_holder"].values()) <= set(demo.named_enterprises())


@mostly_sqlite
def test_what_the_reports_need_is_found(with_demo: Database):
    with with_demo.reads() as session:

        def found(**asked: object) -> set[str]:
            return {one.id for one in service.search(session, NeedFilters.model_validate({"limit": 100} | asked))[0]}

        published = Counter(one.status for one in demo_needs.example_needs().values())[Status.PUBLISHED]
        assert service.counted(session, NeedChoices()).total == len(NAMED) + published
        assert found(words="rådgivning i Norrbotten") == {need_id("N001")}
        assert need_id("N006") in found(words="handledarutbildning i Norrbotten")
        assert found(side=["labour_market"]) == {need_id("N023"), need_id("N056")}
        assert found(enterprise_id=enterprise_id("E033")) == {need_id("N029")}
        linked = service.find(session, need_id("N030"))
        assert (linked.holder_name, linked.area_code, linked.language) == ("Butik Hjälpsam", "SE-2282", "en")
        assert service.find(session, need_id("N001")).language == "sv"
        assert is_example(service.find(session, need_id("exempel-styrelse")).source)
