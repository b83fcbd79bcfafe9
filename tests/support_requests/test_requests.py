"""Requests for support: asked once, answered by the right ones, in the right states, also when several come at once."""

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from pydantic import ValidationError
from sqlalchemy import delete, select, update

from app.accounts.vocabulary import Role
from app.core.db import Database, WriteSession
from app.core.errors import BadRequest, Conflict, InvalidContent, NotFound, PreconditionFailed, Unauthorized
from app.core.preconditions import Precondition
from app.enterprises import service as enterprises
from app.support_offers.vocabulary import Status
from app.support_requests import ground, service
from app.support_requests.rules import STEPS
from app.support_requests.schemas import (
    AcceptIn,
    DeclineIn,
    OutcomeIn,
    SupportRequestFilters,
    SupportRequestIn,
    SupportRequestRead,
)
from app.support_requests.tables import SupportRequest, SupportRequestEvent
from app.support_requests.vocabulary import MOST_OPEN, DeclineReason, Helped, RequestSide, RequestState, RequestStep
from tests.people import person_for
from tests.responses.ground import letters
from tests.support_requests.ground import FIRM, GIVER, NEARBY, ask, caller, firm, offered, read, staffed

FULL = DeclineIn(reason=DeclineReason.FULL, text="Nästa kurs börjar i maj.")
YES = AcceptIn(text="Ring växeln på måndag.")
STRANGERS = (
    caller(Role.ENTERPRISE, "org-of-a-stranger"),
    caller(Role.SUPPORT_PROVIDER, "org-of-a-stranger"),
    caller(Role.BUYER),
    caller(Role.ADMIN),
    NEARBY,
    None,
)


def test_a_request_is_sent_acknowledged_accepted_and_told_of(database: Database):
    staffed(database)
    offer, own = offered(database), firm(database)
    sent = ask(database, offer)
    assert (sent.state, sent.enterprise_id, sent.contact_email) == (RequestState.SENT, own, "info@example.invalid")
    # What Samnod calls one's own: the provider reads it, and whoever is on neither side is not told that it is there.
    assert read(database, sent.id, GIVER).side is RequestSide.PROVIDER
    for stranger in STRANGERS:
        with database.reads() as session, pytest.raises(NotFound):
            service.find(session, sent.id, stranger)
    (told,) = letters(database, "support_requests/new_request")
    assert (told["to"], told["enterprise"], told["is_by_coordinator"]) == (
        "support_provider@example.org",
        "Exempel Städ",
        False,
    )
    with database.writes() as session:
        seen = service.acknowledge(session, sent.id, by=GIVER)
    assert (seen.state, seen.answered_at is None) == (RequestState.ACKNOWLEDGED, False)
    with database.writes() as session:
        accepted = service.accept(session, sent.id, YES, by=GIVER)
    assert (accepted.state, accepted.answer, accepted.answered_at) == (
        RequestState.ACCEPTED,
        "Ring växeln på måndag.",
        seen.answered_at,
    )
    assert [letter["state"] for letter in letters(database, "support_requests/answer")] == ["accepted", "acknowledged"]
    with database.writes() as session:
        outcome = OutcomeIn(helped=Helped.PARTLY, comment="Bra råd, för lite tid.")
        told_of = service.tell_outcome(session, sent.id, outcome, by=FIRM)
    assert (told_of.helped, told_of.comment) == (Helped.PARTLY, "Bra råd, för lite tid.")
    assert [one.step for one in told_of.events] == [
        RequestStep.SEND,
        RequestStep.ACKNOWLEDGE,
        RequestStep.ACCEPT,
        RequestStep.TELL_OUTCOME,
    ]
    # Whether it helped is the enterprise's own word: the provider neither reads it nor sees that it was said.
    theirs = read(database, sent.id, GIVER)
    assert (theirs.helped, theirs.comment, theirs.events[-1].step) == (None, "", RequestStep.ACCEPT)


@pytest.mark.parametrize("text", ["Ring 19811218-9876 om det.", "Ring Anna: 070-174 06 35", "kort"])
def test_texts_with_people_in_them_are_refused_at_their_field(text: str):
    for schema, name, said in (
        (SupportRequestIn, "text", {"offer_id": "1"}),
        (AcceptIn, "text", {}),
        (DeclineIn, "text", {"reason": "other"}),
        (OutcomeIn, "comment", {"helped": "not"}),
    ):
        if text == "kort" and schema is not SupportRequestIn:
            continue
        with pytest.raises(ValidationError) as refused:
            schema.model_validate({**said, name: text})
        assert refused.value.errors()[0]["loc"] == (name,)
    with pytest.raises(ValidationError, match="write the reason"):
        DeclineIn(reason=DeclineReason.OTHER)


def test_nobody_waits_twice_for_the_same(database: Database):
    offer, own = offered(database), firm(database)
    first = ask(database, offer)
    with pytest.raises(service.AlreadyAsked) as refused:
        ask(database, offer)
    assert refused.value.members["request"] == f"/api/v1/support-requests/{first.id}"
    with database.writes() as session:
        service.decline(session, first.id, FULL, by=GIVER)
    assert ask(database, offer, own).id != first.id
    # Of several at once one is taken, and the others are told which.
    other = offered(database)
    sent = at_once(database, *[lambda session: service.send(session, wanted(other), by=FIRM)] * 4)
    (made,) = [one for one in sent if isinstance(one, SupportRequestRead)]
    assert {one.request_id for one in sent if isinstance(one, service.AlreadyAsked)} == {made.id}
    assert len(sent) == 4


def test_who_may_ask_and_of_what(database: Database, monkeypatch: pytest.MonkeyPatch):
    draft, gone = offered(database, status=Status.DRAFT), offered(database, status=Status.ARCHIVED)
    offer = offered(database)
    with pytest.raises(InvalidContent, match="see errors"):
        ask(database, offer)
    own = firm(database)
    for by, wrong, pointer in (
        (caller(Role.ENTERPRISE, "org-of-a-stranger"), offer, "/enterprise_id"),
        (FIRM, draft, "/offer_id"),
    ):
        with pytest.raises(InvalidContent) as refused:
            ask(database, wrong, own, by=by)
        assert refused.value.faults[0].pointer == pointer
    with pytest.raises(Conflict):
        ask(database, gone)
    firm(database, "Exempel Kafé")
    with pytest.raises(InvalidContent) as several:
        ask(database, offer)
    assert several.value.faults[0].pointer == "/enterprise_id"
    assert ask(database, offer, own).enterprise_id == own
    monkeypatch.setattr("app.support_requests.sending.MOST_OPEN", 1)
    with pytest.raises(Conflict, match="waits for 1 answers"):
        ask(database, offered(database), own)
    assert MOST_OPEN > 1


def test_every_state_takes_the_steps_of_the_table(database: Database):
    offer, own = offered(database), firm(database)
    sent = ask(database, offer, own)
    for step, state in itertools.product(STEPS, RequestState):
        with database.writes() as session:
            session.execute(update(SupportRequest).values(state=state))
            session.execute(delete(SupportRequestEvent))
            row = session.get_one(SupportRequest, sent.id)
            rev = row.rev
            if state not in STEPS[step]:
                with pytest.raises(Conflict, match=f"The request is {state.value} now"):
                    ground.take(session, row, step)
            else:
                ground.take(session, row, step)
            assert row.state is STEPS[step].get(state, state), (step, state)
            assert row.rev - rev == (state in STEPS[step])
        with database.reads() as session:
            events = session.execute(select(SupportRequestEvent)).scalars().all()
            assert [(one.step, one.state) for one in events] == ([(step, row.state)] if state in STEPS[step] else [])


def at_once(database: Database, *steps: Callable[[WriteSession], object]) -> list[object]:
    """Take steps in threads that start together; return what each gave, or how it was refused."""
    together = Barrier(len(steps))

    def one(step: Callable[[WriteSession], object]) -> object:
        together.wait()
        try:
            with database.writes() as session:
                return step(session)
        except Conflict as refusal:
            return refusal

    with ThreadPoolExecutor(len(steps)) as threads:
        return list(threads.map(one, steps))


def wanted(offer_id: str) -> SupportRequestIn:
    """Return a request for an offer, of the only enterprise that the caller keeps."""
    return SupportRequestIn(offer_id=offer_id, text="Vi vill starta ett till kafé.")


def test_of_several_answers_at_once_one_stands(database: Database):
    offer, _ = offered(database), firm(database)
    for _ in range(2):
        one = ask(database, offer).id
        answers = at_once(
            database,
            lambda session, one=one: service.accept(session, one, YES, by=GIVER),
            lambda session, one=one: service.decline(session, one, FULL, by=GIVER),
            lambda session, one=one: service.withdraw(session, one, by=FIRM),
            lambda session, one=one: service.accept(session, one, YES, by=GIVER),
        )
        (stands,) = [answer for answer in answers if isinstance(answer, SupportRequestRead)]
        assert read(database, one).state is stands.state
        assert sum(isinstance(answer, Conflict) for answer in answers) == 3
        assert [event.state for event in read(database, one).events] == [RequestState.SENT, stands.state]


def test_what_was_read_before_somebody_answered_is_not_answered_over(database: Database):
    offer, _ = offered(database), firm(database)
    sent = ask(database, offer)
    seen = Precondition(frozenset({str(sent.rev)}))
    with database.writes() as session:
        service.acknowledge(session, sent.id, by=GIVER, match=seen)
    with database.writes() as session, pytest.raises(PreconditionFailed):
        service.decline(session, sent.id, FULL, by=GIVER, match=seen)
    with database.writes() as session:
        assert service.withdraw(session, sent.id, by=FIRM).state is RequestState.WITHDRAWN


def test_the_coordinator_answers_where_the_provider_has_nobody_here(database: Database):
    person_for(database, Role.COORDINATOR)
    # Whoever may not answer does not count: a buyer's people at the same organisation.
    person_for(database, Role.BUYER, GIVER.organization_id, email="kopare@example.org")
    offer, _ = offered(database), firm(database)
    sent = ask(database, offer)
    assert sent.is_by_coordinator
    assert [one["to"] for one in letters(database, "support_requests/new_request")] == ["coordinator@example.org"]
    far_away = caller(Role.COORDINATOR, region="SE-25")
    with database.writes() as session, pytest.raises(NotFound):
        service.acknowledge(session, sent.id, by=far_away)
    with database.writes() as session, pytest.raises(BadRequest):
        service.acknowledge(session, sent.id, by=NEARBY)
    why = caller(Role.COORDINATOR, region="SE-22", reason="De har ingen här.")
    with database.writes() as session:
        assert service.acknowledge(session, sent.id, by=why).state is RequestState.ACKNOWLEDGED
    # Its own key answers all the same, and so does whoever runs the node.
    with database.reads() as session:
        assert service.find(session, sent.id, GIVER).side is RequestSide.PROVIDER
        assert service.find(session, sent.id, caller(Role.ADMIN)).side is RequestSide.PROVIDER
    # An offer of somebody without a record here is nobody's, and needs no reason.
    nobodys = ask(database, offered(database, kept_by=None))
    with database.writes() as session:
        assert service.accept(session, nobodys.id, YES, by=NEARBY).state is RequestState.ACCEPTED


def test_each_side_lists_its_own_page_by_page(database: Database):
    staffed(database)
    own = firm(database)
    sent = [ask(database, offered(database)).id for _ in range(5)]
    elsewhere = ask(database, offered(database, kept_by=None, area_code="SE-25"), own).id

    def listed(by: object, **said: object) -> list[str]:
        found: list[str] = []
        after = None
        while True:
            with database.reads() as session:
                filters = SupportRequestFilters.model_validate({"limit": 2, "after": after, **said})
                items, total, after = service.search(session, filters, by)
            found += [one.id for one in items]
            if after is None:
                assert total == len(found)
                return found

    assert sorted(listed(FIRM)) == sorted([*sent, elsewhere])
    assert listed(FIRM, sort="sent_at") == listed(FIRM)[::-1]
    assert sorted(listed(GIVER)) == sorted(sent)
    assert listed(GIVER, side="enterprise") == listed(NEARBY) == []
    assert listed(caller(Role.COORDINATOR, region="SE-25")) == listed(caller(Role.ADMIN)) == [elsewhere]
    with database.writes() as session:
        service.decline(session, sent[0], FULL, by=GIVER)
    assert listed(GIVER, state=["declined", "expired"]) == [sent[0]]
    assert listed(FIRM, enterprise_id="another") == []
    with database.reads() as session:
        assert service.waiting(session, GIVER).to_answer == 4
        assert service.waiting(session, FIRM).to_answer == 0
        with pytest.raises(Unauthorized):
            service.search(session, SupportRequestFilters(), None)
        with pytest.raises(BadRequest):
            service.search(session, SupportRequestFilters(after="nonsense"), FIRM)


def test_what_an_enterprise_asked_is_forgotten_with_its_record(database: Database):
    own = firm(database)
    sent = ask(database, offered(database), own)
    with database.writes() as session:
        enterprises.remove(session, own, match=Precondition(None), by=FIRM)
    with database.reads() as session:
        assert session.get(SupportRequest, sent.id) is None
        assert session.execute(select(SupportRequestEvent)).all() == []
