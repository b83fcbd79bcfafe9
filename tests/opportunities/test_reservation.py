"""Three separate pieces of evidence: the flag, the words of the title, the code."""

import pytest

from app.opportunities.reservation import reservation_evidence


@pytest.mark.parametrize(
    ("flag", "title", "cpv", "gates"),
    [
        (["res-ws"], "Städning av skolor", ["90910000"], True),
        (["res-ws"], "Anlegg for gjenvinning av overskuddsmasser", ["45000000", "90500000"], False),
        (["res-ws"], "Reserverad upphandling av anläggningsarbete", ["45000000"], True),
        (["res-ws"], "Programvara", ["48000000"], False),
        (["res-ws"], "Programvara", [], False),
        (["res-pub-ser"], "Daglig verksamhet", ["85312100"], True),
        (["res-pub-ser"], "Städning", ["90910000"], False),
        (["res-pub-ser", "res-ws"], "Städning", ["90910000"], True),
        (["none"], "Reserverad upphandling av städning", ["90910000"], False),
        ([], "Reserverad upphandling av städning", ["90910000"], False),
    ],
)
def test_a_flag_gates_only_with_a_second_witness(flag: list[str], title: str, cpv: list[str], gates: bool):
    assert reservation_evidence(flag, title, cpv).gates is gates


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("RESERVERAT kontrakt för städning", ("reserverat",)),
        ("Reservert konkurranse: renhold", ("reservert",)),
        ("Reserved contract for laundry", ("reserved",)),
        ("Matservering av sociala företag", ("sociala foretag",)),
        ("Tjenester fra vekstbedrifter", ("vekstbedrifter",)),
        ("Vård, idéburna aktörer", ("ideburna",)),
        ("Reservdelar till bussar", ()),
        ("Reservkraft och reservasjon", ()),
        ("Städning", ()),
    ],
)
def test_the_title_speaks_in_three_languages(title: str, words: tuple[str, ...]):
    assert reservation_evidence([], title, []).title == words


def test_the_three_are_shown_apart():
    found = reservation_evidence(["res-ws", "res-pub-ser"], "Reserverad städning", ["90910000"])
    assert (found.flag, found.title, found.cpv) == (("res-ws", "res-pub-ser"), ("reserverad",), ("res-ws",))
