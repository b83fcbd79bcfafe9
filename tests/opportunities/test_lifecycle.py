"""An opportunity led through its life, on both databases: what is written, what is refused, and who comes first."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from pydantic import ValidationError

from app.core.clock import today
from app.core.db import Database, WriteSession
from app.core.errors import Conflict, InvalidContent, NotFound, PreconditionFailed
from app.core.preconditions import Precondition
from app.journal import service as journal
from app.journal.vocabulary import Method
from app.opportunities import service
from app.opportunities.rules import TRANSITIONS
from app.opportunities.schemas import (
    AwardIn,
    CancelIn,
    LotAwardIn,
    OpportunityFilters,
    OpportunityIn,
    OpportunityPatch,
    OpportunityRead,
)
from app.opportunities.vocabulary import Ending, Status, ValueBand, Verb
from tests.factories import lot, opportunity

ANY_VERSION = Precondition(None)
WINNER = {"winner_name": "Exempel Städkompaniet", "winner_number": "556036-0793"}


def award_of(*awards: dict[str, Any], **more: Any) -> AwardIn:
    """Return an award of the whole, unless lots are told."""
    return AwardIn.model_validate({"awards": list(awards) or [WINNER], **more})


STEPS: dict[Verb, Callable[[WriteSession, str], object]] = {
    Verb.PUBLISH: lambda session, one: service.publish_draft(session, one),
    Verb.CHANGE: lambda session, one: service.change(session, one, patch(title="Nytt"), match=ANY_VERSION),
    Verb.CLOSE: lambda session, one: service.close(session, one),
    Verb.AWARD: lambda session, one: service.award(session, one, award_of(replaces_earlier=True)),
    Verb.RESULT: lambda session, one: service.award(session, one, award_of(replaces_earlier=True), by_notice=True),
    Verb.CANCEL: lambda session, one: service.cancel(session, one, CancelIn(reason="Pengarna räckte inte.")),
    Verb.REMOVE: lambda session, one: service.remove(session, one, match=ANY_VERSION),
}


def patch(**changes: Any) -> OpportunityPatch:
    """Return a merge patch."""
    return OpportunityPatch.model_validate(changes)


def made(database: Database, **said: Any) -> str:
    """Write an opportunity, and return its id."""
    with database.writes() as session:
        return service.publish(session, opportunity(**said), home="here").id


def does(database: Database, verb: Verb, opportunity_id: str) -> object:
    """Take a step in a transaction of its own."""
    with database.writes() as session:
        return STEPS[verb](session, opportunity_id)


def read(database: Database, opportunity_id: str) -> OpportunityRead:
    """Return what is published."""
    with database.reads() as session:
        return service.find(session, opportunity_id)


def test_every_verb_in_every_state_does_what_the_table_says(database: Database):
    for verb in Verb:
        for status in Status:
            one = made(database, status=status)
            if status not in TRANSITIONS[verb]:
                with pytest.raises(Conflict, match=f"It is {status.value} and cannot take {verb.value}"):
                    does(database, verb, one)
                continue
            does(database, verb, one)
            with database.reads() as session:
                entries = [(entry.rev, entry.method) for entry in journal.entries(session, one)]
                assert len(entries) == 2, (verb, status)
                assert entries[1] == (2, Method.DELETE if verb is Verb.REMOVE else Method.PUT)
                target = TRANSITIONS[verb][status]
                assert service.exists(session, one) is (target is not None)
                if target not in (None, Status.DRAFT):
                    assert service.find(session, one).status is target


def test_what_is_not_there_is_not_found(database: Database):
    for verb in Verb:
        with pytest.raises(NotFound):
            does(database, verb, "nothing")


def test_a_refusal_says_what_can_be_done(database: Database):
    with pytest.raises(Conflict, match="What it can take: change, award, cancel"):
        does(database, Verb.REMOVE, made(database, status="closed"))


def at_once(database: Database, opportunity_id: str, *verbs: Verb) -> list[object]:
    """Take steps in threads that start together; return what each gave, or how it was refused."""
    together = Barrier(len(verbs))

    def one(verb: Verb) -> object:
        together.wait()
        try:
            return does(database, verb, opportunity_id)
        except Conflict as refusal:
            return refusal

    with ThreadPoolExecutor(len(verbs)) as threads:
        return list(threads.map(one, verbs))


def test_of_several_closes_at_once_one_wins(database: Database):
    one = made(database)
    found = at_once(database, one, *[Verb.CLOSE] * 6)
    won = [answer for answer in found if isinstance(answer, OpportunityRead)]
    assert len(won) == 1
    assert {str(answer) for answer in found if isinstance(answer, Conflict)} == {
        "It is closed and cannot take close. What it can take: change, award, cancel."
    }
    assert read(database, one).rev == won[0].rev == 2


def test_an_award_and_a_cancellation_at_once_leave_one_outcome(database: Database):
    for _ in range(3):
        one = made(database, status="closed")
        found = at_once(database, one, Verb.AWARD, Verb.CANCEL)
        (won,) = [answer for answer in found if isinstance(answer, OpportunityRead)]
        assert read(database, one).outcome == won.outcome
        assert (won.status == Status.AWARDED) == bool(won.outcome and won.outcome.awards)


def test_changes_at_once_are_all_kept(database: Database):
    one = made(database)
    found = at_once(database, one, *[Verb.CHANGE] * 4)
    assert sorted(answer.rev for answer in found if isinstance(answer, OpportunityRead)) == [2, 3, 4, 5]


def test_a_draft_that_is_published_is_found_and_dated(database: Database):
    one = made(database, status="draft")
    does(database, Verb.PUBLISH, one)
    assert read(database, one).published_at is not None
    with database.reads() as session:
        assert [found.id for found in service.search(session, OpportunityFilters())[0]] == [one]


def test_an_award_is_read_back_whole(database: Database):
    one = made(database, status="closed", lots=[lot(), lot(title="Fönster"), lot(title="Golv")])
    awards = [
        {
            "lot_number": "LOT-0001",
            **WINNER,
            "winner_country": "SE",
            "is_winner_sme": True,
            "is_winner_social": True,
            "winner_source": "exempel",
            "value": {"amount": "610000,50", "currency": "SEK"},
            "tender_count": 3,
            "reason": "Lägst pris.",
        },
        {"lot_number": "LOT-0002", "is_natural_person": True, "value_band": "under-100k", "currency": "SEK"},
        {"lot_number": "LOT-0003", "result": "no-winner", "reason": "Inga anbud.", "tender_count": 0},
    ]
    with database.writes() as session:
        service.award(session, one, award_of(*awards, awarded_on="2026-11-02", reason="Bäst förhållande."))
    outcome = read(database, one).outcome
    assert outcome is not None
    assert (outcome.kind, str(outcome.on), outcome.reason) == (Ending.AWARDED, "2026-11-02", "Bäst förhållande.")
    first, person, none = outcome.awards
    assert (first.winner_name, first.winner_number) == ("Exempel Städkompaniet", "5560360793")
    assert first.value is not None
    assert (first.value.amount, first.value.currency, first.value_band) == ("610000.50", "SEK", ValueBand.TO_1M)
    assert (first.is_winner_sme, first.is_winner_social, first.tender_count) == (True, True, 3)
    assert (person.is_natural_person, person.winner_name, person.winner_number) == (True, None, None)
    assert (person.value, person.value_band) == (None, ValueBand.UNDER_100K)
    assert (none.result, none.tender_count, none.reason) == ("no-winner", 0, "Inga anbud.")


def test_a_cancellation_says_why_and_when(database: Database):
    one = made(database)
    does(database, Verb.CANCEL, one)
    found = read(database, one)
    assert found.outcome is not None
    assert (found.outcome.kind, found.outcome.reason, found.outcome.awards) == (
        Ending.CANCELLED,
        "Pengarna räckte inte.",
        [],
    )
    assert found.outcome.on == today("SE")
    assert found.closed_at is not None


def test_lots_are_awarded_one_after_another_and_put_right_when_asked(database: Database):
    one = made(database, status="closed", lots=[lot(), lot(title="Fönster")])
    first, second = {"lot_number": "LOT-0001", **WINNER}, {"lot_number": "LOT-0002", **WINNER}
    with database.writes() as session:
        service.award(session, one, award_of(first, reason="Den första."))
        both = service.award(session, one, award_of(second))
    assert both.outcome is not None
    assert ([award.lot_number for award in both.outcome.awards], both.outcome.reason) == (
        ["LOT-0001", "LOT-0002"],
        "Den första.",
    )
    again = {**first, "winner_name": "Exempel Bygg AB"}
    with pytest.raises(Conflict, match="LOT-0001 is awarded already"), database.writes() as session:
        service.award(session, one, award_of(again))
    with database.writes() as session:
        right = service.award(session, one, award_of(again, replaces_earlier=True))
    assert right.outcome is not None
    assert [(award.lot_number, award.winner_name) for award in right.outcome.awards] == [
        ("LOT-0002", "Exempel Städkompaniet"),
        ("LOT-0001", "Exempel Bygg AB"),
    ]


def test_a_lot_may_have_several_suppliers(database: Database):
    one = made(database, status="closed")
    awards = [{"lot_number": "LOT-0001", "winner_name": name} for name in ("Exempel AB", "Exemplet HB")]
    with database.writes() as session:
        found = service.award(session, one, award_of(*awards))
    assert found.outcome is not None
    assert len(found.outcome.awards) == 2


TOMORROW = (today("SE") + timedelta(days=2)).isoformat()
WRONG: list[tuple[dict[str, Any], list[str]]] = [
    ({"awards": [{"lot_number": "LOT-0009", **WINNER}]}, ["/awards/0/lot_number"]),
    ({"awards": [{"lot_number": "LOT-0001", **WINNER}, WINNER]}, ["/awards/0/lot_number", "/awards/1/lot_number"]),
    ({"awards": [WINNER, WINNER]}, ["/awards/1"]),
    ({"awards": [{"result": "no-winner"}]}, ["/awards"]),
    ({"awards": [WINNER], "awarded_on": TOMORROW}, ["/awarded_on"]),
    ({"awards": [{**WINNER, "awarded_on": TOMORROW}]}, ["/awards/0/awarded_on"]),
]


def test_an_award_that_cannot_be_is_refused_and_nothing_changed(database: Database):
    one = made(database, status="closed")
    for wrong, pointers in WRONG:
        with pytest.raises(InvalidContent) as refusal, database.writes() as session:
            service.award(session, one, AwardIn.model_validate(wrong))
        assert [fault.pointer for fault in refusal.value.faults] == pointers, wrong
    found = read(database, one)
    assert (found.status, found.rev, found.outcome) == (Status.CLOSED, 1, None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"winner_name": "Anna Andersson"},
        {"winner_name": "Exempel 811228-9874"},
        {**WINNER, "winner_number": "811228-9874"},
        {**WINNER, "winner_number": "8112289874"},
        {**WINNER, "winner_number": "556036-0794"},
        {**WINNER, "is_natural_person": True},
        {"winner_number": "556036-0793"},
        {"winner_number": "556036-0793", "is_natural_person": True},
        {**WINNER, "result": "no-winner"},
        {"result": "no-winner", "is_natural_person": True},
        {},
        {**WINNER, "is_winner_sme": True},
        {**WINNER, "is_winner_social": False},
        {**WINNER, "value": {"amount": "5", "currency": "SEK"}, "value_band": "1m-5m"},
        {**WINNER, "value": {"amount": "5", "currency": "SEK"}, "currency": "EUR"},
        {**WINNER, "value_band": "1m-5m"},
        {**WINNER, "currency": "SEK"},
        {**WINNER, "reason": "Ring Anna 070-123 45 67"},
        {**WINNER, "is_natural_person": "no"},
        {**WINNER, "unknown": 1},
    ],
    ids=str,
)
def test_what_may_not_be_said_of_a_winner_is_refused(wrong: dict[str, Any]):
    with pytest.raises(ValidationError):
        LotAwardIn.model_validate(wrong)


def test_a_foreign_number_is_kept_as_it_is():
    award = LotAwardIn.model_validate(
        {"winner_name": "Esimerkki Oy", "winner_number": "1234567-8", "winner_country": "FI"}
    )
    assert award.winner_number == "1234567-8"


def test_cancelling_needs_a_reason_and_a_day_that_has_come(database: Database):
    with pytest.raises(ValidationError):
        CancelIn.model_validate({"reason": " "})
    one = made(database)
    late = CancelIn.model_validate({"reason": "Ingen budget.", "cancelled_on": TOMORROW})
    with pytest.raises(InvalidContent), database.writes() as session:
        service.cancel(session, one, late)
    assert read(database, one).status is Status.PUBLISHED


def test_what_was_read_may_be_sent_back_unchanged(database: Database):
    lots = [lot(estimated_value={"amount": "610000.50", "currency": "SEK"}, reserved_participation=["res-ws"])]
    notice = {"source": "ted", "notice_id": "n-1", "version": "01", "procedure_id": "p-1"}
    one = made(database, lots=lots, notice=notice, origin="notice", objectives=["opp"], status="closed")
    before = read(database, one)
    with database.writes() as session:
        after = service.change(session, one, patch(**before.model_dump(mode="json")), match=ANY_VERSION)
    same = {"rev": 1, "updated_at": before.updated_at}
    assert after.rev == 2
    lots_before = [found.model_copy(update={"id": ""}) for found in before.lots]
    assert [found.model_copy(update={"id": ""}) for found in after.lots] == lots_before
    assert after.model_copy(update={**same, "lots": before.lots}) == before


def test_a_change_names_what_it_changes(database: Database):
    one = made(database, description="Kvar", legal_basis="LOU 4 kap. 18 §", objectives=["opp"])
    with database.writes() as session:
        found = service.change(session, one, patch(title="Nytt", legal_basis=None, objectives=[]), match=ANY_VERSION)
    assert (found.title, found.description, found.legal_basis, found.objectives) == ("Nytt", "Kvar", None, [])
    with database.reads() as session:
        assert service.search(session, OpportunityFilters(words="nytt"))[1] == 1
        (revision,) = journal.history(session, "opportunity", one, whole=True)
        assert set(revision.fields) >= {"title", "legal_basis", "objectives"}
        assert revision.before is not None
        assert revision.before["title"] == "Städning av skolor"


def test_a_change_that_cannot_be_is_refused(database: Database):
    one = made(database)
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"status": "closed"}, "/status"),
        ({"lots": []}, "/lots"),
        ({"title": None}, "/title"),
        ({"objectives": ["nonsense"]}, "/objectives/0"),
    ]
    for changes, pointer in wrong:
        with pytest.raises(InvalidContent) as refusal, database.writes() as session:
            service.change(session, one, patch(**changes), match=ANY_VERSION)
        assert [fault.pointer for fault in refusal.value.faults] == [pointer]
    with pytest.raises(ValidationError):
        patch(lots=[{"title": "x", "cpv_main": "1"}])
    assert read(database, one).rev == 1


def test_a_change_of_another_version_shows_both(database: Database):
    one = made(database)
    with pytest.raises(PreconditionFailed) as refusal, database.writes() as session:
        service.change(session, one, patch(title="Nytt"), match=Precondition(frozenset({"7"})))
    assert refusal.value.members["current"]["title"] == "Städning av skolor"
    assert refusal.value.members["sent"] == {"title": "Nytt"}
    with pytest.raises(PreconditionFailed), database.writes() as session:
        service.remove(session, made(database, status="draft"), match=Precondition(frozenset({"7"})))


def test_a_call_that_is_read_again_does_not_open_what_has_ended(database: Database):
    one = made(database, status="closed")
    does(database, Verb.AWARD, one)
    with database.writes() as session:
        found = service.publish(session, opportunity(title="Nytt"), home="here", record_id=one)
    assert (found.title, found.status, found.outcome is not None) == ("Nytt", Status.AWARDED, True)


def test_what_is_removed_is_gone_with_all_of_it(database: Database):
    one = made(database, status="closed")
    does(database, Verb.AWARD, one)
    two = made(database, title="Kontor")
    does(database, Verb.CANCEL, two)
    does(database, Verb.REMOVE, two)
    with database.reads() as session:
        assert not service.exists(session, two)
        every = OpportunityFilters(status=[Status.CANCELLED, Status.AWARDED])
        assert [found.id for found in service.search(session, every)[0]] == [one]
        assert service.search(session, OpportunityFilters(words="kontor", status=every.status))[1] == 0


def test_hints_come_with_the_facts_of_the_record(database: Database):
    lots = [lot(reserved_participation=["res-ws"], estimated_value={"amount": "600000", "currency": "SEK"})]
    said: dict[str, Any] = {"lots": lots, "procedure_type": "open", "deadline_at": "2026-11-30T22:59:00Z"}
    one = made(database, **said, status="closed", published_at="2026-11-20T08:00:00Z", electronic_tenders=True)
    new = OpportunityIn.model_validate(
        opportunity(**said, published_at="2026-11-20T08:00:00Z", electronic_tenders=True).model_dump(
            exclude={"origin", "notice", "status"}
        )
    )
    with database.reads() as session:
        stored = service.hints(session, one, "sv")
    assert stored == service.preview_hints(new, "sv")
    codes = [hint.code.value for hint in stored.items]
    assert codes == ["official-link", "tender-time-short", "direct-award-room", "reserved-share"]
    does(database, Verb.AWARD, one)
    with database.writes() as session:
        told = service.written(
            service.award(session, one, award_of(awarded_on="2026-11-16", replaces_earlier=True)), "en"
        )
    assert "standstill" in [hint.code.value for hint in told.hints]


def test_two_natural_persons_are_told_alike(database: Database):
    one = made(database, status="closed")
    person = {"lot_number": "LOT-0001", "is_natural_person": True}
    with database.writes() as session:
        found = service.award(session, one, award_of(person, person))
    assert found.outcome is not None
    assert [award.is_natural_person for award in found.outcome.awards] == [True, True]


def test_many_awards_are_written_and_read_in_order(database: Database):
    one = made(database, status="closed", lots=[lot(title=f"Del {number}") for number in range(100)])
    awards = [{"lot_number": f"LOT-{n % 100 + 1:04}", "winner_name": f"Exempel {n} AB"} for n in range(300)]
    with database.writes() as session:
        service.award(session, one, award_of(*awards))
    outcome = read(database, one).outcome
    assert outcome is not None
    assert [award.winner_name for award in outcome.awards] == [award["winner_name"] for award in awards]
