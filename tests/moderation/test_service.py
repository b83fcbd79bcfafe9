"""Reports and what coordinators do about them, on both databases: hidden everywhere, taken back exactly, once each."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from pydantic import ValidationError
from sqlalchemy import text

from app.accounts.vocabulary import Caller, Role, Scope
from app.core.clock import now
from app.core.db import Database, WriteSession
from app.core.errors import BadRequest, Conflict, Forbidden, InvalidContent, NotFound
from app.core.preconditions import Precondition
from app.enterprises import exporting
from app.enterprises import queries as enterprise_queries
from app.enterprises import service as enterprises
from app.enterprises.schemas import EnterpriseChoices, EnterpriseExport, EnterpriseFilters, EnterprisePatch
from app.enterprises.vocabulary import ExportForm
from app.journal import service as journal
from app.mail.tables import OutboxLetter
from app.matching import index
from app.matching import service as matching
from app.matching.schemas import LotQuestion, MatchQuestion
from app.moderation import service
from app.moderation.schemas import ActFilters, ActRead, ReportFilters, ReportIn, ReportRead
from app.moderation.vocabulary import ReportKind, ReportState, Subject, Verb
from app.opportunities import queries as opportunity_queries
from app.opportunities import service as opportunities
from app.opportunities.schemas import OpportunityFilters
from app.support_offers import service as support_offers
from app.support_offers.vocabulary import Status
from app.wiring import wire
from tests.databases import migrated_database
from tests.factories import enterprise, opportunity, support_offer
from tests.people import person_for

KEEPER, BUYER = "org-keeper", "org-buyer"
Act = Callable[[WriteSession], ActRead]


def caller(role: Role, organization: str = "org-coordinator", region: str | None = None) -> Caller:
    """Return somebody who asks."""
    return Caller(f"actor-{role.value}", organization, role, frozenset(Scope), region=region)


COORDINATOR = replace(caller(Role.COORDINATOR, region="SE-22"), reason="Finns inte längre")
ELSEWHERE = replace(caller(Role.COORDINATOR, region="SE-25"), reason="Finns inte längre")
ADMIN = replace(caller(Role.ADMIN, "org-admin"), reason="Finns inte längre")
OWNER = caller(Role.ENTERPRISE, KEEPER)
KEEPERS = {
    Subject.ENTERPRISE: OWNER,
    Subject.OPPORTUNITY: caller(Role.BUYER, BUYER),
    Subject.SUPPORT_OFFER: caller(Role.SUPPORT_PROVIDER, KEEPER),
}


@pytest.fixture(autouse=True)
def wired() -> None:
    """Let matching and the audit log follow, as they do in the running house."""
    wire()


@pytest.fixture
def ids(database: Database) -> dict[Subject, str]:
    """Write an enterprise and an opportunity that fit each other, others beside them, and a support offer."""
    with database.writes() as session:
        found = enterprises.register(session, enterprise(), home="here", owner_id=KEEPER)
        enterprises.register(session, enterprise(name="Exempel Tvätt"), home="here")
        wanted = opportunities.publish(session, opportunity(), home="here", owner_id=BUYER)
        opportunities.publish(session, opportunity(title="Städning av kontor"), home="here")
        given = support_offers.register(
            session, support_offer(area_code="SE-2281"), home="here", owner_id=KEEPER, status=Status.PUBLISHED
        )
    return {Subject.ENTERPRISE: found.id, Subject.OPPORTUNITY: wanted.id, Subject.SUPPORT_OFFER: given.id}


def done(database: Database, act: Act) -> ActRead:
    """Do something in a transaction of its own."""
    with database.writes() as session:
        return act(session)


def hidden(database: Database, subject: Subject, record_id: str, by: Caller = COORDINATOR) -> ActRead:
    """Hide a record."""
    return done(database, lambda session: service.hide(session, subject, record_id, by=by))


def reported(database: Database, subject: Subject, record_id: str, kind: str = "outdated") -> ReportRead:
    """Report a record."""
    data = ReportIn(kind=ReportKind(kind), text="Lades ned i våras.")
    with database.writes() as session:
        return service.report(session, subject, record_id, data)


def open_reports(database: Database, by: Caller = COORDINATOR) -> list[str]:
    """Return the ids of the reports that wait, in order of id: they were made in the same second."""
    with database.reads() as session:
        return sorted(one.id for one in service.reports(session, ReportFilters(), by=by)[0])


def seen_enterprises(database: Database) -> dict[str, set[str]]:
    """Return the ids that each list, search, count, export and ranking of enterprises shows to everybody."""
    question = MatchQuestion(title="Städning av skolor", lots=[LotQuestion(cpv_main="90910000")])
    filters = EnterpriseFilters()
    with database.reads() as session:
        listed = enterprises.search(session, filters)
        found = enterprises.search(session, EnterpriseFilters(words="exempel"))
        ranked = matching.preview(session, question)
        why = matching.why_not(session, question, "exempel")
        late, late_total = enterprises.overdue(session, "SE-22", 10)
        facets = {group.name: sum(one.count for one in group.facets) for group in enterprises.facets(session, filters)}
        whole = enterprises.counted(session, EnterpriseChoices()).total
        opening = opportunities.search(session, OpportunityFilters())[0][0].id
        told = matching.for_opportunity(session, opening).items
        met = matching.met_since(session, now() - timedelta(days=1))
    exported = b"".join(exporting.export(database, EnterpriseExport(format=ExportForm.NDJSON))).decode()
    assert listed[1] == whole == len(listed[0]) == exported.count('"home":') == late_total
    assert facets == dict.fromkeys(facets, whole)
    return {
        "list": {one.id for one in listed[0]},
        "search": {one.id for one in found[0]},
        "ranking": {one.enterprise.id for one in ranked.items},
        "why not": {one.enterprise.id for one in why},
        "overdue": {one.id for one in late},
        "of opportunity": {one.enterprise.id for one in told},
        "met": {one.enterprise_id for one in met},
        "export": {one.id for one in listed[0] if one.id in exported},
    }


def seen_opportunities(database: Database) -> dict[str, set[str]]:
    """Return the ids that each list, search and ranking of opportunities shows to everybody."""
    with database.reads() as session:
        listed, total = opportunities.search(session, OpportunityFilters())
        found = opportunities.search(session, OpportunityFilters(words="städning"))[0]
        someone = enterprises.search(session, EnterpriseFilters())[0][0].id
        fitting = matching.for_enterprise(session, someone).items
        everything = opportunities.several(session, [one.id for one in opportunities.open_now(session)])
        met = matching.met_since(session, now() - timedelta(days=1))
        late = opportunities.past_deadline(session, now() + timedelta(days=365 * 250))
    assert total == len(listed)
    return {
        "list": {one.id for one in listed},
        "search": {one.id for one in found},
        "of enterprise": {one.opportunity.id for one in fitting},
        "open": set(everything),
        "met": {one.opportunity_id for one in met},
        "past deadline": {one.id for one in late},
    }


def test_a_hidden_enterprise_is_nowhere_and_comes_back_as_it_was(database: Database, ids: dict[Subject, str]):
    one = ids[Subject.ENTERPRISE]
    before = seen_enterprises(database)
    assert all(one in shown for shown in before.values()), before
    act = hidden(database, Subject.ENTERPRISE, one)
    after = seen_enterprises(database)
    assert {name: shown - {one} for name, shown in before.items()} == after
    with database.reads() as session:
        for ask in (enterprises.find, matching.for_enterprise, matching.completeness, enterprises.history):
            with pytest.raises(NotFound):
                ask(session, one, **({"by": None} if ask is enterprises.history else {}))
        assert not enterprises.exists(session, one)
        assert matching.for_enterprise(session, one, hidden_too=True).total == 0
        assert matching.completeness(session, one, hidden_too=True).effects == []
        assert index.check(session) == []
    done(database, lambda session: service.undo(session, act.id, by=COORDINATOR))
    assert seen_enterprises(database) == before
    with database.reads() as session:
        assert index.check(session) == []


def test_a_hidden_opportunity_is_nowhere_and_comes_back_as_it_was(database: Database, ids: dict[Subject, str]):
    one = ids[Subject.OPPORTUNITY]
    before = seen_opportunities(database)
    assert all(one in shown for shown in before.values()), before
    act = hidden(database, Subject.OPPORTUNITY, one)
    assert {name: shown - {one} for name, shown in before.items()} == seen_opportunities(database)
    with database.reads() as session:
        for ask in (opportunities.find, matching.for_opportunity):
            with pytest.raises(NotFound):
                ask(session, one)
        assert matching.for_opportunity(session, one, hidden_too=True).total == 0
        assert index.check(session) == []
    done(database, lambda session: service.undo(session, act.id, by=COORDINATOR))
    assert seen_opportunities(database) == before
    with database.reads() as session:
        assert index.check(session) == []


def test_the_ranking_after_an_undo_is_the_same_to_the_last_point(database: Database, ids: dict[Subject, str]):
    question = MatchQuestion(title="Städning av skolor", lots=[LotQuestion(cpv_main="90910000")])
    with database.reads() as session:
        before = matching.preview(session, question)
        turned = matching.for_enterprise(session, ids[Subject.ENTERPRISE])
    for subject, one in ids.items():
        act = hidden(database, subject, one)
        done(database, lambda session, act=act: service.undo(session, act.id, by=COORDINATOR))
    with database.reads() as session:
        assert matching.preview(session, question) == before
        assert matching.for_enterprise(session, ids[Subject.ENTERPRISE]) == turned


@pytest.mark.parametrize("subject", Subject)
def test_who_may_know_of_what_is_hidden(database: Database, ids: dict[Subject, str], subject: Subject):
    one = ids[subject]
    hidden(database, subject, one)
    keeper = KEEPERS[subject]
    strangers = [None, ELSEWHERE, caller(Role.ENTERPRISE, "org-other"), caller(Role.BUYER, "org-other")]
    with database.reads() as session:
        for known_to in (keeper, COORDINATOR, ADMIN):
            assert service.find(session, subject, one, known_to).hidden_at is not None
        for stranger in strangers:
            with pytest.raises(NotFound):
                service.find(session, subject, one, stranger)
        told = service.why_hidden(session, subject, one)
        assert told is not None
        assert (told.reason, told.organization_id) == ("Finns inte längre", "org-coordinator")


def test_the_keeper_can_put_a_hidden_record_right_and_a_stranger_is_told_nothing(
    database: Database, ids: dict[Subject, str]
):
    one = ids[Subject.ENTERPRISE]
    hidden(database, Subject.ENTERPRISE, one)
    patch = EnterprisePatch.model_validate({"summary": "Flyttad till Timrå."})
    with database.writes() as session:
        assert enterprises.change(session, one, patch, match=Precondition(None), by=OWNER).hidden_at is not None
    with database.writes() as session, pytest.raises(NotFound):
        enterprises.change(session, one, patch, match=Precondition(None), by=caller(Role.ENTERPRISE, "org-other"))
    assert one not in seen_enterprises(database)["ranking"]


def test_the_journal_and_the_audit_log_keep_who_did_it_and_why(database: Database, ids: dict[Subject, str]):
    for subject, one in ids.items():
        hidden(database, subject, one)
        done(database, lambda session, of=subject, one=one: service.restore(session, of, one, by=COORDINATOR))
        with database.reads() as session:
            changes = journal.history(session, subject.value, one, whole=True)
            assert [(change.rev, change.fields, change.reason) for change in changes] == [
                (3, ["hidden_at"], "Finns inte längre"),
                (2, ["hidden_at"], "Finns inte längre"),
            ]
            logged = session.execute(text("SELECT action FROM audit_entry WHERE object_id = :one"), {"one": one})
            assert {"hide", "restore", "change"} <= set(logged.scalars())


@pytest.mark.parametrize("subject", Subject)
def test_hiding_and_showing_from_the_wrong_state_is_refused(
    database: Database, ids: dict[Subject, str], subject: Subject
):
    one = ids[subject]
    with pytest.raises(Conflict, match="not hidden"):
        done(database, lambda session: service.restore(session, subject, one, by=COORDINATOR))
    hidden(database, subject, one)
    with pytest.raises(Conflict, match="hidden already"):
        hidden(database, subject, one)


def test_a_draft_cannot_be_hidden(database: Database):
    with database.writes() as session:
        draft = opportunities.publish(session, opportunity(status="draft"), home="here")
    with pytest.raises(Conflict, match="draft"):
        hidden(database, Subject.OPPORTUNITY, draft.id)


@pytest.mark.parametrize("subject", Subject)
def test_of_two_coordinators_at_once_one_hides(database: Database, ids: dict[Subject, str], subject: Subject):
    together = Barrier(2)

    def try_it(reason: str) -> str:
        together.wait()
        try:
            hidden(database, subject, ids[subject], replace(COORDINATOR, reason=reason))
        except Conflict:
            return ""
        return reason

    with ThreadPoolExecutor(2) as threads:
        won = sorted(threads.map(try_it, ["Den första", "Den andra"]))
    assert won[0] == ""
    with database.reads() as session:
        told, total = service.acts(session, ActFilters(), by=COORDINATOR)
        assert (total, told[0].reason) == (1, won[1])
        assert service.find(session, subject, ids[subject], COORDINATOR).rev == 2
        assert index.check(session) == []


@pytest.mark.parametrize(
    ("by", "fault"),
    [
        (ELSEWHERE, Forbidden),
        (replace(COORDINATOR, reason=None), BadRequest),
        (OWNER, Forbidden),
        (replace(caller(Role.BUYER, BUYER), reason="Fel"), Forbidden),
    ],
)
def test_who_may_not_hide(database: Database, ids: dict[Subject, str], by: Caller, fault: type[Exception]):
    for subject, one in ids.items():
        with pytest.raises(fault):
            hidden(database, subject, one, by)


def test_reports_wait_for_the_coordinator_of_the_region(database: Database, ids: dict[Subject, str]):
    first = reported(database, Subject.ENTERPRISE, ids[Subject.ENTERPRISE])
    second = reported(database, Subject.OPPORTUNITY, ids[Subject.OPPORTUNITY], "wrong")
    assert open_reports(database) == open_reports(database, ADMIN) == sorted([first.id, second.id])
    assert open_reports(database, ELSEWHERE) == []
    assert (first.subject_name, second.subject_name) == ("Exempel Städ", "Städning av skolor")
    with database.reads() as session, pytest.raises(Forbidden):
        service.reports(session, ReportFilters(), by=OWNER)


def test_what_is_hidden_settles_its_reports_and_an_undo_opens_them_again(database: Database, ids: dict[Subject, str]):
    one = ids[Subject.ENTERPRISE]
    waiting = sorted(reported(database, Subject.ENTERPRISE, one).id for _ in range(2))
    act = hidden(database, Subject.ENTERPRISE, one)
    assert open_reports(database) == []
    done(database, lambda session: service.undo(session, act.id, by=COORDINATOR))
    assert open_reports(database) == waiting


def test_a_dismissal_is_taken_back_once(database: Database, ids: dict[Subject, str]):
    report = reported(database, Subject.ENTERPRISE, ids[Subject.ENTERPRISE])
    act = done(database, lambda session: service.dismiss(session, report.id, by=COORDINATOR))
    assert (act.verb, act.can_be_undone, open_reports(database)) == (Verb.DISMISS, True, [])
    with pytest.raises(Conflict):
        done(database, lambda session: service.dismiss(session, report.id, by=COORDINATOR))
    undoing = done(database, lambda session: service.undo(session, act.id, by=COORDINATOR))
    assert (undoing.verb, undoing.undoes, undoing.can_be_undone) == (Verb.REOPEN, act.id, False)
    assert open_reports(database) == [report.id]
    for again in (act.id, undoing.id):
        with pytest.raises(Conflict):
            done(database, lambda session, again=again: service.undo(session, again, by=COORDINATOR))
    with pytest.raises(NotFound):
        done(database, lambda session: service.dismiss(session, report.id, by=ELSEWHERE))


def test_an_old_act_is_not_taken_back_over_a_new_one(database: Database, ids: dict[Subject, str]):
    one = ids[Subject.ENTERPRISE]
    act = hidden(database, Subject.ENTERPRISE, one)
    done(database, lambda session: service.restore(session, Subject.ENTERPRISE, one, by=COORDINATOR))
    hidden(database, Subject.ENTERPRISE, one)
    with pytest.raises(Conflict, match="since"):
        done(database, lambda session: service.undo(session, act.id, by=COORDINATOR))


def test_the_keeper_is_told_why_and_may_object(database: Database, ids: dict[Subject, str]):
    one = ids[Subject.ENTERPRISE]
    person = person_for(database, "enterprise", KEEPER, language="nb")
    hidden(database, Subject.ENTERPRISE, one)
    with database.reads() as session:
        letters = session.execute(OutboxLetter.__table__.select()).all()  # type: ignore[attr-defined]
    assert [(each.template, each.person_id, each.language) for each in letters] == [
        ("moderation/hidden", person.id, "nb")
    ]
    assert letters[0].values["reason"] == "Finns inte längre"
    objection = ReportIn(kind=ReportKind.OBJECTION, text="Vi finns, på ny adress.")
    with database.writes() as session, pytest.raises(NotFound):
        service.report(session, Subject.ENTERPRISE, one, objection)
    with database.writes() as session:
        service.report(session, Subject.ENTERPRISE, one, objection, by=OWNER)
    assert len(open_reports(database)) == 1
    done(database, lambda session: service.restore(session, Subject.ENTERPRISE, one, by=COORDINATOR))
    assert open_reports(database) == []
    with database.writes() as session, pytest.raises(InvalidContent):
        service.report(session, Subject.ENTERPRISE, one, objection, by=OWNER)


def test_the_report_of_a_record_that_is_gone_can_be_dismissed(database: Database, ids: dict[Subject, str]):
    one = ids[Subject.ENTERPRISE]
    report = reported(database, Subject.ENTERPRISE, one)
    with database.writes() as session:
        enterprises.remove(session, one, match=Precondition(None), by=OWNER)
    with database.reads() as session:
        assert service.reports(session, ReportFilters(), by=COORDINATOR)[0][0].subject_name is None
    done(database, lambda session: service.dismiss(session, report.id, by=COORDINATOR))
    with database.reads() as session:
        closed = service.reports(session, ReportFilters(state=ReportState.DISMISSED), by=COORDINATOR)
    assert [one.id for one in closed[0]] == [report.id]


def test_a_report_holds_no_personal_data_and_is_not_empty():
    for said in ("Ring 811218-9876 och fråga.", "Kort"):
        with pytest.raises(ValidationError):
            ReportIn(kind=ReportKind.WRONG, text=said)


def test_a_keeper_is_reminded_once_a_month(database: Database, ids: dict[Subject, str]):
    one, by = ids[Subject.ENTERPRISE], replace(COORDINATOR, reason=None)

    def remind(session: WriteSession) -> ActRead:
        return service.remind(session, one, by=by)

    with pytest.raises(Conflict, match="Nobody"):
        done(database, remind)
    person_for(database, "enterprise", KEEPER)
    assert done(database, remind).verb is Verb.REMIND
    with pytest.raises(Conflict, match="30 days"):
        done(database, remind)
    with database.writes() as session:
        session.execute(text("UPDATE moderation_act SET at = :then"), {"then": now() - timedelta(days=31)})
    done(database, remind)
    with database.reads() as session:
        assert session.execute(text("SELECT count(*) FROM outbox_letter")).scalar_one() == 2
    with pytest.raises(Forbidden):
        done(database, lambda session: service.remind(session, one, by=ELSEWHERE))
    with database.writes() as session:
        enterprises.confirm(session, one, by=OWNER)
    with pytest.raises(Conflict, match="within a year"):
        done(database, remind)


# PostgreSQL reads so small a table as it lies; the indexes are the same.
def test_the_lists_are_still_read_in_the_order_of_an_index(tmp_path: Path):
    with migrated_database("sqlite", tmp_path) as url:
        database = Database(url)
        with database.reads() as session:
            asked = {
                "enterprise_name_sort_id": enterprise_queries.summaries(session, EnterpriseFilters()),
                "enterprise_updated_at_id": enterprise_queries.summaries(
                    session, EnterpriseFilters(sort="-updated_at")
                ),
                "enterprise_": enterprise_queries.count(session, EnterpriseFilters()),
                "opportunity_status": opportunity_queries.count(session, OpportunityFilters()),
            }
            for index_name, question in asked.items():
                sql = question.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
                plan = " ".join(row[3] for row in session.execute(text(f"EXPLAIN QUERY PLAN {sql}")))
                assert f"INDEX ix_{index_name}" in plan, plan
                assert "TEMP B-TREE" not in plan, plan
        database.close()


def test_what_was_decided_a_year_ago_is_forgotten_and_what_waits_is_not(database: Database, ids: dict[Subject, str]):
    waiting = reported(database, Subject.OPPORTUNITY, ids[Subject.OPPORTUNITY])
    decided = reported(database, Subject.ENTERPRISE, ids[Subject.ENTERPRISE])
    done(database, lambda session: service.dismiss(session, decided.id, by=COORDINATOR))
    for days, gone in ((364, 0), (366, 1), (366, 0)):
        with database.writes() as session:
            assert service.forget_reports(session, now() + timedelta(days=days)) == gone
    assert open_reports(database) == [waiting.id]
