"""People for tests: made with a place in an organisation, and signed in without going by the sign-in page."""

import re
from datetime import datetime

import httpx
from pyotp import TOTP
from sqlalchemy import text

from app.accounts import codes, sessions
from app.accounts.tables import Membership, Person, RecoveryCode, TwoStep
from app.accounts.vocabulary import Digest, Role
from app.core.clock import now
from app.core.db import Database
from tests.keys import REGION, SECRET, organization_of

PASSWORD = "tolv gula ankor i en stilla damm"
# Hashed once and for all, and cheaply: a proper hash takes a tenth of a second, and this password is nobody's secret.
_HASH = "$argon2id$v=19$m=1024,t=1,p=1$+wSXzneqe1dRGjTAMTGJZg$ShDIEmBz2j3NTvEHeYAvXy1VKg+7itvinPJqE7Oqsy8"


def person_for(
    database: Database,
    role: Role | str,
    organization_id: str = "",
    *,
    email: str = "",
    region: str | None = None,
    manages: bool = True,
    language: str = "sv",
) -> Person:
    """Make a person with a place in an organisation; each role has an organisation of its own unless one is named."""
    role = Role(role)
    region = region or (REGION if role is Role.COORDINATOR else None)
    with database.writes() as session:
        person = Person(
            email=email or f"{role.value}@example.org",
            password_hash=_HASH,
            language=language,
            digest=Digest.DAILY,
        )
        session.add(person)
        session.flush()
        session.add(
            Membership(
                person_id=person.id,
                organization_id=organization_id or organization_of(role),
                role=role,
                region=region,
                manages=manages,
            )
        )
    return person


def session_for(database: Database, person_id: str) -> dict[str, str]:
    """Begin a session for a person, and return its cookie as the browser keeps it."""
    with database.writes() as session:
        token = sessions.begin(session, person_id, secret=SECRET.encode())
    return {"samnod": token}


def signed_in(client: httpx.Client, database: Database, role: Role | str, organization_id: str = "", **who: str) -> str:
    """Sign a new person in on this client, and return the person's id."""
    person = person_for(database, role, organization_id, **who)
    client.cookies.update(session_for(database, person.id))
    return person.id


def token_in(html: str) -> str:
    """Return the hidden token of the forms on a page."""
    found = re.search(r'name="_token" value="([0-9a-f]{64})"', html)
    assert found, "the page has no form of ours"
    return found[1]


def send(client: httpx.Client, page: str, fields: dict[str, object], to: str = "") -> httpx.Response:
    """Send a form as a browser does: open its page first, and post it with the page's token."""
    token = token_in(client.get(page).text)
    return client.post(to or page, data={"_token": token, **fields}, headers={"Sec-Fetch-Site": "same-origin"})


def turned_on(database: Database, person_id: str) -> list[str]:
    """Turn two-step sign-in on for a person, by a code of long ago, and return the recovery codes."""
    made = codes.new_recovery_codes()
    with database.writes() as session:
        session.add(TwoStep(person_id=person_id, seed="a-seed", begun_in="", confirmed_at=now()))
        session.add_all(
            RecoveryCode(person_id=person_id, code_hash=codes.recovery_hash(SECRET.encode(), person_id, code))
            for code in made
        )
    return made


def code_at(database: Database, person_id: str, at: datetime | None = None) -> str:
    """Return what the person's app shows at a moment, now unless one is said."""
    with database.reads() as session:
        seed = session.execute(text("SELECT seed FROM two_step WHERE person_id = :id"), {"id": person_id}).scalar_one()
    return TOTP(codes.secret_for_app(SECRET.encode(), person_id, str(seed))).at(at or now())
