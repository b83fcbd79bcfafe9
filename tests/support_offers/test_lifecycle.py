"""A support offer led through its life, on both databases: what is written, what is refused, and who comes first."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest

from app.accounts.vocabulary import Caller, Role, Scope
from app.core.clock import now, today
from app.core.db import Database
from app.core.errors import Conflict, Forbidden, InvalidContent, NotFound, PreconditionFailed
from app.core.i18n import texts
from app.core.preconditions import Precondition
from app.support_offers import service
from app.support_offers.rules import TRANSITIONS, possible_verbs
from app.support_offers.schemas import SupportOfferFilters, SupportOfferPatch, SupportOfferRead
from app.support_offers.vocabulary import Status, Verb
from tests.factories import support_offer

ANY_VERSION = Precondition(None)


def made(database: Database, status: Status = Status.PUBLISHED, **said: Any) -> str:
    """Write an offer in a state, and return its id."""
    with database.writes() as session:
        return service.register(session, support_offer(**said), home="here", owner_id="org-owner", status=status).id


def does(database: Database, verb: Verb, offer_id: str) -> object:
    """Take a step in a transaction of its own."""
    with database.writes() as session:
        if verb is Verb.CHANGE:
            patch = SupportOfferPatch.model_validate({"name": "Ny rådgivning"})
            return service.change(session, offer_id, patch, match=ANY_VERSION)
        if verb is Verb.REMOVE:
            return service.remove(session, offer_id, match=ANY_VERSION)
        return service.step(session, offer_id, verb, note="på begäran")


def read(database: Database, offer_id: str, by: Caller | None = None) -> SupportOfferRead:
    """Return an offer as `by` may see it."""
    with database.reads() as session:
        return service.find(session, offer_id, by)


def listed(database: Database, **filters: Any) -> list[str]:
    """Return the ids that a visitor's filters find."""
    with database.reads() as session:
        return [one.id for one in service.search(session, SupportOfferFilters(**filters))[0]]


PROVIDER = Caller("key", "org-owner", Role.SUPPORT_PROVIDER, frozenset(Scope))
STRANGER = replace(PROVIDER, organization_id="org-stranger")
COORDINATOR = Caller("key", "org-coordinator", Role.COORDINATOR, frozenset(Scope), "SE-25", reason="granskat")


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
            if target is not None:
                found = read(database, one, PROVIDER)
                assert (found.status, found.rev) == (target, 2), (verb, status)
                assert (one in listed(database)) is (target is Status.PUBLISHED)
        with pytest.raises(NotFound):
            does(database, verb, "nothing")


def at_once(database: Database, offer_id: str, *verbs: Verb) -> list[object]:
    """Take steps in threads that start together; return what each gave, or how it was refused."""
    together = Barrier(len(verbs))

    def one(verb: Verb) -> object:
        together.wait()
        try:
            return does(database, verb, offer_id)
        except Conflict as refusal:
            return refusal

    with ThreadPoolExecutor(len(verbs)) as threads:
        return list(threads.map(one, verbs))


def test_of_several_steps_at_once_exactly_one_is_taken(database: Database):
    one = made(database, Status.IN_REVIEW)
    found = at_once(database, one, *[Verb.PUBLISH] * 4)
    assert len([answer for answer in found if isinstance(answer, SupportOfferRead)]) == 1
    assert read(database, one).rev == 2
    # Whichever comes first, the other meets a state that it does not lead from.
    two = made(database, Status.IN_REVIEW)
    (won,) = [one for one in at_once(database, two, Verb.PUBLISH, Verb.RETURN) if isinstance(one, SupportOfferRead)]
    assert read(database, two, PROVIDER).status == won.status


def test_of_two_who_change_one_version_the_second_sees_both(database: Database):
    one = made(database)
    first, second = ({"name": "Rådgivning A"}, {"name": "Rådgivning B"})
    match = Precondition(frozenset({"1"}))
    with database.writes() as session:
        service.change(session, one, SupportOfferPatch.model_validate(first), match=match, by=PROVIDER)
    with pytest.raises(PreconditionFailed) as refusal, database.writes() as session:
        service.change(session, one, SupportOfferPatch.model_validate(second), match=match, by=PROVIDER)
    assert refusal.value.members["current"]["name"] == "Rådgivning A"
    assert refusal.value.members["sent"] == second
    nobody = SupportOfferPatch.model_validate({"provider_name": None})
    with pytest.raises(InvalidContent), database.writes() as session:
        service.change(session, one, nobody, match=ANY_VERSION, by=PROVIDER)


def test_what_its_provider_writes_is_shown_by_the_coordinator(database: Database):
    with database.writes() as session:
        one = service.register_for(session, support_offer(), home="here", by=PROVIDER).id
        service.step(session, one, Verb.SUBMIT, by=PROVIDER)
    with pytest.raises(NotFound):
        read(database, one, STRANGER)
    with pytest.raises(Forbidden), database.writes() as session:
        service.step(session, one, Verb.PUBLISH, by=PROVIDER)
    far = replace(COORDINATOR, region="SE-22")
    with pytest.raises(NotFound), database.writes() as session:
        service.step(session, one, Verb.PUBLISH, by=far)
    with database.reads() as session:
        waiting = SupportOfferFilters(status=[Status.IN_REVIEW])
        assert [offer.id for offer in service.search(session, waiting, COORDINATOR)[0]] == [one]
        assert service.search(session, waiting, far)[1] == service.search(session, waiting, STRANGER)[1] == 0
    with database.writes() as session:
        service.step(session, one, Verb.PUBLISH, by=COORDINATOR)
    assert read(database, one).published_at is not None
    with pytest.raises(Forbidden), database.writes() as session:
        service.step(session, one, Verb.ARCHIVE, by=STRANGER, note="min nu")


def test_what_nobody_confirms_is_suspended_after_the_grace_and_comes_back(database: Database):
    one = made(database, review_months=1)
    due = read(database, one).due_on
    assert due is not None
    for day, suspended in [(30, 0), (31, 1), (32, 0)]:
        with database.writes() as session:
            at = now() + timedelta(days=(due - now().date()).days + day)
            assert service.suspend_unconfirmed(session, at) == suspended, day
    found = read(database, one)
    assert (found.status, found.status_note) == (Status.SUSPENDED, service.UNCONFIRMED)
    assert listed(database) == []
    with database.writes() as session:
        again = service.step(session, one, Verb.RECONFIRM, by=PROVIDER)
    assert (again.status, again.assured_on, again.status_note) == (Status.PUBLISHED, today(), None)
    assert listed(database) == [one]


def test_an_offer_is_told_how_to_improve_and_of_the_law(database: Database):
    bare = made(database, needs=[], service_areas=[], sides=[], summary="")
    full = made(
        database,
        summary="En rådgivare träffar er fem gånger under ett år och hjälper till med affärsplanen.",
        how_to_apply="Ring växeln.",
        eligibility="Sociala företag",
        cost="free",
        delivery=["on_site"],
        capacity="open",
        amount="5 timmar om året",
    )
    does(database, Verb.RECONFIRM, full)
    rent = made(database, offer_type="premises", provider_kind="municipality")
    with database.reads() as session:
        poor = service.quality(session, bare, "sv")
        assert poor.score == 0
        assert [one.field for one in poor.improvements][:2] == ["needs", "service_areas"]
        assert sum(one.points for one in poor.improvements) == 100
        best = service.quality(session, full, "sv")
        assert (best.score, best.improvements, best.warnings) == (100, [], [])
        (warning,) = service.quality(session, rent, "nb").warnings
        assert (warning.code, "kommune" in warning.text) == ("individual-aid", True)
        # It is said to Swedish municipalities, of what an enterprise is given.
        quiet = [{"country": "NO"}, {"sides": ["public"]}, {"cost": "paid"}, {"provider_kind": "region"}]
        quiet.append({"offer_type": "advisory"})
        given = service.find(session, rent)
        for change in quiet:
            other = SupportOfferRead.model_validate({**given.model_dump(), **change})
            assert service.quality_of(other, texts("sv")).warnings == [], change


def test_the_table_names_what_can_be_done():
    assert possible_verbs(Status.ARCHIVED) == [Verb.REOPEN, Verb.REMOVE]
    assert {status for states in TRANSITIONS.values() for status in states} == set(Status)
