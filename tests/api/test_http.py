"""Every error that the API documents is really sent: for each operation and each of its statuses there is a way here.

The document is walked, so that an operation or an error added to it fails this test until somebody provokes it.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.engine import make_url
from starlette.applications import Starlette

from app.accounts import writing
from app.accounts.vocabulary import Caller, Role, Scope
from app.claims import service as claims
from app.claims.schemas import ClaimFilters, ClaimIn
from app.contacts import service as contacts
from app.contacts.schemas import ContactCreate
from app.core import strict
from app.core.db import Database, WriteSession
from app.core.limits import ADDRESS
from app.core.problem import PROBLEM_TYPE
from app.core.strict import LARGEST_BODY
from app.enterprises import service as enterprises
from app.intake import service as intake
from app.intake.schemas import CooperationIn
from app.inventories import service as inventories
from app.inventories.routes import LARGEST_FILE
from app.inventories.rules import token_of as survey_token_of
from app.inventories.schemas import InventoryCreate, InviteesIn
from app.inventories.vocabulary import Verb
from app.moderation import service as moderation
from app.moderation.schemas import ReportIn
from app.moderation.vocabulary import Subject
from app.needs import service as needs
from app.needs.vocabulary import Status as NeedStatus
from app.notices.xml import LARGEST_BYTES
from app.opportunities import service as opportunities
from app.organizations import service as organizations
from app.organizations.schemas import OrganizationCreate
from app.responses import service as responses
from app.responses.rules import token_of
from app.responses.schemas import QuestionIn, ResponseIn, ShortlistIn
from app.responses.vocabulary import AnswerKind
from app.support_offers import corrections
from app.support_offers import service as support_offers
from app.support_offers.schemas import CorrectionIn
from app.support_offers.vocabulary import Status as OfferStatus
from app.support_requests import service as support_requests
from app.support_requests.schemas import SupportRequestIn
from tests.api.conftest import API
from tests.client import client_of
from tests.databases import postgres_server
from tests.document import document
from tests.factories import enterprise, need, opportunity, support_offer
from tests.inventories.ground import plan
from tests.keys import SECRET, key_for
from tests.notices.notices import own

METHODS = ("get", "post", "put", "patch", "delete")
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
NOBODY = "00000000-0000-0000-0000-000000000000"
# Two numbers with the right check digit, which nobody has.
OURS, THEIRS = "5590000005", "5590000013"
USED, RUNNING = "used-before", "running-now"
ORGANIZATION = {"name": "Exempelstads kommun", "country": "SE", "kind": "municipality", "source": "exempel"}
JSON = {"content-type": "application/json"}
# What only a buyer's key may do: an integrator's may all else.
OF_BUYERS = {
    "read_desk",
    "read_board",
    "read_outreach",
    "set_outreach",
    "read_invitations",
    "invite_enterprises",
    "withdraw_invitation",
    "read_responses",
    "answer_question",
    "read_shortlist",
    "add_to_shortlist",
    "change_note",
    "take_off_shortlist",
    "read_dialogue",
    "export_dialogue",
}
NOTED = {"note": "Ges inte längre."}
# What only those do who look after a region, or the node.
OF_COORDINATORS = {
    "read_audit",
    "list_claims",
    "refuse_claim",
    "verify_claim",
    "hide_enterprise",
    "restore_enterprise",
    "remind_keeper",
    "hide_opportunity",
    "restore_opportunity",
    "hide_support_offer",
    "restore_support_offer",
    "list_moderation_acts",
    "examine_cooperation_request",
    "check_cooperation_request",
    "propose_cooperation_decision",
    "return_cooperation_proposal",
    "decide_cooperation_request",
    "undo_moderation_act",
    "list_reports",
    "dismiss_report",
    "publish_support_offer",
    "create_needs_inventory",
    "change_needs_inventory",
    "remove_needs_inventory",
    "open_needs_inventory",
    "close_needs_inventory",
    "archive_needs_inventory",
    "import_needs_inventory",
    "invite_to_needs_inventory",
    "withdraw_survey_invitation",
    "read_needs_inventory_response_rate",
    "read_needs_inventory_invitations",
    "read_needs_inventory_comments",
}
# What is asked of the opportunity whose shortlist holds the enterprise.
OF_DIALOGUES = {"change_note", "take_off_shortlist"}
# What is done to a round that is planned, and to one that asks; all else is done to one that is closed.
OF_DRAFTS = {"change_needs_inventory", "remove_needs_inventory", "open_needs_inventory", "import_needs_inventory"}
OF_OPEN_ROUNDS = {"close_needs_inventory", "invite_to_needs_inventory", "withdraw_survey_invitation"}
INVITEE = {"name": "Exempel Kök", "email": "kok@example.org"}
SURVEY = Path(__file__).parents[1] / "inventories" / "files" / "survey.csv"
# What takes a file of its own kind and size, and such a file with a fault in it.
LARGEST = {"import_notice": LARGEST_BYTES, "import_needs_inventory": LARGEST_FILE}
FAULTY = {"import_notice": b"<notice/>", "import_needs_inventory": "Kommun;Rådgivning\r\nSundsvall;9\r\n".encode()}


# What a visitor is told nothing of, though it is asked for no key.
OF_TWO_SIDES = {
    "read_cooperation_request",
    "search_cooperation_requests",
    "read_response",
    "read_support_request",
    "search_support_requests",
}


@dataclass(frozen=True)
class Operation:
    """One operation of the document."""

    id: str
    method: str
    path: str
    statuses: frozenset[int]
    wants_key: bool
    reads_body: bool

    @property
    def changes_record(self) -> bool:
        """Whether it is asked for the version that it changes."""
        return self.method in {"put", "patch", "delete"}


def operations() -> Iterator[Operation]:
    """Give every operation of the document."""
    for path, item in document()["paths"].items():
        for method in METHODS:
            if method in item:
                found = item[method]
                yield Operation(
                    found["operationId"],
                    method,
                    path,
                    frozenset(int(status) for status in found["responses"] if status >= "400"),
                    wants_key=found["security"] not in ([], [{}]) and {} not in found["security"],
                    reads_body="requestBody" in found,
                )


class Talked:
    """A dialogue about an opportunity of an organisation's, with one of its own enterprises, and one that is over."""

    def __init__(self, session: WriteSession, organization: str, one: str) -> None:
        buyer = Caller("buyer", organization, Role.BUYER, frozenset(Scope))
        firm = Caller("firm", organization, Role.ENTERPRISE, frozenset(Scope))
        of = {"home": "local", "owner_id": organization}
        self.opportunity = opportunities.publish(session, opportunity(), **of).id
        over = opportunities.publish(session, opportunity(), **of).id
        other = enterprises.register(
            session, enterprise(name="Exempel Park", contact_email="a@example.invalid"), **of
        ).id
        secret = SECRET.encode()
        (waits,) = responses.invite(session, self.opportunity, [other], by=buyer, secret=secret).invited
        (gone,) = responses.invite(session, over, [other], by=buyer, secret=secret).invited
        answer = ResponseIn(enterprise_id=one, kind=AnswerKind.INTEREST)
        question = QuestionIn(enterprise_id=one, text="Vilka tider?")
        responses.add_to_shortlist(session, self.opportunity, ShortlistIn(enterprise_id=one), by=buyer)
        self.late = responses.respond(session, over, answer, by=firm).id
        assert waits.sent_at is not None
        assert gone.sent_at is not None
        self.ids = {
            "invitationId": waits.id,
            "responseId": responses.respond(session, self.opportunity, answer, by=firm).id,
            "questionId": responses.ask(session, self.opportunity, question, by=firm).id,
            "token": token_of(secret, waits.id, waits.sent_at),
        }
        self.used = token_of(secret, gone.id, gone.sent_at)
        opportunities.close(session, over)


class Surveyed:
    """A round that is planned, one that asks somebody by a link, and one that is closed, where a link does no more."""

    def __init__(self, session: WriteSession) -> None:
        self.draft, self.open, self.closed = (self._planned(session) for _ in range(3))
        self.invitation = self._asked(session, self.open)
        self.token = survey_token_of(SECRET.encode(), self.invitation)
        self.late = survey_token_of(SECRET.encode(), self._asked(session, self.closed))
        inventories.step(session, self.closed, Verb.CLOSE)

    def ids(self, operation: str) -> dict[str, str]:
        """Return what stands in the path of one of the operations of rounds."""
        one = self.draft if operation in OF_DRAFTS else self.open if operation in OF_OPEN_ROUNDS else self.closed
        return {"needsInventoryId": one, "invitationId": self.invitation, "token": self.token}

    def _planned(self, session: WriteSession) -> str:
        return inventories.create(session, InventoryCreate.model_validate(plan()), home="local").id

    def _asked(self, session: WriteSession, inventory_id: str) -> str:
        """Open a round, ask somebody to answer, and return the invitation's id."""
        inventories.step(session, inventory_id, Verb.OPEN)
        asked = InviteesIn.model_validate({"invitees": [INVITEE]})
        return inventories.invite(session, inventory_id, asked, secret=SECRET.encode()).invited[0].id


class World:
    """An application with a record of each kind, keys of one organisation, and a good request for each operation."""

    def __init__(self, app: Starlette, client: httpx.Client, database: Database) -> None:
        self.app, self.client = app, client
        with database.writes() as session:
            self.organization = organizations.register(
                session, OrganizationCreate.model_validate(ORGANIZATION | {"organisation_number": THEIRS}), home="local"
            ).id
            of = {"home": "local", "owner_id": self.organization}
            self.mine = organizations.register(session, OrganizationCreate.model_validate(ORGANIZATION), **of).id
            enterprises.register(session, enterprise(organisation_number=THEIRS), **of)
            self.enterprise = enterprises.register(session, enterprise(organisation_number=OURS), **of).id
            self.opportunity = opportunities.publish(session, opportunity(), **of).id
            self.offer, self.old_offer = (
                support_offers.register(session, support_offer(), **of, status=status).id
                for status in (OfferStatus.PUBLISHED, OfferStatus.ARCHIVED)
            )
            self.need, self.old_need = (
                needs.register(session, need(), **of, status=need_status).id
                for need_status in (NeedStatus.PUBLISHED, NeedStatus.MET)
            )
            self.ended = opportunities.publish(session, opportunity(status="cancelled"), **of).id
            self.talked = Talked(session, self.organization, self.enterprise)
            self.waiting = self._waiting(session)
            self.surveyed = Surveyed(session)
        self.key = key_for(database, Role.INTEGRATOR, self.organization)
        self.buyer = key_for(database, Role.BUYER, self.organization)
        self.admin = key_for(database, Role.ADMIN, self.organization)
        self.reading = key_for(database, Role.ENTERPRISE, self.organization, scopes=[Scope.ENTERPRISES_READ])[
            "Authorization"
        ]
        first = self.client.post(
            f"{API}/enterprises", json=self.body("register_enterprise"), headers=self.key | {"idempotency-key": USED}
        )
        assert first.status_code == 201, first.text

    def _waiting(self, session: WriteSession) -> dict[str, str]:
        """Write down a claim, a report, and a report that was dismissed; return their ids."""
        claims.submit(session, self.enterprise, ClaimIn.model_validate(self.body("claim_enterprise")))
        admin = Caller("admin", self.organization, Role.ADMIN, frozenset(Scope), reason="Det stämmer.")
        told = ReportIn.model_validate(self.body("report_enterprise"))
        first, second = (moderation.report(session, Subject.ENTERPRISE, self.enterprise, told) for _ in range(2))
        act = moderation.dismiss(session, second.id, by=admin)
        corrected = CorrectionIn.model_validate(self.body("correct_support_offer"))
        correction = corrections.propose(session, self.offer, corrected)
        (claim,), _ = claims.listed(session, ClaimFilters(), by=admin)
        request = self._asked(session)
        return {
            "supportRequestId": request,
            "cooperationRequestId": self._cooperating(session),
            "contactId": contacts.register(
                session, ContactCreate.model_validate(self.body("register_contact")), home="local"
            ).id,
            "claimId": claim.id,
            "reportId": first.id,
            "actId": act.id,
            "correctionId": correction.id,
        }

    def _asked(self, session: WriteSession) -> str:
        """Let the enterprise ask for support of an offer of its own, and return the request's id."""
        of = {"home": "local", "owner_id": self.organization, "status": OfferStatus.PUBLISHED}
        offer = support_offers.register(session, support_offer(), **of).id
        firm = Caller("firm", self.organization, Role.ENTERPRISE, frozenset(Scope))
        told = SupportRequestIn(offer_id=offer, enterprise_id=self.enterprise, text="Vi vill växa.")
        return support_requests.send(session, told, by=firm).id

    def _cooperating(self, session: WriteSession) -> str:
        """Let the organisation ask for cooperation, and return the request's id."""
        firm = Caller("firm", self.organization, Role.ENTERPRISE, frozenset(Scope))
        told = CooperationIn.model_validate(self.body("request_cooperation"))
        return intake.submit(session, told, by=firm, secret=SECRET.encode()).id

    def send(self, operation: Operation, **changes: Any) -> httpx.Response:
        """Send a good request, with `changes` of its parts: `headers`, `content`, `query`, `ids`; None takes away."""
        ids: dict[str, str] = {
            "enterpriseId": self.enterprise,
            "opportunityId": self.opportunity,
            "supportOfferId": self.offer,
            "needId": self.need,
            "organizationId": self.mine,
            "list": "cpv",
            **self.talked.ids,
            **self.waiting,
            **self._own_ids(operation),
            **changes.pop("ids", {}),
        }
        headers: dict[str, str | None] = {"traceparent": TRACE}
        if operation.wants_key or operation.id in OF_TWO_SIDES:
            key = (
                self.buyer if operation.id in OF_BUYERS else self.admin if operation.id in OF_COORDINATORS else self.key
            )
            headers |= {"authorization": key["Authorization"]}
        path = operation.path
        for name, value in ids.items():
            path = path.replace(f"{{{name}}}", value)
        if operation.changes_record:
            headers["if-match"] = "*"
        content = None
        if operation.reads_body:
            headers["content-type"], content = self._content(operation.id)
        headers |= changes.pop("headers", {})
        content = changes.pop("content", content)
        return self.client.request(
            operation.method,
            API + path,
            params=changes.pop("query", self._reason(operation)),
            headers={name: value for name, value in headers.items() if value is not None},
            content=content,
        )

    def key_to(self, operation: Operation) -> str:
        """Return the key of whoever may do what the operation does."""
        if operation.id in OF_BUYERS:
            return self.buyer["Authorization"]
        return (self.admin if operation.id in OF_COORDINATORS else self.key)["Authorization"]

    def _own_ids(self, operation: Operation) -> dict[str, str]:
        """Return what stands in the path of an operation that the records of others are no good for."""
        if operation.path.startswith("/needs-inventories"):
            return self.surveyed.ids(operation.id)
        return {"opportunityId": self.talked.opportunity} if operation.id in OF_DIALOGUES else {}

    def _content(self, name: str) -> tuple[str, bytes]:
        """Return the type of what an operation takes, and that as it is sent."""
        if name == "import_notice":
            return "application/xml", own("se_reserved_cleaning.xml")
        if name == "import_needs_inventory":
            return "text/csv", SURVEY.read_bytes()
        return "application/json", httpx.Request("POST", "http://x", json=self.body(name)).read()

    def _reason(self, operation: Operation) -> dict[str, str] | None:
        """Return why somebody does something to what others keep, where that is asked."""
        asked = operation.id in OF_COORDINATORS and operation.method == "post"
        return {"reason": "Så är det."} if asked else None

    def body(self, name: str) -> dict[str, Any]:
        """Return what an operation takes."""
        sent = opportunity().model_dump(mode="json", exclude={"notice"})
        claim = {
            "email": "vd@example.org",
            "function": "Verksamhetsledare",
            "evidence": "Ring växeln på vår webbplats.",
        }
        report = {"kind": "wrong", "text": "Orten stämmer inte."}
        return {
            "claim_enterprise": claim,
            "report_enterprise": report,
            "report_opportunity": report,
            "report_support_offer": report,
            "correct_support_offer": {"text": "Adressen finns inte längre."},
            "accept_support_offer_correction": {"led_to": "changed"},
            "reject_support_offer_correction": NOTED,
            "preview_matches": {"title": "städning"},
            "register_enterprise": enterprise().model_dump(mode="json"),
            "register_support_offer": support_offer().model_dump(mode="json"),
            "register_need": need().model_dump(mode="json"),
            "change_need": {"description": "Något annat."},
            "meet_need": NOTED,
            "withdraw_need": NOTED,
            "register_contact": {"organization_id": self.mine, "function": "Inköp", "email": "inkop@example.org"},
            "change_contact": {"function": "Upphandling"},
            "request_cooperation": {"title": "Café", "text": "Vi vill driva kaféet.", "area_code": "SE-2281"},
            "supplement_cooperation_request": NOTED,
            "examine_cooperation_request": {},
            "check_cooperation_request": {"rules": {"no_market": "no"}},
            "propose_cooperation_decision": {
                "route": "iop",
                "proposal": "Ett partnerskap.",
                "reason": "Ingen marknad.",
            },
            "return_cooperation_proposal": NOTED,
            "decide_cooperation_request": {
                "outcome": "agreed",
                "decision": "Enligt förslaget.",
                "reason": "Protokoll.",
            },
            "request_support": {"offer_id": self.offer, "enterprise_id": self.enterprise, "text": "Vi vill växa."},
            "accept_support_request": {"text": "Ring växeln."},
            "decline_support_request": {"reason": "full"},
            "tell_support_outcome": {"helped": "helped"},
            "return_support_offer": NOTED,
            "suspend_support_offer": NOTED,
            "archive_support_offer": NOTED,
            "register_organization": ORGANIZATION,
            "publish_opportunity": sent,
            "preview_opportunity_hints": sent,
            "change_opportunity": {"description": "Något annat."},
            "award_opportunity": {"awards": [{"winner_name": "Exempel AB"}]},
            "cancel_opportunity": {"reason": "Behovet har fallit bort."},
            "set_outreach": {"batch_size": 5},
            "invite_enterprises": {"enterprise_ids": [self.enterprise]},
            "respond": {"enterprise_id": self.enterprise, "kind": "interest"},
            "change_response": {"kind": "interest"},
            "ask_question": {"enterprise_id": self.enterprise, "text": "Vilka tider?"},
            "answer_question": {"answer": "Vardagar."},
            "add_to_shortlist": {"enterprise_id": self.enterprise},
            "change_note": {"note": "Bra."},
            "reply": {"kind": "interest"},
            "ask_by_link": {"text": "Vilka tider?"},
            "create_needs_inventory": plan(),
            "invite_to_needs_inventory": {"invitees": [INVITEE]},
            "answer_survey": {"levels": {"advice": 3}},
        }.get(name, {"summary": "Något annat."})


Way = Callable[[World, Operation], httpx.Response]


def _too_large(world: World, operation: Operation) -> httpx.Response:
    size = LARGEST.get(operation.id, LARGEST_BODY) + 20_000
    return world.send(operation, content=b" " * size)


def _absent(world: World, operation: Operation) -> httpx.Response:
    names = (
        "enterpriseId",
        "opportunityId",
        "supportOfferId",
        "needId",
        "organizationId",
        "list",
        "needsInventoryId",
        *world.talked.ids,
        *world.waiting,
    )
    return world.send(operation, ids=dict.fromkeys(names, NOBODY))


def _at_work(world: World, operation: Operation) -> httpx.Response:
    """Send what another request with the same Idempotency-Key is still working on."""
    place = (world.organization, RUNNING)
    writing._running.add(place)
    try:
        return world.send(operation, headers={"idempotency-key": RUNNING})
    finally:
        writing._running.discard(place)


def _taken_number(world: World, operation: Operation) -> httpx.Response:
    return world.send(operation, content=b'{"organisation_number": "%s"}' % THEIRS.encode())


def _invalid(world: World, operation: Operation) -> httpx.Response:
    if not operation.reads_body:
        # The key of a request that was answered already, with another request.
        return world.send(operation, headers={"idempotency-key": USED})
    return world.send(operation, content=FAULTY.get(operation.id, b'{"colour": "red"}'))


def _of_closed(world: World, operation: Operation) -> httpx.Response:
    return world.send(operation, ids={"needsInventoryId": world.surveyed.closed})


def _of_open(world: World, operation: Operation) -> httpx.Response:
    """Ask for what is published of a round that still asks, as somebody who may know of it."""
    ids = {"needsInventoryId": world.surveyed.open}
    return world.send(operation, ids=ids, headers={"authorization": world.admin["Authorization"]})


WAYS: dict[int, Way] = {
    400: lambda world, operation: world.send(operation, query={"colour": "red"}),
    401: lambda world, operation: world.send(operation, headers={"authorization": "Bearer smn_nobody"}),
    403: lambda world, operation: world.send(operation, headers={"authorization": world.reading}),
    404: _absent,
    409: _at_work,
    412: lambda world, operation: world.send(operation, headers={"if-match": '"99"'}),
    413: _too_large,
    415: lambda world, operation: world.send(operation, headers={"content-type": "text/plain"}),
    422: _invalid,
    428: lambda world, operation: world.send(operation, headers={"if-match": None}),
}
# Where a status means something of the operation's own.
OWN_WAYS: dict[tuple[str, int], Way] = {
    ("change_enterprise", 409): _taken_number,
    ("change_organization", 409): _taken_number,
    ("change_opportunity", 409): lambda world, operation: world.send(operation, ids={"opportunityId": world.ended}),
    ("change_support_offer", 409): lambda world, operation: world.send(
        operation, ids={"supportOfferId": world.old_offer}
    ),
    ("remove_support_offer", 409): lambda world, operation: world.send(operation),
    ("correct_support_offer", 409): lambda world, operation: world.send(
        operation, ids={"supportOfferId": world.old_offer}
    ),
    ("change_need", 409): lambda world, operation: world.send(operation, ids={"needId": world.old_need}),
    ("remove_need", 409): lambda world, operation: world.send(operation),
    ("set_outreach", 409): lambda world, operation: world.send(operation, ids={"opportunityId": world.ended}),
    ("change_response", 409): lambda world, operation: world.send(operation, ids={"responseId": world.talked.late}),
    ("reply", 409): lambda world, operation: world.send(operation, ids={"token": world.talked.used}),
    ("ask_by_link", 409): lambda world, operation: world.send(operation, ids={"token": world.talked.used}),
    ("answer_survey", 409): lambda world, operation: world.send(operation, ids={"token": world.surveyed.late}),
    ("change_needs_inventory", 409): _of_closed,
    ("remove_needs_inventory", 409): _of_closed,
    ("read_needs_inventory_results", 409): _of_open,
    ("export_needs_inventory_results", 409): _of_open,
    ("read_needs_inventory_comments", 409): _of_open,
    # A number that has not been given yet is one of a database that was lost.
    ("read_changes", 410): lambda world, operation: world.send(operation, query={"cursor": "9999999999.0.0"}),
    ("remove_opportunity", 409): lambda world, operation: world.send(operation),
    ("remove_organization", 409): lambda world, operation: world.send(
        operation, ids={"organizationId": world.organization}
    ),
}
# Provoked for all operations at once, by what the whole application meets.
OF_ALL = {429, 500, 503}


def wrong_with(answer: httpx.Response, operation: Operation, status: int) -> str:
    """Return what is wrong with an error as it was sent; nothing if it is as documented."""
    told = f"{operation.id} {status}: "
    if answer.status_code != status:
        return f"{told}was {answer.status_code} {answer.text[:300]}"
    if answer.headers.get("content-type") != PROBLEM_TYPE:
        return f"{told}is no problem document: {answer.headers.get('content-type')}"
    body = answer.json()
    if (body["status"], body["instance"][: len(API)]) != (status, API) or not body["type"] or not body["detail"]:
        return f"{told}{body}"
    if status == 412 and "current" not in body:
        return f"{told}does not show the record as it is"
    if answer.headers.get("traceparent") != TRACE or "x-request-id" not in answer.headers:
        return f"{told}has lost its trace"
    if answer.headers.get("x-content-type-options") != "nosniff" or answer.headers.get("cache-control") != "no-store":
        return f"{told}may be kept, or taken for something else"
    needed = {401: "www-authenticate", 429: "retry-after", 503: "retry-after"}.get(status)
    return f"{told}lacks {needed}" if needed and needed not in answer.headers else ""


@pytest.fixture
def world(app: Starlette, database: Database) -> Iterator[World]:
    """Give the world, whose faults reach the client as answers."""
    with client_of(app, raise_faults=False) as client:
        yield World(app, client, database)


def test_every_documented_error_is_really_sent(world: World):
    wrong = []
    for operation in operations():
        for status in sorted(operation.statuses - OF_ALL):
            way = OWN_WAYS.get((operation.id, status)) or WAYS.get(status)
            if way is None:
                wrong.append(f"{operation.id}: nobody knows how to provoke {status}")
                continue
            wrong.append(wrong_with(way(world, operation), operation, status))
    assert list(filter(None, wrong)) == []


def test_every_operation_is_limited(world: World):
    limits = world.app.state.limits
    limits.on, limits.clock = True, lambda: 1000.0
    while limits.spend(ADDRESS, "127.0.0.1").allowed:
        pass
    wrong = []
    for operation in operations():
        wrong.append(wrong_with(world.send(operation, headers={"authorization": None}), operation, 429))
        assert 429 in operation.statuses
    assert list(filter(None, wrong)) == []


def test_every_operation_tells_of_its_own_faults(world: World, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(strict, "_refuse_unreadable_path", broken)
    wrong = []
    for operation in operations():
        answer = world.send(operation)
        wrong.append(wrong_with(answer, operation, 500))
        assert "a fault of ours" not in answer.text
        assert 500 in operation.statuses
    assert list(filter(None, wrong)) == []


def test_every_operation_that_asks_the_database_says_when_it_is_silent(
    world: World, database_kind: str, database_url: str, tmp_path: Path
):
    database: Database = world.app.state.database
    for engine in (database._read_engine, database._write_engine):
        engine.dispose()
    if database_kind == "sqlite":
        (tmp_path / "samnod.db").rename(tmp_path / "elsewhere.db")
        (tmp_path / "samnod.db").mkdir()
    else:
        postgres_server().drop(str(make_url(database_url).database))
    for connection in database.quick.connections:
        connection.close()
    wrong = []
    for operation in operations():
        answer = world.send(operation)
        if 503 in operation.statuses:
            wrong.append(wrong_with(answer, operation, 503))
        elif answer.status_code >= 500:
            wrong.append(f"{operation.id}: {answer.status_code} is not documented")
    assert list(filter(None, wrong)) == []


def test_every_address_says_which_methods_it_answers(world: World):
    known: dict[str, set[str]] = {}
    for operation in operations():
        known.setdefault(operation.path, set()).add(operation.method.upper())
    asked = {operation.path: operation for operation in operations()}
    for path in known:
        # A record could have the name of a list: `/enterprises/facets` is also an address of `/enterprises/{id}`.
        forms = [form for form in known if re.fullmatch(re.sub(r"{\w+}", "[^/]+", form), path)]
        methods = set[str]().union(*(known[form] for form in forms))
        allowed = methods | ({"HEAD"} if "GET" in methods else set())
        for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} - allowed:
            refused = world.send(replace(asked[path], method=method.lower(), reads_body=False))
            assert refused.status_code == 405, (method, path)
            assert set(refused.headers["allow"].split(", ")) == allowed, (method, path)
            assert refused.headers["traceparent"] == TRACE
            if method != "HEAD":
                assert refused.headers["content-type"] == PROBLEM_TYPE
                assert wrong_with(refused, asked[path], 405) == ""


def test_head_is_get_without_the_body_everywhere(world: World):
    for operation in operations():
        if operation.method != "get":
            continue
        got, headed = world.send(operation), world.send(replace(operation, method="head"))
        assert got.status_code == headed.status_code == 200, operation.id
        assert headed.content == b""
        unlike = {"x-request-id", "date"}
        assert {name: value for name, value in headed.headers.items() if name not in unlike} == {
            name: value for name, value in got.headers.items() if name not in unlike
        }, operation.id
        assert got.headers["traceparent"] == TRACE


def test_what_is_read_again_is_not_sent_again_everywhere(world: World):
    for operation in operations():
        if operation.method != "get":
            continue
        first = world.send(operation)
        if "etag" not in first.headers:
            # What leaves in parts has no tag.
            assert operation.id == "export_enterprises"
            continue
        again = world.send(operation, headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b""), operation.id
        assert again.headers["etag"] == first.headers["etag"]
        keyed = world.send(operation, headers={"authorization": world.key_to(operation)})
        # What a link in a letter opens is kept nowhere.
        kept = "no-store" if operation.id in {"read_reply", "read_survey"} else "private, no-cache"
        assert (keyed.status_code, keyed.headers["cache-control"]) == (200, kept), operation.id
