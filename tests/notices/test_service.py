"""Importing into a database: once, again, newer, older, withdrawn; nothing half-done."""

from datetime import UTC, datetime

import pytest

from app.core.db import Database
from app.core.errors import InvalidContent
from app.notices.schemas import NoticeReport
from app.notices.service import import_notice, render
from app.notices.vocabulary import Outcome
from app.opportunities import service as opportunities
from app.opportunities.schemas import OpportunityFilters, OpportunityRead
from app.opportunities.vocabulary import Status
from tests.notices.notices import own, real

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SWEDISH = "se_reserved_cleaning.xml"
ANY_STATUS = [Status.PUBLISHED, Status.CLOSED, Status.CANCELLED]

IMPORTED = {
    "conv__19-090974-001-EXP.xml": 1,
    "doffin__2022-396301_nuts2021.xml": 1,
    "doffin__2024-106286_res-ws.xml": 1,
    "sdk__E3_minimal.xml": 1,
    "sdk__cn-social_24.xml": 1,
    "sdk__cn_23.xml": 1,
    "sdk__cn_24_maximal.xml": 2,
    "sdk__cn_24_maximal_100_lots.xml": 100,
    "sdk__cn_24_multilingual.xml": 1,
    "sdk__pin-cfc-social_24.xml": 1,
    "sdk__pin-only_24_maximal.xml": 1,
    "sdk__pin-rtl_81.xml": 1,
    "sdk__subco_81.xml": 1,
}
REFUSED = {
    "conv__21-364240-001-EXP.xml": ("line 127, BT-03", "a result notice"),
    "doffin__2024-103933_5winners.xml": ("line 390, BT-03", "a result notice"),
    "nor__VALID-national-e4-minimum.xml": ("line 98, BT-03", "a result notice"),
    "sdk__INVALID_cn_24_empty.xml": ("line 4, BT-701", "7 faults"),
    "sdk__can-modif_25.xml": ("line 149, BT-03", "being modified"),
    "sdk__can-social_24.xml": ("line 227, BT-03", "a result notice"),
    "sdk__can_24_maximal.xml": ("line 1363, BT-03", "a result notice"),
    "sdk__can_24_no_tenders.xml": ("line 63, BT-03", "a result notice"),
    "sdk__can_25_withheld_lots.xml": ("line 421, BT-03", "a result notice"),
    "sdk__change-cn_24_void.xml": ("line 10, BT-758", "withdraws another one"),
}


def bring(database: Database, content: bytes, *, file: str = "file.xml", now: datetime = NOW) -> NoticeReport:
    with database.writes() as session:
        return import_notice(session, content, source=file, home="node", now=now)


def stored(database: Database) -> list[OpportunityRead]:
    with database.reads() as session:
        found, _ = opportunities.search(session, OpportunityFilters(status=ANY_STATUS, limit=100))
        return [opportunities.find(session, summary.id) for summary in found]


def contents(database: Database) -> list[dict[str, object]]:
    """Return everything that is stored, without what every write changes."""
    found = [opportunity.model_dump(exclude={"updated_at"}) for opportunity in stored(database)]
    return sorted(found, key=lambda opportunity: str(opportunity["id"]))


def test_every_importable_notice_comes_in_once_however_often_it_is_read(database: Database):
    files = {name: real(name) for name in IMPORTED}
    first = [bring(database, content, file=name) for name, content in files.items()]
    before = contents(database)
    again = [bring(database, content, file=name) for name, content in files.items()]
    assert {report.file: report.lots for report in first} == IMPORTED
    assert {report.created for report in first} == {True}
    assert {report.outcome for report in again} == {Outcome.UNCHANGED}
    assert [report.opportunity_id for report in first] == [report.opportunity_id for report in again]
    assert contents(database) == before
    assert len(before) == len(IMPORTED)


@pytest.mark.parametrize("name", REFUSED)
def test_every_other_notice_is_refused_with_its_reason(database: Database, name: str):
    content = real(name)
    with pytest.raises(InvalidContent) as refused:
        bring(database, content)
    pointer, reason = REFUSED[name]
    assert reason in refused.value.detail
    assert refused.value.faults[0].pointer == pointer
    assert stored(database) == []


def test_the_tables_name_every_notice_of_the_development_data():
    index = real("INDEX.csv").decode().splitlines()[1:]
    assert {line.split(",")[0] for line in index} == set(IMPORTED) | set(REFUSED)


def test_no_contact_of_a_real_notice_is_stored(database: Database):
    for name in IMPORTED:
        bring(database, real(name))
    everything = str(contents(database))
    assert "@" not in everything
    assert "+46 00" not in everything
    assert "mannlig bruker" not in everything


def test_a_notice_in_many_languages_keeps_its_own(database: Database):
    bring(database, real("sdk__cn_24_multilingual.xml"))
    (found,) = stored(database)
    assert (found.language, found.title[:24]) == ("en", "Provision of IT Services")


def test_a_notice_is_new_then_unchanged_and_says_so(database: Database):
    first = bring(database, own(SWEDISH), file="one.xml")
    again = bring(database, own(SWEDISH), file="other.xml")
    assert (first.outcome, first.created, first.status, first.lots) == (Outcome.CREATED, True, Status.PUBLISHED, 2)
    assert (again.outcome, again.created) == (Outcome.UNCHANGED, None)
    assert first.opportunity_id == again.opportunity_id
    assert [found.rev for found in stored(database)] == [1]


def test_the_same_notice_after_its_deadline_closes_the_opportunity(database: Database):
    bring(database, own(SWEDISH))
    later = bring(database, own(SWEDISH), now=datetime(2027, 1, 1, tzinfo=UTC))
    assert (later.outcome, later.status) == (Outcome.REPLACED, Status.CLOSED)


def test_a_newer_version_replaces_and_an_older_one_is_refused(database: Database):
    first = bring(database, own(SWEDISH))
    newer = own(SWEDISH, (">01</cbc:VersionID>", ">02</cbc:VersionID>"), ("Fönsterputsning", "Fönsterputs"))
    second = bring(database, newer)
    assert (second.outcome, second.created) == (Outcome.REPLACED, False)
    assert second.opportunity_id == first.opportunity_id
    with pytest.raises(InvalidContent, match="Superseded") as refused:
        bring(database, own(SWEDISH))
    assert refused.value.faults[0].pointer == "line 45, BT-757"
    (found,) = stored(database)
    assert (found.notice_version, found.lots[1].title) == ("02", "Fönsterputs")


CHANGE = (
    ("5d0c4b1d2e01</cbc:ID>", "5d0c4b1d2e05</cbc:ID>"),
    ("2026-11-02+01:00</cbc:IssueDate>", "2026-11-10+01:00</cbc:IssueDate>"),
    ("Fönsterputsning", "Putsning av fönster"),
    (
        "<efac:NoticeSubType>",
        "<efac:Changes><efbc:ChangedNoticeIdentifier>0b1f7a52-4a1b-4e0f-9a43-5d0c4b1d2e01-01"
        "</efbc:ChangedNoticeIdentifier></efac:Changes><efac:NoticeSubType>",
    ),
)


def test_a_change_notice_replaces_what_it_changes(database: Database):
    first = bring(database, own(SWEDISH))
    change = bring(database, own(SWEDISH, *CHANGE))
    again = bring(database, own(SWEDISH, *CHANGE))
    assert (change.outcome, again.outcome) == (Outcome.REPLACED, Outcome.UNCHANGED)
    assert change.opportunity_id == first.opportunity_id
    with pytest.raises(InvalidContent, match="Superseded"):
        bring(database, own(SWEDISH))
    (found,) = stored(database)
    assert found.lots[1].title == "Putsning av fönster"


def test_a_change_may_come_before_what_it_changes(database: Database):
    assert bring(database, own(SWEDISH, *CHANGE)).outcome is Outcome.CREATED
    with pytest.raises(InvalidContent, match="Superseded"):
        bring(database, own(SWEDISH))
    assert len(stored(database)) == 1


def test_a_void_withdraws_what_is_here_and_is_refused_otherwise(database: Database):
    with pytest.raises(InvalidContent, match="withdraws another one") as refused:
        bring(database, own("void.xml"))
    assert refused.value.faults[0].pointer == "line 10, BT-758"
    first = bring(database, own(SWEDISH))
    void = bring(database, own("void.xml"))
    assert (void.outcome, void.status, void.opportunity_id) == (
        Outcome.WITHDRAWN,
        Status.CANCELLED,
        first.opportunity_id,
    )
    assert bring(database, own("void.xml")).outcome is Outcome.UNCHANGED


def test_a_refused_notice_writes_nothing(database: Database):
    with pytest.raises(InvalidContent):
        bring(database, own(SWEDISH, ("LOT-0002", "LOT-0001")))
    assert stored(database) == []


@pytest.mark.parametrize("language", ["sv", "nb", "en"])
def test_the_report_is_readable(database: Database, language: str):
    report = bring(database, own(SWEDISH), file="städning.xml")
    text = render(report, language)
    assert text.startswith("städning.xml: ")
    assert report.opportunity_id in text
    assert "BT-22-Procedure" in text
    assert "{" not in text
    assert "Exempelsson" not in text
    assert ("new opportunity" in text) is (language == "en")
