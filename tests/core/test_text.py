"""Words made comparable."""

import pytest

from app.core.text import fold, sort_key, stems, tokens


@pytest.mark.parametrize(
    ("text", "folded"),
    [("Näring", "naring"), ("Næring", "naring"), ("ÅÄÖ æøå", "aao aoa"), ("Café", "cafe"), ("ß", "ss")],
)
def test_letters_are_folded(text: str, folded: str):
    assert fold(text) == folded


def test_words_are_letters_and_digits():
    assert tokens("Kök & café, 24/7: «Øst»") == ["kok", "cafe", "24", "7", "ost"]


@pytest.mark.parametrize(
    ("one", "other"), [("städning", "städningen"), ("næring", "näring"), ("skoler", "skolor"), ("Renhold", "renhold")]
)
def test_forms_of_a_word_share_their_stem(one: str, other: str):
    assert list(stems(one)) == list(stems(other))


def test_a_letter_in_two_parts_is_the_same_letter():
    assert list(stems("lokalva\u030ard")) == list(stems("lokalvård"))
    assert tokens("lokalva\u030ard") == tokens("lokalvård")


def test_names_sort_as_swedish_readers_expect():
    ordered = ["Abba", "Kök & Café", "Zebra", "Åsa", "Ähus", "Ære", "Äta", "Öst", "Øst"]
    assert sorted(set(ordered), key=lambda name: (sort_key(name), name)) == ordered


def test_signs_and_case_do_not_decide_the_order():
    assert sort_key("«Öst»") == sort_key("öst") == sort_key("Øst")
