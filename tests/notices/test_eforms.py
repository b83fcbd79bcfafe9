"""What a notice becomes: identity, buyer, lots, places, deadlines, language, form; and what is wrong in it."""

from datetime import UTC, date, datetime

import pytest

from app.core.errors import InvalidContent
from app.notices.eforms import ParsedNotice, read_notice
from app.opportunities.vocabulary import Form, Origin, ReservedExecution, Status
from tests.notices.notices import own

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SWEDISH = "se_reserved_cleaning.xml"
NORWEGIAN = "no_old_region.xml"


def read(name: str, *changes: tuple[str, str], now: datetime = NOW) -> ParsedNotice:
    return read_notice(own(name, *changes), now=now)


def faults(name: str, *changes: tuple[str, str]) -> dict[str, str]:
    with pytest.raises(InvalidContent) as refused:
        read(name, *changes)
    return {fault.pointer: fault.detail for fault in refused.value.faults}


def warned(notice: ParsedNotice) -> set[str]:
    return {warning.text("en") for warning in notice.warnings}


def test_a_swedish_contract_notice_becomes_an_opportunity():
    found = read(SWEDISH).opportunity
    assert found.title == "Reserverad upphandling: städning av skolor"
    assert (found.language, found.origin, found.status) == ("sv", Origin.NOTICE, Status.PUBLISHED)
    assert found.form is Form.RESERVED_GOODS_SERVICES
    assert (found.buyer_name, found.country, found.buyer_area) == ("Exempel kommun", "SE", "SE-2281")
    assert found.legal_basis == "2014/24/EU; LOU 4 kap. 18 §"
    assert found.procedure_type == "open"
    assert str(found.official_url) == "https://upphandling.example.invalid/17"
    assert found.deadline_at == datetime(2026, 12, 15, 22, 59, tzinfo=UTC)
    assert found.published_at == datetime(2026, 11, 2, 8, tzinfo=UTC)
    assert found.starts_on == date(2027, 2, 1)
    assert (found.objectives, found.srpp_areas) == (["opp"], ["employment_opportunities"])
    assert found.notice is not None
    assert (found.notice.source, found.notice.version, found.notice.subtype) == ("eforms", "01", "20")
    assert (found.source, found.source_year) == ("eForms", 2026)


def test_a_lot_carries_what_it_states_and_inherits_the_rest():
    stated, inherited = read(SWEDISH).opportunity.lots
    assert (stated.number, stated.title) == ("LOT-0001", "Städning av Exempelskolan")
    assert stated.description.endswith("\n\nMinst två platser för arbetsträning.")
    assert (stated.cpv_main, stated.cpv_additional) == ("90919300", ["90911300"])
    assert stated.area_codes == ["SE-2281"], "the town narrows the county down"
    assert stated.reserved_participation == ["res-ws"]
    assert stated.reserved_execution is ReservedExecution.NO
    assert stated.estimated_value is not None
    assert (stated.estimated_value.minor, stated.estimated_value.currency) == (60_000_000, "SEK")
    assert stated.duration_months == 24
    assert (inherited.cpv_main, inherited.area_codes) == ("90910000", ["SE-22"])
    assert inherited.reserved_participation == [], "a code with a line break after it is still none"
    assert inherited.duration_months == 12, "from the first day to the last"


def test_a_planning_notice_with_parts_and_an_old_region():
    notice = read(NORWEGIAN)
    found = notice.opportunity
    assert (found.form, found.language, found.title) == (Form.EARLY_DIALOGUE, "nb", "Vaskeritjenester")
    assert (found.buyer_name, found.buyer_area) == ("Eksempel kommune", "NO")
    assert found.notice is not None
    assert (found.notice.source, found.notice.notice_id, found.notice.subtype) == ("doffin", "2026-900001", "N4")
    assert found.source == "Doffin"
    (part,) = found.lots
    assert (part.number, part.title) == ("PAR-0001", "Vask til sykehjem")
    assert part.area_codes == ["NO-31"], "NO031 was Østfold, which lies in today's Østfold"
    assert part.foreign_areas == ["DK011"]
    assert found.published_at == datetime(2026, 11, 2, 22, 59, 59, tzinfo=UTC), "a day without zone is Norwegian"
    assert notice.unmapped == []
    assert "Texts in other languages are not kept: ENG." in warned(notice)


def test_the_texts_come_in_the_notices_language_or_in_one_of_ours():
    main = ("<cbc:NoticeLanguageCode>NOB<", "<cbc:NoticeLanguageCode>ENG<")
    assert read(NORWEGIAN, main).opportunity.title == "Laundry services"
    french = ("<cbc:NoticeLanguageCode>NOB<", "<cbc:NoticeLanguageCode>FRA<")
    offered = read(NORWEGIAN, french).opportunity
    assert (offered.title, offered.language) == ("Laundry services", "en")


def test_a_passed_deadline_closes():
    late = datetime(2026, 12, 15, 23, tzinfo=UTC)
    assert read(SWEDISH, now=late).opportunity.status is Status.CLOSED


@pytest.mark.parametrize(
    ("element", "number"),
    [
        ("ParticipationRequestReceptionPeriod", "BT-1311"),
        ("TenderSubmissionDeadlinePeriod", "BT-131"),
    ],
)
def test_the_deadline_is_the_one_for_tenders_else_for_requests(element: str, number: str):
    notice = read(SWEDISH, ("TenderSubmissionDeadlinePeriod>", f"{element}>"))
    assert notice.opportunity.deadline_at == datetime(2026, 12, 15, 22, 59, tzinfo=UTC)
    wrong = faults(SWEDISH, ("TenderSubmissionDeadlinePeriod>", f"{element}>"), ("2026-12-15+01:00", "the 15th"))
    assert {pointer.split(", ")[1] for pointer in wrong} == {number}


def test_a_flag_that_stands_alone_is_called_unclear():
    titles = ("Reserverad upphandling: städning", "Byggande")
    works = [("90910000<", "45000000<"), ("90919300<", "45210000<"), ("90911300<", "45210000<")]
    notice = read(SWEDISH, titles, *works)
    unclear = "LOT-0001 is flagged as reserved, but neither title nor CPV code says so: the reservation is unclear."
    assert unclear in warned(notice)
    assert unclear not in warned(read(SWEDISH, titles)), "the code for cleaning agrees"
    assert unclear not in warned(read(SWEDISH, *works)), "the title agrees"


def test_a_title_that_no_flag_follows_is_remarked():
    notice = read(SWEDISH, (">res-ws<", ">none<"))
    assert "The title says “reserverad”, but nothing is flagged as reserved." in warned(notice)
    assert notice.opportunity.form is Form.SOCIAL_REQUIREMENTS


def test_a_public_service_reservation_wants_its_codes_and_three_years():
    notice = read(SWEDISH, (">res-ws<", ">res-pub-ser<"), ('unitCode="YEAR">2<', 'unitCode="MONTH">37<'))
    assert "LOT-0001 is reserved by res-pub-ser, but LOU 19 kap. 25 § does not cover CPV code 90919300." in warned(
        notice
    )
    assert "LOT-0001 is reserved by res-pub-ser for 37 months: LOU 19 kap. 25 § allows less." in warned(notice)
    mild = read(SWEDISH, (">res-ws<", ">res-pub-ser<"), (">90919300<", ">85312510<"))
    assert not any("res-pub-ser" in text for text in warned(mild))
    assert mild.opportunity.form is Form.RESERVED_PLACES


def test_a_reservation_is_held_against_the_rules_of_its_country_and_day():
    long = ((">res-ws<", ">res-pub-ser<"), ('unitCode="YEAR">2<', 'unitCode="MONTH">37<'))
    issued = "<cbc:IssueDate>2026-11-02+01:00<"
    before_the_national_rule = read(SWEDISH, *long, (issued, "<cbc:IssueDate>2021-11-02+01:00<"))
    assert any("Directive 2014/24/EU Art. 77 allows less" in text for text in warned(before_the_national_rule))
    before_any = read(SWEDISH, *long, (issued, "<cbc:IssueDate>2015-11-02+01:00<"))
    assert "LOT-0001 is reserved by res-pub-ser, for which no rule was in force." in warned(before_any)
    finnish = read(SWEDISH, *long, (">SWE</cbc:IdentificationCode>", ">FIN</cbc:IdentificationCode>"))
    assert any("Directive 2014/24/EU Art. 77 allows less" in text for text in warned(finnish))


def test_a_notice_without_anything_social_says_so():
    none = [
        (">res-ws<", ">none<"),
        ("Reserverad upphandling: städning", "Städning"),
        (">soc-obj<", ">none<"),
        ('listName="social-objective"', 'listName="gone"'),
    ]
    notice = read(SWEDISH, *none)
    assert notice.opportunity.form is Form.SOCIAL_REQUIREMENTS
    assert any("states nothing social" in text for text in warned(notice))
    assert not any("states nothing social" in text for text in warned(read(SWEDISH)))


def test_a_foreign_buyer_is_kept_with_its_places_unknown():
    foreign = [(">SE321<", ">FI1B1<"), (">SWE</cbc:IdentificationCode>", ">FIN</cbc:IdentificationCode>")]
    found = read(SWEDISH, *foreign).opportunity
    assert (found.country, found.buyer_area) == ("FI", None)
    assert [(lot.area_codes, lot.foreign_areas) for lot in found.lots] == [([], ["FI1B1"])] * 2


def test_anywhere_in_the_area_is_both_our_countries():
    region = '<cbc:CountrySubentityCode listName="nuts">NO031</cbc:CountrySubentityCode>'
    found = read(NORWEGIAN, (region, "<cbc:Region>anyw-eea</cbc:Region>")).opportunity
    assert found.lots[0].area_codes == ["SE", "NO"]
    found = read(NORWEGIAN, (region, "<cbc:Region>anyw-cou</cbc:Region>")).opportunity
    assert found.lots[0].area_codes == ["NO"]


@pytest.mark.parametrize(
    ("name", "change", "fault"),
    [
        (SWEDISH, ("<cbc:VersionID>01</cbc:VersionID>", ""), "BT-757"),
        (SWEDISH, ("<cbc:VersionID>01<", "<cbc:VersionID>first<"), "BT-757"),
        (SWEDISH, (">0b1f7a52-4a1b-4e0f-9a43-5d0c4b1d2e01<", "><"), "BT-701"),
        (SWEDISH, ("LOT-0002", "LOT-0001"), "BT-137"),
        (SWEDISH, (">90919300<", ">99000000<"), "BT-262"),
        (SWEDISH, (">90911300<", ">cleaning<"), "BT-263"),
        (SWEDISH, (">res-ws<", ">reserved<"), "BT-71"),
        (SWEDISH, ('"reserved-execution">no<', '"reserved-execution">maybe<'), "BT-736"),
        (SWEDISH, (">opp<", ">opportunities<"), "BT-775"),
        (SWEDISH, (">soc-obj<", ">social<"), "BT-06"),
        (SWEDISH, (">600000<", ">-600000<"), "BT-27"),
        (SWEDISH, (">600000<", ">1e400<"), "BT-27"),
        (SWEDISH, (">600000<", ">NaN<"), "BT-27"),
        (SWEDISH, ('currencyID="SEK"', 'currencyID="kr"'), "BT-27"),
        (SWEDISH, ('unitCode="YEAR"', 'unitCode="ERA"'), "BT-36"),
        (SWEDISH, ("2027-02-01+01:00", "2027-02-30+01:00"), "BT-536"),
        (SWEDISH, (">23:59:00+01:00<", ">25:00:00+01:00<"), "BT-131"),
        (SWEDISH, ("2026-11-02+01:00", "0001-01-01+14:00"), "BT-05"),
        (SWEDISH, (">SWE</cbc:IdentificationCode>", ">XXX</cbc:IdentificationCode>"), "BT-514"),
        (SWEDISH, (">SWE</cbc:NoticeLanguageCode>", ">SVE</cbc:NoticeLanguageCode>"), "BT-702(a)"),
        (NORWEGIAN, (">NO031<", ">NO9X9<"), "BT-5071"),
        (NORWEGIAN, (">ORG-0001</cbc:ID>\n      </cac", ">ORG-9999</cbc:ID></cac"), "OPT-300"),
    ],
)  # fmt: skip
def test_a_fault_names_its_line_and_its_field(name: str, change: tuple[str, str], fault: str):
    found = faults(name, change)
    assert fault in {pointer.split(", ")[1] for pointer in found}
    assert all(pointer.startswith("line ") and int(pointer[5:].split(",")[0]) > 0 for pointer in found)


def test_every_fault_is_told_at_once():
    found = faults(SWEDISH, (">90919300<", ">99000000<"), (">600000<", ">much<"), (">res-ws<", ">x<"))
    assert {pointer.split(", ")[1] for pointer in found} == {"BT-262", "BT-27", "BT-71"}


@pytest.mark.parametrize(
    ("change", "pointer", "reason"),
    [
        (("listName=\"competition\"", "listName=\"result\""), "OPP-070", "is no result"),
        (("listName=\"competition\"", "listName=\"cont-modif\""), "BT-03", "being modified"),
        (("listName=\"competition\"", "listName=\"completion\""), "BT-03", "has been completed"),
        (("listName=\"competition\"", "listName=\"nonsense\""), "BT-03", "no form type"),
        (('"notice-subtype">20<', '"notice-subtype">29<'), "OPP-070", "no call for competition"),
        (('"notice-subtype">20<', '"notice-subtype">E4<'), "OPP-070", "no call for competition"),
        (("ContractNotice", "ContractAwardNotice"), "BT-03", "does not stand in a ContractAwardNotice"),
        (("ContractNotice", "Invoice"), "line 1", "not an eForms notice"),
        (("xsd:ContractNotice-2", "xsd:Other-2"), "line 1", "not an eForms notice"),
    ],
)  # fmt: skip
def test_what_calls_for_nothing_is_refused_with_its_reason(change: tuple[str, str], pointer: str, reason: str):
    with pytest.raises(InvalidContent) as refused:
        read(SWEDISH, change)
    assert reason in refused.value.detail
    assert refused.value.faults[0].pointer.endswith(pointer)


def test_what_is_not_mapped_is_listed_once_with_its_line():
    found = {field.field: field for field in read(SWEDISH).unmapped}
    assert found["BT-22-Procedure"].value == "KS 2026/17"
    assert found["BT-22-Procedure"].line == 65
    assert found["BT-22-Procedure"].name
    assert "BT-21-Lot" not in found


def test_an_element_nobody_knows_is_listed_by_its_path():
    extra = (
        "<cac:TenderingProcess>\n    <cbc:Proc",
        "<cac:TenderingProcess>\n<cbc:PartPresentationCode>all</cbc:PartPresentationCode>\n    <cbc:Proc",
    )
    found = {field.field: field.value for field in read(SWEDISH, extra).unmapped}
    assert found["TenderingProcess/PartPresentationCode"] == "all"


def test_the_official_notice_is_linked_where_its_number_is_certain():
    number = """<efac:Publication>
      <efbc:NoticePublicationID schemeName="ojs-notice-id">00612345-2026</efbc:NoticePublicationID>
      <efbc:PublicationDate>2026-11-04+01:00</efbc:PublicationDate></efac:Publication><efac:Organizations>"""
    found = read(SWEDISH, ("<efac:Organizations>", number)).opportunity
    assert str(found.official_url) == "https://ted.europa.eu/en/notice/-/detail/612345-2026"
    assert (found.source, found.notice and found.notice.number) == ("TED", "00612345-2026")
    link = ("https://upphandling.example.invalid/17", "javascript:alert(1)")
    assert read(SWEDISH, link).opportunity.official_url is None
