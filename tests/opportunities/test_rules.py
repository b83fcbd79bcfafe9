"""The table of an opportunity's life, winners that may be named, and bands of value."""

import pytest

from app.opportunities.rules import ENDED, TRANSITIONS, band_of, legal_person, possible_verbs
from app.opportunities.vocabulary import Status, ValueBand, Verb

D, P, C, A, X = Status.DRAFT, Status.PUBLISHED, Status.CLOSED, Status.AWARDED, Status.CANCELLED
# Every verb in every state: where it leads, "gone", or "no".
LIFE: dict[Verb, dict[Status, Status | str]] = {
    Verb.PUBLISH: {D: P, P: "no", C: "no", A: "no", X: "no"},
    Verb.CHANGE: {D: D, P: P, C: C, A: "no", X: "no"},
    Verb.CLOSE: {D: "no", P: C, C: "no", A: "no", X: "no"},
    Verb.AWARD: {D: "no", P: "no", C: A, A: A, X: "no"},
    Verb.RESULT: {D: "no", P: A, C: A, A: A, X: "no"},
    Verb.CANCEL: {D: "no", P: X, C: X, A: "no", X: "no"},
    Verb.REMOVE: {D: "gone", P: "no", C: "no", A: "no", X: "gone"},
}


def test_every_verb_in_every_state():
    assert set(LIFE) == set(TRANSITIONS) == set(Verb)
    for verb, states in LIFE.items():
        assert set(states) == set(Status)
        allowed = {state: target for state, target in states.items() if target != "no"}
        assert {state: target or "gone" for state, target in TRANSITIONS[verb].items()} == allowed, verb


def test_each_step_but_a_change_leads_to_one_state():
    targets = {verb: set(TRANSITIONS[verb].values()) for verb in Verb if verb not in (Verb.CHANGE, Verb.REMOVE)}
    assert {verb: len(states) for verb, states in targets.items()} == dict.fromkeys(targets, 1)


def test_every_state_is_reached_and_the_ended_ones_are_not_left():
    reached = {target for states in TRANSITIONS.values() for state, target in states.items() if state is not target}
    assert reached - {None} == set(Status) - {D}
    for verb in (Verb.PUBLISH, Verb.CHANGE, Verb.CLOSE, Verb.CANCEL):
        assert not ENDED & set(TRANSITIONS[verb])


def test_what_is_said_to_be_possible_is():
    told = {state: possible_verbs(state) for state in Status}
    assert told == {
        D: [Verb.PUBLISH, Verb.CHANGE, Verb.REMOVE],
        P: [Verb.CHANGE, Verb.CLOSE, Verb.CANCEL],
        C: [Verb.CHANGE, Verb.AWARD, Verb.CANCEL],
        A: [Verb.AWARD],
        X: [Verb.REMOVE],
    }


@pytest.mark.parametrize(
    ("amount", "band"),
    [
        (0, ValueBand.UNDER_100K),
        (99_999, ValueBand.UNDER_100K),
        (100_000, ValueBand.TO_500K),
        (500_000, ValueBand.TO_1M),
        (1_000_000, ValueBand.TO_5M),
        (4_999_999, ValueBand.TO_5M),
        (5_000_000, ValueBand.TO_10M),
        (10_000_000, ValueBand.TO_50M),
        (50_000_000, ValueBand.TO_100M),
        (100_000_000, ValueBand.FROM_100M),
        (9_999_999_999_999, ValueBand.FROM_100M),
    ],
)
def test_a_band_holds_its_lower_limit(amount: int, band: ValueBand):
    assert band_of(amount * 100) is band


@pytest.mark.parametrize(
    "name",
    [
        "Exempel Städkompaniet",
        "Karl Nilsson Åkeri AB",
        "AB Karl Hedin",
        "Anders Svensson Bygg Aktiebolag",
        "Svenssons Måleri HB",
        "Anna Andersson Konsult Ek. för.",
        "Ole Hansen Transport AS",
        "Kari Nordmann A/S",
        "Maria Stiftelsen",
        "Stiftelsen Erik Johansson",
        "Karin Larsson Holding AB (publ)",
        "Samvirkeforetaket Fjell",
    ],
)
def test_a_legal_person_is_named(name: str):
    assert legal_person(name) == name


@pytest.mark.parametrize("name", ["Anna Andersson", "Erik Svensson Städ", "Ole Hansen ENK", "Kari Nordmann Renhold"])
def test_what_seems_to_be_a_person_is_not(name: str):
    with pytest.raises(ValueError, match="person's name"):
        legal_person(name)
