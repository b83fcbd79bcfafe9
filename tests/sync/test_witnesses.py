"""What peers say of a node's own records is taken when two of them say it, or one that the operator believes."""

import pytest

from app.sync.witnesses import Claim, Witness, judge

KEY = ("need", "1")
OLD = Claim(2, 20, "PUT", "old")
NEW = Claim(3, 30, "PUT", "new")
GONE = Claim(4, 40, "DELETE", "")


def heard(**claims: Claim | None) -> list[Witness]:
    return [Witness(peer, claims={KEY: claim} if claim else {}) for peer, claim in claims.items()]


@pytest.mark.parametrize(
    ("said", "believed", "taken", "alone"),
    [
        ({"a": NEW, "b": NEW}, [], NEW, None),
        ({"a": NEW, "b": NEW._replace(seq=31)}, [], NEW, None),
        ({"a": NEW}, [], None, "a"),
        ({"a": NEW, "b": None}, [], None, "a"),
        ({"a": NEW, "b": NEW._replace(hash="other")}, [], None, "b"),
        ({"a": NEW, "b": NEW, "c": GONE}, [], NEW, "c"),
        ({"a": NEW, "b": OLD}, ["b"], OLD, "a"),
        ({"a": NEW, "b": OLD}, ["a", "b"], NEW, None),
        ({"a": OLD, "b": OLD, "c": GONE}, ["c"], GONE, None),
        ({"a": NEW, "b": GONE}, ["nobody"], None, "b"),
    ],
)
def test_two_agree_or_one_is_believed(
    said: dict[str, Claim | None], believed: list[str], taken: Claim | None, alone: str | None
):
    judged = judge(heard(**said), believed)
    assert (judged.taken.get(KEY), judged.alone.get(KEY)) == (taken, alone)
