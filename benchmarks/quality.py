"""How well the product's scorer finds the winners of real notices, beside simple baselines in the same run.

    python -m benchmarks.quality [--train FILE] [--dev FILE] [--out FILE]

Profiles are built from the training file, one per winner; the unit of the other file is the notice; candidates are all
winners of the training file; relevant is any winner of the notice. The product's rows use its public functions
(`document`, `compile_plan`) over posting lists that `tests/benchmarks` holds equal to `score_need`. Neither buyer id,
buyer name nor any count of awards reaches them, and the buyer's name is stripped from titles. Ties fall by the
product's neutral hash for everybody.
"""

import argparse
import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from app.matching.plan import compile_plan
from app.matching.profile import Need
from app.matching.scoring import request_hash, tie_key
from app.matching.terms import document
from app.matching.vocabulary import SCORER_VERSION
from benchmarks.awards import Notice, Row, lot_of, notices, profiles, read
from benchmarks.baselines import Baselines, Ranker
from benchmarks.index import Index
from benchmarks.metrics import Tally, ranks_of, spread, top

PRODUCT = "Samnod"
RESULT = Path(__file__).parent / "results" / "quality.json"
GROUPS = ("known winner", "cold start", "all")
WITH_BUYER_HISTORY = frozenset({"… + title + buyer"})


@dataclass(slots=True)
class Outcome:
    """One ranking's tallies by group of notices, and what it showed on notices with a known winner."""

    tallies: dict[str, Tally] = field(default_factory=lambda: {group: Tally() for group in GROUPS})
    shown: Counter[int] = field(default_factory=Counter)


def measure(train: Sequence[Row], later: Sequence[Row]) -> dict[str, Any]:
    """Return the figures of the product and of every baseline on the notices of `later`."""
    index = Index([document(profile) for profile in profiles(train)])
    rankers: dict[str, Ranker] = {
        **Baselines(train, index.ids).rankers(),
        PRODUCT: lambda notice: index.score(compile_plan(lot_of(notice))),
    }
    slots = {winner: slot for slot, winner in enumerate(index.ids)}
    thin = {winner for winner, count in Counter(row["winner_id"] for row in train).items() if count == 1}
    outcomes = {name: Outcome() for name in rankers}
    for notice in notices(later):
        known = sorted(slots[winner] for winner in notice.winners if winner in slots)
        groups = groups_of(notice, bool(known), thin)
        for name, ranker in rankers.items():
            _judge(outcomes[name], notice, ranker, known, groups, index.ids)
    return _report(outcomes, len(index.ids))


def groups_of(notice: Notice, known: bool, thin: set[str]) -> tuple[str, ...]:
    """Return the groups a notice counts in: cold start when every winner has one award in train, or none."""
    cold = known and all(winner in thin for winner in notice.winners)
    return (*(("known winner",) if known else ()), *(("cold start",) if cold else ()), "all")


def _judge(
    outcome: Outcome, notice: Notice, ranker: Ranker, known: list[int], groups: tuple[str, ...], ids: Sequence[str]
) -> None:
    """Count one notice for one ranking."""
    ranks: list[int] = []
    if known:
        scores = ranker(notice)
        request = request_hash(Need((lot_of(notice),)))

        @cache
        def tie(slot: int) -> str:
            return tie_key(request, ids[slot])

        ranks = ranks_of(scores, known, tie)
        outcome.shown.update(top(scores, tie))
    for group in groups:
        outcome.tallies[group].add(ranks, len(notice.winners) if group == "all" else len(known))


def _report(outcomes: dict[str, Outcome], candidates: int) -> dict[str, Any]:
    """Return everything measured, ready for JSON."""
    return {
        "scorer_version": SCORER_VERSION,
        "candidates": candidates,
        "rankings": {
            name: {
                "uses_buyer_history": name in WITH_BUYER_HISTORY,
                **{group: tally.figures() for group, tally in outcome.tallies.items()},
                **spread(outcome.shown, candidates),
            }
            for name, outcome in outcomes.items()
        },
    }


def show(report: dict[str, Any]) -> None:
    """Print one table per group of notices."""
    for group in GROUPS:
        rankings = report["rankings"].items()
        count = next(iter(report["rankings"].values()))[group]["notices"]
        table = Table(title=f"{group}: {count:,} notices, {report['candidates']:,} candidates")
        table.add_column("ranking")
        columns = [name for name in next(iter(report["rankings"].values()))[group] if name != "notices"]
        spread_columns = ["coverage", "top_1_percent_share"] if group == "known winner" else []
        for name in (*columns, *spread_columns):
            table.add_column(name, justify="right")
        for name, figures in rankings:
            cells = [*(figures[group][column] for column in columns), *(figures[column] for column in spread_columns)]
            table.add_row(name, *(f"{cell:.3f}" for cell in cells))
        Console(width=120).print(table)


def data_file(name: str) -> Path:
    """Return a file of the award data under SAMNOD_DATA_DIR."""
    return Path(os.environ.get("SAMNOD_DATA_DIR", "../shared/data")) / "awards" / name


def main(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    """Measure, print, write JSON, and return the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=Path, default=data_file("awards_se_train.csv.gz"))
    parser.add_argument("--dev", type=Path, default=data_file("awards_se_dev.csv.gz"))
    parser.add_argument("--out", type=Path, default=RESULT)
    chosen = parser.parse_args(arguments)
    report = measure(read(chosen.train), read(chosen.dev))
    show(report)
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    chosen.out.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return report


if __name__ == "__main__":
    main()
