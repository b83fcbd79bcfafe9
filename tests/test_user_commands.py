"""`samnod user` and the demo's logins, as whoever runs a node meets them."""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from app import cli, key_commands
from app.accounts import invitations, people, sessions, two_step
from app.accounts.vocabulary import Role
from app.core.db import Database
from app.core.errors import Unauthorized
from app.demo.vocabulary import enterprise_id
from app.enterprises import service as enterprises
from app.opportunities import service as opportunities
from app.opportunities.schemas import OpportunityFilters
from app.settings import settings
from tests.engines import mostly_sqlite
from tests.keys import SECRET
from tests.people import person_for, turned_on
from tests.web.copied import FAR, copied

Samnod = Callable[..., tuple[int, str, str]]
ACT_AND_LETTER = ("action FROM audit_entry", "template FROM outbox_letter")


@pytest.fixture
def samnod(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Samnod]:
    """Give `samnod(...)`: the command over the test's own database; its exit code, and what it said and complained."""
    monkeypatch.setenv("SAMNOD_DATABASE_URL", database_url)
    monkeypatch.setenv("SAMNOD_VAR_DIR", str(tmp_path))
    monkeypatch.setenv("SAMNOD_SECRET_KEY", SECRET)

    def run(*arguments: str) -> tuple[int, str, str]:
        settings.cache_clear()
        monkeypatch.setattr(sys, "argv", ["samnod", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capfd.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    yield run
    settings.cache_clear()


def test_the_first_administrator_gets_a_link_though_no_mail_is_sent(samnod: Samnod, database: Database):
    code, said, _ = samnod("user", "invite", "--role", "admin", "--email", "Forsta@example.org")
    assert code == 0
    token = re.search(r"/sv/invitation/(\S+)", said)
    assert token
    with database.writes() as session:
        person_id = invitations.accept_as_new(session, token[1], "a hash", secret=SECRET.encode())
        place = people.find(session, person_id).places[0]
    assert (place.role, place.manages) == (Role.ADMIN, True)
    code, said, _ = samnod("user", "list")
    assert f"{person_id}  forsta@example.org  can sign in, never signed in  admin for {place.organization_id}" in said
    assert samnod("user", "disable", "forsta@example.org")[0] == 0
    with database.reads() as session:
        assert people.find(session, person_id).disabled_at
        assert people.addressees(session, place.organization_id) == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--role", "admin", "--email", "ingen"), "email: "),
        (("--role", "coordinator", "--email", "a@example.org"), "/region: "),
        (("--role", "buyer", "--email", "a@example.org", "--organization", "Ingen"), "No organisation has the id or"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(samnod: Samnod, arguments: tuple[str, ...], told: str):
    code, _, complained = samnod("user", "invite", *arguments)
    assert (code, told in complained) == (1, True)


@mostly_sqlite
def test_the_demo_has_one_login_a_role_with_something_to_do(with_demo: Database, tmp_path: Path, capfd):
    database = with_demo
    key_commands.tell_demo_logins(database, tmp_path)
    told = dict(line.split() for line in capfd.readouterr().out.splitlines() if "@" in line)
    assert (tmp_path / "demo-logins.env").stat().st_mode & 0o777 == 0o600
    places = {}
    with database.reads() as session:
        for email, password in told.items():
            places.update(
                {p.role: p for p in people.find(session, sessions.recognised(session, email, password)).places}
            )
        assert set(places) == set(Role) - {Role.INTEGRATOR}
        cleaner = enterprises.find(session, enterprise_id("stadkompaniet"))
        assert cleaner.owner_id == places[Role.ENTERPRISE].organization_id
        own = opportunities.search(session, OpportunityFilters(limit=100))[0]
        assert any(opportunities.find(session, one.id).owner_id == places[Role.BUYER].organization_id for one in own)
    # The second time the same are told, and a file that was lost makes new passwords.
    key_commands.tell_demo_logins(database, tmp_path)
    assert dict(line.split() for line in capfd.readouterr().out.splitlines() if "@" in line) == told
    (tmp_path / "demo-logins.env").unlink()
    key_commands.tell_demo_logins(database, tmp_path)
    with database.reads() as session, pytest.raises(Unauthorized):
        sessions.recognised(session, *next(iter(told.items())))


@mostly_sqlite
def test_a_key_is_made_for_an_organisation_of_this_node_alone(samnod: Samnod, database: Database, tmp_path: Path):
    theirs = copied(database, tmp_path, organization={})["organization"]
    code, _, complaint = samnod("key", "create", "Nyckel", "--organization", theirs, "--role", "admin")
    assert (code, f"belongs to {FAR.name} ({FAR.url})" in complaint) == (1, True)


def test_the_demo_of_a_public_node_has_no_logins(samnod: Samnod, monkeypatch: pytest.MonkeyPatch, database: Database):
    monkeypatch.setenv("SAMNOD_BASE_URL", "https://samnod.example")
    code, said, _ = samnod("demo")
    assert (code, "@example.invalid" in said) == (0, False)
    with database.reads() as session:
        assert people.everybody(session) == []


def test_who_has_lost_everything_is_let_in_by_the_password_again(samnod: Samnod, database: Database):
    person = person_for(database, "buyer", email="tappat@example.org")
    turned_on(database, person.id)
    code, said, _ = samnod("user", "two-step-off", "Tappat@example.org")
    assert (code, "the password alone" in said) == (0, True)
    with database.reads() as session:
        assert not two_step.is_on(session, person.id)
        kept = [session.execute(text(f"SELECT {what}")).scalars().all() for what in ACT_AND_LETTER]
    assert kept == [["two-step.off"], ["accounts/two_step_off"]]
    code, _, complained = samnod("user", "two-step-off", person.id)
    assert (code, "Two-step sign-in is not on." in complained) == (1, True)
