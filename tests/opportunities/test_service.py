"""Opportunities published, replaced and found, on both databases."""

from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import func, select

from app.core.columns import new_id
from app.core.db import Database
from app.core.errors import Conflict, InvalidContent, NotFound
from app.journal import service as journal
from app.opportunities import service
from app.opportunities.schemas import OpportunityCreate, OpportunityFilters, OpportunityRead
from app.opportunities.tables import Lot, LotArea, LotCpv, LotReservation, LotTargetGroup, Opportunity
from app.opportunities.vocabulary import Status
from tests.factories import lot, opportunity

NOTICE = {"source": "ted", "notice_id": "00000000-0000-0000-0000-000000000001", "version": "01"}


def publish(database: Database, data: OpportunityCreate, record_id: str | None = None) -> OpportunityRead:
    """Publish in a transaction of its own."""
    with database.writes() as session:
        return service.publish(session, data, home="here", record_id=record_id)


def full() -> OpportunityCreate:
    """Return an opportunity with something in every field."""
    return opportunity(
        buyer_number="212000-0142",
        legal_basis="LOU 4 kap. 18 §",
        procedure_type="open",
        contact_function="Upphandling",
        contact_email="upphandling@example.invalid",
        official_url="https://example.invalid/1",
        published_at="2026-11-01T08:00:00+01:00",
        questions_until="2026-12-01T00:00:00Z",
        starts_on="2027-03-01",
        objectives=["opp", "et-eq", "opp"],
        srpp_areas=["social_integration"],
        lots=[
            lot(
                cpv_additional=["90911200", "90910000", "90911200"],
                area_codes=["SE-23", "SE-2281"],
                foreign_areas=["FI1D8"],
                reserved_participation=["res-ws", "res-pub-ser"],
                reserved_execution="no",
                estimated_value={"amount": "600000,50", "currency": "SEK"},
                duration_months=24,
                places_wanted=2,
                target_groups=["rehabilitation"],
            ),
            lot(number="DEL B", title="Fönsterputs", cpv_main="90911300"),
        ],
        notice=NOTICE,
    )


def test_what_is_published_is_read_back(database: Database):
    made = publish(database, full())
    with database.reads() as session:
        read = service.find(session, made.id)
    assert read == made
    assert (read.home, read.rev, read.status, read.notice_id) == ("here", 1, "published", NOTICE["notice_id"])
    assert read.published_at is not None
    assert read.published_at.isoformat() == "2026-11-01T07:00:00+00:00"
    assert (read.objectives, read.srpp_areas) == (["et-eq", "opp"], ["social_integration"])
    assert read.reserved_participation == ["res-pub-ser", "res-ws"]
    first, second = read.lots
    assert (first.number, second.number, second.title) == ("LOT-0001", "DEL B", "Fönsterputs")
    assert (first.cpv_main, first.cpv_additional) == ("90910000", ["90911200"])
    assert (first.area_codes, first.foreign_areas) == (["SE-23", "SE-2281"], ["FI1D8"])
    assert (first.value_minor, first.currency, first.duration_months, first.places_wanted) == (60_000_050, "SEK", 24, 2)


def test_publishing_again_replaces_everything(database: Database):
    first = publish(database, full())
    again = publish(database, opportunity(title="Nytt", form="iop", lots=[]), first.id)
    assert (again.id, again.rev, again.title, again.lots, again.notice_id) == (first.id, 2, "Nytt", [], None)
    with database.reads() as session:
        for table in (Lot, LotArea, LotCpv, LotReservation, LotTargetGroup):
            assert session.execute(select(func.count()).select_from(table)).scalar() == 0, table
        for words, number in (("fönsterputs", 0), ("nytt", 1)):
            assert service.search(session, OpportunityFilters(words=words))[1] == number
        assert [entry.rev for entry in journal.entries(session, first.id)] == [1, 2]


def test_an_opportunity_is_published_when_it_is_first_shown(database: Database):
    draft = publish(database, opportunity(status="draft"))
    assert draft.published_at is None
    assert publish(database, opportunity(), draft.id).published_at is not None


@pytest.mark.parametrize("form", ["iop", "early_dialogue"])
def test_a_partnership_and_a_dialogue_need_no_lots(database: Database, form: str):
    made = publish(database, opportunity(form=form, lots=[]))
    assert (made.lots, made.lot_count) == ([], 0)


WRONG: list[tuple[dict[str, Any], list[str]]] = [
    ({"lots": []}, ["/lots"]),
    ({"objectives": ["opp", "nonsense"]}, ["/objectives/1"]),
    ({"srpp_areas": ["nonsense"]}, ["/srpp_areas/0"]),
    ({"lots": [lot(), lot(target_groups=["rehabilitation", "x"])]}, ["/lots/1/target_groups/1"]),
]


@pytest.mark.parametrize(("wrong", "pointers"), WRONG, ids=lambda value: str(value)[:40])
def test_what_is_in_no_list_is_refused_and_nothing_written(
    database: Database, wrong: dict[str, Any], pointers: list[str]
):
    with pytest.raises(InvalidContent) as refusal:
        publish(database, opportunity(**wrong))
    assert [fault.pointer for fault in refusal.value.faults] == pointers
    with database.reads() as session:
        assert session.execute(select(func.count()).select_from(Opportunity)).scalar() == 0


def test_a_notice_is_one_opportunity(database: Database):
    first = publish(database, full())
    with pytest.raises(Conflict) as refusal:
        publish(database, full())
    assert refusal.value.faults[0].pointer == "/notice/notice_id"
    assert publish(database, full(), first.id).rev == 2
    with database.reads() as session:
        found = service.find_notice(session, "ted", NOTICE["notice_id"])
        assert found is not None
        assert found.id == first.id
        assert service.find_notice(session, "doffin", NOTICE["notice_id"]) is None


@pytest.mark.parametrize("unknown", ["", "nothing", "x" * 64])
def test_an_unknown_id_is_not_found(database: Database, unknown: str):
    with database.reads() as session, pytest.raises(NotFound):
        service.find(session, unknown)


def test_a_draft_is_never_shown(database: Database):
    draft = publish(database, opportunity(status="draft"))
    with database.reads() as session:
        with pytest.raises(NotFound):
            service.find(session, draft.id)
        public = [status for status in Status if status is not Status.DRAFT]
        assert service.search(session, OpportunityFilters(status=public)) == ([], 0)
        # Even for a caller that went around the schema.
        around = OpportunityFilters().model_copy(update={"status": [Status.DRAFT]})
        assert service.search(session, around) == ([], 0)
        assert service.open_now(session) == []
        assert service.exists(session, draft.id)
    with pytest.raises(ValidationError, match="drafts are not shown"):
        OpportunityFilters(status=[Status.DRAFT])


def test_open_are_the_published_ones_before_their_deadline(database: Database):
    wanted = {
        publish(database, opportunity()).id,
        publish(database, opportunity(deadline_at=None)).id,
    }
    publish(database, opportunity(deadline_at="2020-01-01T00:00:00Z"))
    publish(database, opportunity(status="closed"))
    with database.reads() as session:
        assert {found.id for found in service.open_now(session)} == wanted


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"title": "a\x00b"},
        {"title": "Anna 811228-9874"},
        {"description": "Brukare 811228-9874"},
        {"lots": [{"title": "Städ", "description": "811228-9874"}]},
        {"contact_email": "anna.svensson@exempel.se"},
        {"contact_function": "Anna Andersson"},
        {"description": "Ring Anna 070-123 45 67"},
        {"title": "Städning, frågor till anna.andersson@exempel.se"},
        {"buyer_number": "811228-9874"},
        {"official_url": "https://user@exempel.se/"},
        {"deadline_at": "2026-11-21T12:00:00"},
        {"deadline_at": 0},
        {"starts_on": 0},
        {"buyer_number": "1" * 33},
        {"notice": NOTICE | {"version": "1" * 17}},
        {"lots": [{"title": "Städ", "foreign_areas": ["x" * 9]}]},
        {"lots": [{"title": "Städ", "number": "x" * 65}]},
        {"lots": [{"title": "Städ", "duration_months": True}]},
        {"source": "x" * 201},
        {"unknown": 1},
    ],
    ids=lambda wrong: str(wrong)[:50],
)
def test_what_may_not_be_kept_is_refused(wrong: dict[str, Any]):
    with pytest.raises(ValidationError):
        opportunity(**wrong)


def test_the_longest_texts_fit_both_databases(database: Database):
    prose = " ".join(f"ord{number}" for number in range(3000))[:20_000]
    lots = [lot(title="å" * 300, description=prose, number="å" * 64) for _ in range(100)]
    made = publish(database, opportunity(title="å" * 1000, buyer_name="å" * 300, description="x" * 20_000, lots=lots))
    with database.reads() as session:
        assert [one.id for one in service.search(session, OpportunityFilters(words="ord1999"))[0]] == [made.id]


def test_an_id_that_is_given_is_used(database: Database):
    wanted = new_id()
    assert publish(database, opportunity(), wanted).id == wanted
