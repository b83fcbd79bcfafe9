"""API keys at a terminal: make one, list them, revoke one; and the demo's keys."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from app.accounts import service as accounts
from app.accounts.schemas import KeyCreate, KeyRead
from app.accounts.vocabulary import Role, Scope
from app.core.clock import now
from app.core.db import Database, ReadSession, WriteSession
from app.core.errors import SamnodError
from app.core.wording import plainly
from app.demo import service as demo
from app.demo.vocabulary import address_of
from app.journal import copies
from app.organizations import service as organizations
from app.terminal import say, stop

Opened = Callable[[], AbstractContextManager[Database]]


def register(app: typer.Typer, opened: Opened, secret: Callable[[], bytes]) -> None:
    """Add `samnod key`. `opened` gives the node's database, `secret` what its keys are hashed with."""
    keys = typer.Typer(no_args_is_help=True, help="API keys: who may write, and what.")
    app.add_typer(keys, name="key")

    @keys.command("create")
    def create(
        name: Annotated[str, typer.Argument(help="What uses the key, for instance the name of a system")],
        organization: Annotated[str, typer.Option(help="The organisation it acts for: its id, or its exact name")],
        role: Annotated[Role, typer.Option(help="What the organisation is on Samnod")],
        scope: Annotated[list[Scope] | None, typer.Option(help="What it opens; without: what the role needs")] = None,
        region: Annotated[str | None, typer.Option(help="A coordinator's region, such as SE-22")] = None,
        days: Annotated[int, typer.Option(min=1, max=730, help="How many days it opens anything")] = 365,
    ) -> None:
        """Make a key. It is shown this once: only a hash of it is kept."""
        try:
            with opened() as database, database.writes() as session:
                acting_for = organization_id_of(session, organization)
                _require_own(session, acting_for)
                asked = {"name": name, "organization_id": acting_for, "role": role, "region": region, "days": days}
                data = KeyCreate.model_validate({**asked, "scopes": scope or []})
                made = accounts.create_key(session, data, secret=secret())
        except ValidationError as fault:
            raise stop("\n".join(f"{item['loc'][0]}: {plainly(dict(item))}" for item in fault.errors())) from fault
        except SamnodError as fault:
            raise stop("\n".join([fault.detail, *(f"{one.pointer}: {one.detail}" for one in fault.faults)])) from fault
        say(made.key)
        say(f"Id {made.id}; opens {', '.join(made.scopes)} until {made.expires_at:%Y-%m-%d}. It is not shown again.")

    @keys.command("list")
    def show(
        organization: Annotated[str | None, typer.Option(help="Only this organisation's: its id or exact name")] = None,
    ) -> None:
        """List the keys: whose they are, what they open, when they were last used."""
        with opened() as database, database.reads() as session:
            acting_for = organization_id_of(session, organization) if organization else None
            found = accounts.list_keys(session, acting_for)
        if not found:
            say("There is no key. Make one with: samnod key create")
            return
        for key in found:
            used = f"last used {key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never used"
            region = f" in {key.region}" if key.region else ""
            # A line each, whole on any screen: an id is there to be copied.
            say(
                f"{key.id}  {key.hint}  {key.role}{region}  {_state(key)}, {used}  {key.name} for {key.organization_id}"
            )

    @keys.command("revoke")
    def revoke(key_id: Annotated[str, typer.Argument(help="The id that `samnod key list` shows")]) -> None:
        """Let a key open nothing from now on."""
        try:
            with opened() as database, database.writes() as session:
                revoked = accounts.revoke_key(session, key_id)
        except SamnodError as fault:
            raise stop(fault.detail) from fault
        say(f"{revoked.hint} ({revoked.name}) opens nothing any more.")


def tell_demo_keys(database: Database, var_dir: Path, secret: bytes) -> None:
    """Make the demo's keys, or find them again, and print the file that they lie in."""
    with database.writes() as session:
        path, keys = demo.keys(session, var_dir, secret=secret)
    say(f"Keys for trying the API, also in {path}:")
    for name, key in keys.items():
        say(f"{name}={key}")


def tell_demo_logins(database: Database, var_dir: Path) -> None:
    """Make the demo's logins, or find them again, and print them with the file that they lie in."""
    with database.writes() as session:
        path, passwords = demo.logins(session, var_dir)
    say(f"Logins for trying the pages, also in {path}:")
    for variable, password in passwords.items():
        say(f"{address_of(variable)}  {password}")


def _state(key: KeyRead) -> str:
    if key.revoked_at is not None:
        return f"revoked {key.revoked_at:%Y-%m-%d}"
    return f"{'expired' if key.expires_at <= now() else 'until'} {key.expires_at:%Y-%m-%d}"


def _require_own(session: ReadSession | WriteSession, organization_id: str) -> None:
    """Stop for an organisation of another node: whoever acts for it does so there."""
    node = copies.home_of(session, organizations.find(session, organization_id).home)
    if node is not None:
        raise stop(f"The organisation belongs to {node.name} ({node.url}): keys for it are made there.")


def organization_id_of(session: ReadSession | WriteSession, told: str) -> str:
    """Return the id of an organisation given by its id or its exact name."""
    if organizations.exists(session, told):
        return told
    found = organizations.named(session, told)
    if len(found) == 1:
        return found[0].id
    if found:
        raise stop(
            f"{len(found)} organisations are called {told}: give the id, one of {', '.join(o.id for o in found)}."
        )
    raise stop(f"No organisation has the id or the name {told}.")
