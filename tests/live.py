"""Somebody signed in on the run's live server: written to its database, since no page there makes people."""

from app.accounts import sessions
from app.accounts.vocabulary import Role
from app.core.db import Database
from tests.people import person_for
from tests.session import once, session_folder


def live_database() -> Database:
    """Open the database of the live server, which runs already."""
    return Database(f"sqlite:///{session_folder() / 'live' / 'samnod.db'}")


def live_cookie(role: Role, organization_id: str, *, region: str | None = None) -> str:
    """Return the session cookie of somebody who acts for an organisation there; one person a role and organisation."""

    def sign_in() -> dict[str, str]:
        database = live_database()
        secret = (session_folder() / "live" / "secret-key").read_bytes().strip()
        person = person_for(
            database, role, organization_id, email=f"{role.value}@{organization_id[:8]}.example.org", region=region
        )
        with database.writes() as session:
            token = sessions.begin(session, person.id, secret=secret)
        database.close()
        return {"token": token}

    return str(once(f"live-{role.value}-{organization_id}", sign_in)["token"])
