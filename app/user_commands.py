"""People at a terminal: invite the first, list them, let one in no more, or by the password alone again."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Annotated

import typer
from pydantic import ValidationError

from app.accounts import invitations, people, two_step
from app.accounts.schemas import InvitationCreate, PersonRead
from app.accounts.vocabulary import Role
from app.core.columns import stable_id
from app.core.db import Database, WriteSession
from app.core.errors import SamnodError
from app.core.wording import plainly
from app.key_commands import organization_id_of
from app.organizations import service as organizations
from app.organizations.schemas import OrganizationCreate
from app.organizations.vocabulary import OrganizationKind, Visibility
from app.terminal import say, stop

Opened = Callable[[], AbstractContextManager[Database]]


@dataclass(frozen=True, slots=True)
class Node:
    """What the commands need to know of the node: its name, its public address, and whether letters leave it."""

    home: str
    name: str
    base_url: str
    sends_mail: bool


def register(app: typer.Typer, opened: Opened, secret: Callable[[], bytes], node: Callable[[], Node]) -> None:
    """Add `samnod user`. `opened` gives the node's database, `secret` what links are hashed with."""
    users = typer.Typer(no_args_is_help=True, help="People: who can sign in, and for which organisation.")
    app.add_typer(users, name="user")

    @users.command("invite")
    def invite(
        role: Annotated[Role, typer.Option(help="What the person is on Samnod")],
        email: Annotated[str, typer.Option(prompt="E-mail address", help="Where the link is sent")],
        organization: Annotated[
            str | None, typer.Option(help="Its id or exact name; without: the organisation that runs this node")
        ] = None,
        region: Annotated[str | None, typer.Option(help="A coordinator's region, such as SE-22")] = None,
        language: Annotated[str, typer.Option(help="Language of the letter: sv, nb or en")] = "sv",
    ) -> None:
        """Invite somebody who is to look after an organisation's people and keys: the first administrator, say."""
        about = node()
        asked = {"email": email, "role": role, "region": region, "language": language, "manages": True}
        try:
            with opened() as database, database.writes() as session:
                acting_for = organization_id_of(session, organization) if organization else _of_node(session, about)
                data = InvitationCreate.model_validate({**asked, "organization_id": acting_for})
                name = organizations.name_of(session, acting_for)
                made = invitations.invite(session, data, organization=name, secret=secret())
        except ValidationError as fault:
            raise stop("\n".join(f"{item['loc'][0]}: {plainly(dict(item))}" for item in fault.errors())) from fault
        except SamnodError as fault:
            raise stop("\n".join([fault.detail, *(f"{one.pointer}: {one.detail}" for one in fault.faults)])) from fault
        say(f"{made.email} is invited to {name} as {made.role}, until {made.expires_at:%Y-%m-%d %H:%M} UTC.")
        if about.sends_mail:
            say("The link is sent by e-mail.")
        else:
            say("This node sends no e-mail. Give the person this link; it works once:")
            say(f"{about.base_url or 'http://127.0.0.1:8000'}/{language}/invitation/{made.token}")

    @users.command("list")
    def show() -> None:
        """List everybody who can sign in, or could."""
        with opened() as database, database.reads() as session:
            found = people.everybody(session)
        if not found:
            say("There is nobody. Invite the first with: samnod user invite --role admin")
        for person in found:
            say(_line(person))

    @users.command("disable")
    def disable(
        who: Annotated[str, typer.Argument(help="The id that `samnod user list` shows, or the e-mail address")],
    ) -> None:
        """Let somebody sign in no more, and end every session."""
        try:
            with opened() as database, database.writes() as session:
                known = people.with_address(session, who)
                people.disable(session, known.id if known else who)
        except SamnodError as fault:
            raise stop(fault.detail) from fault
        say(f"{who} can sign in no more.")

    @users.command("two-step-off")
    def two_step_off(
        who: Annotated[str, typer.Argument(help="The id that `samnod user list` shows, or the e-mail address")],
    ) -> None:
        """Let somebody who has lost both phone and recovery codes sign in by the password alone; tells it by mail."""
        try:
            with opened() as database, database.writes() as session:
                known = people.with_address(session, who)
                two_step.turn_off(session, known.id if known else who)
        except SamnodError as fault:
            raise stop(fault.detail) from fault
        say(f"{who} is asked for the password alone. Tell the person to turn two-step sign-in on again.")


def _of_node(session: WriteSession, node: Node) -> str:
    """Return the id of the organisation that runs this node, which is registered when somebody is first invited."""
    record_id = stable_id("node-organization", node.home)
    if not organizations.exists(session, record_id):
        told = OrganizationCreate(
            name=node.name or f"Samnod {node.home}",
            country="INT",
            kind=OrganizationKind.OTHER,
            visibility=Visibility.PRIVATE,
            source="samnod",
        )
        organizations.register(session, told, home=node.home, record_id=record_id)
    return record_id


def _line(person: PersonRead) -> str:
    state = f"disabled {person.disabled_at:%Y-%m-%d}" if person.disabled_at else "can sign in"
    seen = f"last seen {person.signed_in_at:%Y-%m-%d %H:%M}" if person.signed_in_at else "never signed in"
    places = ", ".join(f"{place.role} for {place.organization_id}" for place in person.places) or "no place"
    return f"{person.id}  {person.email}  {state}, {seen}  {places}"
