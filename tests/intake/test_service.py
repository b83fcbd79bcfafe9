"""Requests for cooperation led to a decision, on both databases: what is written, what is refused, who comes first."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import text

from app.accounts.vocabulary import Caller, Role, Scope
from app.core.clock import now, today
from app.core.db import Database
from app.core.errors import Conflict, Forbidden, InvalidContent, NotFound, PreconditionFailed
from app.core.preconditions import Precondition
from app.intake import rules, service
from app.intake.schemas import (
    ChecklistIn,
    CooperationFilters,
    CooperationIn,
    CooperationRead,
    DecisionIn,
    ExamineIn,
    OpenCooperationIn,
    ProposalIn,
    ReturnIn,
    SupplementIn,
)
from app.intake.vocabulary import Holds, Side, State, Step
from tests.people import person_for

SECRET = b"a secret"
ASKING = Caller("a-key", "org-asking", Role.ENTERPRISE, frozenset(Scope))
HANDLER = Caller("a-key", "org-coordinator", Role.COORDINATOR, frozenset(Scope), "SE-22")
REQUEST = {
    "title": "Café i bygdegården",
    "text": "Vi vill driva kaféet med arbetsträning.",
    "area_code": "SE-2281",
    "contact_email": "info@example.org",
}
PROPOSAL = ProposalIn(route="iop", proposal="Vi föreslår ett partnerskap.", reason="Det finns ingen marknad.")
DECISION = DecisionIn.model_validate({"outcome": "agreed", "decision": "Enligt förslaget.", "reason": "Protokoll 14."})
NOTE = SupplementIn(note="Lokalen är nu klar.")


def asked(database: Database, **told: Any) -> str:
    """Send a request, and return its id."""
    with database.writes() as session:
        data = CooperationIn.model_validate(REQUEST | told)
        return service.submit(session, data, by=ASKING, secret=SECRET).id


def asked_openly(database: Database) -> tuple[str, str]:
    """Send a request without an account, and return its id and the text of its link."""
    with database.writes() as session:
        data = OpenCooperationIn.model_validate(REQUEST | {"requester_name": "Exempel Bygdeförening"})
        made = service.submit_openly(session, data, secret=SECRET)
    return made.id, rules.token_of(SECRET, made.id)


def does(database: Database, step: Step, one: str, by: Caller | None = None) -> CooperationRead:
    """Take a step in a transaction of its own."""
    of_handler: dict[Step, Callable[..., CooperationRead]] = {
        Step.EXAMINE: lambda s, by: service.examine(s, one, ExamineIn(), by=by, secret=SECRET),
        Step.PROPOSE: lambda s, by: service.propose(s, one, PROPOSAL, by=by, secret=SECRET),
        Step.RETURN: lambda s, by: service.take_back(s, one, ReturnIn(note="Utred mer."), by=by, secret=SECRET),
        Step.DECIDE: lambda s, by: service.decide(s, one, DECISION, by=by, secret=SECRET),
        Step.CHECK: lambda s, by: service.check(s, one, ChecklistIn(rules={"no_market": Holds.NO}), by=by),
    }
    of_requester: dict[Step, Callable[..., CooperationRead]] = {
        Step.WITHDRAW: lambda s, by: service.withdraw(s, one, by=by),
        Step.SUPPLEMENT: lambda s, by: service.supplement(s, one, NOTE, by=by),
    }
    with database.writes() as session:
        if step in of_handler:
            return of_handler[step](session, by or HANDLER)
        return of_requester[step](session, by or ASKING)


WAYS = {
    State.RECEIVED: [],
    State.EXAMINING: [Step.EXAMINE],
    State.PROPOSED: [Step.EXAMINE, Step.PROPOSE],
    State.DECIDED: [Step.EXAMINE, Step.PROPOSE, Step.DECIDE],
    State.WITHDRAWN: [Step.WITHDRAW],
}
STEPS = [step for step in rules.STEPS if step is not Step.REMIND]


def read(database: Database, one: str, by: Caller = HANDLER) -> CooperationRead:
    """Return a request as `by` reads it."""
    with database.reads() as session:
        return service.find(session, one, by, "sv")


def letters(database: Database) -> list[str]:
    """Return the letters that have been queued, by their templates."""
    with database.reads() as session:
        return list(session.execute(text("SELECT template FROM outbox_letter ORDER BY queued_at, template")).scalars())


def test_every_step_in_every_state_does_what_the_table_says(database: Database):
    for state, way in WAYS.items():
        for step in STEPS:
            one = asked(database)
            for before in way:
                does(database, before, one)
            if state not in rules.STEPS[step]:
                with pytest.raises(Conflict, match=f"The request is {state.value} now: {step.value} is not possible"):
                    does(database, step, one)
                assert len(read(database, one).events) == 1 + len(way)
                continue
            done = does(database, step, one)
            assert done.state is rules.STEPS[step][state]
            assert done.rev == 2 + len(way)
            assert done.events[-1].step is step or step is Step.CHECK
            assert set(done.steps) <= set(rules.possible_steps(done.state))
    with pytest.raises(NotFound):
        does(database, Step.EXAMINE, "nothing")


def at_once(database: Database, one: str, *steps: Step) -> list[object]:
    """Take steps in threads that start together; return what each gave, or how it was refused."""
    together = Barrier(len(steps))

    def take(step: Step) -> object:
        together.wait()
        try:
            return does(database, step, one)
        except Conflict as refusal:
            return refusal

    with ThreadPoolExecutor(len(steps)) as threads:
        return list(threads.map(take, steps))


def test_of_several_steps_at_once_exactly_one_is_taken(database: Database):
    one = asked(database)
    assert sum(isinstance(answer, CooperationRead) for answer in at_once(database, one, *[Step.EXAMINE] * 4)) == 1
    assert read(database, one).rev == 2
    does(database, Step.PROPOSE, one)
    (won,) = [
        answer for answer in at_once(database, one, Step.DECIDE, Step.WITHDRAW) if isinstance(answer, CooperationRead)
    ]
    assert read(database, one).state is won.state
    assert len(read(database, one).events) == 4


def test_a_request_is_handled_by_its_region_and_followed_by_whoever_asks(database: Database):
    person_for(database, Role.COORDINATOR, "org-coordinator", region="SE-22")
    one = asked(database, wished_route="iop")
    assert letters(database) == ["intake/new_request", "intake/received"]
    stranger = replace(ASKING, organization_id="another")
    far_away = replace(HANDLER, region="SE-25")
    for by in (stranger, far_away):
        with pytest.raises(NotFound):
            read(database, one, by)
        with database.reads() as session:
            assert service.search(session, CooperationFilters(), by)[1] == 0
    # Neither side takes the other's steps.
    for step, by in ((Step.EXAMINE, ASKING), (Step.WITHDRAW, HANDLER), (Step.EXAMINE, far_away)):
        with pytest.raises(NotFound):
            does(database, step, one, by)
    with pytest.raises(Forbidden), database.writes() as session:
        service.submit(session, CooperationIn.model_validate(REQUEST), by=HANDLER, secret=SECRET)
    with database.writes() as session:
        late = ExamineIn(due_on=date(2020, 1, 1))
        with pytest.raises(InvalidContent):
            service.examine(session, one, late, by=HANDLER, secret=SECRET)
    with database.writes() as session, pytest.raises(PreconditionFailed):
        service.examine(session, one, ExamineIn(), by=HANDLER, secret=SECRET, match=Precondition(frozenset({"9"})))
    does(database, Step.EXAMINE, one)
    does(database, Step.CHECK, one)
    handler, own = read(database, one), read(database, one, ASKING)
    # That a market exists warns the handler, names its basis, and stops nothing; the tool itself is the handler's own.
    assert [(told.rule, told.basis) for told in handler.warnings] == [("no_market", "ReSeNS (2018), IOP 2")]
    assert handler.warnings[0].text.startswith("Det finns en marknad")
    assert (own.warnings, own.checklist, own.side) == ([], {}, Side.REQUESTER)
    assert Step.CHECK not in [event.step for event in own.events]
    does(database, Step.PROPOSE, one)
    does(database, Step.SUPPLEMENT, one)
    decided = does(database, Step.DECIDE, one)
    assert (decided.route, decided.outcome, decided.due_on) == ("iop", "agreed", None)
    assert decided.steps == []
    # Whoever has nobody on Samnod is written to at the function's address; the coordinator by its login.
    assert sorted(letters(database)) == [
        "intake/moved",
        "intake/moved",
        "intake/moved",
        "intake/new_request",
        "intake/received",
        "intake/said",
    ]
    with database.reads() as session:
        found, total, _ = service.search(session, CooperationFilters(state=[State.DECIDED], area="SE-22"), HANDLER)
        assert ([one.id for one in found], total) == ([decided.id], 1)
        assert service.search(session, CooperationFilters(overdue=True), HANDLER)[1] == 0
        assert [one.side for one in service.search(session, CooperationFilters(), ASKING)[0]] == [Side.REQUESTER]


def test_whoever_has_no_account_follows_the_request_by_a_link(database: Database):
    one, token = asked_openly(database)
    with database.reads() as session:
        shown = service.read_link(session, token, secret=SECRET, language="sv")
        assert (shown.id, shown.steps) == (one, [Step.WITHDRAW, Step.SUPPLEMENT])
        for wrong in ("nothing", rules.token_of(b"another", one)):
            with pytest.raises(NotFound):
                service.read_link(session, wrong, secret=SECRET, language="sv")
    assert read(database, one).rev == 1
    with database.writes() as session:
        assert service.supplement_by_link(session, token, NOTE, secret=SECRET).events[-1].note == NOTE.note
    with database.writes() as session:
        assert service.withdraw_by_link(session, token, secret=SECRET).state is State.WITHDRAWN
    for again in (service.withdraw_by_link, lambda s, t, secret: service.supplement_by_link(s, t, NOTE, secret=secret)):
        with pytest.raises(Conflict), database.writes() as session:
            again(session, token, secret=SECRET)
    # What was written goes to nobody's address: only the way to it.
    with database.reads() as session:
        told = session.execute(text("SELECT * FROM outbox_letter")).mappings().all()
    assert ["Café" in str(dict(letter)) for letter in told] == [False]


def test_what_has_waited_past_its_day_is_told_once(database: Database):
    person_for(database, Role.COORDINATOR, "org-coordinator", region="SE-22")
    one = asked(database)
    due = read(database, one).due_on
    assert due is not None
    assert due >= today() + timedelta(days=14)

    def remind(at: timedelta) -> int:
        with database.writes() as session:
            return service.remind(session, now() + at)

    assert remind(timedelta()) == 0
    assert remind(timedelta(days=40)) == 1
    assert remind(timedelta(days=41)) == 0
    assert letters(database).count("intake/overdue") == 1
    assert read(database, one).events[-1].step is Step.REMIND
    # A step sets another day.
    does(database, Step.EXAMINE, one)
    assert remind(timedelta(days=90)) == 1
    does(database, Step.WITHDRAW, one)
    assert remind(timedelta(days=400)) == 0


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"text": "Ring Anna, 19640823-3234, så får ni veta mer."}, "text"),
        ({"title": "Till 640823-3234"}, "title"),
        ({"contact_email": "anna.andersson@example.org"}, "contact_email"),
        ({"contact_function": "Anna Andersson"}, "contact_function"),
        ({"wished_route": "nonsense"}, "wished_route"),
    ],
)
def test_what_names_a_person_is_refused_at_its_field(told: dict[str, str], field: str):
    with pytest.raises(ValidationError) as refused:
        CooperationIn.model_validate(REQUEST | told)
    assert [fault["loc"] for fault in refused.value.errors()] == [(field,)]


def test_days_are_counted_as_the_law_counts_them():
    # Fourteen days after 23 December 2026 is Epiphany in both countries' calendars of days off: Sweden's is one.
    assert rules.due_on(State.RECEIVED, date(2026, 12, 23), "SE") == date(2027, 1, 7)
    assert rules.due_on(State.RECEIVED, date(2026, 12, 23), "NO") == date(2027, 1, 6)
    assert rules.due_on(State.DECIDED, date(2026, 12, 23), "SE") is None
