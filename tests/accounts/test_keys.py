"""Keys: their form, what is kept of them, whom they stand for, and the command that makes them."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from app.accounts import rules, service
from app.accounts.schemas import KeyCreate
from app.accounts.vocabulary import SCOPES_OF_ROLE, Role, Scope
from app.core.clock import now
from app.core.db import Database
from app.core.errors import InvalidContent, NotFound, Unauthorized

SECRET = b"a secret of this test"


def new(**overrides: object) -> KeyCreate:
    """Return what is asked of a new key."""
    asked = {"name": "Register", "organization_id": "org", "role": "integrator"}
    return KeyCreate.model_validate(asked | overrides)


def test_a_key_has_a_form_that_shows_a_slip_of_the_pen():
    key = rules.new_key()
    assert re.fullmatch(r"smn_[0-9A-Za-z]{43}", key)
    assert rules.is_key(key)
    assert rules.new_key() != key
    other = "a" if key[10] != "a" else "b"
    wrong = [
        key[:-1],
        key + "x",
        key.upper(),
        key.replace("smn_", "xyz_"),
        key[:10] + other + key[11:],
        "",
        "smn_",
        "å" * 47,
    ]
    assert not any(rules.is_key(one) for one in wrong)


def test_only_a_keyed_hash_is_kept(database: Database):
    with database.writes() as session:
        made = service.create_key(session, new(), secret=SECRET)
        kept = session.execute(text("SELECT * FROM api_key")).mappings().one()
    assert made.key not in str(dict(kept))
    assert kept["key_hash"] == rules.keyed_hash(SECRET, made.key)
    assert made.key.startswith(kept["hint"].rstrip("…"))


def test_a_key_stands_for_one_organisation_and_opens_what_its_role_needs(database: Database):
    with database.writes() as session:
        made = service.create_key(session, new(role="buyer"), secret=SECRET)
    with database.reads() as session:
        caller = service.caller_of(session, made.key, secret=SECRET)
    assert (caller.actor_id, caller.organization_id, caller.role) == (made.id, "org", Role.BUYER)
    assert caller.scopes == set(SCOPES_OF_ROLE[Role.BUYER])
    assert Scope.ENTERPRISES_WRITE not in caller.scopes


def test_a_key_of_another_node_opens_nothing(database: Database):
    with database.writes() as session:
        made = service.create_key(session, new(), secret=SECRET)
    with database.reads() as session, pytest.raises(Unauthorized):
        service.caller_of(session, made.key, secret=b"another secret")


def test_a_revoked_or_expired_key_opens_nothing_and_is_not_told_apart_from_an_unknown_one(database: Database):
    with database.writes() as session:
        revoked = service.create_key(session, new(), secret=SECRET)
        expired = service.create_key(session, new(), secret=SECRET)
        service.revoke_key(session, revoked.id)
        session.execute(text("UPDATE api_key SET expires_at = created_at WHERE id = :id"), {"id": expired.id})
    told = set()
    for key in (revoked.key, expired.key, rules.new_key()):
        with database.reads() as session, pytest.raises(Unauthorized) as refused:
            service.caller_of(session, key, secret=SECRET)
        told.add(refused.value.detail)
    assert len(told) == 1


def test_revoking_twice_keeps_the_first_time(database: Database):
    with database.writes() as session:
        made = service.create_key(session, new(), secret=SECRET)
        first = service.revoke_key(session, made.id)
        assert service.revoke_key(session, made.id).revoked_at == first.revoked_at
        with pytest.raises(NotFound):
            service.revoke_key(session, "nobody's")


def test_a_coordinator_s_key_needs_its_region(database: Database):
    with database.writes() as session:
        with pytest.raises(InvalidContent):
            service.create_key(session, new(role="coordinator"), secret=SECRET)
        assert service.create_key(session, new(role="coordinator", region="SE-22"), secret=SECRET).region == "SE-22"


def test_the_use_of_a_key_is_told_now_and_then(database: Database):
    at = now()
    with database.writes() as session:
        made = service.create_key(session, new(), secret=SECRET)
        used = []
        for moment in (at, at + timedelta(minutes=1), at + timedelta(minutes=11)):
            service.tell_use(session, made.id, moment)
            session.expire_all()
            used.append(service.list_keys(session, "org")[0].last_used_at)
    assert used == [at, at, at + timedelta(minutes=11)]
