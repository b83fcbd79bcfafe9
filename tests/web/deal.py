"""What the walk from a need to its outcome begins with: a node with a worker and a mail server, and people."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import httpx

from app.accounts.vocabulary import Role
from app.core.db import Database
from app.enterprises import service as enterprises
from app.organizations import service as organizations
from app.organizations.schemas import OrganizationCreate
from app.wiring import wire
from tests.browser import free_port
from tests.databases import ROOT, SAMNOD, migrated_database
from tests.factories import enterprise
from tests.keys import SECRET
from tests.mail.mail_server import MailServer, running_mail_server
from tests.people import person_for

_PATIENCE_SECONDS = 60
AREAS = {"sv": ("SE", "SE-2281", "Sundsvall"), "nb": ("NO", "NO-5001", "Trondheim")}


@dataclass(frozen=True, slots=True)
class Cast:
    """Who takes part in one language: the officer and two firms with people, and one that has an address alone."""

    language: str
    officer: str
    asker: str
    decliner: str
    unknown: str
    firms: tuple[str, str, str]
    owners: tuple[str, str]
    buyer_id: str
    place: str


def cast_of(database: Database, language: str) -> Cast:
    """Make the buyer, the three enterprises and their people, who read this language."""
    wire()
    country, area, place = AREAS[language]
    buyer = _organization(database, f"Exempel kommun {language}", "municipality", country, area)
    askers = _organization(database, f"Exempel Frågar AB {language}", "enterprise", country, area)
    decliners = _organization(database, f"Exempel Avböjer AB {language}", "enterprise", country, area)
    firms = []
    for name, owner in (("Frågar", askers), ("Avböjer", decliners), ("Utan konto", None)):
        with database.writes() as session:
            data = enterprise(
                name=f"Exempel {name} {language}",
                country=country,
                area_code=area,
                place=place,
                service_areas=[area],
                language=language,
                contact_email=f"post-{language}@example.org",
            )
            firms.append(enterprises.register(session, data, home="local", owner_id=owner).id)
    people = {}
    for who, role, home in (
        ("officer", Role.BUYER, buyer),
        ("asker", Role.ENTERPRISE, askers),
        ("decliner", Role.ENTERPRISE, decliners),
    ):
        people[who] = f"{who}-{language}@example.org"
        person_for(database, role, home, email=people[who], language=language)
    return Cast(
        language=language,
        unknown=f"post-{language}@example.org",
        firms=(firms[0], firms[1], firms[2]),
        owners=(askers, decliners),
        buyer_id=buyer,
        place=place,
        **people,
    )


def _organization(database: Database, name: str, kind: str, country: str, area: str) -> str:
    with database.writes() as session:
        data = OrganizationCreate(name=name, country=country, kind=kind, area_code=area, source="exempel")
        return organizations.register(session, data, home="local").id


@dataclass(frozen=True, slots=True)
class House:
    """A node that runs: its address, its database's, and the mail server that takes its letters."""

    url: str
    database_url: str
    mail: MailServer


@contextmanager
def running_house(folder: Path) -> Iterator[House]:
    """Give a server with its worker, over a database of its own, whose letters go to a real mail server."""
    (folder / "mail").mkdir()
    with migrated_database("sqlite", folder) as url, running_mail_server(free_port(), folder / "mail") as mail:
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        settings = {
            "SAMNOD_DATABASE_URL": url,
            "SAMNOD_VAR_DIR": str(folder),
            "SAMNOD_SECRET_KEY": SECRET,
            "SAMNOD_RATE_LIMITS": "off",
            "SAMNOD_BASE_URL": address,
            "SAMNOD_SMTP_URL": mail.url,
            "SAMNOD_MAIL_FROM": "post@example.org",
        }
        log = folder / "server.log"
        with log.open("wb") as output:
            server = subprocess.Popen(
                [SAMNOD, "serve", "--worker", "--port", str(port)],
                cwd=ROOT,
                env=os.environ | settings,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            _wait_for(address, server, log)
            yield House(address, url, mail)
        except BaseException as fault:
            fault.add_note(log.read_text(errors="replace")[-4_000:])
            raise
        finally:
            # The server and its worker, at one stroke.
            with suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def _wait_for(address: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            if httpx.get(f"{address}/readyz").is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"the server did not start: {log.read_text()}")


def letters_to(mail: MailServer, title: str, number: int) -> list[EmailMessage]:
    """Wait until so many letters about what has this title have come, and return them."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        found = [one for one in mail.taken() if title in text_of(one)]
        if len(found) >= number:
            return found
        assert time.monotonic() < until, f"{len(found)} letters of {number} came"
        time.sleep(0.05)


def text_of(letter: EmailMessage) -> str:
    """Return the words of a letter."""
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def link_in(letters: list[EmailMessage], to: str) -> str:
    """Return the link that answers, from the invitation to this address."""
    (letter,) = [one for one in letters if one["To"] == to and "/reply/" in text_of(one)]
    found = re.search(r"https?://\S+/reply/[\w-]{43}", text_of(letter))
    assert found
    return found[0]
