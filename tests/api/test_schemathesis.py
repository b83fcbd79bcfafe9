"""What the OpenAPI document allows is sent, and what it does not, with a key of each role and without one.

Schemathesis makes the requests from the agreed document (its examples, the edges of its schemas, then random ones, the
same in every run) and holds each answer against it. Half of them are led to records that are there: no guess finds one.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.generation.drivers import CoverageGenerator
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.generation.overrides import Override
from schemathesis.specs.openapi import checks

from app.accounts import service as accounts
from app.accounts.rules import new_key
from app.accounts.schemas import KeyCreate
from app.accounts.vocabulary import Role
from app.core.clock import today
from app.core.db import Database
from app.demo import service as demo
from app.demo.organizations import OWNER_OF_ENTERPRISE, organization_id
from app.demo.vocabulary import enterprise_id, inventory_id
from app.main import create_app
from app.settings import Settings
from tests.client import client_of
from tests.demo_data import demo_database

AGREED: dict[str, Any] = json.loads((Path(__file__).parents[1] / "openapi.json").read_text("utf-8"))
# In the order in which they are tried: what removes records comes last.
METHODS = ("get", "post", "put", "patch", "delete")
OPERATIONS = [f"{one.upper()} {path}" for one in METHODS for path, item in AGREED["paths"].items() if one in item]
SECRET = "x" * 32
REGION = "SE-22"
SURVEYS = {"needsInventoryId": [inventory_id(key) for key in ("earlier", "later", "open")]}
# Who sends: somebody without a key, somebody with a key that nobody has made, then a key of each role.
SENDERS = ("nobody", "forger", *(role.value for role in Role))
# One or two by each sender; in the long tests each sender sends many of its own.
RANDOM, RANDOM_DEEP = 6, 30
MOST_EDGES = 6
# What may be said to somebody whose key opens nothing: that, or that the request cannot be read at all.
SHUT_OUT = {400, 401, 404, 415}
# Answers that come from before the operation itself.
AT_THE_DOOR = {401, 403, 404, 405, 415}
# What is told to nobody who does not know of it: a link of a letter, an answer to its two sides.
SECRET_ONES = {"GET /replies/{token}", "GET /responses/{responseId}", "GET /needs-inventories/replies/{token}"}


def refuses_what_is_wrong(ctx: Any, response: Any, case: Any) -> bool | None:
    """Hold that what breaks a schema is refused, but for a parameter without a value: it says nothing (docs/api.md)."""
    sent = parse_qsl(urlsplit(response.request.url).query, keep_blank_values=True)
    if any(not value.strip() for _, value in sent):
        return None
    return checks.negative_data_rejection(ctx, response, case)


CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    refuses_what_is_wrong,
]


@cache
def operation_of(label: str) -> Any:
    """Return one operation as schemathesis reads it."""
    # Other methods than the document's are tried in test_refusals.
    config = SchemathesisConfig.from_dict({"seed": 1, "phases": {"coverage": {"unexpected-methods": []}}})
    schema = schemathesis.openapi.from_dict(AGREED, config=config)
    method, _, path = label.partition(" ")
    return schema[path][method]


def edges_of(operation: Any, most: int | None) -> list[Any]:
    """Return requests at the edges of an operation's schemas, within and beyond; at most so many, evenly chosen."""
    modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
    generation = operation.schema.config.generation_for(operation=operation, phase="coverage")
    edges = CoverageGenerator(
        operation=operation,
        generation_modes=modes,
        generation_config=generation,
        auth_storage=None,
        override=Override(),
        feedback=FeedbackSources(),
    )
    found = list(edges)
    return found[:: max(1, -(-len(found) // most))] if most else found


def random_of(operation: Any) -> Any:
    """Return what draws random requests: the document's examples, what its schemas allow, and what they do not."""
    modes = [operation.as_strategy(generation_mode=mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)]
    return st.one_of(*operation.get_strategies_from_examples(), *modes)


def as_part(part: Any) -> Any:
    """Return a part of a form as a client sends it: a number in place of a file goes as its digits."""
    if isinstance(part, tuple):
        filename, content, *rest = part
        return filename, content if isinstance(content, bytes | str) else str(content), *rest
    return part if isinstance(part, bytes | str) else str(part)


@dataclass
class Sender:
    """Sends requests to an application with the demo in it."""

    client: httpx.Client
    keys: dict[str, str] = field(repr=False)
    ids: dict[str, list[str]] = field(repr=False)

    def send(self, case: Any, who: str, number: int) -> int:
        """Send one request as `who`, hold the answer against the document, and return its status.

        Every second `number` leads the request to a record that is there.
        """
        headers = {"authorization": f"Bearer {self.keys[who]}"} if who in self.keys else {}
        if number % 2:
            self._lead(case, number)
        request = case.as_transport_kwargs(base_url="http://testserver/api/v1", headers=headers)
        request.pop("cookies", None)
        # A header is bytes: what a client makes of letters beyond ASCII is its own business.
        request["headers"] = {name: str(value).encode() for name, value in request["headers"].items()}
        if isinstance(request.get("data"), bytes | str):
            request["content"] = request.pop("data")
        if "files" in request:
            request["files"] = [(name, as_part(part)) for name, part in request["files"] or []]
        answer = self.client.request(**request)
        case.validate_response(answer, checks=CHECKS)
        security = case.operation.definition.raw["security"]
        if (who == "nobody" and security == [{"apiKey": []}]) or (who == "forger" and security):
            assert answer.status_code in SHUT_OUT, f"{who} got past the door"
        return int(answer.status_code)

    def _lead(self, case: Any, number: int) -> None:
        for name, ids in self.ids.items():
            if name in (case.path_parameters or {}):
                case.path_parameters[name] = ids[number // 2 % len(ids)]
        if "if-match" in (case.headers or {}):
            case.headers["if-match"] = "*"


@pytest.fixture(scope="module")
def sender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sender]:
    """Give a sender with a key of each role, on a database of this file's own with the demo in it."""
    folder = tmp_path_factory.mktemp("schemathesis")
    with demo_database("sqlite", folder) as url:
        chosen = Settings(database_url=url, var_dir=folder, secret_key=SECRET, rate_limits=False, log_level="error")
        app = create_app(chosen)
        database: Database = app.state.database
        with database.writes() as session:
            keys = {role.value: key_of(session, role) for role in Role} | {"forger": new_key()}
            # What two of the senders' organisations ask of a third, which others are told nothing of.
            demo.support_requested(session)
            demo.cooperation_requested(session, secret=SECRET.encode())
            demo.surveyed(session, home="local", today=today(), secret=SECRET.encode())
        with client_of(app) as client:
            private = {
                "supportRequestId": kept_from(client, "support-requests", keys[Role.SUPPORT_PROVIDER.value]),
                "cooperationRequestId": kept_from(client, "cooperation-requests", keys[Role.COORDINATOR.value]),
            }
            yield Sender(client, keys, ids_in(client) | SURVEYS | private)


def kept_from(client: httpx.Client, path: str, key: str) -> list[str]:
    """Return the ids of what only some may read, as one of them finds them."""
    found = [one["id"] for one in client.get(f"/api/v1/{path}", headers=bearer(key)).json()["items"]]
    assert found, path
    return found


def bearer(key: str) -> dict[str, str]:
    """Return the header that a key is sent in."""
    return {"Authorization": f"Bearer {key}"}


def key_of(session: Any, role: Role) -> str:
    """Return a new key of a role, which acts for the demo's organisation of that role."""
    owner = organization_id("buyer" if role is Role.ADMIN else role.value)
    data = KeyCreate(name=role.value, organization_id=owner, role=role, region=REGION)
    return accounts.create_key(session, data, secret=SECRET.encode()).key


def ids_in(client: httpx.Client) -> dict[str, list[str]]:
    """Return ids by the parameter that names them: of what the senders' organisations keep, and of some others."""
    kept = {
        "enterpriseId": [enterprise_id(key) for key in OWNER_OF_ENTERPRISE],
        "opportunityId": [],
        "organizationId": [organization_id(role.value) for role in Role if role is not Role.ADMIN],
        "supportOfferId": [],
        "needId": [],
        "contactId": [],
    }
    lists = {
        "enterpriseId": "enterprises",
        "opportunityId": "opportunities",
        "organizationId": "organizations",
        "supportOfferId": "support-offers",
        "needId": "needs",
        "contactId": "contacts",
    }
    pages = {name: client.get(f"/api/v1/{path}?limit=8").json()["items"] for name, path in lists.items()}
    return {name: [*kept[name], *(item["id"] for item in page)] for name, page in pages.items()}


def send_all(
    sender: Sender, label: str, who: tuple[str, ...], most_edges: int | None = None, random: int = RANDOM_DEEP
) -> Counter[int]:
    """Send the edges of an operation and random requests to it, each by the next of `who`; return the statuses."""
    answered: Counter[int] = Counter()
    operation = operation_of(label)

    def send(case: Any) -> None:
        number = answered.total()
        answered[sender.send(case, who[number % len(who)], number // len(who))] += 1

    for case in edges_of(operation, most_edges):
        send(case)

    @settings(
        max_examples=random,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=random_of(operation))
    def at_random(case: Any) -> None:
        send(case)

    at_random()
    return answered


@pytest.mark.turns
@pytest.mark.parametrize("label", OPERATIONS)
def test_the_api_answers_as_its_document_says(sender: Sender, label: str):
    answered = send_all(sender, label, SENDERS, MOST_EDGES, RANDOM)
    assert answered.total() >= RANDOM
    # What is only ever refused at the door shows nothing of what lies behind it: then more are asked.
    if not set(answered) - AT_THE_DOOR:
        answered += send_all(sender, label, SENDERS)
    assert set(answered) - AT_THE_DOOR or label in SECRET_ONES, answered


@pytest.mark.deep
@pytest.mark.parametrize("who", SENDERS)
@pytest.mark.parametrize("label", OPERATIONS)
def test_the_api_answers_each_sender_as_its_document_says(sender: Sender, label: str, who: str):
    assert send_all(sender, label, (who,)).total() >= RANDOM_DEEP
