"""An enterprise as terms."""

import pytest

from app.matching.profile import Offering
from app.matching.terms import LABEL_IMPACT, Document, document, industry_terms, trust_step
from tests.matching.examples import TODAY, profile, verified


@pytest.mark.parametrize(
    ("changes", "terms"),
    [
        ({"cpv": ("90911200",)}, {"c2:90", "c3:909", "c4:9091", "c5:90911", "c8:90911200"}),
        ({"cpv": ("45000000",)}, {"c2:45", "c8:45000000"}),
        ({"title": "Lokalvård"}, {"k:cleaning", "c2:90", "c4:9091"}),
        ({"service_areas": ("SE-22",)}, {"a:SE-22", "m:?"}),
        ({"municipality": "SE-2281"}, {"m:SE-2281", "a:?"}),
        ({"industry_codes": ("81210 Lokalvårdare",)}, {"i:81", "i:812", "i:8121", "i:81210"}),
        ({"turnover_band": "small"}, {"t:small", "e:?"}),
        ({"offerings": (Offering("o", "Platser", places_free=6),)}, {"p:1", "p:2", "p:5"}),
        ({"offerings": (Offering("o", "Platser", places_free=0),)}, set()),
        ({}, {"p:?", "q:?", "t:?", "e:?", "a:?", "m:?"}),
    ],
)
def test_a_profile_becomes_terms(changes: dict[str, object], terms: set[str]) -> None:
    assert terms <= set(document(profile(**changes)).terms)  # type: ignore[arg-type]  # a table of keyword arguments


def test_an_inferred_code_is_never_the_code_itself() -> None:
    read = document(profile(title="Lokalvård"))
    assert "c4:9091" in read.terms
    assert not read.codes
    assert not any(term.startswith(("c5:", "c8:")) for term in read.terms)


def test_repeating_an_offering_changes_nothing() -> None:
    once = Offering("a", "Städning", cpv=("90910000",))
    again = Offering("b", "Städning", cpv=("90910000",))
    assert document(profile(offerings=(once,))) == document(profile(offerings=(once, again)))


def test_a_long_text_has_weaker_words_and_does_not_weaken_another_offering() -> None:
    short = Offering("a", "Fönsterputsning")
    long = Offering("b", " ".join(f"ord{chr(97 + n)}{chr(97 + n * 7 % 26)}lång" for n in range(26)))
    alone = document(profile(offerings=(short,))).terms
    both = document(profile(offerings=(short, long))).terms
    pieces = {term for term in alone if term.startswith("g:")}
    assert all(both[term] >= alone[term] for term in pieces)
    assert min(impact for term, impact in both.items() if term.startswith("g:")) < max(alone[term] for term in pieces)


def test_labels_of_codes_fill_in_at_a_low_impact() -> None:
    terms = document(profile(title="Vi putsar", cpv=("90910000",))).terms
    assert terms["g:clea"] == LABEL_IMPACT
    assert terms["g:puts"] > LABEL_IMPACT


@pytest.mark.parametrize(
    ("criteria", "step"),
    [
        ({}, "?"),
        ({"a": "expired"}, "0"),
        ({"a": "declared"}, "0"),
        ({"a": "declared", "b": "declared"}, "1"),
        (dict.fromkeys("abcde", "declared"), "2"),
        (dict.fromkeys("abcd", "verified"), "4"),
        (dict.fromkeys("abcde", "verified"), "5"),
    ],
)
def test_trust_is_a_step(criteria: dict[str, str], step: str) -> None:
    assert trust_step(criteria) == step


def test_industry_codes_may_carry_dots_and_labels() -> None:
    assert industry_terms("81.210 Lokalvård") == ("i:81", "i:812", "i:8121", "i:81210")


def test_bytes_give_the_same_document_back() -> None:
    written = document(profile(title="Städning", cpv=("90910000",), eligibility={"res-ws": verified(TODAY)}))
    assert Document.from_bytes(written.to_bytes()) == written
    assert Document.from_bytes(written.to_bytes()).to_bytes() == written.to_bytes()
