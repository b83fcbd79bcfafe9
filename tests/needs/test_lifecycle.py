"""A need led through its life, on both databases: what is written, what is refused, and who comes first."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest

from app.accounts.vocabulary import Caller, Role, Scope
from app.core.clock import now, today
from app.core.db import Database
from app.core.errors import BadRequest, Conflict, Forbidden, InvalidContent, NotFound, PreconditionFailed
from app.core.preconditions import Precondition
from app.needs import service
from app.needs.rules import TRANSITIONS, possible_verbs
from app.needs.schemas import NeedFilters, NeedPatch, NeedRead
from app.needs.vocabulary import PUBLIC_STATUSES, Status, Verb
from tests.factories import need

ANY_VERSION = Precondition(None)
HOLDER = Caller("key", "org-owner", Role.ENTERPRISE, frozenset(Scope))
STRANGER = replace(HOLDER, organization_id="org-stranger")
COORDINATOR = Caller("key", "org-coordinator", Role.COORDINATOR, frozenset(Scope), "SE-25", reason="stavfel")


def made(database: Database, status: Status = Status.PUBLISHED, **said: Any) -> str:
    """Write a need in a state, and return its id."""
    with database.writes() as session:
        return service.register(session, need(**said), home="here", owner_id="org-owner", status=status).id


def does(database: Database, verb: Verb, need_id: str) -> object:
    """Take a step in a transaction of its own."""
    with database.writes() as session:
        if verb is Verb.CHANGE:
            patch = NeedPatch.model_validate({"title": "En annan rådgivare"})
            return service.change(session, need_id, patch, match=ANY_VERSION)
        if verb is Verb.REMOVE:
            return service.remove(session, need_id, match=ANY_VERSION)
        return service.step(session, need_id, verb, note="på begäran")


def read(database: Database, need_id: str, by: Caller | None = None) -> NeedRead:
    """Return a need as `by` may see it."""
    with database.reads() as session:
        return service.find(session, need_id, by)


def listed(database: Database, **filters: Any) -> list[str]:
    """Return the ids that a visitor's filters find."""
    with database.reads() as session:
        return [one.id for one in service.search(session, NeedFilters(**filters))[0]]


def test_every_verb_in_every_state_does_what_the_table_says(database: Database):
    for verb in Verb:
        for status in Status:
            one = made(database, status)
            if status not in TRANSITIONS[verb]:
                with pytest.raises(Conflict, match=f"It is {status.value} and cannot take {verb.value}"):
                    does(database, verb, one)
                continue
            does(database, verb, one)
            target = TRANSITIONS[verb][status]
            with database.reads() as session:
                assert service.exists(session, one) is (target is not None)
            if target is None:
                continue
            found = read(database, one, HOLDER)
            assert (found.status, found.rev) == (target, 2), (verb, status)
            assert (one in listed(database)) is (target is Status.PUBLISHED)
            if target not in PUBLIC_STATUSES:
                with pytest.raises(NotFound):
                    read(database, one, STRANGER)
    with pytest.raises(NotFound):
        does(database, Verb.PUBLISH, "nothing")
    assert possible_verbs(Status.WITHDRAWN) == [Verb.REOPEN, Verb.REMOVE]


def test_of_several_steps_at_once_exactly_one_is_taken(database: Database):
    for verbs in ([Verb.PUBLISH] * 3, [Verb.PUBLISH, Verb.REMOVE]):
        one = made(database, Status.DRAFT)
        together = Barrier(len(verbs))

        def take(verb: Verb, one: str = one, together: Barrier = together) -> bool:
            together.wait()
            try:
                does(database, verb, one)
            except (Conflict, NotFound):
                return False
            return True

        with ThreadPoolExecutor(len(verbs)) as threads:
            assert sum(threads.map(take, verbs)) == 1


def test_of_two_who_change_one_version_the_second_sees_both(database: Database):
    one = made(database)
    first, second = ({"title": "Mentor A"}, {"title": "Mentor B"})
    match = Precondition(frozenset({"1"}))
    with database.writes() as session:
        service.change(session, one, NeedPatch.model_validate(first), match=match, by=HOLDER)
    with pytest.raises(PreconditionFailed) as refusal, database.writes() as session:
        service.change(session, one, NeedPatch.model_validate(second), match=match, by=HOLDER)
    assert refusal.value.members["current"]["title"] == "Mentor A"
    assert refusal.value.members["sent"] == second
    with database.reads() as session:
        newest, *_ = service.history(session, one, HOLDER).items
        assert (newest.fields, newest.before) == (["title"], {"title": need().title})
        assert service.history(session, one, None).items[0].before is None


def test_its_holder_decides_and_the_coordinator_says_why(database: Database):
    with database.writes() as session:
        one = service.register_for(session, need(), home="here", by=HOLDER).id
        with pytest.raises(NotFound):
            service.step(session, one, Verb.PUBLISH, by=STRANGER)
        published = service.step(session, one, Verb.PUBLISH, by=HOLDER)
    assert (published.assured_on, published.published_at is not None) == (today(), True)
    for by, refusal in ((STRANGER, Forbidden), (replace(COORDINATOR, region="SE-22"), Forbidden)):
        with pytest.raises(refusal), database.writes() as session:
            service.step(session, one, Verb.WITHDRAW, by=by)
    with pytest.raises(BadRequest), database.writes() as session:
        service.step(session, one, Verb.WITHDRAW, by=replace(COORDINATOR, reason=None))
    away = NeedPatch.model_validate({"area_code": "SE-12"})
    with pytest.raises(Forbidden), database.writes() as session:
        service.change(session, one, away, match=ANY_VERSION, by=COORDINATOR)
    with database.writes() as session:
        service.step(session, one, Verb.WITHDRAW, by=COORDINATOR, note="dubblett")
    with pytest.raises(NotFound):
        read(database, one)
    # Her region's drafts and what is withdrawn there are hers to see, and nobody else's.
    with database.reads() as session:
        asked = NeedFilters(status=[Status.WITHDRAWN])
        assert [found.id for found in service.search(session, asked, COORDINATOR)[0]] == [one]
        assert [found.id for found in service.kept_by(session, "org-owner")] == [one]
        assert service.search(session, asked, STRANGER)[1] == 0
        with pytest.raises(BadRequest):
            service.search(session, asked)


def test_what_nobody_confirms_lapses_after_the_grace_and_comes_back(database: Database):
    one = made(database, review_months=1)
    due = read(database, one).due_on
    assert due is not None
    for day, lapsed in [(30, 0), (31, 1), (32, 0)]:
        with database.writes() as session:
            at = now() + timedelta(days=(due - now().date()).days + day)
            assert service.lapse_unconfirmed(session, at) == lapsed, day
    found = read(database, one)
    assert (found.status, found.status_note) == (Status.LAPSED, service.UNCONFIRMED)
    assert listed(database) == []
    with database.writes() as session:
        again = service.step(session, one, Verb.RECONFIRM, by=HOLDER)
    assert (again.status, again.assured_on, again.status_note) == (Status.PUBLISHED, today(), None)
    assert listed(database) == [one]


def test_a_need_has_a_holder_that_everybody_may_know(database: Database):
    for said, field in (
        ({"holder_name": None}, "/holder_name"),
        ({"holder_id": "none"}, "/holder_id"),
        ({"enterprise_id": "none"}, "/enterprise_id"),
    ):
        with pytest.raises(InvalidContent) as refusal:
            made(database, **said)
        assert [fault.pointer for fault in refusal.value.faults] == [field]
