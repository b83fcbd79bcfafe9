"""Nothing that names or singles out a person comes in."""

from datetime import UTC, datetime

import pytest

from app.core.errors import InvalidContent
from app.notices.eforms import read_notice
from app.notices.privacy import LEFT_OUT, looks_like_a_name, without_people
from tests.notices.notices import own

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SWEDISH = "se_reserved_cleaning.xml"


def test_a_contact_person_leaves_no_trace():
    notice = read_notice(own(SWEDISH), now=NOW)
    everything = notice.opportunity.model_dump_json() + "".join(field.model_dump_json() for field in notice.unmapped)
    for trace in ("Exempelsson", "Exempla", "060-00", "+46", "@"):
        assert trace not in everything
    assert "Frågor ställs till […]" in notice.opportunity.description
    assert any("Personal details" in warning.message for warning in notice.warnings)


def test_contact_details_are_listed_as_not_kept():
    found = {field.field: field.value for field in read_notice(own(SWEDISH), now=NOW).unmapped}
    assert {found[f"BT-{number}-Organization"] for number in (502, 503, 506)} == {"(personal details are not kept)"}


@pytest.mark.parametrize("number", ["811228-9874", "19811228-9874", "198112289874", "15057600281", "150576 00281"])
def test_a_personal_number_in_a_text_refuses_the_notice(number: str):
    with pytest.raises(InvalidContent) as refused:
        read_notice(own(SWEDISH, ("Klassrum, korridorer", f"Avser {number}, korridorer")), now=NOW)
    (fault,) = refused.value.faults
    assert fault.pointer.endswith(", BT-24")
    assert number not in fault.detail


@pytest.mark.parametrize(
    "text", ["diarienummer 2026-000123", "212000-1355", "org.nr 923 609 016", "kl. 10.00, 12345678901"]
)
def test_other_numbers_are_no_personal_numbers(text: str):
    found = read_notice(own(SWEDISH, ("Klassrum, korridorer", text)), now=NOW).opportunity
    assert found.lots[0].description.startswith(text)


def test_a_buyers_number_that_is_a_persons_is_left_out():
    number = "<cac:PartyLegalEntity><cbc:CompanyID>811228-9874</cbc:CompanyID></cac:PartyLegalEntity><cac:Contact>"
    notice = read_notice(own(SWEDISH, ("<cac:Contact>", number)), now=NOW)
    assert notice.opportunity.buyer_number is None
    assert "811228" not in notice.opportunity.model_dump_json()
    assert any("registration number" in warning.message for warning in notice.warnings)


def test_a_natural_person_as_buyer_is_refused():
    person = (
        "<efac:Organization>",
        "<efac:Organization><efbc:NaturalPersonIndicator>true</efbc:NaturalPersonIndicator>",
    )
    with pytest.raises(InvalidContent) as refused:
        read_notice(own(SWEDISH, person), now=NOW)
    assert refused.value.faults[0].pointer.endswith(", BT-633")


def test_a_natural_person_elsewhere_is_not_quoted():
    person = """</efac:Company></efac:Organization><efac:Organization>
      <efbc:NaturalPersonIndicator>true</efbc:NaturalPersonIndicator>
      <efac:Company><cac:PartyName><cbc:Name>Exempelina Exempel</cbc:Name></cac:PartyName></efac:Company>
      </efac:Organization>"""
    content = own(SWEDISH).decode()
    end = content.index("</efac:Company>")
    content = content[:end] + person + content[content.index("</efac:Organizations>") :]
    notice = read_notice(content.encode(), now=NOW)
    assert "Exempelina" not in "".join(field.model_dump_json() for field in notice.unmapped)


@pytest.mark.parametrize(
    "text",
    [
        "Kjøp av omsorgstjenester for en mannlig bruker i 50 årene. Se vedlegg.",
        "Kommunen köper boende åt en kvinnlig brukare. Se vedlegg.",
        "Tjenesten gjelder en bruker på 34 år. Se vedlegg.",
        "The service is for a resident aged 41. Se vedlegg.",
    ],
)
def test_a_sentence_about_one_person_is_left_out(text: str):
    assert without_people(text) == ("Se vedlegg.", True)


@pytest.mark.parametrize(
    "text",
    [
        "Tjenester for 20 brukere i alle aldre.",
        "Utbildning för unga 16–24 år och deras familjer.",
        "Avtalet gäller i 4 år. En person hos leverantören ansvarar för det.",
        "Städning av 2 400 kvadratmeter, 5 dagar i veckan.",
    ],
)
def test_a_text_about_nobody_stays_as_it_is(text: str):
    assert without_people(text) == (text, False)


def test_addresses_and_numbers_to_people_are_masked():
    text, changed = without_people("Kontakt: per.person@example.invalid, tlf. 73 00 00 00 eller +47 73 00 00 00.")
    assert changed
    assert text == f"Kontakt: {LEFT_OUT}, {LEFT_OUT} eller {LEFT_OUT}."


@pytest.mark.parametrize(
    ("contact", "is_a_name"),
    [
        ("Exempla Exempelsson", True),
        ("Anna-Lena von Exempel", False),
        ("Upphandlingsenheten", False),
        ("Procurement office", False),
        ("Exempel Kommun", False),
    ],
)
def test_a_contact_point_may_be_a_person(contact: str, is_a_name: bool):
    assert looks_like_a_name(contact, ["Exempel kommun"]) is is_a_name
