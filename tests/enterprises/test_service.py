"""Enterprises registered, replaced and found, on both databases."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import func, select
from sqlmodel import SQLModel

from app.core.columns import new_id
from app.core.db import Database
from app.core.errors import Conflict, InvalidContent, NotFound
from app.enterprises import service
from app.enterprises.schemas import EnterpriseCreate, EnterpriseFilters, EnterpriseRead
from app.enterprises.tables import EnterpriseAlias, EnterpriseArea, Offering, OfferingCpv, OfferingSector
from app.journal import service as journal
from tests.factories import enterprise, offering

CHILDREN: list[type[SQLModel]] = [Offering, OfferingCpv, OfferingSector, EnterpriseAlias, EnterpriseArea]


def register(database: Database, data: EnterpriseCreate, record_id: str | None = None) -> EnterpriseRead:
    """Register in a transaction of its own."""
    with database.writes() as session:
        return service.register(session, data, home="here", record_id=record_id)


def found(database: Database, words: str) -> list[str]:
    """Return the ids that the registry finds for words."""
    with database.reads() as session:
        return [one.id for one in service.search(session, EnterpriseFilters(words=words))[0]]


def full() -> EnterpriseCreate:
    """Return an enterprise with something in every field."""
    return enterprise(
        aliases=["Städ & Ren", "Exempel Rent", "Städ & Ren"],
        organisation_number="212000-0142",
        legal_form="ek_for",
        founded_year=2015,
        public_ownership="no",
        offerings=[
            offering(cpv=["90911200", "90910000", "90911200"], sectors=["cleaning", "cafe"], places_free=2),
            offering(title="Arbetsträning", kind="work_training", cpv=[], sectors=[]),
        ],
        criteria=[{"criterion": "reinvest", "state": "declared", "on": "2026-01-15"}],
        certificates=[{"name": "Exempelintyg", "valid_from": "2026-01-01", "valid_until": "2027-01-01"}],
        service_areas=["SE-22", "SE-23", "SE-22"],
        industry_codes=["81210"],
        employees="5-9",
        turnover="1-3",
        languages=["sv", "nb"],
        contact_function="Kundtjänst",
        contact_email="info@example.invalid",
        website="https://exempel.invalid/städ",
        source_year=2026,
        confirmed_on="2026-02-01",
    )


def test_what_is_registered_is_read_back(database: Database):
    made = register(database, full())
    with database.reads() as session:
        read = service.find(session, made.id)
    assert read == made
    assert (read.home, read.rev, read.area_code, read.organisation_number) == ("here", 1, "SE-2281", "2120000142")
    assert read.aliases == ["Exempel Rent", "Städ & Ren"]
    assert [one.title for one in read.offerings] == ["Lokalvård", "Arbetsträning"]
    # The first code is the main one, so codes keep their order.
    assert read.offerings[0].cpv == ["90911200", "90910000"]
    assert read.offerings[0].sectors == ["cafe", "cleaning"]
    assert read.service_areas == ["SE-22", "SE-23"]
    assert read.updated_at.tzinfo is not None


def test_registering_again_replaces_everything(database: Database):
    first = register(database, full())
    again = register(database, enterprise(name="Exempel Nytt", offerings=[], service_areas=[]), first.id)
    assert (again.id, again.rev, again.name) == (first.id, 2, "Exempel Nytt")
    assert (again.offerings, again.aliases, again.service_areas, again.organisation_number) == ([], [], [], None)
    with database.reads() as session:
        for table in CHILDREN:
            assert session.execute(select(func.count()).select_from(table)).scalar() == 0, table


def test_the_words_it_is_found_by_are_replaced_too(database: Database):
    first = register(database, enterprise(name="Exempel Fågel"))
    register(database, enterprise(name="Exempel Fisk"), first.id)
    assert found(database, "fisk") == [first.id]
    assert found(database, "fågel") == []


def test_every_change_is_in_the_journal(database: Database):
    first = register(database, enterprise())
    register(database, enterprise(), first.id)
    register(database, enterprise(name="Exempel Annat"), first.id)
    with database.reads() as session:
        entries = list(journal.entries(session, first.id))
    assert [(entry.type, entry.rev, entry.method, entry.home) for entry in entries] == [
        ("enterprise", rev, "PUT", "here") for rev in (1, 2, 3)
    ]
    hashes = [entry.payload_hash for entry in entries]
    assert hashes[2] != hashes[1]


def test_a_record_keeps_its_home(database: Database):
    first = register(database, enterprise())
    with database.writes() as session:
        again = service.register(session, enterprise(), home="elsewhere", record_id=first.id)
    assert again.home == "here"


def test_an_id_that_is_given_is_used(database: Database):
    wanted = new_id()
    assert register(database, enterprise(), wanted).id == wanted
    with database.reads() as session:
        assert service.exists(session, wanted)
        assert not service.exists(session, new_id())


@pytest.mark.parametrize("unknown", ["", "nothing", "x" * 64])
def test_an_unknown_id_is_not_found(database: Database, unknown: str):
    with database.reads() as session, pytest.raises(NotFound):
        service.find(session, unknown)


WRONG: list[tuple[dict[str, Any], list[str]]] = [
    ({"legal_form": "nonsense"}, ["/legal_form"]),
    ({"legal_form": "as"}, ["/legal_form"]),
    ({"area_code": "NO-5001"}, ["/area_code"]),
    ({"area_code": "SE-22"}, ["/area_code"]),
    ({"area_code": "SE"}, ["/area_code"]),
    ({"country": "NO"}, ["/area_code"]),
    ({"target_groups": ["far_from_labour_market", "nobody"]}, ["/target_groups/1"]),
    ({"criteria": [{"criterion": "x", "state": "declared"}]}, ["/criteria/0/criterion"]),
    ({"offerings": [offering(), offering(sectors=["cleaning", "x"])]}, ["/offerings/1/sectors/1"]),
    ({"criteria": [{"criterion": "reinvest", "state": "declared"}] * 2}, ["/criteria/1/criterion"]),
    ({"certificates": [{"name": "Intyg"}] * 3}, ["/certificates/1/name", "/certificates/2/name"]),
    ({"eligibility": [{"reservation": "res-ws", "state": "declared"}] * 2}, ["/eligibility/1/reservation"]),
]


@pytest.mark.parametrize(("wrong", "pointers"), WRONG, ids=lambda value: str(value)[:40])
def test_what_is_in_no_list_or_said_twice_is_refused_and_nothing_written(
    database: Database, wrong: dict[str, Any], pointers: list[str]
):
    with pytest.raises(InvalidContent) as refusal:
        register(database, enterprise(**wrong))
    assert [fault.pointer for fault in refusal.value.faults] == pointers
    assert found(database, "exempel") == []


def test_one_organisation_number_is_one_enterprise_of_a_node(database: Database):
    first = register(database, enterprise(organisation_number="212000-0142"))
    with pytest.raises(Conflict) as refusal:
        register(database, enterprise(organisation_number="2120000142"))
    assert refusal.value.faults[0].pointer == "/organisation_number"
    assert register(database, enterprise(organisation_number="212000-0142"), first.id).rev == 2
    with database.writes() as session:
        service.register(session, enterprise(organisation_number="212000-0142"), home="elsewhere")


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Anna 811228-9874"},
        {"summary": "Grundare 811228-9874"},
        {"aliases": ["Städ", "811228-9874"]},
        {"offerings": [{"title": "Städ", "description": "Ring 811228-9874"}]},
        {"contact_function": "Anna 19811228-9874"},
        {"contact_function": "Anna Andersson, tel 070-1234567"},
        {"contact_function": "Anna Andersson"},
        {"contact_email": "anna.svensson@exempel.se"},
        {"summary": "Ring Anna 070-123 45 67, anna.andersson@exempel.se"},
        {"source": "Anna Andersson, 070-123 45 67"},
        {"website": "https://exempel.se/?p=811228-9874"},
        {"website": "https://user:pass@exempel.se/"},
        {"organisation_number": "811228-9874"},
        {"name": "a\x00b"},
        {"name": "a\ud800b"},
        {"country": "FI"},
        {"area_code": "SE-9999"},
        {"offerings": [{"title": "Städ", "cpv": ["12"]}]},
        {"offerings": [{"title": "Städ", "places_free": "2"}]},
        {"source": "x" * 201},
        {"confirmed_on": 0},
        {"unknown": 1},
        {"website": "javascript:alert(1)"},
    ],
    ids=str,
)
def test_what_may_not_be_kept_is_refused(wrong: dict[str, Any]):
    with pytest.raises(ValidationError):
        enterprise(**wrong)


def test_the_longest_texts_fit_both_databases(database: Database):
    prose = " ".join(f"ord{number}" for number in range(2000))[:20_000]
    made = register(
        database,
        enterprise(
            name="å" * 300,
            place="å" * 300,
            source="å" * 200,
            contact_function="å" * 300,
            aliases=["å" * 300],
            summary="x" * 20_000,
            offerings=[offering(title="å" * 300, description=f"{number} {prose}"[:20_000]) for number in range(50)],
            certificates=[{"name": "å" * 300}],
            website="https://example.invalid/" + "a" * 2000,
        ),
    )
    assert found(database, "ord1999") == [made.id]


def test_two_changes_at_once_follow_each_other(database: Database):
    first = register(database, enterprise())
    with ThreadPoolExecutor(4) as pool:
        done = [pool.submit(register, database, enterprise(), first.id) for _ in range(8)]
        assert sorted(one.result().rev for one in done) == list(range(2, 10))


def test_of_two_at_once_with_one_number_one_is_told(database: Database):
    start = threading.Barrier(4)

    def try_to_register() -> str:
        start.wait()
        try:
            return register(database, enterprise(organisation_number="212000-0142")).id
        except Conflict:
            return "told"

    with ThreadPoolExecutor(4) as pool:
        answers = [one.result() for one in [pool.submit(try_to_register) for _ in range(4)]]
    assert answers.count("told") == 3
