"""The quality run: the fast scorer equals the plain one, and the figures are those of the definition."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from app.matching.plan import compile_plan
from app.matching.scoring import score_need
from app.matching.terms import document
from benchmarks import quality
from benchmarks.awards import lot_of, notices, plain_title, profiles, read
from benchmarks.baselines import Baselines
from benchmarks.index import Index
from benchmarks.metrics import Tally, ranks_of, spread, top

ROW = {
    "notice_id": "n1",
    "title": "Städning av Sundsvalls skolor",
    "cpv_main": "90910000",
    "region": "SE321",
    "buyer_id": "b1",
    "buyer_name": "SUNDSVALLS KOMMUN",
    "buyer_municipality": "2281",
    "country": "SE",
    "value": "100",
    "winner_id": "SE:a",
    "winner_name": "A",
    "winner_activity": "81210 Lokalvårdare",
    "winner_size": "Små företag",
}
TRAIN = [
    ROW,
    {**ROW, "notice_id": "n2", "title": "Lokalvård", "winner_id": "SE:b", "buyer_municipality": "", "region": "SE232"},
    {**ROW, "notice_id": "n3", "title": "Asfalt", "cpv_main": "45233000", "winner_id": "SE:c", "winner_activity": ""},
    {**ROW, "notice_id": "n4", "title": "Asfalt", "cpv_main": "45233000", "winner_id": "SE:c", "winner_activity": ""},
]
LATER = [
    {**ROW, "notice_id": "m1", "title": "Städtjänster", "winner_id": "SE:a"},
    {**ROW, "notice_id": "m2", "title": "Vägar", "cpv_main": "45233000", "winner_id": "SE:c"},
    {**ROW, "notice_id": "m3", "winner_id": "SE:unknown"},
]


def test_a_profile_holds_what_was_delivered_and_never_how_often() -> None:
    found = {profile.enterprise_id: profile for profile in profiles(TRAIN)}
    assert found["SE:a"].service_areas == ("SE-2281",)
    assert found["SE:b"].service_areas == ("SE-14",)
    assert found["SE:c"] == profiles(TRAIN[:3])[2]
    assert len(found["SE:c"].offerings) == 1


@pytest.mark.parametrize(
    ("title", "buyer", "plain"),
    [
        ("Städning av Sundsvalls skolor", "SUNDSVALLS KOMMUN", "Städning av skolor"),
        ("Konsult till Göteborg", "Göteborgs kommun", "Konsult till"),
        ("Asfalt", "REGION SKÅNE", "Asfalt"),
    ],
)
def test_the_buyers_name_leaves_the_title(title: str, buyer: str, plain: str) -> None:
    assert plain_title({"title": title, "buyer_name": buyer}) == plain


def test_the_fast_scorer_gives_the_plain_scorers_points() -> None:
    documents = [document(profile) for profile in profiles(TRAIN)]
    index = Index(documents)
    for notice in notices(LATER):
        plan = compile_plan(lot_of(notice))
        assert index.score(plan).tolist() == [score_need([plan], one).fine for one in documents]


def test_the_fast_scorer_gives_the_plain_scorers_points_on_real_notices() -> None:
    train, later = quality.data_file("awards_se_train.csv.gz"), quality.data_file("awards_se_dev.csv.gz")
    if not train.exists():
        pytest.skip("SAMNOD_DATA_DIR is absent")
    documents = [document(profile) for profile in profiles(read(train)[:400])]
    index = Index(documents)
    for notice in notices(read(later))[:400:40]:
        plan = compile_plan(lot_of(notice))
        assert index.score(plan).tolist() == [score_need([plan], one).fine for one in documents]


def test_ranks_count_the_better_and_the_ties_before() -> None:
    scores = np.array([5, 9, 5, 1, 5])
    assert ranks_of(scores, [0, 1, 3], lambda slot: f"{9 - slot}") == [3, 0, 4]


def test_the_list_shown_is_the_ten_best_with_ties_by_hash() -> None:
    scores = np.array([1] * 12 + [7])
    assert top(scores, lambda slot: f"{slot:02}") == [12, *range(9)]


def test_figures_are_shares_of_notices() -> None:
    tally = Tally()
    tally.add([0, 60], 2)
    tally.add([4], 1)
    tally.add([], 1)
    assert tally.figures() == {
        "notices": 3,
        "hit@1": 0.3333,
        "hit@5": 0.6667,
        "hit@10": 0.6667,
        "mrr": 0.4,
        "recall@50": 0.5,
    }


def test_spread_tells_how_few_get_how_much() -> None:
    assert spread(Counter({1: 6, 2: 2, 3: 2}), 100) == {"coverage": 0.03, "top_1_percent_share": 0.6}


def test_baselines_rank_by_what_their_names_say() -> None:
    ids = ["SE:a", "SE:b", "SE:c"]
    rankers = Baselines(TRAIN, ids).rankers()
    cleaning = notices(LATER)[0]
    assert len(set(rankers["random"](cleaning).tolist())) == 1
    assert int(rankers["popularity"](cleaning).argmax()) == 2
    assert int(rankers["CPV prefix"](cleaning).argmin()) == 2
    assert int(rankers["CPV prefix + region"](cleaning).argmax()) == 0
    assert [name for name in rankers if name in quality.WITH_BUYER_HISTORY] == ["… + title + buyer"]


def test_the_run_reports_three_groups_and_writes_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quality, "read", lambda path: TRAIN if path.name == "train" else LATER)
    report = quality.main(["--train", "train", "--dev", "dev", "--out", str(tmp_path / "q.json")])
    ours = report["rankings"][quality.PRODUCT]
    assert json.loads((tmp_path / "q.json").read_text("utf-8")) == report
    assert ours["known winner"]["notices"] == 2
    assert ours["known winner"]["hit@1"] == 1.0
    assert ours["all"]["notices"] == 3
    assert ours["cold start"]["notices"] == 1


def test_buyer_identity_reaches_no_plan() -> None:
    one, other = notices([LATER[0]])[0], notices([{**LATER[0], "buyer_id": "b9"}])[0]
    assert compile_plan(lot_of(one)) == compile_plan(lot_of(other))
