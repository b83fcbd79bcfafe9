"""Nothing about a person is kept: personal and telephone numbers, and addresses that name somebody."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from app.core.privacy import (
    holds_personal_number,
    holds_telephone_number,
    names_a_person,
    plain,
    without_contact_details,
    without_personal_details,
)
from app.core.schema import FunctionAddress, FunctionName, KeptLine, KeptProse, Line, SourceName, WebAddress
from app.opportunities.schemas import Title

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
    # However it is written, it is read the same.
    "811228\u00a09874",
    "811228\u202f9874",
    "811228 - 9874",
    "811228\u200b-9874",
    "8112\u200d28-98\u00ad74",
    "\u2066811228-9874\u2069",
    "８１１２２８－９８７４",
    "٨١١٢٢٨-٩٨٧٤",
    "811228\u22129874",
    "811228\u20119874",
    "Personnummer: 81122\u200b89874",
    "15108695\u200b088",
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


TELEPHONES = [
    "Ring Anna 070-123 45 67",
    "Anna Andersson, tel 070-1234567",
    "0701234567",
    "073 123 45 67",
    "08-123 456 78",
    "060-12 34 56",
    "0691-123 45",
    "+46 70 123 45 67",
    "+47 22 22 22 22",
    "0046 70 123 45 67",
    "tlf. 22 22 22 22",
    "Telefon: 22222222",
    "912 34 567",
    "070\u00a0123\u00a045\u00a067",
    "０７０-123 45 67",
    "070\u2011123\u200b45 67",
]


@pytest.mark.parametrize("text", TELEPHONES)
def test_a_telephone_number_is_found(text: str):
    assert holds_telephone_number(text)
    for kind in (KeptLine, KeptProse, SourceName, Title, FunctionName):
        with pytest.raises(ValidationError, match="telephone number"):
            TypeAdapter(kind).validate_python(text)


@pytest.mark.parametrize(
    "text",
    [
        "Organisationsnummer 556677-8899 och 212000-0142, org.nr 923 609 016",
        "CPV 90910000-9, 98392000 och 45000000",
        "2026-11-21 till 2027-01-31, kl. 08-16 och 10.00",
        "Dnr 012-2026, diarienummer 2026-000123, UPH 2026/0712-345678",
        "TED 2020/S 014-029960, 716430-2026",
        "Värde 900 000 000 kr, 450 000 kr eller 1 900 12 345",
        "12 000 kvadratmeter, 85 000 60 anställda",
        "Bankgiro 5050-1055, konto 1234.56.78903",
        "Postadress 851 70 Sundsvall, 0180 Oslo, box 070",
        "LOT-0001 till LOT-0012, version 0701-2, SE-0180",
        "Ring 112. Telefonväxel och mobiltelefoni, mobil 4G",
        "ISBN 978-91-1234567-8",
        "",
    ],
)
def test_other_figures_are_no_telephone_numbers(text: str):
    assert not holds_telephone_number(text)
    assert TypeAdapter(KeptProse).validate_python(text) == text


def test_an_address_in_a_text_may_not_be_a_persons():
    assert TypeAdapter(KeptProse).validate_python("Skriv till info@exempel.se") == "Skriv till info@exempel.se"
    for text in ("Skriv till anna.andersson@exempel.se.", "anna.andersson＠exempel.se", "o.han\u200bsen@exempel.no"):
        with pytest.raises(ValidationError, match="person's e-mail"):
            TypeAdapter(KeptProse).validate_python(text)


# What every text is looked through for first may let nothing more through.
_PIECES = st.sampled_from([*HELD, *TELEPHONES, "anna.andersson@exempel.se", "tel 1     2", "²", "½", "\u00a0"])
_SIGNS = st.text(
    alphabet=st.one_of(st.sampled_from("0123456789 -+/().@\u200b٣７＠²telabå"), st.characters()), max_size=30
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(_PIECES, _SIGNS), max_size=4).map("".join))
def test_a_first_look_lets_nothing_more_through(text: str):
    addresses = re.findall(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+", plain(text))
    held = holds_personal_number(text) or holds_telephone_number(text) or any(map(names_a_person, addresses))
    try:
        without_personal_details(text)
    except ValueError:
        assert held
    else:
        assert not held


@pytest.mark.parametrize("function", ["Anna Andersson", "Kontakt: Per-Olof Exempel", "Kundtjänst (Åsa Anna Berg)"])
def test_a_function_is_no_person(function: str):
    with pytest.raises(ValidationError, match="person's name"):
        TypeAdapter(FunctionName).validate_python(function)


@pytest.mark.parametrize(
    "function", ["Kundtjänst", "Upphandlingsenheten", "Inköp och Avtal", "Daglig leder", "Elin", "Social Affairs"]
)
def test_the_name_of_a_function_is_kept(function: str):
    assert TypeAdapter(FunctionName).validate_python(function) == function


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("https://user:pass@exempel.se/", "user name"),
        ("https://user@exempel.se/", "user name"),
        ("https://exempel.se/?p=811228-9874", "personal identity number"),
        ("https://exempel.se/198112289874/", "personal identity number"),
        ("https://exempel.se/?p=811228%2D9874", "personal identity number"),
        ("https://exempel.se/?p=%EF%BC%98%EF%BC%91%EF%BC%91%EF%BC%92%EF%BC%92%EF%BC%98-9874", "personal identity"),
    ],
)
def test_a_web_address_says_nothing_of_anybody(address: str, told: str):
    with pytest.raises(ValidationError, match=told):
        TypeAdapter(WebAddress).validate_python(address)


@pytest.mark.parametrize(
    # The second has the form of a personal number but for its year.
    "address",
    ["https://exempel.se/2026/11/21/?id=12345", "https://ted.europa.eu/en/notice/-/detail/611207-2024"],
)
def test_other_web_addresses_are_kept(address: str):
    assert str(TypeAdapter(WebAddress).validate_python(address)) == address


def test_contact_details_are_taken_out_where_they_stand():
    text = "Ring\u200b 070\u00a0123 45 67 eller per@exempel.se, tlf. per@exempel.se; 100 m² – ½ dag"
    assert without_contact_details(text, "[…]") == "Ring […] eller […], tlf. […]; 100 m² – ½ dag"
    nothing = "100\u00a0m² – ½\u200b dag"
    assert without_contact_details(nothing, "[…]") == nothing


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
