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
from tests.engines import mostly_sqlite
from tests.notices.notices import own, real

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SWEDISH = "se_reserved_cleaning.xml"
ANY_STATUS = [Status.PUBLISHED, Status.CLOSED, Status.AWARDED, Status.CANCELLED]

IMPORTED = {
    "conv__19-090974-001-EXP.xml": 1,
    "doffin__2022-396301_nuts2021.xml": 1,
    "doffin__2024-103933_5winners.xml": 1,
    "doffin__2024-106286_res-ws.xml": 1,
    "sdk__E3_minimal.xml": 1,
    "sdk__can-social_24.xml": 3,
    "sdk__can_24_maximal.xml": 2,
    "sdk__can_24_no_tenders.xml": 1,
    "sdk__can_25_withheld_lots.xml": 2,
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
# A converter's example that carries the identifiers of another buyer's notice, conv__19.
SAME_IDENTIFIER = "conv__21-364240-001-EXP.xml"
REFUSED = {
    "nor__VALID-national-e4-minimum.xml": ("line 94, BT-05", "1 fault"),
    "sdk__INVALID_cn_24_empty.xml": ("line 4, BT-701", "7 faults"),
    "sdk__can-modif_25.xml": ("line 149, BT-03", "being modified"),
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


@mostly_sqlite
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
    assert {line.split(",")[0] for line in index} == set(IMPORTED) | set(REFUSED) | {SAME_IDENTIFIER}


def test_an_identifier_that_another_buyer_uses_is_refused(database: Database):
    assert bring(database, real(SAME_IDENTIFIER)).status is Status.CANCELLED, "nobody won"
    with pytest.raises(InvalidContent, match="another buyer's"):
        bring(database, real("conv__19-090974-001-EXP.xml"))


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


UUID = "0b1f7a52-4a1b-4e0f-9a43-5d0c4b1d2e01"
NATIONAL = (f">{UUID}</cbc:ID>", ">MERCELL-2026-1234</cbc:ID>")


def change_of(stated: str, *changes: tuple[str, str], notice_id: str = UUID[:-1] + "5") -> bytes:
    """Return a later notice that says it changes `stated`."""
    own_id, issued, title, changed = CHANGE
    own_id = (f"{UUID}</cbc:ID>", f"{notice_id}</cbc:ID>")
    return own(SWEDISH, own_id, issued, title, (changed[0], changed[1].replace(f"{UUID}-01", stated)), *changes)


@pytest.mark.parametrize(
    ("original", "stated", "notice_id"),
    [
        pytest.param((), f"{UUID.upper()}-01", "2026-900009", id="a national number changes a UUID in capitals"),
        pytest.param((NATIONAL,), "MERCELL-2026-1234-01", "MERCELL-2026-1240", id="capitals are kept"),
        pytest.param((NATIONAL,), "MERCELL-2026-1234", UUID, id="a UUID changes a national number without version"),
    ],
)
def test_a_change_finds_its_original_however_either_is_numbered(
    database: Database, original: tuple[tuple[str, str], ...], stated: str, notice_id: str
):
    first = bring(database, own(SWEDISH, *original))
    change = bring(database, change_of(stated, notice_id=notice_id))
    assert (change.outcome, change.opportunity_id) == (Outcome.REPLACED, first.opportunity_id)
    late = bring(database, change_of(stated, ("2026-11-10+01:00", "2026-11-12+01:00"), notice_id="2026-900010"))
    assert (late.outcome, late.opportunity_id) == (Outcome.REPLACED, first.opportunity_id), "by the record's own id"
    assert len(stored(database)) == 1


OTHER_BUYER = ("Exempel kommun", "Annan kommun")


def numbered(number: str) -> tuple[str, str]:
    """Return the change that gives the buyer an organisation number."""
    legal_entity = f"<cac:PartyLegalEntity><cbc:CompanyID>{number}</cbc:CompanyID></cac:PartyLegalEntity>"
    return "</cac:PostalAddress>", f"</cac:PostalAddress>{legal_entity}"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(own(SWEDISH, OTHER_BUYER), id="the same version"),
        pytest.param(own(SWEDISH, (">01</cbc:VersionID>", ">02</cbc:VersionID>"), OTHER_BUYER), id="a newer version"),
        pytest.param(change_of(f"{UUID}-01", OTHER_BUYER), id="a change"),
        pytest.param(own("void.xml", OTHER_BUYER), id="a withdrawal"),
    ],
)
def test_what_one_buyer_published_no_other_buyer_replaces_or_withdraws(database: Database, content: bytes):
    bring(database, own(SWEDISH))
    before = contents(database)
    with pytest.raises(InvalidContent, match="only Exempel kommun may change, withdraw or end it") as refused:
        bring(database, content)
    (fault,) = refused.value.faults
    assert fault.pointer.endswith("OPT-300")
    assert fault.detail == "the buyer here is Annan kommun"
    assert contents(database) == before


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ((numbered("212000-2411"),), (numbered("2120002411"), OTHER_BUYER), True),
        ((numbered("212000-2411"),), (numbered("212000-0142"),), False),
        ((numbered("212000-2411"),), (("Exempel kommun", "EXEMPEL  Kommun"),), True),
        ((), (numbered("212000-2411"),), True),
    ],
    ids=["a renamed buyer keeps its number", "another number", "a number left out", "a number added"],
)
def test_a_buyer_is_known_by_its_number_else_by_its_name(
    database: Database, first: tuple[tuple[str, str], ...], second: tuple[tuple[str, str], ...], same: bool
):
    bring(database, own(SWEDISH, *first))
    newer = own(SWEDISH, (">01</cbc:VersionID>", ">02</cbc:VersionID>"), *second)
    if same:
        assert bring(database, newer).outcome is Outcome.REPLACED
        return
    with pytest.raises(InvalidContent, match="another buyer's"):
        bring(database, newer)


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
