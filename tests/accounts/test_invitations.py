"""Invitations: one link, one place, once; and the people who have them."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from app.accounts import invitations, managing, people
from app.accounts.schemas import InvitationCreate
from app.accounts.vocabulary import Caller, Digest, Role, Scope
from app.core.clock import now
from app.core.db import Database
from app.core.errors import Conflict, Forbidden, InvalidContent, NotFound
from tests.keys import SECRET
from tests.people import person_for

KEY = SECRET.encode()
HERE, ELSEWHERE = "org-buyer", "org-elsewhere"
HASH = "$argon2id$of-a-password"


def caller(role: Role = Role.BUYER, organization_id: str = HERE, *, manages: bool = True, region: str = "") -> Caller:
    """Return somebody who looks after the people of an organisation."""
    return Caller("the-inviter", organization_id, role, frozenset(Scope), region or None, manages=manages)


def invited(database: Database, email: str = "ny@example.org", **told: object) -> str:
    """Invite somebody to the buyer's organisation, and return the link's token."""
    data = InvitationCreate.model_validate({"email": email, "organization_id": HERE, "role": "buyer", **told})
    with database.writes() as session:
        return managing.invite(session, data, organization="Exempel", area=None, secret=KEY, by=caller()).token


def test_a_link_makes_a_person_once(database: Database):
    token = invited(database, " Ny@Example.org ", manages=True)
    with database.reads() as session:
        seen = invitations.look(session, token, secret=KEY)
        assert (seen.email, invitations.is_known(session, seen)) == ("ny@example.org", False)
    with database.writes() as session:
        person_id = invitations.accept_as_new(session, token, HASH, secret=KEY)
    with database.reads() as session:
        found = people.find(session, person_id)
        assert [(place.organization_id, place.role, place.manages) for place in found.places] == [(HERE, "buyer", True)]
        assert [one.email for one in people.addressees(session, HERE)] == ["ny@example.org"]
        with pytest.raises(NotFound):
            invitations.look(session, token, secret=KEY)
    with database.writes() as session, pytest.raises(NotFound):
        invitations.accept_as_new(session, token, HASH, secret=KEY)


def test_only_a_keyed_hash_of_the_link_is_kept(database: Database):
    token = invited(database)
    with database.reads() as session:
        kept = session.execute(text("SELECT token_hash FROM invitation")).scalar_one()
        assert token not in kept
        with pytest.raises(NotFound):
            invitations.look(session, token, secret=b"the secret of another node")


@pytest.mark.parametrize("ending", ["expires_at = created_at", "revoked_at = created_at"])
def test_a_link_that_has_ended_opens_nothing(database: Database, ending: str):
    token = invited(database)
    with database.writes() as session:
        session.execute(text(f"UPDATE invitation SET {ending}"))
    with database.writes() as session, pytest.raises(NotFound):
        invitations.accept_as_new(session, token, HASH, secret=KEY)


def test_somebody_with_an_account_gets_the_place_and_keeps_the_password(database: Database):
    person = person_for(database, "enterprise", email="vi@example.org")
    token = invited(database, "vi@example.org")
    with database.writes() as session, pytest.raises(Conflict):
        invitations.accept_as_new(session, token, HASH, secret=KEY)
    with database.writes() as session:
        invitations.accept(session, token, person_id=person.id, secret=KEY)
    with database.reads() as session:
        assert {place.role for place in people.find(session, person.id).places} == {"enterprise", "buyer"}


def test_a_link_that_went_to_another_address_gives_nobody_else_the_place(database: Database):
    stranger = person_for(database, "enterprise", email="nagon@example.org")
    token = invited(database)
    with database.writes() as session, pytest.raises(NotFound):
        invitations.accept(session, token, person_id=stranger.id, secret=KEY)


def test_the_same_is_done_whoever_is_invited(database: Database):
    """The guard: `invite` never asks whether the address is known."""
    person_for(database, "enterprise", email="kand@example.org")
    invited(database, "kand@example.org")
    invited(database, "okand@example.org")
    with database.reads() as session:
        waiting = managing.waiting(session, HERE, None, by=caller())
        letters = session.execute(text("SELECT template, language FROM outbox_letter")).all()
    assert [one.email for one in waiting] == ["kand@example.org", "okand@example.org"]
    assert letters == [("accounts/invitation", "sv")] * 2


def test_nobody_invites_to_more_than_its_like(database: Database):
    data = InvitationCreate(email="ny@example.org", organization_id=HERE, role=Role.ADMIN)
    with database.writes() as session, pytest.raises(InvalidContent):
        managing.invite(session, data, organization="Exempel", area=None, secret=KEY, by=caller())
    wide = InvitationCreate(email="ny@example.org", organization_id=HERE, role=Role.COORDINATOR, region="SE-23")
    by = caller(Role.COORDINATOR, region="SE-22")
    with database.writes() as session, pytest.raises(InvalidContent):
        managing.invite(session, wide, organization="Exempel", area=None, secret=KEY, by=by)


def test_only_who_looks_after_the_people_may_and_only_at_home(database: Database):
    """The guard: `managing.require`."""
    with database.reads() as session:
        with pytest.raises(Forbidden):
            managing.members(session, HERE, None, by=caller(manages=False))
        with pytest.raises(NotFound):
            managing.members(session, ELSEWHERE, None, by=caller())
        with pytest.raises(NotFound):
            managing.members(session, ELSEWHERE, "SE-2380", by=caller(Role.COORDINATOR, region="SE-22"))
        assert managing.members(session, ELSEWHERE, "SE-2281", by=caller(Role.COORDINATOR, region="SE-22")) == []


def test_a_place_ends_and_can_be_taken_back_but_not_the_last_that_manages(database: Database):
    first = person_for(database, "buyer", email="a@example.org")
    second = person_for(database, "buyer", email="b@example.org", manages=False)
    with database.writes() as session:
        places = {one.email: one.membership_id for one in people.members(session, HERE)}
        with pytest.raises(Conflict):
            managing.end(session, places[first.email], HERE, None, by=caller())
        managing.end(session, places[second.email], HERE, None, by=caller())
        assert [one.email for one in people.addressees(session, HERE)] == [first.email]
        with pytest.raises(NotFound):
            managing.end(session, places[first.email], ELSEWHERE, None, by=caller(organization_id=ELSEWHERE))
        managing.resume(session, places[second.email], HERE, None, by=caller())
    with database.reads() as session:
        assert len(people.members(session, HERE)) == 2


def test_what_is_kept_of_a_person_goes_with_it(database: Database):
    person = person_for(database, "buyer", email="a@example.org")
    invited(database, "a@example.org")
    with database.writes() as session:
        people.change(session, person.id, language="nb", digest=Digest.OFF)
        kept = people.kept_of(session, person.id)
        assert kept["person"]["digest"] == "off"
        assert not {"password_hash", "token_hash"} & set(str(kept).replace("'", " ").split())
        people.erase(session, person.id)
    with database.reads() as session:
        for table in ("person", "membership", "login_session", "invitation"):
            assert session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0, table


def test_the_coordinators_of_a_region_are_found_and_else_the_administrators(database: Database):
    person_for(database, "coordinator", email="nara@example.org", region="SE-22")
    person_for(database, "coordinator", email="langtbort@example.org", region="SE-23")
    person_for(database, "admin", email="admin@example.org")
    with database.reads() as session:
        assert [one.email for one in people.addressees_of_region(session, "SE-2281")] == ["nara@example.org"]
        assert [one.email for one in people.addressees_of_region(session, "NO-5001")] == ["admin@example.org"]
        assert [one.email for one in people.addressees_of_region(session, None)] == ["admin@example.org"]


def test_old_invitations_are_forgotten_but_not_those_that_are_held(database: Database):
    invited(database)
    with database.writes() as session:
        held = InvitationCreate(email="vantar@example.org", role=Role.ENTERPRISE)
        invitations.hold(session, held)
        assert invitations.forget_invitations(session, now() + timedelta(days=10)) == 0
        assert invitations.forget_invitations(session, now() + timedelta(days=40)) == 1
