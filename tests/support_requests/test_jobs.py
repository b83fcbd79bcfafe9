"""What the worker does for requests: each once, and figures told when enough stand behind them."""

from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col

from app.accounts.tables import Membership
from app.accounts.vocabulary import Role
from app.core.clock import now
from app.core.db import Database
from app.core.errors import NotFound
from app.support_offers.vocabulary import Status
from app.support_requests import service
from app.support_requests.schemas import AcceptIn, OutcomeIn
from app.support_requests.tables import SupportRequest
from app.support_requests.vocabulary import (
    ANSWER_WITHIN,
    ENOUGH,
    OUTCOME_AFTER,
    REMINDED_BEFORE,
    Helped,
    RequestState,
    RequestStep,
)
from app.worker import JOBS
from tests.people import person_for
from tests.responses.ground import letters
from tests.support_requests.ground import FIRM, GIVER, ask, caller, firm, offered, put, read, staffed
from tests.support_requests.test_requests import at_once

DAY = timedelta(days=1)


def test_whoever_is_to_answer_is_reminded_once_and_then_it_expires(database: Database):
    staffed(database)
    offer, _ = offered(database), firm(database)
    sent = ask(database, offer)
    due = sent.due_at
    assert due - sent.sent_at == ANSWER_WITHIN
    early, late = due - REMINDED_BEFORE - DAY, due - REMINDED_BEFORE
    done = [at_once(database, *[lambda session, at=at: service.remind(session, at)] * 2) for at in (early, late, late)]
    assert [sorted(one) for one in done] == [[0, 0], [0, 1], [0, 0]]
    (letter,) = letters(database, "support_requests/reminder")
    assert letter["to"] == "support_provider@example.org"
    # To acknowledge it begins another month, with a reminder of its own.
    with database.writes() as session:
        service.acknowledge(session, sent.id, by=GIVER)
    put(database, sent.id, due_at=due)
    with database.writes() as session:
        assert service.remind(session, due - DAY) == 1
        assert service.expire(session, due - timedelta(seconds=1)) == 0
    assert sorted(at_once(database, *[lambda session: service.expire(session, due)] * 2)) == [0, 1]
    ended = read(database, sent.id)
    assert (ended.state, ended.events[-1].step, ended.events[-1].role) == (
        RequestState.EXPIRED,
        RequestStep.EXPIRE,
        None,
    )
    assert [one["state"] for one in letters(database, "support_requests/answer")] == ["acknowledged", "expired"]
    # It may be asked again: what has expired waits no more.
    assert ask(database, offer).state is RequestState.SENT


def test_the_enterprise_is_asked_once_whether_it_helped(database: Database):
    staffed(database)
    offer, _ = offered(database), firm(database)
    sent = ask(database, offer)
    with database.writes() as session:
        at = service.accept(session, sent.id, AcceptIn(), by=GIVER).decided_at
    assert at is not None
    with database.writes() as session:
        assert service.ask_outcomes(session, at + OUTCOME_AFTER - DAY) == 0
        assert service.ask_outcomes(session, at + OUTCOME_AFTER) == 1
        assert service.ask_outcomes(session, at + OUTCOME_AFTER + DAY) == 0
    assert [one["to"] for one in letters(database, "support_requests/did_it_help")] == ["enterprise@example.org"]
    assert read(database, sent.id).is_outcome_asked
    assert not read(database, sent.id, GIVER).is_outcome_asked
    with database.reads() as session:
        assert (service.waiting(session, FIRM).to_tell, service.waiting(session, GIVER).to_tell) == (1, 0)
    with database.writes() as session:
        service.tell_outcome(session, sent.id, OutcomeIn(helped=Helped.HELPED), by=FIRM)
    with database.reads() as session:
        assert service.waiting(session, FIRM).to_tell == 0


def test_a_request_goes_to_the_coordinator_when_the_provider_has_nobody_left(database: Database):
    staffed(database)
    sent = ask(database, (offered(database), firm(database))[0])
    with database.writes() as session:
        assert service.hand_over(session, now()) == 0
        left = update(Membership).where(col(Membership.organization_id) == GIVER.organization_id)
        session.execute(left.values(ended_at=now()))
    assert sorted(at_once(database, *[lambda session: service.hand_over(session, now())] * 2)) == [0, 1]
    assert read(database, sent.id).is_by_coordinator
    assert [one["to"] for one in letters(database, "support_requests/new_request")] == [
        "support_provider@example.org",
        "coordinator@example.org",
    ]
    person_for(database, Role.SUPPORT_PROVIDER, email="ny@example.org")
    with database.writes() as session:
        assert service.hand_over(session, now()) == 1
    assert not read(database, sent.id).is_by_coordinator


def test_a_figure_is_told_when_five_stand_behind_it(database: Database):
    offer, another = offered(database), offered(database)
    firms = [firm(database, f"Exempel {n}", kept_by=caller(Role.ENTERPRISE, f"org-{n}")) for n in range(ENOUGH)]

    def runs(n: int, helped: Helped, *, of: str) -> None:
        by = caller(Role.ENTERPRISE, f"org-{n}")
        sent = ask(database, of, firms[n], by=by)
        put(database, sent.id, sent_at=now() - 2 * DAY)
        with database.writes() as session:
            service.accept(session, sent.id, AcceptIn(), by=GIVER)
            service.tell_outcome(session, sent.id, OutcomeIn(helped=helped), by=by)

    def told(of: str) -> tuple[int | None, int | None, float | None]:
        with database.reads() as session:
            found = service.experience(session, of)
        return found.reply_days, found.provider_reply_days, found.helpfulness

    for n in range(ENOUGH - 1):
        runs(n, Helped.HELPED, of=offer)
    with database.writes() as session:
        session.execute(update(SupportRequest).values(told_at=now() - DAY))
    # One that asks again is still one: four have told, and five answers came.
    runs(0, Helped.NOT, of=offer)
    assert told(offer) == (2, 2, None)
    with database.reads() as session:
        assert service.helpfulness(session, [offer, another]) == {}
    runs(ENOUGH - 1, Helped.PARTLY, of=offer)
    with database.reads() as session:
        assert service.helpfulness(session, [offer, another]) == {offer: 0.7}
    assert told(offer)[2] == 0.7
    assert told(another)[0] is None
    with database.reads() as session, pytest.raises(NotFound):
        service.experience(session, "nobodys")


def test_a_provider_is_measured_over_all_that_it_gives(database: Database):
    draft = offered(database, status=Status.DRAFT)
    firm(database)
    for _ in range(ENOUGH):
        sent = ask(database, offered(database))
        put(database, sent.id, sent_at=now() - 4 * DAY)
        with database.writes() as session:
            service.acknowledge(session, sent.id, by=GIVER)
    with database.reads() as session:
        found = service.experience(session, draft, GIVER)
        assert (found.reply_days, found.provider_reply_days) == (None, 4)
        with pytest.raises(NotFound):
            service.experience(session, draft)


def test_the_worker_has_the_job():
    assert "support-requests" in {job.name for job in JOBS}
