"""Two nodes that know each other: the one under test, `norr`, and `sodra`, which calls it."""

from dataclasses import dataclass
from typing import Any

import httpx

from app.accounts import vocabulary as accounts
from app.accounts.vocabulary import Role, Scope
from app.core.db import Database
from app.core.preconditions import Precondition
from app.journal.schemas import NodeRead
from app.organizations import service as organizations
from app.organizations.schemas import OrganizationCreate
from app.sync import identity, pages, peers
from app.sync.pages import PageRead
from app.sync.schemas import Introduction
from app.sync.vocabulary import PROTOCOL, PageKind
from tests.keys import SECRET

NORR = NodeRead(id="norr", name="Norrbotten", url="https://norr.example")
SODRA = NodeRead(id="sodra", name="Skåne", url="https://sodra.example")
SECRET_OF_SODRA = b"the secret of sodra and of nobody else"
NONCE = "a-nonce-of-sixteen"
KEEPER = accounts.Caller("key", "org-of-a-buyer", Role.BUYER, frozenset(Scope))


def introduction_of(node: NodeRead, secret: bytes, *, to: str = "norr", token: str = identity.FIRST_SEED) -> Any:
    """Return how a node introduces itself, as it would be handed over."""
    keys = identity.Identity([identity._signer(secret, "a")]).public_keys
    hashed = identity.token_hash(identity.token_for(secret, to, token))
    said = {"protocol": PROTOCOL, "id": node.id, "name": node.name, "url": node.url, "keys": keys, "token_hash": hashed}
    return Introduction.model_validate(said)


@dataclass(frozen=True)
class Caller:
    """Sodra, as it asks norr and reads the answers."""

    client: httpx.Client
    keys: dict[str, str]
    token: str = identity.token_for(SECRET_OF_SODRA, "norr", identity.FIRST_SEED)

    @property
    def headers(self) -> dict[str, str]:
        """What every question carries."""
        return {"Authorization": f"Bearer {self.token}"}

    def get(self, path: str, **parameters: Any) -> httpx.Response:
        """Ask."""
        return self.client.get(
            f"/sync/v1/{path}", params={"nonce": NONCE} | parameters, headers=self.headers, follow_redirects=False
        )

    def changes(self, **parameters: Any) -> PageRead:
        """Read a page of changes, and judge it."""
        answer = self.get("changes", **parameters)
        assert answer.status_code == 200, answer.text
        return self.read(answer, after=parameters.get("after", 0))

    def read(self, answer: httpx.Response, *, after: int = 0, kind: PageKind = PageKind.CHANGES) -> PageRead:
        """Judge an answer."""
        return pages.parse(
            answer.content, peer="norr", keys=self.keys, destination="sodra", nonce=NONCE, after=after, kind=kind
        )

    def signed(self, answer: httpx.Response, kind: PageKind) -> dict[str, Any]:
        """Judge an answer that is one object."""
        assert answer.status_code == 200, answer.text
        return pages.read_signed(
            answer.content, kind=kind, peer="norr", keys=self.keys, destination="sodra", nonce=NONCE
        )

    def acknowledge(self, run: str, cursor: int, **said: Any) -> httpx.Response:
        """Say how far has been read."""
        told = {"run": run, "cursor": cursor, "generation": cursor >> 40, "verdict": "verified", "nonce": NONCE}
        return self.client.put("/sync/v1/ack", json=told | said, headers=self.headers)


def introduced(database: Database) -> dict[str, str]:
    """Let norr know sodra, and return norr's public keys."""
    with database.writes() as session:
        peers.add(session, introduction_of(SODRA, SECRET_OF_SODRA), own_id="norr")
        return identity.identity_of(session, SECRET.encode()).public_keys


def organization(database: Database, name: str = "Exempelkommun", **said: Any) -> str:
    """Register an organisation of norr's, and return its id."""
    told = {"name": name, "country": "SE", "kind": "municipality", "source": "test"} | said
    record_id = told.pop("record_id", None)
    with database.writes() as session:
        data = OrganizationCreate.model_validate(told)
        if record_id is not None:
            return organizations.register(session, data, home="norr", record_id=record_id).id
        return organizations.register_for(session, data, home="norr", by=KEEPER).id


def removed(database: Database, organization_id: str) -> None:
    """Take an organisation of norr's away for good."""
    with database.writes() as session:
        organizations.remove(session, organization_id, match=Precondition(None), by=KEEPER)
