"""Organisations: kept, found and searched, on both databases."""

from dataclasses import replace
from typing import Any

import pytest

from app.accounts.vocabulary import Caller, Role, Scope
from app.core.db import Database
from app.core.errors import Conflict, Forbidden, NotFound
from app.organizations import service
from app.organizations.schemas import OrganizationCreate, OrganizationFilters


def organization(**overrides: Any) -> OrganizationCreate:
    """Return a made-up adviser in Sundsvall."""
    told: dict[str, Any] = {"name": "Exempelhuset", "country": "SE", "kind": "adviser", "source": "exempel"}
    return OrganizationCreate.model_validate(told | {"area_code": "SE-2281", "parts": ["support_provider"]} | overrides)


KNOWN = {
    "Exempelhuset": {},
    "Exempelkommunen": {"kind": "municipality", "parts": ["buyer", "support_provider"], "area_code": "SE-2260"},
    "Eksempelfylket": {"kind": "region", "parts": ["buyer"], "area_code": "NO-50", "country": "NO"},
    "Riksexemplet": {"kind": "state_authority", "parts": ["authority"], "area_code": "SE"},
    "Nordexempel": {"kind": "international", "parts": [], "area_code": None, "country": "INT"},
    "Hemliga exemplet": {"visibility": "private"},
}
FOUND: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["Eksempelfylket", "Exempelhuset", "Exempelkommunen", "Nordexempel", "Riksexemplet"]),
    ({"part": ["buyer"]}, ["Eksempelfylket", "Exempelkommunen"]),
    ({"kind": ["adviser", "region"]}, ["Eksempelfylket", "Exempelhuset"]),
    ({"located_in": ["SE-22"]}, ["Exempelhuset", "Exempelkommunen", "Riksexemplet"]),
    ({"located_in": ["SE-2281"]}, ["Exempelhuset", "Riksexemplet"]),
    ({"located_in": ["NO"]}, ["Eksempelfylket"]),
    ({"words": "kommun"}, []),
    ({"words": "exempelk"}, ["Exempelkommunen"]),
    ({"words": "Sundsvall"}, ["Exempelhuset"]),
    ({"part": ["buyer"], "located_in": ["SE-22"]}, ["Exempelkommunen"]),
    ({"sort": "-name", "limit": 2}, ["Riksexemplet", "Nordexempel"]),
]


def test_organisations_are_found_by_what_is_asked(database: Database):
    with database.writes() as session:
        for name, told in KNOWN.items():
            service.register(session, organization(name=name, **told), home="here")
    with database.reads() as session:
        for asked, names in FOUND:
            found, total = service.search(session, OrganizationFilters.model_validate(asked), None)
            assert [one.name for one in found] == names, asked
            assert total == (5 if "limit" in asked else len(names)), asked


def test_a_coordinator_finds_the_region_s_private_ones_too(database: Database):
    """The guard: `looked_after` asks for the reach of whoever looks after people."""
    with database.writes() as session:
        for name, told in KNOWN.items():
            service.register(session, organization(name=name, **told), home="here")
    coordinator = Caller("c", "its-own", Role.COORDINATOR, frozenset(Scope), region="SE-22")
    with database.reads() as session:
        found, total = service.looked_after(session, OrganizationFilters(), coordinator)
        assert ([one.name for one in found], total) == (["Exempelhuset", "Exempelkommunen", "Hemliga exemplet"], 3)
        everywhere = replace(coordinator, role=Role.ADMIN, region=None)
        assert service.looked_after(session, OrganizationFilters(), everywhere)[1] == len(KNOWN)
        with pytest.raises(Forbidden):
            service.looked_after(session, OrganizationFilters(), replace(coordinator, role=Role.BUYER))


def test_writing_it_again_replaces_what_it_says(database: Database):
    with database.writes() as session:
        first = service.register(session, organization(), home="here")
        again = service.register(
            session, organization(name="Exempelrum", parts=["funder"]), home="here", record_id=first.id
        )
    assert (again.id, again.rev, again.name, again.parts) == (first.id, 2, "Exempelrum", ["funder"])
    with database.reads() as session:
        assert service.find(session, first.id) == again
        assert service.search(session, OrganizationFilters(words="Exempelhuset"), None)[1] == 0


def test_a_number_belongs_to_one_organisation_of_a_node(database: Database):
    number = {"organisation_number": "2120002411"}
    with database.writes() as session:
        service.register(session, organization(**number), home="here")
        service.register(session, organization(**number), home="there")
        with pytest.raises(Conflict):
            service.register(session, organization(name="Exempelrum", **number), home="here")


def test_there_is_no_such_organisation(database: Database):
    with database.reads() as session:
        assert not service.exists(session, "none")
        with pytest.raises(NotFound):
            service.find(session, "none")


def test_it_is_found_by_its_exact_name(database: Database):
    with database.writes() as session:
        service.register(session, organization(visibility="private"), home="here")
        assert [one.name for one in service.named(session, "Exempelhuset")] == ["Exempelhuset"]
        assert service.named(session, "Exempel") == []
