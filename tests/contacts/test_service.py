"""Contacts: functions that answer, found by role and place, kept by their organisation, on both databases."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from app.accounts.vocabulary import Caller, Role, Scope
from app.contacts import service
from app.contacts.schemas import ContactCreate, ContactFilters, ContactPatch
from app.core.clock import today
from app.core.db import Database
from app.core.errors import BadRequest, Forbidden, InvalidContent, NotFound, PreconditionFailed
from app.core.preconditions import Precondition
from app.organizations import service as organizations
from app.organizations.schemas import OrganizationCreate, OrganizationPatch
from app.wiring import wire

ANY_VERSION = Precondition(None)
OWN = Caller("a-key", "", Role.BUYER, frozenset(Scope))
COORDINATOR = Caller("a-key", "org-coordinator", Role.COORDINATOR, frozenset(Scope), "SE-22", reason="Ringde växeln.")


def organization(database: Database, **told: Any) -> str:
    """Write a made-up municipality, and return its id."""
    record = {"name": "Exempelkommunen", "country": "SE", "kind": "municipality", "parts": ["buyer"]}
    data = OrganizationCreate.model_validate(record | {"area_code": "SE-2281", "source": "exempel"} | told)
    with database.writes() as session:
        return organizations.register(session, data, home="here").id


def contact(organization_id: str, **told: Any) -> ContactCreate:
    """Return the procurement unit of an organisation."""
    record = {"function": "Upphandlingsenheten", "email": "upphandling@example.org"}
    return ContactCreate.model_validate({"organization_id": organization_id} | record | told)


def made(database: Database, organization_id: str, **told: Any) -> str:
    """Write a contact, and return its id."""
    days_ago = told.pop("days_ago", 0)
    with database.writes() as session:
        day = today() - timedelta(days=days_ago)
        return service.register(session, contact(organization_id, **told), home="here", assured_on=day).id


def found(database: Database, **asked: Any) -> list[str]:
    """Return the functions that a visitor's filters find, from page to page."""
    functions: list[str] = []
    filters = ContactFilters.model_validate(asked)
    with database.reads() as session:
        while True:
            page, total, after = service.search(session, filters)
            functions += [one.function for one in page]
            if after is None:
                assert total == len(functions)
                return functions
            filters = filters.model_copy(update={"after": after})


def test_contacts_are_found_by_role_and_place_page_by_page(database: Database):
    town = organization(database)
    county = organization(database, name="Exempelregionen", kind="region", parts=["funder"], area_code="SE-22")
    state = organization(database, name="Riksexemplet", kind="state_authority", parts=["authority"], area_code="SE")
    secret = organization(database, name="Hemliga exemplet", visibility="private")
    made(database, town)
    made(database, town, function="Samordnare för ASF", roles=["coordinator", "buyer"], days_ago=400)
    made(database, county, function="Utvecklingsenheten", areas=["SE-22", "SE-25"])
    made(database, state, function="Kundtjänst", phone="0771-11 22 33", email=None)
    with pytest.raises(InvalidContent):
        made(database, secret)
    with pytest.raises(InvalidContent):
        made(database, "nothing")
    everything = ["Samordnare för ASF", "Upphandlingsenheten", "Utvecklingsenheten", "Kundtjänst"]
    assert found(database) == everything == found(database, limit=1) == found(database, limit=3)
    assert found(database, sort="-updated_at", limit=2) != []
    assert found(database, sort="due_on")[0] == "Samordnare för ASF"
    # A municipality is answered for by its own, its county's and its country's contacts; a county by its parts' too.
    assert found(database, area=["SE-2281"]) == everything
    assert found(database, area=["SE-2580"]) == ["Utvecklingsenheten", "Kundtjänst"]
    assert found(database, area=["SE-25"]) == ["Utvecklingsenheten", "Kundtjänst"]
    assert found(database, area=["NO"]) == []
    assert found(database, role=["buyer"]) == ["Samordnare för ASF", "Upphandlingsenheten"]
    assert found(database, role=["funder"], area=["SE-2281"]) == ["Utvecklingsenheten"]
    assert found(database, words="upphandling exempelk") == ["Upphandlingsenheten"]
    assert found(database, words="Sundsvall") == ["Samordnare för ASF", "Upphandlingsenheten"]
    assert found(database, words="-") == []
    assert found(database, organization_id=county) == ["Utvecklingsenheten"]
    assert found(database, overdue=True) == ["Samordnare för ASF"]
    with database.reads() as session, pytest.raises(BadRequest):
        service.search(session, ContactFilters(after="WyJ4Il0"))


def test_only_its_keeper_and_the_region_change_a_contact(database: Database):
    town = organization(database)
    own = replace(OWN, organization_id=town)
    with database.writes() as session:
        one = service.register(session, contact(town), home="here", by=own)
    assert (one.roles, one.areas, one.source) == (["buyer"], ["SE-2281"], "Exempelkommunen")
    stranger, far_away = replace(OWN, organization_id="another"), replace(COORDINATOR, region="SE-25")
    silent = replace(COORDINATOR, reason=None)
    patch = ContactPatch.model_validate({"function": "Inköp"})
    for by, refusal in ((stranger, Forbidden), (far_away, Forbidden), (silent, BadRequest)):
        with pytest.raises(refusal), database.writes() as session:
            service.register(session, contact(town), home="here", by=by)
        with pytest.raises(refusal), database.writes() as session:
            service.change(session, one.id, patch, match=ANY_VERSION, by=by)
        with pytest.raises(refusal), database.writes() as session:
            service.confirm(session, one.id, by=by)
        with pytest.raises(refusal), database.writes() as session:
            service.remove(session, one.id, match=ANY_VERSION, by=by)
    first = Precondition(frozenset({"1"}))
    with database.writes() as session:
        assert service.change(session, one.id, patch, match=first, by=COORDINATOR).function == "Inköp"
    with pytest.raises(PreconditionFailed) as refused, database.writes() as session:
        service.change(session, one.id, patch, match=first, by=own)
    assert refused.value.members["current"]["function"] == "Inköp"
    with pytest.raises(InvalidContent), database.writes() as session:
        service.change(session, one.id, ContactPatch.model_validate({"email": None}), match=ANY_VERSION, by=own)
    with database.writes() as session:
        service.remove(session, one.id, match=ANY_VERSION, by=own)
    with database.reads() as session, pytest.raises(NotFound):
        service.find(session, one.id, own)
    with pytest.raises(NotFound), database.writes() as session:
        service.confirm(session, "nothing", by=own)


def test_what_nobody_has_confirmed_in_time_waits_for_the_coordinator(database: Database):
    town = organization(database)
    old, fresh = made(database, town, days_ago=400), made(database, town, function="Växeln", days_ago=300)
    waiting = ContactFilters(overdue=True)
    with database.reads() as session:
        assert [one.id for one in service.looked_after(session, waiting, COORDINATOR)[0]] == [old]
        assert service.looked_after(session, waiting, replace(COORDINATOR, region="SE-25"))[1] == 0
        with pytest.raises(Forbidden):
            service.looked_after(session, waiting, replace(OWN, organization_id=town))
        assert [one.is_overdue for one in service.of_organization(session, town)] == [True, False]
    with database.writes() as session:
        confirmed = service.confirm(session, old, by=COORDINATOR)
    assert (confirmed.assured_on, confirmed.is_overdue, confirmed.rev) == (today(), False, 2)
    with database.reads() as session:
        assert service.looked_after(session, waiting, COORDINATOR)[1] == 0
        assert service.find(session, fresh).due_on > today()


def test_contacts_go_with_their_organisation(database: Database):
    wire()
    town = organization(database)
    own = replace(OWN, organization_id=town)
    one = made(database, town)

    def organization_says(**told: Any) -> None:
        with database.writes() as session:
            patch = OrganizationPatch.model_validate(told)
            organizations.change(session, town, patch, match=ANY_VERSION, by=COORDINATOR)

    organization_says(name="Nya kommunen", area_code="SE-2260")
    assert found(database, words="nya") == ["Upphandlingsenheten"]
    organization_says(visibility="private")
    assert found(database) == []
    with database.reads() as session:
        assert service.find(session, one, own).organization_area == "SE-2260"
        with pytest.raises(NotFound):
            service.find(session, one)
    organization_says(visibility="public")
    assert found(database) == ["Upphandlingsenheten"]
    with database.writes() as session:
        organizations.remove(session, town, match=ANY_VERSION, by=COORDINATOR)
    assert found(database) == []


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"email": "anna.andersson@example.org"}, "The address seems to be a person's"),
        ({"function": "Anna Andersson"}, "person's name"),
        ({"phone": "19640823-3234"}, "personal identity number"),
        ({"phone": "ring oss"}, "should match pattern"),
        ({"email": None}, "give an e-mail address, a telephone number or a page"),
        ({"areas": ["XX"]}, "XX"),
    ],
)
def test_what_names_a_person_or_reaches_nobody_is_refused(told: dict[str, Any], why: str):
    with pytest.raises(ValidationError, match=why):
        contact("one", **told)
