"""How a procurement ended: a result finds its call, ends it lot by lot, and names legal persons only."""

from datetime import UTC, date, datetime

import pytest

from app.core.db import Database
from app.core.errors import Conflict, InvalidContent
from app.notices.eforms import ParsedNotice, read_notice
from app.notices.schemas import NoticeReport
from app.notices.service import import_notice
from app.notices.vocabulary import Outcome
from app.opportunities import service as opportunities
from app.opportunities.schemas import AwardRead, OpportunityRead
from app.opportunities.vocabulary import Form, LotResult, Status
from tests.notices.notices import own, real

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
CALL, RESULT = "se_reserved_cleaning.xml", "se_result.xml"
COOPERATIVE, COMPANY = "Exempelstädarna ekonomisk förening", "Exempel Fönsterputs AB"
PROCEDURE = (">0b1f7a52-4a1b-4e0f-9a43-5d0c4b1d2e02</cbc:ContractFolderID>", ">other</cbc:ContractFolderID>")
NOBODY_WON = (">selec-w<", ">clos-nw<")


def read(*changes: tuple[str, str], now: datetime = NOW) -> ParsedNotice:
    return read_notice(own(RESULT, *changes), now=now)


def bring(database: Database, content: bytes) -> NoticeReport:
    with database.writes() as session:
        return import_notice(session, content, source="file.xml", home="node", now=NOW)


def found(database: Database, report: NoticeReport) -> OpportunityRead:
    with database.reads() as session:
        return opportunities.find(session, report.opportunity_id)


def awards(opportunity: OpportunityRead) -> list[AwardRead]:
    assert opportunity.outcome is not None
    return opportunity.outcome.awards


def faults(*changes: tuple[str, str]) -> set[str]:
    with pytest.raises(InvalidContent) as refused:
        read(*changes)
    return {fault.pointer.split(", ")[1] for fault in refused.value.faults}


def warned(notice: ParsedNotice | NoticeReport) -> set[str]:
    return {warning.text("en") for warning in notice.warnings}


def test_a_result_tells_who_won_each_lot_and_why_nobody_did():
    result = read().result
    assert result is not None
    first, second, third, fourth = result.awards
    assert (first.lot_number, first.winner_name, first.winner_number) == ("LOT-0001", COOPERATIVE, "7699990003")
    assert (first.tender_count, first.awarded_on, first.is_winner_sme) == (4, date(2026, 11, 16), True)
    assert first.value is not None
    assert first.value.minor == 55_000_000
    assert (second.winner_name, second.value) == (COMPANY, None), "a group's value stands on its first member"
    assert (third.is_natural_person, third.winner_name, third.winner_number) == (True, None, None)
    assert (fourth.lot_number, fourth.result, fourth.reason) == ("LOT-0002", LotResult.NO_WINNER, "Inga anbud kom in.")


def test_only_tenders_that_became_a_contract_have_won():
    assert "Exempel Förlorare AB" not in str(read().result)
    without_contract = read(
        ('<efac:SettledContract>\n                <cbc:ID schemeName="contract">CON-0001</cbc:ID>\n', "<efac:Gone>"),
        ("              </efac:SettledContract>\n              <efac:TenderLot>", "</efac:Gone><efac:TenderLot>"),
    )
    assert "Exempel Förlorare AB" in str(without_contract.result), "without any contract every first tender has"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param((), id="flagged as a natural person"),
        pytest.param(((">true</efbc:Nat", ">false</efbc:Nat"),), id="a personal number in place of an organisation's"),
        pytest.param(
            ((">true</efbc:Nat", ">false</efbc:Nat"), ("811228-9874", "1"), ("Exempelina Ex", "Anna Ex")),
            id="a name that is somebody's",
        ),
    ],
)
def test_a_person_who_won_leaves_no_trace(database: Database, changes: tuple[tuple[str, str], ...]):
    bring(database, own(CALL))
    report = bring(database, own(RESULT, *changes))
    everything = report.model_dump_json() + found(database, report).model_dump_json()
    for trace in ("Exempelsdotter", "811228"):
        assert trace not in everything
    assert [award.is_natural_person for award in awards(found(database, report))] == [False, False, True, False]
    assert "LOT-0001: a winner is a natural person, whose name is not kept." in warned(report)


def test_a_result_ends_the_opportunity_that_its_call_made(database: Database):
    call = bring(database, own(CALL))
    report = bring(database, own(RESULT))
    again = bring(database, own(RESULT))
    assert (report.outcome, report.created, report.status) == (Outcome.ENDED, False, Status.AWARDED)
    assert (again.outcome, again.created, again.status) == (Outcome.UNCHANGED, None, Status.AWARDED)
    assert call.opportunity_id == report.opportunity_id == again.opportunity_id
    opportunity = found(database, report)
    assert opportunity.procedure_id == "0b1f7a52-4a1b-4e0f-9a43-5d0c4b1d2e02"
    assert (opportunity.rev, opportunity.notice_subtype) == (2, "20"), "the call still describes it"
    assert opportunity.lots[0].reserved_participation == ["res-ws"]
    assert opportunity.outcome is not None
    assert opportunity.outcome.on == date(2026, 11, 16)
    assert [award.winner_name for award in awards(opportunity)] == [COOPERATIVE, COMPANY, None, None]


def test_the_call_read_again_does_not_undo_its_result(database: Database):
    bring(database, own(CALL))
    report = bring(database, own(RESULT))
    assert bring(database, own(CALL)).outcome is Outcome.UNCHANGED
    newer = bring(database, own(CALL, (">01</cbc:VersionID>", ">02</cbc:VersionID>")))
    assert (newer.outcome, newer.status) == (Outcome.REPLACED, Status.AWARDED)
    assert len(awards(found(database, report))) == 4


def test_a_result_whose_call_is_not_here_makes_an_opportunity_that_has_ended(database: Database):
    report = bring(database, own(RESULT))
    assert (report.outcome, report.created, report.status) == (Outcome.CREATED, True, Status.AWARDED)
    assert any("whether it was reserved is not known" in text for text in warned(report))
    assert not any("The title says" in text for text in warned(report)), "a result may not flag anything"
    assert bring(database, own(RESULT)).outcome is Outcome.UNCHANGED
    call = bring(database, own(CALL))
    assert (call.outcome, call.opportunity_id, call.status) == (
        Outcome.REPLACED,
        report.opportunity_id,
        Status.AWARDED,
    )
    opportunity = found(database, call)
    assert (opportunity.notice_subtype, opportunity.lots[0].reserved_participation) == ("20", ["res-ws"])
    assert len(awards(opportunity)) == 4
    assert [bring(database, own(name)).outcome for name in (CALL, RESULT)] == [Outcome.UNCHANGED] * 2


@pytest.mark.parametrize(
    ("of_call", "stated"),
    [
        pytest.param((), "0b1f7a52-4a1b-4e0f-9a43-5d0c4b1d2e01-01", id="its identifier with a version"),
        pytest.param(("612345-2026",), "00612345-2026", id="its publication number"),
        pytest.param(("00612345-2026",), "612345-2026", id="its publication number without zeros"),
    ],
)
def test_a_result_finds_its_call_by_the_notice_that_came_before(
    database: Database, of_call: tuple[str, ...], stated: str
):
    publication = """<efac:Publication><efbc:NoticePublicationID>{}</efbc:NoticePublicationID>
      <efbc:PublicationDate>2026-11-04+01:00</efbc:PublicationDate></efac:Publication><efac:Organizations>"""
    numbered = [("<efac:Organizations>", publication.format(number)) for number in of_call]
    call = bring(database, own(CALL, *numbered))
    before = "</cbc:ProcedureCode><cac:NoticeDocumentReference><cbc:ID>{}</cbc:ID></cac:NoticeDocumentReference>"
    report = bring(database, own(RESULT, PROCEDURE, ("</cbc:ProcedureCode>", before.format(stated))))
    assert (report.outcome, report.opportunity_id) == (Outcome.ENDED, call.opportunity_id)


def test_a_result_of_another_buyer_ends_nothing(database: Database):
    call = bring(database, own(CALL))
    with pytest.raises(InvalidContent, match="another buyer's"):
        bring(database, own(RESULT, ("Exempel kommun", "Annan kommun")))
    assert found(database, call).status is Status.PUBLISHED


def test_a_result_without_any_winner_cancels_and_says_why(database: Database):
    bring(database, own(CALL))
    report = bring(database, own(RESULT, NOBODY_WON))
    assert (report.outcome, report.status) == (Outcome.ENDED, Status.CANCELLED)
    opportunity = found(database, report)
    assert opportunity.outcome is not None
    assert (opportunity.outcome.reason, opportunity.outcome.on) == ("Inga anbud kom in.", date(2026, 11, 18))
    assert bring(database, own(RESULT, NOBODY_WON)).outcome is Outcome.UNCHANGED


def test_a_result_of_one_lot_leaves_the_other_open_until_its_own_comes(database: Database):
    bring(database, own(CALL))
    first = bring(database, own(RESULT, (">clos-nw<", ">open-nw<")))
    assert first.status is Status.AWARDED
    assert "LOT-0002: no winner has been chosen yet." in warned(first)
    assert {award.lot_number for award in awards(found(database, first))} == {"LOT-0001"}
    later = (
        ("5d0c4b1d2e11</cbc:ID>", "5d0c4b1d2e12</cbc:ID>"),
        ("2026-11-18+01:00", "2026-11-19+01:00"),
        (">selec-w<", ">open-nw<"),
    )
    second = bring(database, own(RESULT, *later))
    assert {award.lot_number for award in awards(found(database, second))} == {"LOT-0001", "LOT-0002"}


def test_a_result_without_decisions_only_closes(database: Database):
    bring(database, own(CALL))
    undecided = [(">selec-w<", ">open-nw<"), (">clos-nw<", ">open-nw<")]
    assert bring(database, own(RESULT, *undecided)).status is Status.CLOSED
    half = bring(database, own(RESULT, (">01</cbc:VersionID>", ">02</cbc:VersionID>"), (">selec-w<", ">open-nw<")))
    assert half.status is Status.CLOSED
    assert any("nothing is written until one is awarded" in text for text in warned(half))


NEWER = (">01</cbc:VersionID>", ">02</cbc:VersionID>")


def test_a_corrected_result_replaces_and_an_older_one_is_refused(database: Database):
    bring(database, own(CALL))
    bring(database, own(RESULT))
    report = bring(database, own(RESULT, NEWER, (">550000<", ">560000<")))
    assert report.outcome is Outcome.ENDED
    values = [award.value.amount for award in awards(found(database, report)) if award.value]
    assert values == ["560000", "100000"]
    with pytest.raises(InvalidContent, match="Superseded"):
        bring(database, own(RESULT))


def test_an_earlier_result_that_comes_late_does_not_replace_a_later_one(database: Database):
    bring(database, own(CALL))
    bring(database, own(RESULT))
    earlier = (("5d0c4b1d2e11</cbc:ID>", "5d0c4b1d2e12</cbc:ID>"), ("2026-11-18+01:00", "2026-11-17+01:00"))
    report = bring(database, own(RESULT, *earlier, (">550000<", ">1<")))
    assert next(award.value.amount for award in awards(found(database, report)) if award.value) == "550000"


def test_a_result_that_takes_back_an_award_is_a_conflict(database: Database):
    bring(database, own(CALL))
    bring(database, own(RESULT))
    with pytest.raises(Conflict, match="awarded already"):
        bring(database, own(RESULT, NEWER, NOBODY_WON))


def test_a_result_is_not_withdrawn(database: Database):
    taken_back = (
        "<efac:NoticeSubType>",
        "<efac:Changes><efbc:ChangedNoticeIdentifier>0b1f7a52-4a1b-4e0f-9a43-5d0c4b1d2e11-01"
        "</efbc:ChangedNoticeIdentifier><efac:ChangeReason><cbc:ReasonCode>cancel</cbc:ReasonCode></efac:ChangeReason>"
        "</efac:Changes><efac:NoticeSubType>",
    )
    with pytest.raises(InvalidContent, match="withdraws a result"):
        bring(database, own(RESULT, taken_back))


def test_a_lot_that_the_call_does_not_have_is_refused(database: Database):
    bring(database, own(CALL, ("LOT-0002", "LOT-0009")))
    with pytest.raises(InvalidContent) as refused:
        bring(database, own(RESULT))
    assert refused.value.faults[0].pointer.endswith("BT-13713")
    assert "LOT-0002" in refused.value.faults[0].detail


def test_a_direct_award_is_announced_without_a_call(database: Database):
    announced = (('listName="result">can-social', 'listName="dir-awa-pre">veat'), ('subtype">33<', 'subtype">25<'))
    report = bring(database, own(RESULT, *announced))
    opportunity = found(database, report)
    assert (opportunity.form, opportunity.status) == (Form.DIRECT_AWARD, Status.AWARDED)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ((">selec-w<", ">won<"), "BT-142"),
        (('schemeName="Lot">LOT-0002</cbc:ID>\n              </efac', '>LOT-0008</cbc:ID></efac'), "BT-13713"),
        (('<efac:LotTender>\n                <cbc:ID schemeName="tender">TEN-0001<',
          "<efac:LotTender><cbc:ID>TEN-0008<"), "OPT-320"),
        (('<efac:TenderingParty>\n                <cbc:ID schemeName="tendering-party">TPA-0001<',
          "<efac:TenderingParty><cbc:ID>TPA-0008<"), "OPT-310"),
        (('<efac:Tenderer>\n                <cbc:ID schemeName="organization">ORG-0002<',
          "<efac:Tenderer><cbc:ID>ORG-0008<"), "OPT-300"),
        ((">550000<", ">much<"), "BT-720"),
        ((">4</efbc:StatisticsNumeric>", ">4.5</efbc:StatisticsNumeric>"), "BT-759"),
        (("2026-11-16+01:00", "the 16th"), "BT-1451"),
        (("NoticeResult>", "OtherResult>"), "BT-142"),
    ],
)  # fmt: skip
def test_a_fault_in_a_result_names_its_field(change: tuple[str, str], fault: str):
    assert fault in faults(change)


WITHHELD = """<efac:FieldsPrivacy><efbc:FieldIdentifierCode>{}</efbc:FieldIdentifierCode>
  <efbc:PublicationDate>2026-12-31Z</efbc:PublicationDate></efac:FieldsPrivacy>"""


@pytest.mark.parametrize(
    ("field", "where"),
    [
        ("win-cho", '<cbc:ID schemeName="result">RES-0001</cbc:ID>'),
        ("win-ten-val", '<cbc:ID schemeName="tender">TEN-0001</cbc:ID>\n              <cac'),
        ("rec-sub-cou", '<cbc:ID schemeName="result">RES-0001</cbc:ID>'),
    ],
)
def test_what_is_withheld_is_kept_from_its_day_on(field: str, where: str):
    secret = {"win-cho": COOPERATIVE, "win-ten-val": "550000", "rec-sub-cou": "tender_count=4"}[field]
    change = (where, WITHHELD.format(field) + where)
    assert secret not in str(read(change).result)
    assert secret in str(read(change, now=datetime(2027, 1, 2, tzinfo=UTC)).result)


def test_the_others_who_buy_are_named(database: Database):
    others = (
        "</cac:ContractingParty>",
        "</cac:ContractingParty>"
        + "".join(
            f"<cac:ContractingParty><cac:Party><cac:PartyIdentification><cbc:ID>{number}</cbc:ID>"
            "</cac:PartyIdentification></cac:Party></cac:ContractingParty>"
            for number in ("ORG-0003", "ORG-0004", "ORG-0008")
        ),
    )
    report = bring(database, own(RESULT, others))
    assert found(database, report).other_buyers == [COMPANY], "and nobody who is a person"
    assert any("There are 4 buyers" in text for text in warned(report))


def test_real_norwegian_winners_come_in(database: Database):
    report = bring(database, real("doffin__2024-103933_5winners.xml"))
    opportunity = found(database, report)
    assert opportunity.status is Status.AWARDED
    assert [award.winner_number for award in awards(opportunity)] == [
        "950990449",
        "984710313",
        "997204646",
        "985194653",
        "923661069",
    ]
