"""What people see of other nodes: whose a record is, what is done at its home, and how this node stands with each."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise, product
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from app.accounts.vocabulary import Role
from app.core.clock import now
from app.core.db import Database, ReadSession
from app.organizations import service as organizations
from app.responses import service as responses
from app.responses.vocabulary import InvitationState
from app.sync import status
from app.sync.vocabulary import PeerState, RecordState, Verdict
from tests.people import send, signed_in
from tests.responses.ground import BUYER, FIRM, NODE_SECRET, firm, letters, published
from tests.sync.test_status import held, peer, run
from tests.sync.test_sync_commands import organization_named
from tests.web.copied import FAR, PLACES, copied
from tests.web.html import parsed
from tests.web.test_inbox import words

LANGUAGES = ("sv", "nb", "en")
REFUSED = "The peer refused (401): No peer of this node has that token: its operator needs a new introduction."
# What is done with a record at its home alone.
DONE_AT_HOME = ("claim", "report", "correct", "ask", "edit", "contacts", "history")


@pytest.fixture
def far(database: Database, tmp_path: Path) -> dict[str, str]:
    """Hold a copy of one record of each kind."""
    return copied(database, tmp_path)


def test_the_page_of_a_copy_says_whose_it_is_and_offers_nothing_that_is_done_at_its_home(
    app_client: httpx.Client, far: dict[str, str]
):
    for kind, record_id in far.items():
        answer = app_client.get(f"/sv/{PLACES[kind]}/{record_id}")
        page = parsed(answer.text)
        home = f"{FAR.url}/records/{kind}/{record_id}"
        assert (answer.status_code, home in page.links()) == (200, True), kind
        assert f"Från {FAR.name}" in words(page), kind
        own = [link for link in page.links() if link.startswith(f"/sv/{PLACES[kind]}/{record_id}/")]
        assert [link for link in own if link.rpartition("/")[2] in DONE_AT_HOME] == [], kind


def test_lists_and_match_cards_say_it_with_the_way_home(
    app_client: httpx.Client, database: Database, far: dict[str, str]
):
    lists = {
        "enterprise": ("/enterprises", "/?q=städning"),
        "support_offer": ("/support-offers",),
        "need": ("/needs",),
        "needs_inventory": ("/needs-inventories",),
        "organization": ("/contacts",),
    }
    own = firm(database, kept_by=None)
    lists["opportunity"] = ("/opportunities", f"/enterprises/{own}")
    for kind, paths in lists.items():
        for path in paths:
            links = parsed(app_client.get(f"/sv{path}").text).links()
            assert f"{FAR.url}/records/{kind}/{far[kind]}" in links, path


def test_where_records_are_from_is_asked_once_a_list_and_never_on_a_node_that_is_alone(
    app_client: httpx.Client, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    asked: list[tuple[str, int]] = []
    homes = status.homes

    def counted(session: ReadSession, record_type: str, record_ids: Sequence[str]) -> dict[str, str]:
        asked.append((record_type, len(record_ids)))
        return homes(session, record_type, record_ids)

    monkeypatch.setattr(status, "homes", counted)
    for n in range(3):
        firm(database, name=f"Exempel {n}", kept_by=None)
    pages = ("/sv/enterprises", "/sv/?q=städning")
    for path in pages:
        app_client.get(path)
    assert asked == []
    copied(database, tmp_path, enterprise={"name": "Exempel i fjärran"})
    for path in pages:
        assert f"Från {FAR.name}" in app_client.get(path).text
    assert asked == [("enterprise", 4), ("enterprise", 4)]


def test_our_own_records_are_nobody_elses(app_client: httpx.Client, database: Database, far: dict[str, str]):
    own = firm(database, name="Exempel Hemma", kept_by=None)
    page = parsed(app_client.get(f"/sv/enterprises/{own}").text)
    assert "en kopia" not in words(page)
    assert {f"/sv/enterprises/{own}/{rest}" for rest in ("claim", "report")} <= set(page.links())


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_form_for_a_copy_is_refused_and_leads_home(
    app_client: httpx.Client, database: Database, far: dict[str, str], method: str
):
    signed_in(app_client, database, Role.ADMIN)
    forms = [
        ("enterprise", "enterprises/{}/claim"),
        ("enterprise", "enterprises/{}/report"),
        ("enterprise", "enterprises/{}/edit/contact"),
        ("opportunity", "opportunities/{}/report"),
        ("support_offer", "support-offers/{}/correct"),
        ("support_offer", "support-offers/{}/report"),
        ("need", "needs/{}/edit"),
        ("organization", "organizations/{}/contacts"),
        ("enterprise", "coordination/enterprises/{}/hide"),
    ]
    for kind, form in forms:
        path = f"/sv/{form.format(far[kind])}"
        answer = send(app_client, "/sv/account", {}, path) if method == "POST" else app_client.get(path)
        page = parsed(answer.text)
        assert (answer.status_code, f"{FAR.url}/records/{kind}/{far[kind]}" in page.links()) == (403, True), form
        assert f"Från {FAR.name}" in words(page), form


def test_the_address_of_a_record_leads_to_its_page_in_the_readers_language(
    app_client: httpx.Client, far: dict[str, str]
):
    for kind, record_id in far.items():
        for language, header in (("sv", "sv-SE"), ("nb", "no,en;q=0.5"), ("en", "en-GB")):
            answer = app_client.get(f"/records/{kind}/{record_id}", headers={"Accept-Language": header})
            expected = f"/{language}/{PLACES[kind]}/{record_id}"
            assert (answer.status_code, answer.headers["location"]) == (303, expected), kind
        assert app_client.get(expected).status_code == 200


def test_an_address_of_what_is_gone_private_or_nothing_is_a_page_that_says_so(
    app_client: httpx.Client, database: Database
):
    for path in ("enterprise/gone", "opportunity/gone", "need/gone", "person/1", "needs_inventory/gone"):
        answer = app_client.get(f"/records/{path}", headers={"Accept-Language": "sv"})
        assert (answer.status_code, "Det finns inget på den här adressen" in words(parsed(answer.text))) == (404, True)
    draft = published(database)
    with database.writes() as session:
        session.connection().execute(text("UPDATE opportunity SET status = 'draft' WHERE id = :id"), {"id": draft})
    assert app_client.get(f"/records/opportunity/{draft}").status_code == 404


def test_whoever_met_an_opportunity_elsewhere_answers_it_here_without_an_account(
    app_client: httpx.Client, database: Database
):
    one, own = published(database), firm(database, kept_by=None)
    way = app_client.get(f"/records/opportunity/{one}?answer=1&enterprise={own}", headers={"Accept-Language": "nb"})
    page = f"/nb/opportunities/{one}/answer?enterprise={own}"
    assert way.headers["location"] == page
    assert "Exempel Städ" in words(parsed(app_client.get(page).text))
    assert letters(database, "responses/link") == []
    sent = send(app_client, page, {"enterprise": own}, f"/nb/opportunities/{one}/answer")
    assert (sent.status_code, sent.headers["location"]) == (303, f"{page}&sent=1#told")
    told = app_client.get(sent.headers["location"])
    assert "Hvis oppføringen til Exempel Städ har en adresse" in words(parsed(told.text))
    (letter,) = letters(database, "responses/link")
    assert letter["to"] == "info@example.invalid"
    reply = f"/nb/reply/{letter['token']}"
    answered = send(app_client, f"{reply}?form=interest", {"kind": "interest", "text": "Vi kan."}, reply)
    assert answered.status_code == 303
    with database.reads() as session:
        (row,) = responses.invitations(session, one, by=BUYER)
    assert (row.is_requested, row.state) == (True, InvitationState.ANSWERED)


def test_the_answer_is_the_same_whether_there_is_an_address_or_not_and_waits_for_nothing(
    app_client: httpx.Client, database: Database
):
    one, reached, silent = published(database), firm(database), firm(database, name="Tyst", contact_email=None)
    told = []
    for own, name in ((reached, "Exempel Städ"), (silent, "Tyst")):
        path = f"/sv/opportunities/{one}/answer"
        sent = send(app_client, f"{path}?enterprise={own}", {"enterprise": own}, path)
        page = words(parsed(app_client.get(sent.headers["location"]).text)).replace(name, "…")
        told.append((sent.status_code, sent.headers["location"].replace(own, "…"), page))
    assert told[0] == told[1]
    assert [letter["enterprise"] for letter in letters(database, "responses/link")] == ["Exempel Städ"]


def test_too_many_are_refused_without_a_letter_more(app_client: httpx.Client, database: Database):
    one, own = published(database), firm(database)
    path = f"/sv/opportunities/{one}/answer"
    for _ in range(10):
        assert send(app_client, f"{path}?enterprise={own}", {"enterprise": own}, path).status_code == 303
    refused = send(app_client, f"{path}?enterprise={own}", {"enterprise": own}, path)
    assert (refused.status_code, "Retry-After" in refused.headers) == (429, True)
    # The first, and once more the same day.
    assert len(letters(database, "responses/link")) == 2


def test_the_enterprise_is_chosen_by_name_and_one_that_is_not_known_is_a_fault(
    app_client: httpx.Client, database: Database
):
    one, own = published(database), firm(database, name="Exempel Snickeri")
    path = f"/sv/opportunities/{one}/answer"
    found = parsed(app_client.get(path, params={"words": "snickeri"}).text)
    assert f"{path}?enterprise={own}" in found.links()
    assert "inget företag med det namnet" in words(parsed(app_client.get(path, params={"words": "qqqq"}).text))
    # Whoever is called so stands before all who only say the word, however many they are.
    for n in range(12):
        firm(database, name=f"Exempel {n}", summary="Vi arbetar åt återbruk.")
    called = firm(database, name="Återbruk i norr")
    many = parsed(app_client.get(path, params={"words": "återbruk"}).text)
    chosen = [link for link in many.links() if link.startswith(f"{path}?enterprise=")]
    assert (chosen[0], len(chosen)) == (f"{path}?enterprise={called}", 10)
    assert "3 till: skriv mer av namnet." in words(many)
    wrong = send(app_client, f"{path}?enterprise={own}", {"enterprise": "nothing", "email": "me@example.org"}, path)
    assert (wrong.status_code, "Välj vem som svarar." in words(parsed(wrong.text))) == (422, True)
    assert letters(database, "responses/link") == []
    with database.writes() as session:
        session.connection().execute(
            text("UPDATE opportunity SET deadline_at = :at WHERE id = :id"), {"at": "2020-01-01 00:00:00", "id": one}
        )
    assert not parsed(app_client.get(f"{path}?enterprise={own}").text).all("form", method="post")


def test_a_copy_is_answered_at_its_home_from_its_page_and_from_the_inbox(
    app_client: httpx.Client, database: Database, far: dict[str, str]
):
    one = far["opportunity"]
    there = f"{FAR.url}/records/opportunity/{one}?answer=1"
    assert there in parsed(app_client.get(f"/sv/opportunities/{one}").text).links()
    sent_on = app_client.get(f"/sv/opportunities/{one}/answer?enterprise=e-1")
    assert (sent_on.status_code, sent_on.headers["location"]) == (303, f"{there}&enterprise=e-1")
    own = firm(database, kept_by=FIRM)
    signed_in(app_client, database, Role.ENTERPRISE, FIRM.organization_id)
    for path in ("/sv/inbox", f"/sv/inbox/{one}", f"/sv/opportunities/{one}"):
        page = parsed(app_client.get(path).text)
        assert f"{there}&enterprise={own}" in page.links(), path
        # What has been asked is known at its home alone.
        assert "Ingen har frågat något än." not in words(page), path
        assert not [link for link in page.links() if link.startswith(f"/sv/inbox/{one}?form=")], path


def test_a_buyer_invites_a_copy_at_its_function_address_with_a_link_to_this_node(
    app_client: httpx.Client, database: Database, far: dict[str, str]
):
    one = published(database)
    with database.writes() as session:
        done = responses.invite(session, one, [far["enterprise"]], by=BUYER, secret=NODE_SECRET)
    assert [row.enterprise_id for row in done.invited] == [far["enterprise"]]
    (letter,) = letters(database, "responses/invitation")
    assert letter["to"] == "info@example.invalid"
    assert app_client.get(f"/sv/reply/{letter['token']}").status_code == 200
    signed_in(app_client, database, Role.BUYER, BUYER.organization_id)
    board = parsed(app_client.get(f"/sv/desk/{one}").text)
    assert f"{FAR.url}/records/enterprise/{far['enterprise']}" in board.links()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_coordinator_sees_how_each_node_stands_and_what_to_do(
    app_client: httpx.Client, database: Database, language: str
):
    signed_in(app_client, database, Role.COORDINATOR)
    empty = app_client.get(f"/{language}/coordination/nodes").text
    assert "docs/nodes.md" in empty
    assert "samnod sync introduce" in empty
    at = now()
    with database.writes() as session:
        session.add(peer(verified_at=at - timedelta(hours=40), failures=2, fault="no answer", cursor=3, head=8))
        session.add(run(at - timedelta(days=2), Verdict.VERIFIED, put=12))
        session.add(run(at - timedelta(hours=1), Verdict.HELD))
        held(session, "a", "b")
        held(session, "c", state=RecordState.PARKED)
        held(session, "d", state=RecordState.QUARANTINED)
    page = parsed(app_client.get(f"/{language}/coordination/nodes").text)
    desk = parsed(app_client.get(f"/{language}/coordination").text)
    assert f"/{language}/coordination/nodes" in desk.links()
    said = words(page)
    for expected in (
        "Trøndelag",
        "no answer",
        "fault of c",
        "fault of d",
        "enterprise/1.0",
        "samnod sync quarantine list",
    ):
        assert expected in said, expected
    late, held_words = {"sv": ("Försenad", "Väntar på driftens ja"), "nb": ("Forsinket", "Venter på driftens ja")}.get(
        language, ("Late", "Waits for the operator's yes")
    )
    assert late in said
    assert held_words in said
    assert "samnod sync deletions allow trondelag" in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_coordinator_sees_which_organisations_two_nodes_have(
    app_client: httpx.Client, database: Database, tmp_path: Path, language: str
):
    signed_in(app_client, database, Role.COORDINATOR)
    path = f"/{language}/coordination/nodes/doubles"
    none = {"sv": "Ingen organisation finns hos två noder", "nb": "Ingen organisasjon finnes hos to noder"}
    assert none.get(language, "No organisation is at two nodes") in app_client.get(path).text
    numbered = {"organisation_number": "5560360793", "source": "exempel"}
    there = copied(database, tmp_path, enterprise=numbered)["enterprise"]
    here = firm(database, kept_by=None, organisation_number="5560360793", name="Exempel hemma")
    firm(database, kept_by=None, organisation_number="2021002387", name="Exempel ensam")
    page = parsed(app_client.get(path).text)
    own = {f"/{language}/enterprises/{record_id}" for record_id in (here, there)}
    assert own | {f"{FAR.url}/records/enterprise/{there}"} <= set(page.links())
    said = words(page)
    assert ("5560360793" in said, "Exempel hemma" in said, "Exempel ensam" in said) == (True, True, False)


def test_of_many_organisations_that_two_nodes_have_the_first_are_shown(
    app_client: httpx.Client, database: Database, monkeypatch: pytest.MonkeyPatch
):
    signed_in(app_client, database, Role.COORDINATOR)
    monkeypatch.setattr("web.pages.nodes._DOUBLES", 1)
    with database.writes() as session:
        for home, number in product(("norr", "sodra"), ("5560360793", "2021002387")):
            organizations.register(session, organization_named(f"Exempel {number}", number), home=home)
    page = parsed(app_client.get("/sv/coordination/nodes/doubles").text)
    said = words(page)
    assert ("5560360793" in said, "2021002387" in said) == (False, True)
    assert "samnod sync doubles --limit 10000" in said


def test_no_node_is_said_to_be_in_order_while_somebody_has_to_do_something(
    app_client: httpx.Client, database: Database
):
    signed_in(app_client, database, Role.COORDINATOR)
    at = now()
    with database.writes() as session:
        session.add(peer(id="a-well", name="Bra", verified_at=at - timedelta(minutes=5)))
        session.add(peer(id="b-failed", name="Nekar", verified_at=at - timedelta(hours=5), failures=1, fault=REFUSED))
        session.add(peer(id="c-held", name="Ja?", verified_at=at - timedelta(hours=20)))
        session.add(run(at - timedelta(hours=1), Verdict.HELD, peer="c-held"))
        session.add(peer(verified_at=at - timedelta(hours=3)))
        held(session, "d", state=RecordState.QUARANTINED)
        session.add(peer(id="y-late", name="Sen", verified_at=at - timedelta(days=30), failures=2, fault="no answer"))
        session.add(peer(id="z-paused", name="Vilar", state=PeerState.PAUSED, verified_at=None, failures=1))
        session.add(peer(id="z-new", name="Ny", verified_at=None, added_at=at))
    page = parsed(app_client.get("/sv/coordination/nodes").text)
    standing: dict[str, str] = {}
    for one, after in pairwise(one for one in page.elements if one.tag in ("h2", "span") and one.text.strip()):
        if one.attributes.get("id", "").startswith("n-"):
            standing[one.text.strip()] = after.text.strip()
    # Those where somebody has something to do stand first.
    assert list(standing)[4:] == ["Bra", "Ny", "Vilar"]
    assert standing == {
        "Nekar": "Misslyckades",
        "Ja?": "Väntar på driftens ja",
        "Trøndelag": "Något ligger åt sidan",
        "Sen": "Försenad",
        "Bra": "Som det ska",
        "Ny": "Väntar på sin första natt",
        "Vilar": "Vilande",
    }
    said = words(page)
    for expected in (
        "4 noder behöver ses till",
        "Den andra noden nekade (401): Ingen nod är känd med den nyckeln",
        "Under en timme",
        "30 dagar",
        "samnod sync peers resume z-paused",
    ):
        assert expected in said, expected
    assert "samnod sync run --peer z-paused" not in said
    assert "Andra noder 4 noder behöver ses till" in words(parsed(app_client.get("/sv/coordination").text))
