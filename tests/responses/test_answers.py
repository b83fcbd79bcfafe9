"""Invitations, answers and questions on both databases: what is written, what is refused, and who comes first."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from pydantic import ValidationError
from sqlalchemy import select, update
from sqlmodel import col

from app.core.clock import now
from app.core.db import Database, WriteSession
from app.core.errors import Conflict, InvalidContent, NotFound, PreconditionFailed
from app.core.preconditions import Precondition
from app.opportunities import service as opportunities
from app.opportunities.schemas import AwardIn, CancelIn
from app.opportunities.tables import Opportunity
from app.responses import service
from app.responses.rules import INVITATION_STEPS
from app.responses.schemas import (
    AnswerIn,
    NoteIn,
    OutreachIn,
    QuestionAnswerIn,
    QuestionIn,
    ResponseChange,
    ResponseIn,
    ShortlistIn,
)
from app.responses.tables import DialogueStep, EnterpriseInvitation
from app.responses.vocabulary import (
    AnswerKind,
    DeclineReason,
    InvitationState,
    InvitationStep,
    QuestionState,
    Reached,
    ResponseState,
    StepKind,
)
from tests.people import person_for
from tests.responses.ground import (
    BUYER,
    FIRM,
    NODE_SECRET,
    OTHER_FIRM,
    SOON,
    STRANGER,
    caller,
    firm,
    letters,
    published,
)

ANY = Precondition(None)
INTEREST = {"kind": "interest", "text": "Gärna."}
DECLINE = {"kind": "decline", "reason": "capacity"}


def invite(database: Database, opportunity_id: str, *enterprise_ids: str):
    """Invite by hand."""
    with database.writes() as session:
        return service.invite(session, opportunity_id, enterprise_ids, by=BUYER, secret=NODE_SECRET)


def respond(database: Database, opportunity_id: str, enterprise_id: str, by=FIRM, **said: object):
    """Answer."""
    data = ResponseIn.model_validate({"enterprise_id": enterprise_id, **INTEREST, **said})
    with database.writes() as session:
        return service.respond(session, opportunity_id, data, by=by)


def ask(database: Database, opportunity_id: str, enterprise_id: str, text: str = "Vilka tider gäller?", by=FIRM):
    """Ask."""
    with database.writes() as session:
        return service.ask(session, opportunity_id, QuestionIn(enterprise_id=enterprise_id, text=text), by=by)


def state_of(database: Database, invitation_id: str) -> InvitationState:
    """Return how an invitation stands."""
    with database.reads() as session:
        row = session.get(EnterpriseInvitation, invitation_id)
        assert row is not None
        return row.state


def kinds(database: Database, opportunity_id: str) -> list[StepKind]:
    """Return the kinds of the steps of a dialogue, in order."""
    with database.reads() as session:
        return [step.kind for step in service.dialogue(session, opportunity_id, by=BUYER).steps]


def pass_deadline(database: Database, opportunity_id: str, days: int = 1) -> None:
    """Let the deadline of an opportunity have passed some days ago."""
    with database.writes() as session:
        row = col(Opportunity.id) == opportunity_id
        session.execute(update(Opportunity).where(row).values(deadline_at=now() - timedelta(days=days)))


def test_an_invitation_goes_to_the_people_or_to_the_function_address(database: Database):
    one = published(database)
    person = person_for(database, "enterprise")
    with_people, with_address = firm(database), firm(database, "Exempel Park", kept_by=None)
    nowhere = firm(database, "Exempel Tvätt", kept_by=None, contact_email=None)
    made = invite(database, one, with_people, with_address, nowhere, with_people)
    assert [(item.reached, item.state) for item in made.invited] == [
        (Reached.PEOPLE, InvitationState.SENT),
        (Reached.ADDRESS, InvitationState.SENT),
    ]
    assert [item.enterprise_id for item in made.no_address] == [nowhere]
    assert made.no_address[0].state is InvitationState.QUEUED
    sent = letters(database, "responses/invitation")
    assert sorted(letter["to"] for letter in sent) == [person.email, "info@example.invalid"]
    assert len({letter["token"] for letter in sent}) == 2
    assert sorted(item.rank or 0 for item in (*made.invited, *made.no_address)) == [1, 2, 3]
    assert kinds(database, one) == [StepKind.INVITED] * 3
    again = invite(database, one, with_people, nowhere)
    assert again.already == [with_people]
    assert [item.enterprise_id for item in again.no_address] == [nowhere]
    assert len(letters(database, "responses/invitation")) == 2


def test_only_the_hash_of_a_link_is_kept(database: Database):
    one = published(database)
    invite(database, one, firm(database, kept_by=None))
    (letter,) = letters(database, "responses/invitation")
    with database.reads() as session:
        row = session.execute(select(EnterpriseInvitation)).scalars().one()
    assert letter["token"] not in str(row.model_dump())
    assert row.token_hash is not None


def test_whoever_does_not_exist_is_not_invited(database: Database):
    one = published(database)
    with pytest.raises(InvalidContent) as refused:
        invite(database, one, firm(database), "nobody")
    assert [fault.pointer for fault in refused.value.faults] == ["/enterprise_ids/1"]
    assert letters(database, "responses/invitation") == []


def test_a_draft_a_closed_one_and_a_late_one_invite_nobody(database: Database):
    one = firm(database)
    for status in ("draft", "closed"):
        with pytest.raises(Conflict, match=f"The opportunity is {status}"):
            invite(database, published(database, status=status), one)
    late = published(database)
    pass_deadline(database, late)
    with pytest.raises(Conflict, match="deadline has passed"):
        invite(database, late, one)


def test_an_invitation_taken_back_can_be_made_again_with_another_link(database: Database):
    one = published(database)
    other = firm(database, kept_by=None)
    (made,) = invite(database, one, other).invited
    with database.writes() as session:
        service.withdraw_invitation(session, made.id, by=BUYER)
    with database.writes() as session, pytest.raises(Conflict, match="withdrawn now"):
        service.withdraw_invitation(session, made.id, by=BUYER)
    with database.writes() as session:
        session.execute(update(EnterpriseInvitation).values(sent_at=now() - timedelta(hours=1)))
    (again,) = invite(database, one, other).invited
    assert (again.id, again.state) == (made.id, InvitationState.SENT)
    assert kinds(database, one) == [StepKind.INVITED, StepKind.INVITATION_WITHDRAWN, StepKind.INVITED]


def test_an_answer_is_written_changed_taken_back_and_given_again(database: Database):
    one, own = published(database), firm(database)
    (made,) = invite(database, one, own).invited
    given = respond(database, one, own)
    assert (given.state, given.kind, given.rev) == (ResponseState.STANDING, AnswerKind.INTEREST, 1)
    assert state_of(database, made.id) is InvitationState.ANSWERED
    with pytest.raises(Conflict, match="has answered already"):
        respond(database, one, own)
    with database.writes() as session:
        data = ResponseChange.model_validate(given.model_dump(mode="json") | DECLINE | {"text": ""})
        changed = service.change_response(session, given.id, data, match=Precondition(frozenset({"1"})), by=FIRM)
    assert (changed.kind, changed.reason, changed.rev) == (AnswerKind.DECLINE, DeclineReason.CAPACITY, 2)
    with database.writes() as session, pytest.raises(PreconditionFailed):
        service.change_response(session, given.id, data, match=Precondition(frozenset({"1"})), by=FIRM)
    with database.writes() as session:
        assert service.withdraw_response(session, given.id, by=FIRM).state is ResponseState.WITHDRAWN
    assert state_of(database, made.id) is InvitationState.SEEN
    with database.writes() as session, pytest.raises(Conflict, match="withdrawn now"):
        service.withdraw_response(session, given.id, by=FIRM)
    with database.writes() as session, pytest.raises(Conflict, match="withdrawn now"):
        service.change_response(session, given.id, data, match=ANY, by=FIRM)
    assert respond(database, one, own, is_joint=True, partner_ids=[firm(database, "Exempel Park")]).rev == 4
    assert kinds(database, one) == [
        StepKind.INVITED,
        StepKind.INTERESTED,
        StepKind.DECLINED,
        StepKind.ANSWER_WITHDRAWN,
        StepKind.INTERESTED,
    ]


def test_who_was_not_invited_may_answer_too(database: Database):
    one, own = published(database), firm(database)
    respond(database, one, own)
    assert invite(database, one, own).already == [own]


@pytest.mark.parametrize(
    "said",
    [
        {"kind": "decline"},
        {"kind": "interest", "reason": "time"},
        {"kind": "decline", "reason": "time", "is_joint": True},
        {"kind": "interest", "text": "Ring 070-123 45 67"},
        {"kind": "interest", "text": "19121212-1212"},
        {"kind": "decline", "reason": "lazy"},
        {"kind": "perhaps"},
    ],
)
def test_answers_that_contradict_themselves_or_name_people_are_refused(said: dict[str, object]):
    with pytest.raises(ValidationError):
        AnswerIn.model_validate(said)


def test_partners_are_enterprises_and_not_oneself(database: Database):
    one, own = published(database), firm(database)
    with pytest.raises(InvalidContent) as refused:
        respond(database, one, own, partner_ids=[own, "nobody"])
    assert [fault.pointer for fault in refused.value.faults] == ["/partner_ids/0", "/partner_ids/1"]


def test_after_the_deadline_nothing_is_answered_changed_or_taken_back(database: Database):
    one, own = published(database), firm(database)
    given = respond(database, one, own)
    pass_deadline(database, one)
    data = ResponseChange.model_validate(DECLINE)
    attempts: list[Callable[[WriteSession], object]] = [
        lambda session: service.respond(session, one, ResponseIn(enterprise_id=own, **INTEREST), by=FIRM),
        lambda session: service.change_response(session, given.id, data, match=ANY, by=FIRM),
        lambda session: service.withdraw_response(session, given.id, by=FIRM),
        lambda session: service.ask(session, one, QuestionIn(enterprise_id=own, text="Varför?"), by=FIRM),
    ]
    for attempt in attempts:
        with database.writes() as session, pytest.raises(Conflict, match="The deadline has passed"):
            attempt(session)


def test_a_question_is_answered_once_for_all_and_nobody_knows_who_asked(database: Database):
    one, own, other = published(database), firm(database), firm(database, "Exempel Park", kept_by=OTHER_FIRM)
    invite(database, one, other)
    asked = ask(database, one, own, "Vi på Exempel Städ undrar: vilka tider?")
    assert asked.is_own
    with database.reads() as session:
        (seen,) = service.questions(session, one, by=BUYER)
        assert (seen.is_own, seen.state) == (False, QuestionState.OPEN)
        assert own not in seen.model_dump_json()
        assert service.questions(session, one, by=OTHER_FIRM) == []
        assert service.questions(session, one, by=None) == []
        assert [item.id for item in service.questions(session, one, by=FIRM)] == [asked.id]
    data = QuestionAnswerIn(answer="Sex till nio.", shown_text="Vilka tider?")
    with database.writes() as session:
        service.answer_question(session, asked.id, data, by=BUYER)
    with database.writes() as session, pytest.raises(Conflict, match="answered now"):
        service.answer_question(session, asked.id, data, by=BUYER)
    with database.reads() as session:
        (shown,) = service.questions(session, one, by=None)
        assert (shown.text, shown.answer) == ("Vilka tider?", "Sex till nio.")
        assert shown.answered_at is not None
        (mine,) = service.questions(session, one, by=FIRM)
        assert mine.text.startswith("Vi på Exempel Städ")
        dialogue = service.dialogue(session, one, by=BUYER)
    assert own not in dialogue.model_dump_json()
    assert len(letters(database, "responses/answer")) == 2


def test_questions_have_a_last_day_of_their_own(database: Database):
    own = firm(database)
    one = published(database, questions_until=now() - timedelta(minutes=1))
    with pytest.raises(Conflict, match="last day for questions"):
        ask(database, one, own)
    assert respond(database, one, own).kind is AnswerKind.INTEREST


def test_nobody_asks_without_end(database: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("app.responses.questions.MOST_QUESTIONS", 1)
    one, own = published(database), firm(database)
    ask(database, one, own)
    with pytest.raises(Conflict, match="may ask 1"):
        ask(database, one, own)


def test_the_shortlist_is_the_buyers_own_and_in_the_order_of_the_matches(database: Database):
    one, first = published(database), firm(database)
    far = firm(database, "Exempel Bageri", offerings=[{"title": "Bröd", "cpv": ["15810000"]}])
    with database.writes() as session:
        service.add_to_shortlist(session, one, ShortlistIn(enterprise_id=far, note="Ring upp."), by=BUYER)
        service.add_to_shortlist(session, one, ShortlistIn(enterprise_id=first), by=BUYER)
    with database.writes() as session, pytest.raises(Conflict, match="already"):
        service.add_to_shortlist(session, one, ShortlistIn(enterprise_id=first), by=BUYER)
    with database.reads() as session:
        assert [(item.enterprise_id, item.rank) for item in service.shortlist(session, one, by=BUYER)] == [
            (first, 1),
            (far, None),
        ]
    with database.writes() as session:
        match = Precondition(frozenset({"1"}))
        assert service.change_note(session, one, far, NoteIn(note="Ringt."), match=match, by=BUYER).rev == 2
        with pytest.raises(PreconditionFailed):
            service.take_off_shortlist(session, one, far, match=match, by=BUYER)
        service.take_off_shortlist(session, one, far, match=ANY, by=BUYER)
        with pytest.raises(NotFound):
            service.take_off_shortlist(session, one, far, match=ANY, by=BUYER)
    assert kinds(database, one) == [
        StepKind.SHORTLISTED,
        StepKind.SHORTLISTED,
        StepKind.NOTE_CHANGED,
        StepKind.TAKEN_OFF,
    ]


def test_another_organisations_dialogue_is_not_found(database: Database):
    one, own = published(database), firm(database)
    (made,) = invite(database, one, own).invited
    given, asked = respond(database, one, own), ask(database, one, own)
    enterprise = ShortlistIn(enterprise_id=own)
    change = ResponseChange.model_validate(DECLINE)
    writes: list[Callable[[WriteSession], object]] = [
        lambda session: service.invite(session, one, [own], by=STRANGER, secret=NODE_SECRET),
        lambda session: service.set_plan(session, one, OutreachIn(batch_size=1), match=ANY, by=STRANGER),
        lambda session: service.withdraw_invitation(session, made.id, by=STRANGER),
        lambda session: service.see(session, made.id, by=OTHER_FIRM),
        lambda session: service.respond(session, one, ResponseIn(enterprise_id=own, **INTEREST), by=OTHER_FIRM),
        lambda session: service.change_response(session, given.id, change, match=ANY, by=OTHER_FIRM),
        lambda session: service.withdraw_response(session, given.id, by=OTHER_FIRM),
        lambda session: service.withdraw_response(session, given.id, by=BUYER),
        lambda session: service.ask(session, one, QuestionIn(enterprise_id=own, text="Varför?"), by=OTHER_FIRM),
        lambda session: service.answer_question(session, asked.id, QuestionAnswerIn(answer="Ja."), by=STRANGER),
        lambda session: service.add_to_shortlist(session, one, enterprise, by=STRANGER),
        lambda session: service.change_note(session, one, own, NoteIn(), match=ANY, by=STRANGER),
    ]
    for attempt in writes:
        with database.writes() as session, pytest.raises(NotFound):
            attempt(session)
    with database.reads() as session:
        assert service.find_response(session, given.id, by=BUYER) == service.find_response(session, given.id, by=FIRM)
        for stranger in (STRANGER, OTHER_FIRM, caller("coordinator"), caller("admin")):
            with pytest.raises(NotFound):
                service.find_response(session, given.id, by=stranger)
            for read in (service.responses, service.shortlist, service.dialogue, service.board):
                with pytest.raises(NotFound):
                    read(session, one, by=stranger)
        for read in (service.plan, service.invitations):
            with pytest.raises(NotFound):
                read(session, one, by=STRANGER)


def test_a_coordinator_invites_in_its_region_and_reads_no_answers(database: Database):
    one, own = published(database), firm(database)
    near = caller("coordinator", reason="på köparens begäran")
    with database.writes() as session:
        assert service.invite(session, one, [own], by=near, secret=NODE_SECRET).invited
    with database.reads() as session:
        assert len(service.invitations(session, one, by=near)) == 1


STEPS: dict[InvitationStep, Callable[[WriteSession, EnterpriseInvitation], object]] = {
    InvitationStep.WITHDRAW: lambda session, row: service.withdraw_invitation(session, row.id, by=BUYER),
    InvitationStep.ANSWER: lambda session, row: service.respond(
        session, row.opportunity_id, ResponseIn(enterprise_id=row.enterprise_id, **INTEREST), by=FIRM
    ),
    InvitationStep.SEE: lambda session, row: service.see(session, row.id, by=FIRM),
}


@pytest.mark.deep
def test_every_state_takes_the_steps_of_the_table(database: Database):
    for step, take in STEPS.items():
        for state in InvitationState:
            one, own = published(database), firm(database)
            (made,) = invite(database, one, own).invited
            with database.writes() as session:
                session.execute(
                    update(EnterpriseInvitation).where(col(EnterpriseInvitation.id) == made.id).values(state=state)
                )
            targets = INVITATION_STEPS[step]
            with database.writes() as session:
                row = session.get(EnterpriseInvitation, made.id)
                assert row is not None
                if step is InvitationStep.WITHDRAW and state not in targets:
                    with pytest.raises(Conflict, match=f"This is {state.value} now"):
                        take(session, row)
                else:
                    take(session, row)
            assert state_of(database, made.id) is targets.get(state, state)


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


def test_of_several_answers_at_once_one_stands(database: Database):
    one, own = published(database), firm(database)
    invite(database, one, own)
    data = ResponseIn(enterprise_id=own, **INTEREST)
    found = at_once(database, *[lambda session: service.respond(session, one, data, by=FIRM)] * 5)
    assert sum(isinstance(answer, Conflict) for answer in found) == 4
    assert kinds(database, one) == [StepKind.INVITED, StepKind.INTERESTED]


def test_of_several_invitations_at_once_one_goes_out(database: Database):
    one, own = published(database), firm(database, kept_by=None)
    asked = [lambda session: service.invite(session, one, [own], by=BUYER, secret=NODE_SECRET)] * 4
    at_once(database, *asked)
    assert len(letters(database, "responses/invitation")) == 1
    assert kinds(database, one) == [StepKind.INVITED]


def test_of_two_answers_to_a_question_at_once_one_is_shown(database: Database):
    one, own = published(database), firm(database)
    asked = ask(database, one, own)
    answers = [QuestionAnswerIn(answer=text) for text in ("Ja.", "Nej.")]
    found = at_once(
        database,
        *(lambda session, data=data: service.answer_question(session, asked.id, data, by=BUYER) for data in answers),
    )
    assert sum(isinstance(answer, Conflict) for answer in found) == 1


def test_an_answer_and_a_close_at_once_leave_no_answer_after_the_close(database: Database):
    for _ in range(3):
        one, own = published(database), firm(database)
        data = ResponseIn(enterprise_id=own, **INTEREST)
        found = at_once(
            database,
            lambda session, one=one, data=data: service.respond(session, one, data, by=FIRM),
            lambda session, one=one: opportunities.close(session, one, by=BUYER),
        )
        assert not isinstance(found[1], Conflict)
        written = kinds(database, one)
        assert written == ([] if isinstance(found[0], Conflict) else [StepKind.INTERESTED])


def test_an_outcome_ends_invitations_and_is_told_to_those_who_answered(database: Database):
    one, own, waiting = published(database), firm(database), firm(database, "Exempel Park", kept_by=OTHER_FIRM)
    made = invite(database, one, own, waiting).invited
    respond(database, one, own)
    with database.writes() as session:
        opportunities.close(session, one, by=BUYER)
    award = AwardIn.model_validate({"awards": [{"winner_name": "Exempel Städkompaniet AB"}], "reason": "Bäst."})
    with database.writes() as session:
        opportunities.award(session, one, award, by=BUYER)
    states = {item.enterprise_id: state_of(database, item.id) for item in made}
    assert states == {own: InvitationState.ANSWERED, waiting: InvitationState.EXPIRED}
    assert [letter["status"] for letter in letters(database, "responses/outcome")] == ["awarded"]
    assert kinds(database, one)[-2:] == [StepKind.EXPIRED, StepKind.AWARDED]


def test_what_is_removed_leaves_no_dialogue(database: Database):
    one, own = published(database), firm(database)
    invite(database, one, own)
    with database.writes() as session:
        opportunities.cancel(session, one, CancelIn(reason="Nya behov."), by=BUYER)
    with database.writes() as session:
        opportunities.remove(session, one, match=ANY, by=BUYER)
    with database.reads() as session:
        assert session.execute(select(DialogueStep)).all() == []
        assert session.execute(select(EnterpriseInvitation)).all() == []


def test_a_plan_is_written_with_the_version_that_was_read(database: Database):
    one = published(database)
    with database.reads() as session:
        assert service.plan(session, one, by=BUYER).rev == 0
    with database.writes() as session:
        data = OutreachIn(batch_size=5, enough=3, answer_by=SOON - timedelta(days=1))
        made = service.set_plan(session, one, data, match=Precondition(frozenset({"0"})), by=BUYER)
    assert (made.is_on, made.rev) == (True, 1)
    with database.writes() as session, pytest.raises(PreconditionFailed):
        service.set_plan(session, one, OutreachIn(), match=Precondition(frozenset({"0"})), by=BUYER)
    for wrong in (now() - timedelta(days=1), SOON + timedelta(days=1)):
        with database.writes() as session, pytest.raises(InvalidContent) as refused:
            service.set_plan(session, one, OutreachIn(answer_by=wrong), match=ANY, by=BUYER)
        assert [fault.pointer for fault in refused.value.faults] == ["/answer_by"]
