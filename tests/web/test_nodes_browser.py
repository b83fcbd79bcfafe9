"""Other nodes in a real browser: copies, the way to answer without an account, and how nodes stand with each other."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.accounts.vocabulary import Role
from app.core.clock import now
from app.demo.organizations import REGION, organization_id
from app.demo.vocabulary import opportunity_id
from app.enterprises import service as enterprises
from app.sync.vocabulary import PeerState, RecordState, Verdict
from tests.browser import axe_violations, scrolls_sideways
from tests.factories import enterprise
from tests.live import live_cookie, live_database
from tests.session import once
from tests.sync.test_status import held, peer, run
from tests.web.copied import FAR, copied

OpenPage = Callable[..., AbstractContextManager[Page]]
LANGUAGES = ["sv", *(pytest.param(other, marks=pytest.mark.deep) for other in ("nb", "en"))]
OPEN_ONE = opportunity_id("stadning-skolor")
# Told in the reader's words as far as they are ours.
REFUSED = "The peer refused (418): short and stout"
# Nothing that a search of other tests finds.
FJORD = {
    "name": "Eksempel Fjordverksted",
    "offerings": [],
    "area_code": "NO-5001",
    "country": "NO",
    "service_areas": [],
}
FJORD |= {"organisation_number": "974767880", "eligibility": [], "source": "eksempel"}
QUAY = {
    "description": "Eksempel på kai.",
    "lots": [],
    "form": "early_dialogue",
    "buyer_area": "NO-5001",
    "country": "NO",
}


@pytest.fixture
def far(live_server: str, tmp_path: Path) -> dict[str, str]:
    """Let the live server hold two copies, and know a node in each state that one can be in."""

    def write() -> dict[str, str]:
        database = live_database()
        ids = copied(database, tmp_path, enterprise=FJORD, opportunity=QUAY)
        at = now()
        with database.writes() as session:
            # The same enterprise is known here.
            enterprises.register(session, enterprise(**FJORD | {"name": "Eksempel Verft"}), home="local")
            session.add(peer(verified_at=at - timedelta(hours=9)))
            session.add(
                peer(id="late", name="Gävleborg", verified_at=at - timedelta(hours=50), failures=2, fault="503")
            )
            session.add(peer(id="waits", name="Dalarna", verified_at=at - timedelta(hours=20)))
            session.add(peer(id="new", name="Norrbotten", verified_at=None, added_at=at))
            session.add(peer(id="rests", name="Nordland", state=PeerState.PAUSED, verified_at=None))
            session.add(peer(id="refuses", name="Skåne", verified_at=at, failures=1, fault=REFUSED))
            session.add(run(at - timedelta(hours=6), Verdict.FAILED, peer="refuses", fault=REFUSED))
            session.add(run(at - timedelta(days=1), Verdict.RECONCILED, put=12))
            session.add(run(at - timedelta(hours=9), Verdict.VERIFIED, put=3))
            session.add(run(at - timedelta(hours=8), Verdict.FAILED, peer="late", fault="503"))
            session.add(run(at - timedelta(hours=7), Verdict.HELD, peer="waits"))
            held(session, "10000000-0000-4000-8000-000000000000", state=RecordState.PARKED)
            held(session, "20000000-0000-4000-8000-000000000000", state=RecordState.QUARANTINED)
        database.close()
        return ids

    return {kind: str(record_id) for kind, record_id in once("live-copies", write).items()}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("dark", [True, pytest.param(False, marks=pytest.mark.deep)])
def test_every_state_is_accessible_on_a_phone(
    open_page: OpenPage, live_server: str, far: dict[str, str], language: str, dark: bool
):
    answer = f"/opportunities/{OPEN_ONE}/answer"
    states = {
        "/coordination/nodes": "coordinator",
        "/coordination/nodes/doubles": "coordinator",
        f"/enterprises/{far['enterprise']}": "",
        f"/opportunities/{far['opportunity']}": "",
        f"{answer}?enterprise={far['enterprise']}": "",
    }
    # The rest is looked at in the long tests.
    rarer = (
        f"/enterprises/{far['enterprise']}/claim",
        answer,
        f"{answer}?words=Fjordverksted",
        f"{answer}?enterprise={far['enterprise']}&sent=1",
    )
    if not dark or language != "sv":
        states |= dict.fromkeys(rarer, "")
    with open_page(width=320, dark=dark) as page:
        for path, role in states.items():
            page.context.clear_cookies()
            if role:
                cookie = live_cookie(Role(role), organization_id(role), region=REGION)
                page.context.add_cookies([{"name": "samnod", "value": cookie, "url": live_server}])
            page.goto(f"/{language}{path}")
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            assert page.locator("main h1").count() == 1, path
            assert axe_violations(page) == [], path
            assert not scrolls_sideways(page), path


@pytest.mark.parametrize("javascript", [False, pytest.param(True, marks=pytest.mark.deep)])
def test_whoever_has_no_account_is_sent_a_link(open_page: OpenPage, far: dict[str, str], javascript: bool):
    with open_page(javascript=javascript, width=320) as page:
        page.goto(f"/records/opportunity/{OPEN_ONE}?answer=1")
        expect(page.get_by_role("heading", level=1)).to_have_text("Svara utan konto")
        page.get_by_label("Företagets namn").fill("Fjordverksted")
        page.get_by_role("button", name="Sök").click()
        page.get_by_role("link", name=FJORD["name"]).click()
        page.get_by_role("button", name=f"Skicka länken till {FJORD['name']}").click()
        expect(page.get_by_role("status")).to_contain_text("är ett brev med länken på väg dit")
        page.goto(f"/sv/opportunities/{far['opportunity']}")
        there = page.get_by_role("link", name=f"Svara hos {FAR.name}")
        expect(there).to_have_attribute("href", f"{FAR.url}/records/opportunity/{far['opportunity']}?answer=1")
