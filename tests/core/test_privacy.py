"""Nothing about a person is kept: personal numbers and addresses that name somebody."""

import pytest
from pydantic import TypeAdapter, ValidationError

from app.core.privacy import holds_personal_number, names_a_person
from app.core.schema import FunctionAddress, KeptLine, KeptProse, Line

# Numbers that the authorities publish for tests, or that nobody can have.
HELD = [
    "Kontakta Anna, 811228-9874.",
    "811228+9874",
    "811228–9874",
    "811228 9874",
    "198112289874",
    "19811228-9874",
    "Personnummer: 8112289874",
    "personal number 8112289874",
    "Samordningsnummer 701063-2391",
    "Fødselsnummer 15108695088, takk",
    "151086 95088",
]


@pytest.mark.parametrize("text", HELD)
def test_a_personal_number_is_found(text: str):
    assert holds_personal_number(text)


NOT_HELD = [
    "Ring 070-123 45 67 eller 0701234567",
    "+46 70 123 45 67, +47 22 22 22 22",
    "Organisationsnummer 556677-8899 och 212000-0142",
    "Orgnr 974 760 673",
    "CPV 90910000-9 och 90911200-8",
    "2026-11-21 till 2027-01-31, 20261121-0900",
    "Dnr 811228-9875",
    "8112289874",
    "Bankgiro 5050-1055, konto 1234.56.78903",
    "1981122898741",
    "Värde 8112289874 kr",
    "",
]


@pytest.mark.parametrize("text", NOT_HELD)
def test_other_numbers_are_left_alone(text: str):
    assert not holds_personal_number(text)


@pytest.mark.parametrize(
    "address",
    [
        "anna.svensson@exempel.se",
        "Anna@exempel.se",
        "per-olof@exempel.se",
        "o.hansen@exempel.no",
        "maria_berg2@exempel.se",
        "x.karlsson@exempel.se",
    ],
)
def test_an_address_that_names_somebody_is_refused(address: str):
    assert names_a_person(address)
    with pytest.raises(ValidationError, match="person's"):
        TypeAdapter(FunctionAddress).validate_python(address)


@pytest.mark.parametrize(
    "address",
    [
        "info@exempel.se",
        "upphandling.norr@exempel.se",
        "kontakt-oss@exempel.no",
        "hanna@hannas-kafe.se",
        "bo@kommun.se",
    ],
)
def test_the_address_of_a_function_is_kept(address: str):
    assert TypeAdapter(FunctionAddress).validate_python(address) == address


@pytest.mark.parametrize("kind", [KeptLine, KeptProse])
def test_what_is_kept_holds_no_personal_number(kind: type):
    with pytest.raises(ValidationError, match="personal identity number"):
        TypeAdapter(kind).validate_python("Anna 811228-9874")


def test_what_is_only_asked_with_is_not_looked_through():
    assert TypeAdapter(Line).validate_python("811228-9874") == "811228-9874"
