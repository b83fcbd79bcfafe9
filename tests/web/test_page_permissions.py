"""Who may open and send which page: one table of every page of the site, walked as everybody.

For each page: signed out, with a session that has expired, in each role that it is not for, as a stranger (the right
role in another organisation, or another region), and as its own. A page that is not in the table fails the test. The
same for the API, from the table of actions, is in tests/accounts/test_permissions.py.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from hmac import new as hmac
from types import MappingProxyType
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute
from sqlalchemy import select, text, update
from sqlmodel import col
from starlette.applications import Starlette

from app.accounts import sessions
from app.accounts.tables import LoginSession, Person
from app.accounts.vocabulary import Caller, Role
from app.claims import service as claims
from app.claims.schemas import ClaimFilters, ClaimIn
from app.contacts import service as contacts
from app.contacts.schemas import ContactCreate
from app.core.clock import now
from app.core.db import Database
from app.enterprises import service as enterprises
from app.intake import service as intake
from app.intake.schemas import CooperationIn
from app.inventories import service as inventories
from app.inventories.schemas import InventoryCreate
from app.moderation import service as moderation
from app.moderation.schemas import ReportIn
from app.moderation.vocabulary import ReportKind, Subject
from app.needs import service as needs
from app.needs.vocabulary import Status as NeedStatus
from app.opportunities import service as opportunities
from app.organizations import service as organizations
from app.organizations.schemas import OrganizationCreate
from app.support_offers import service as support_offers
from app.support_offers.vocabulary import Status as OfferStatus
from app.support_requests import service as support_requests
from app.support_requests.schemas import SupportRequestIn
from tests.databases import KINDS
from tests.factories import enterprise, opportunity, support_offer
from tests.factories import need as need_of
from tests.inventories.ground import plan
from tests.keys import REGION, SECRET, key_for, organization_of
from tests.people import person_for, session_for
from web.site import create_site

STRANGER = "org-of-a-stranger"
FAR_AWAY = "SE-25"

PUBLIC = frozenset[Role]()
EVERYBODY = frozenset(Role)
BUYERS = frozenset({Role.BUYER, Role.COORDINATOR})
ENTERPRISES = frozenset({Role.ENTERPRISE})
COORDINATORS = frozenset({Role.COORDINATOR, Role.ADMIN})
EDITORS = frozenset({Role.ENTERPRISE, Role.COORDINATOR, Role.ADMIN})


@pytest.fixture(params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> str:
    """Run each test of this file on both kinds of database."""
    return str(request.param)


@dataclass(frozen=True)
class Audience:
    """For whom a page is, and which of them find something of their own on it here.

    `private`: about one organisation's record, and for a stranger not there. Others are refused (403), or told that
    there is nothing (404) where the record is private.
    """

    roles: frozenset[Role]
    own: frozenset[Role] = PUBLIC
    private: bool = False


ALL = Audience(PUBLIC)
MEMBER = Audience(EVERYBODY, EVERYBODY)
# Systems have keys and no people: an integrator's own page says that there is nothing.
OF_MANAGER, OF_KEY = Audience(EVERYBODY, EVERYBODY - {Role.INTEGRATOR}), Audience(EVERYBODY, private=True)
# Coordinators publish in their region and invite there, and read no organisation's dialogue.
PUBLISHED, OF_PUBLISHED = Audience(BUYERS, BUYERS), Audience(BUYERS, BUYERS, private=True)
OWN_DESK, OF_BUYER = Audience(BUYERS, frozenset({Role.BUYER})), Audience(BUYERS, frozenset({Role.BUYER}), private=True)
OWN_INBOX, OF_ENTERPRISE = Audience(ENTERPRISES, ENTERPRISES), Audience(ENTERPRISES, ENTERPRISES, private=True)
OWN_REGION, OF_REGION = Audience(COORDINATORS, COORDINATORS), Audience(COORDINATORS, COORDINATORS, private=True)
# An enterprise's own people have /profile.
EDITED = Audience(EDITORS, COORDINATORS, private=True)
# Its own requests for cooperation are there for every organisation; here an enterprise has asked.
OF_ASKING = Audience(EVERYBODY, frozenset({Role.ENTERPRISE}), private=True)
# Whoever keeps an organisation keeps its contacts; here an enterprise does.
OF_KEEPER = Audience(EVERYBODY, EDITORS - {Role.INTEGRATOR}, private=True)
OFFERERS = frozenset({Role.SUPPORT_PROVIDER, Role.COORDINATOR, Role.ADMIN})
OWN_OFFERS, OF_OFFER = Audience(OFFERERS, OFFERERS), Audience(OFFERERS, OFFERERS, private=True)
# Everybody may have a need; here an enterprise does.
OWN_NEEDS, OF_HOLDER = Audience(EVERYBODY, EVERYBODY), Audience(EVERYBODY, EDITORS, private=True)

# The provider of the request here has nobody on Samnod, so the region's coordinator answers too.
ASKED = frozenset({Role.ENTERPRISE, Role.SUPPORT_PROVIDER, Role.COORDINATOR, Role.ADMIN})
OWN_REQUESTS, OF_REQUEST = Audience(ASKED, ASKED), Audience(ASKED, ASKED, private=True)

PAGES: Mapping[str, Audience] = MappingProxyType(
    {
        "GET /": ALL,
        "GET /codes": ALL,
        "GET /codes/add": ALL,
        "GET /places": ALL,
        "GET /enterprises": ALL,
        "GET /enterprises/{enterprise_id}": ALL,
        "GET /enterprises/{enterprise_id}/completeness": ALL,
        "GET /enterprises/{enterprise_id}/claim": ALL,
        "POST /enterprises/{enterprise_id}/claim": ALL,
        "GET /support-offers": ALL,
        "GET /support-offers/{support_offer_id}": ALL,
        "GET /needs": ALL,
        "GET /needs/{need_id}": ALL,
        "GET /needs-inventories": ALL,
        "GET /needs-inventories/compare": ALL,
        "GET /needs-inventories/compare/{form}": ALL,
        # A round that is not closed is there for whoever looks after it.
        "GET /needs-inventories/{inventory_id}": ALL,
        "GET /needs-inventories/{inventory_id}/table/{form}": ALL,
        "GET /survey/{token}": ALL,
        "POST /survey/{token}": ALL,
        "GET /needs/mine": OWN_NEEDS,
        "GET /needs/new": OWN_NEEDS,
        "POST /needs/new": OWN_NEEDS,
        "GET /needs/{need_id}/edit": OF_HOLDER,
        "POST /needs/{need_id}/edit": OF_HOLDER,
        "GET /needs/{need_id}/{need_step}": OF_HOLDER,
        "POST /needs/{need_id}/{need_step}": OF_HOLDER,
        "GET /support-offers/{support_offer_id}/correct": ALL,
        "POST /support-offers/{support_offer_id}/correct": ALL,
        "GET /support-offers/mine": OWN_OFFERS,
        "GET /support-offers/new": OWN_OFFERS,
        "POST /support-offers/new": OWN_OFFERS,
        **{
            f"{method} /support-offers/{{support_offer_id}}/{rest}": OF_OFFER
            for method, rest in (
                ("GET", "edit"),
                ("POST", "edit"),
                ("GET", "step/{offer_step}"),
                ("POST", "step/{offer_step}"),
                ("GET", "history"),
                ("GET", "corrections"),
                ("POST", "corrections/{correction_id}"),
            )
        },
        "GET /coordination/support-offers": OWN_REGION,
        "GET /gap-map": ALL,
        "GET /gap-map.{form}": ALL,
        "GET /contacts": ALL,
        "GET /contacts.csv": ALL,
        "GET /organizations/{organization_id}": ALL,
        "GET /organizations/{organization_id}/contacts": OF_KEEPER,
        "POST /organizations/{organization_id}/contacts": OF_KEEPER,
        "GET /contacts/{contact_id}": OF_KEEPER,
        "POST /contacts/{contact_id}": OF_KEEPER,
        "POST /contacts/{contact_id}/confirm": OF_KEEPER,
        "POST /contacts/{contact_id}/remove": OF_KEEPER,
        "GET /coordination/contacts": OWN_REGION,
        "GET /cooperation": ALL,
        "POST /cooperation": ALL,
        "GET /cooperation/follow/{token}": ALL,
        "POST /cooperation/follow/{token}": ALL,
        "GET /cooperation/requests": MEMBER,
        "GET /cooperation/requests/{request_id}": OF_ASKING,
        "POST /cooperation/requests/{request_id}": OF_ASKING,
        "GET /coordination/cooperation": OWN_REGION,
        "GET /coordination/cooperation/{request_id}": OF_REGION,
        "POST /coordination/cooperation/{request_id}": OF_REGION,
        "GET /opportunities": ALL,
        "GET /opportunities/{opportunity_id}": ALL,
        "GET /opportunities/{opportunity_id}/history": ALL,
        "GET /opportunities/{opportunity_id}/answer": ALL,
        "POST /opportunities/{opportunity_id}/answer": ALL,
        "GET /{place}/{record_id}/report": ALL,
        "POST /{place}/{record_id}/report": ALL,
        "GET /about": ALL,
        "GET /accessibility": ALL,
        "POST /accessibility": ALL,
        "GET /privacy": ALL,
        "GET /terms": ALL,
        "GET /sign-in": ALL,
        "POST /sign-in": ALL,
        # Without a password that was right it leads to the sign-in page.
        "GET /sign-in/code": ALL,
        "POST /sign-in/code": ALL,
        "GET /reset-password": ALL,
        "POST /reset-password": ALL,
        # Whoever has the link is let in by it; a link that is nobody's is not there.
        "GET /reset-password/{token}": ALL,
        "POST /reset-password/{token}": ALL,
        "GET /invitation/{token}": ALL,
        "POST /invitation/{token}": ALL,
        "GET /reply/{token}": ALL,
        "POST /reply/{token}": ALL,
        "GET /unsubscribe/{token}": ALL,
        "POST /unsubscribe/{token}": ALL,
        "POST /unsubscribe/{token}/resume": ALL,
        # There is an outbox to look at in the demo only.
        "GET /outbox": ALL,
        "GET /account/erased": ALL,
        "POST /sign-out": MEMBER,
        "GET /account": MEMBER,
        "POST /account": MEMBER,
        "POST /account/password": MEMBER,
        "POST /account/place": MEMBER,
        "POST /account/sessions": MEMBER,
        "GET /account/export": MEMBER,
        "GET /account/two-step": MEMBER,
        "POST /account/two-step": MEMBER,
        "GET /account/two-step/set-up": MEMBER,
        "POST /account/two-step/set-up": MEMBER,
        "POST /account/two-step/codes": MEMBER,
        "POST /account/two-step/off": MEMBER,
        "GET /account/erase": MEMBER,
        "POST /account/erase": MEMBER,
        "GET /people": OF_MANAGER,
        "POST /people": OF_MANAGER,
        "POST /people/withdraw": OF_MANAGER,
        "POST /people/end": OF_MANAGER,
        "POST /people/resume": OF_MANAGER,
        "GET /keys": OF_MANAGER,
        "POST /keys": OF_MANAGER,
        "POST /keys/{key_id}/rotate": OF_KEY,
        "POST /keys/{key_id}/revoke": OF_KEY,
        "GET /publish": PUBLISHED,
        "POST /publish": PUBLISHED,
        "POST /publish/preview": PUBLISHED,
        "POST /publish/notice": PUBLISHED,
        "GET /publish/mine": PUBLISHED,
        "GET /publish/{opportunity_id}": OF_PUBLISHED,
        "POST /publish/{opportunity_id}": OF_PUBLISHED,
        "GET /publish/{opportunity_id}/{step}": OF_PUBLISHED,
        "POST /publish/{opportunity_id}/close": OF_PUBLISHED,
        "POST /publish/{opportunity_id}/withdraw": OF_PUBLISHED,
        "POST /publish/{opportunity_id}/remove": OF_PUBLISHED,
        "POST /publish/{opportunity_id}/outcome": OF_PUBLISHED,
        "GET /desk": OWN_DESK,
        "GET /desk/{opportunity_id}": OF_BUYER,
        "POST /desk/{opportunity_id}/invite": OF_BUYER,
        "POST /desk/{opportunity_id}/plan": OF_BUYER,
        "GET /desk/{opportunity_id}/rows/{enterprise_id}": OF_BUYER,
        "POST /desk/{opportunity_id}/rows/{enterprise_id}": OF_BUYER,
        "POST /desk/{opportunity_id}/questions/{question_id}": OF_BUYER,
        "GET /desk/{opportunity_id}/dialogue": OF_BUYER,
        "GET /desk/{opportunity_id}/dialogue.csv": OF_BUYER,
        # An opportunity that is published is there for every enterprise; what it answers is its own.
        "GET /inbox": OWN_INBOX,
        "GET /inbox/{opportunity_id}": OWN_INBOX,
        "POST /inbox/{opportunity_id}": OWN_INBOX,
        "GET /profile": OWN_INBOX,
        "GET /profile-start": OWN_INBOX,
        "POST /profile-start": OWN_INBOX,
        "GET /profile-places": ALL,
        **{
            f"{method} {begin}/{{enterprise_id}}{end}{rest}": audience
            for begin, end, audience in (("/profile", "", OF_ENTERPRISE), ("/enterprises", "/edit", EDITED))
            for method, rest in (
                ("GET", ""),
                ("GET", "/lacks"),
                ("GET", "/history"),
                ("POST", "/confirm"),
                ("GET", "/offerings/{position}"),
                ("POST", "/offerings/{position}"),
                ("GET", "/{section_key}"),
                ("POST", "/{section_key}"),
            )
        },
        "GET /support-offers/{support_offer_id}/ask": OWN_INBOX,
        "POST /support-offers/{support_offer_id}/ask": OWN_INBOX,
        "GET /support-requests": OWN_REQUESTS,
        "GET /support-requests/{support_request_id}": OF_REQUEST,
        "POST /support-requests/{support_request_id}": OF_REQUEST,
        "GET /coordination": OWN_REGION,
        "GET /coordination/nodes": OWN_REGION,
        "GET /coordination/nodes/doubles": OWN_REGION,
        "GET /coordination/needs-inventories": OWN_REGION,
        "GET /coordination/needs-inventories/new": OWN_REGION,
        "POST /coordination/needs-inventories/new": OWN_REGION,
        "GET /coordination/needs-inventories/{inventory_id}": OF_REGION,
        "GET /coordination/needs-inventories/{inventory_id}/edit": OF_REGION,
        "POST /coordination/needs-inventories/{inventory_id}/edit": OF_REGION,
        "POST /coordination/needs-inventories/{inventory_id}/step": OF_REGION,
        "GET /coordination/needs-inventories/{inventory_id}/import": OF_REGION,
        "POST /coordination/needs-inventories/{inventory_id}/import": OF_REGION,
        "POST /coordination/needs-inventories/{inventory_id}/invitations": OF_REGION,
        "GET /coordination/claims": OWN_REGION,
        "GET /coordination/organizations": OWN_REGION,
        "POST /coordination/claims/{claim_id}/{verb}": OF_REGION,
        "POST /coordination/reports/{report_id}": OF_REGION,
        "POST /coordination/acts/{act_id}/undo": OF_REGION,
        "POST /coordination/enterprises/{enterprise_id}/remind": OF_REGION,
        "GET /coordination/{place}/{record_id}/{moving}": OF_REGION,
        "POST /coordination/{place}/{record_id}/{moving}": OF_REGION,
    }
)
# A record of a public list stays there for a stranger, who may not change it.
NOT_ITS_OWN = {403, 404}


@dataclass
class Visitor:
    """Somebody's browser: its cookies, and the token of the forms that it has been shown."""

    cookies: Mapping[str, str]

    @property
    def token(self) -> str:
        """The hidden token, made as the pages make it."""
        seed = self.cookies.get("samnod") or self.cookies["samnod-form"]
        return hmac(SECRET.encode(), b"form:" + seed.encode(), sha256).hexdigest()


@dataclass
class World:
    """One of each record, kept by the first organisation of its role and lying in the first region."""

    client: httpx.Client
    database: Database
    ids: Mapping[str, str]
    visitors: dict[str, Visitor] = field(default_factory=dict)

    def ask(self, page: str, who: Visitor) -> httpx.Response:
        """Open or send a page as somebody, and go where it leads; what is sent says as little as a page takes."""
        method, _, path = page.partition(" ")
        address = "/sv" + path.format_map(self.ids)
        self.client.cookies.clear()
        self.client.cookies.update(who.cookies)
        if method == "GET":
            # What htmx fetches for a field is a page of its own only to those who have one.
            headers = {"HX-Request": "true"} if path.endswith("places") else {}
            return self._followed(self.client.get(address, headers=headers))
        form = {"_token": who.token, "reason": "Vi har sett efter.", "do": "hide" if "reports" in path else "invite"}
        return self._followed(self.client.post(address, data=form, headers={"Sec-Fetch-Site": "same-origin"}))

    def _followed(self, answer: httpx.Response) -> httpx.Response:
        """Return the page that an answer leads to, but for the one where people sign in."""
        while (to := answer.headers.get("location", "")) and "/sign-in?" not in to:
            answer = self.client.get(to)
        return answer

    def signed_in(self, role: Role, organization_id: str = "", region: str | None = None) -> Visitor:
        """Return the browser of a person who is signed in, the same one each time."""
        return self._visitor(f"{role.value}-{organization_id}-{region}", role, organization_id, region)

    def expired(self, role: Role) -> Visitor:
        """Return the browser of somebody who was signed in and has not been seen for too long."""
        visitor = self._visitor(f"expired-{role.value}", role)
        of_person = col(LoginSession.person_id).in_(
            select(col(Person.id)).where(col(Person.email).startswith("expired"))
        )
        with self.database.writes() as session:
            long_ago = now() - sessions.IDLE - timedelta(minutes=1)
            session.execute(update(LoginSession).where(of_person).values(seen_at=long_ago))
        return visitor

    def _visitor(self, name: str, role: Role, organization_id: str = "", region: str | None = None) -> Visitor:
        if name not in self.visitors:
            person = person_for(self.database, role, organization_id, region=region, email=f"{name}@example.org")
            self.visitors[name] = Visitor(session_for(self.database, person.id))
        return self.visitors[name]


def site_routes() -> Iterator[APIRoute]:
    """Give every route of the site below the language, however its routers are put together."""
    waiting: list[Any] = list(create_site(database=Database("sqlite://")).routes)
    while waiting:
        route = waiting.pop()
        if isinstance(route, APIRoute):
            yield route
        elif router := getattr(route, "original_router", None):
            waiting += router.routes


def every_page() -> set[str]:
    """Return every page as `METHOD /path`; HEAD goes with GET, and what has no language leads to one that has."""
    return {
        f"{method} {route.path}"
        for route in site_routes()
        for method in route.methods - {"HEAD"}
        if route.name not in {"_points_css", "_choose_language", "record"}
    }


def test_every_page_is_in_the_table():
    assert every_page() == set(PAGES)


@pytest.fixture
def world(database: Database, app: Starlette, app_client: httpx.Client) -> World:
    """Give one of each record, and the site over them."""
    buyer, keeper = organization_of(Role.BUYER), organization_of(Role.ENTERPRISE)
    with database.writes() as session:
        need = opportunities.publish(session, opportunity(), home="local", owner_id=buyer)
        firm = enterprises.register(session, enterprise(), home="local", owner_id=keeper)
        told = {"name": "Exempelhuset", "country": "SE", "kind": "adviser", "area_code": "SE-2281", "source": "exempel"}
        actor = organizations.register(
            session, OrganizationCreate.model_validate(told), home="local", owner_id=keeper
        ).id
        want = CooperationIn(title="Café", text="Vi vill driva kaféet.", area_code="SE-2281")
        of_keeper = Caller("a-key", keeper, Role.ENTERPRISE, frozenset())
        asking = intake.submit(session, want, by=of_keeper, secret=SECRET.encode()).id
        switchboard = {"organization_id": actor, "function": "Växeln", "phone": "060-19 10 00"}
        contact = contacts.register(session, ContactCreate.model_validate(switchboard), home="local").id
        advice = support_offer(area_code="SE-2281")
        adviser = {"home": "local", "owner_id": organization_of(Role.SUPPORT_PROVIDER)}
        needed = needs.register(
            session, need_of(areas=["SE-2281"]), home="local", owner_id=keeper, status=NeedStatus.PUBLISHED
        )
        support = support_offers.register(session, advice, **adviser, status=OfferStatus.PUBLISHED)
    asked = app_client.post(
        f"/api/v1/opportunities/{need.id}/questions",
        json={"text": "Hur stora är lokalerna?", "enterprise_id": firm.id},
        headers=key_for(database, "enterprise"),
    )
    assert asked.is_success, asked.text
    coordinator = Caller("a-coordinator", organization_of(Role.COORDINATOR), Role.COORDINATOR, frozenset(), REGION)
    with database.writes() as session:
        claims.submit(session, firm.id, ClaimIn(email="vd@example.org", function="Chef", evidence="Ring vår växel."))
        told = [
            moderation.report(session, Subject.ENTERPRISE, firm.id, ReportIn(kind=ReportKind.WRONG, text=said))
            for said in ("Orten är fel.", "Namnet är fel.")
        ]
        act = moderation.dismiss(session, told[1].id, by=replace(coordinator, reason="Det stämmer."))
    with database.writes() as session:
        given = support_offer(area_code="SE-2281")
        provider = organization_of(Role.SUPPORT_PROVIDER)
        offer = support_offers.register(session, given, home="local", owner_id=provider, status=OfferStatus.PUBLISHED)
        need_of_support = SupportRequestIn(offer_id=offer.id, enterprise_id=firm.id, text="Vi vill växa.")
        asker = Caller("a-firm", keeper, Role.ENTERPRISE, frozenset())
        asked_for = support_requests.send(session, need_of_support, by=asker)
    with database.writes() as session:
        planned = inventories.create(session, InventoryCreate.model_validate(plan()), home="local")
    with database.reads() as session:
        claimed, _ = claims.listed(session, ClaimFilters(), by=coordinator)
    ids = {
        "enterprise_id": firm.id,
        "opportunity_id": need.id,
        "support_offer_id": support.id,
        "need_id": needed.id,
        "need_step": "withdraw",
        "organization_id": actor,
        "contact_id": contact,
        "request_id": asking,
        "inventory_id": planned.id,
        "form": "csv",
        "question_id": asked.json()["id"],
        "claim_id": claimed[0].id,
        "report_id": told[0].id,
        "support_request_id": asked_for.id,
        "act_id": act.id,
        "key_id": key_id_of(database, keeper),
        "record_id": firm.id,
        "place": "enterprises",
        "moving": "hide",
        "step": "close",
        "offer_step": "archive",
        "correction_id": "nobodys",
        "verb": "refuse",
        "section_key": "words",
        "position": "0",
        "token": "nobodys",
    }
    return World(app_client, database, ids)


def key_id_of(database: Database, organization_id: str) -> str:
    """Return the id of a key of an organisation."""
    with database.reads() as session:
        found = session.connection().execute(
            text("SELECT id FROM api_key WHERE organization_id = :o"), {"o": organization_id}
        )
        return str(found.scalar_one())


def test_the_table_is_walked_as_everybody(world: World):
    complaints = [complaint for page, audience in PAGES.items() for complaint in refusals(world, page, audience)]
    assert not complaints, "\n".join(complaints)


def refusals(world: World, page: str, audience: Audience) -> Iterator[str]:
    """Say what is wrong with how a page treats those whom it is not for."""
    out = Visitor({"samnod-form": "a-browser-without-a-session"})
    if not audience.roles:
        answer = world.ask(page, out)
        if answer.status_code in {401, 403} or "/sign-in?" in answer.headers.get("location", ""):
            yield f"{page}: is for everybody, and asks a visitor to sign in"
        return
    first = next(iter(sorted(audience.roles)))
    for name, visitor in (("signed out", out), ("expired", world.expired(first))):
        answer = world.ask(page, visitor)
        if page.startswith("GET") and not answer.headers.get("location", "").startswith("/sv/sign-in?"):
            yield f"{page}, {name}: {answer.status_code}, not the sign-in page"
        if page.startswith("POST") and answer.status_code != 401:
            yield f"{page}, {name}: {answer.status_code}, not 401"
    for role in sorted(set(Role) - audience.roles):
        answer = world.ask(page, world.signed_in(role))
        if answer.status_code not in ({403, 404} if audience.private else {403}):
            yield f"{page}, as {role}: {answer.status_code}, not refused"
    for role in sorted(audience.roles - {Role.ADMIN}) if audience.private else ():
        answer = world.ask(page, world.signed_in(role, STRANGER, FAR_AWAY if role is Role.COORDINATOR else None))
        if answer.status_code not in NOT_ITS_OWN:
            yield f"{page}, a stranger as {role}: {answer.status_code}, not refused"


def test_a_page_opens_for_its_own(world: World):
    complaints = []
    for page, audience in PAGES.items():
        if not page.startswith("GET") or "{section_key}" in page:
            continue
        for role in sorted(audience.own):
            status = world.ask(page, world.signed_in(role)).status_code
            if status in {401, 403, 404}:
                complaints.append(f"{page}, as {role}: {status}")
    assert not complaints, "\n".join(complaints)
