"""Publishing over HTTP: a draft, a publication, a change that somebody else was before, and what each refuses."""

import re
from html import unescape
from typing import Any

import httpx
import pytest

from app.core.db import Database
from app.core.preconditions import Precondition
from app.opportunities import service as opportunities
from app.opportunities.schemas import OpportunityPatch, OpportunityRead
from app.opportunities.vocabulary import Status
from app.organizations import service as organizations
from app.organizations.schemas import OrganizationCreate
from tests.factories import opportunity
from tests.notices.notices import every_real, real
from tests.people import send, signed_in, token_in
from tests.web.html import parsed

FILLED = {
    "title": "Lokalvård i Kramfors",
    "description": "Städning av fyra mötesplatser.",
    "form": "reserved_goods_services",
    "code": "90910000",
    "place": "Kramfors",
    "value": "1 500 000",
    "reserved": "res-ws",
    "by": "2199-03-01",
    "buyer": "Kramfors kommun",
    "rest": "",
}

BLANK = dict.fromkeys(("title", "code", "place", "by", "buyer"), "")


@pytest.fixture
def buyer(database: Database, app_client: httpx.Client) -> httpx.Client:
    """Give a client on which somebody at a buyer is signed in."""
    with database.writes() as session:
        data = OrganizationCreate(
            name="Kramfors kommun", country="SE", kind="municipality", area_code="SE-2282", source="exempel"
        )
        organizations.register(session, data, home="local", record_id="org-buyer")
    signed_in(app_client, database, "buyer")
    return app_client


def kept(database: Database) -> list[OpportunityRead]:
    """Return what the buyer keeps."""
    with database.reads() as session:
        return opportunities.kept_by(session, "org-buyer")


def published(database: Database, **overrides: Any) -> OpportunityRead:
    """Write an opportunity that the buyer keeps."""
    with database.writes() as session:
        return opportunities.publish(session, opportunity(**overrides), home="local", owner_id="org-buyer")


def fields_of(html: str) -> dict[str, Any]:
    """Return what the publish form would send as it stands: the names and values of its fields."""
    form = html[html.index('id="publish"') :]
    form = form[: form.index("</form>")]
    page = parsed(form.replace("<option", "</option><option"))
    found: dict[str, Any] = {}
    for element in page.elements:
        name = element.attributes.get("name", "")
        if not name or element.tag == "button" or name == "_token":
            continue
        kind = element.attributes.get("type", "")
        if kind in {"radio", "checkbox"} and "checked" not in element.attributes:
            continue
        if element.tag == "textarea":
            found[name] = element.text
        elif element.tag == "input":
            value = element.attributes.get("value", "")
            found[name] = [*found.get(name, []), value] if kind == "checkbox" else value
    for name, options in re.findall(r'<select[^>]* name="([^"]+)"(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    return found


def test_visitors_sign_in_and_enterprises_are_told_that_it_is_for_buyers(database: Database, app_client: httpx.Client):
    assert app_client.get("/sv/publish?q=moln").headers["location"] == "/sv/sign-in?to=%2Fsv%2Fpublish%3Fq%3Dmoln"
    signed_in(app_client, database, "enterprise")
    assert app_client.get("/sv/publish").status_code == 403
    assert 'href="/sv/publish"' not in app_client.get("/sv/about").text


def test_the_form_knows_the_buyer_and_asks_for_six_facts(buyer: httpx.Client):
    page = buyer.get("/sv/publish")
    found = parsed(page.text)
    assert found.with_id("buyer").attributes["value"] == "Kramfors kommun"
    assert found.with_id("buyer_place").attributes["value"] == "Kramfors"
    required = {e.attributes["name"] for e in found.elements if "required" in e.attributes}
    # The codes have a field of their own, which is empty once a code is chosen.
    assert required | {"cpv"} == {"title", "form", "cpv", "place", "by", "buyer"}
    assert 'aria-current="page">Publicera<' in page.text


def test_a_need_of_matchmaking_fills_the_form(buyer: httpx.Client):
    page = buyer.get("/sv/publish?q=Städning av skolor&code=90910000&place=Sundsvall&reserved=none&by=2199-05-01")
    said = fields_of(page.text)
    assert (said["title"], said["code"], said["place"]) == ("Städning av skolor", ["90910000"], "Sundsvall")
    assert (said["reserved"], said["by"]) == ("none", "2199-05-01")
    assert 'href="/sv/publish?q=' in buyer.get("/sv/?q=Städning av skolor").text


def test_what_is_filled_in_is_published(buyer: httpx.Client, database: Database):
    answer = send(buyer, "/sv/publish", FILLED | {"do": "publish"})
    [one] = kept(database)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/sv/opportunities/{one.id}")
    assert (one.status, one.title, one.buyer_area, one.country) == ("published", FILLED["title"], "SE-2282", "SE")
    assert one.deadline_at.isoformat() == "2199-03-01T22:59:00+00:00"
    [lot] = one.lots
    assert (lot.title, lot.cpv_main, lot.area_codes) == (FILLED["title"], "90910000", ["SE-2282"])
    assert (lot.value_minor, lot.currency, lot.reserved_participation) == (150_000_000, "SEK", ["res-ws"])
    assert f'href="/sv/publish/{one.id}">Ändra<' in buyer.get(f"/sv/opportunities/{one.id}").text


def test_a_blank_form_is_refused_with_each_field_and_nothing_is_written(buyer: httpx.Client, database: Database):
    answer = send(buyer, "/sv/publish", FILLED | BLANK | {"do": "publish", "description": "Kvar.", "value": "tio"})
    assert answer.status_code == 422
    page = parsed(answer.text)
    assert page.all("title")[0].text.startswith("Fel:")
    summary = page.all("div", class_="ds-error-summary")[0]
    assert "autofocus" in summary.attributes
    linked = [link.removeprefix("#") for link in page.links() if link.startswith("#")][1:]
    assert linked == ["value", "title", "cpv", "place", "by", "buyer"]
    assert all(page.with_id(name).attributes["aria-invalid"] == "true" for name in linked)
    assert "Kvar." in page.with_id("description").text
    assert kept(database) == []


def test_a_half_filled_draft_is_kept_found_filled_and_published(buyer: httpx.Client, database: Database):
    answer = send(buyer, "/nb/publish", {"do": "draft", "description": "Noe med kantine.", "form": "early_dialogue"})
    [draft] = kept(database)
    assert answer.headers["location"] == f"/nb/publish/mine?saved=1#o-{draft.id}"
    assert (draft.status, draft.title, draft.lots) == ("draft", "Utkast uten tittel", [])
    assert draft.title in buyer.get("/nb/publish/mine").text
    assert "Utkastet er lagret." in buyer.get("/nb/publish/mine?saved=1").text
    said = fields_of(buyer.get(f"/nb/publish/{draft.id}").text)
    assert (said["title"], said["buyer"], said["description"]) == ("", "", "Noe med kantine.")
    assert buyer.get(f"/nb/opportunities/{draft.id}").status_code == 404
    refused = send(buyer, f"/nb/publish/{draft.id}", said | {"do": "publish"})
    assert refused.status_code == 422
    answer = send(buyer, f"/nb/publish/{draft.id}", said | FILLED | {"rest": said["rest"], "do": "publish"})
    assert answer.headers["location"] == f"/nb/opportunities/{draft.id}"
    [one] = kept(database)
    assert (one.id, one.status, one.title, one.language) == (draft.id, "published", FILLED["title"], "nb")


def test_lots_codes_and_places_are_worked_out_on_the_page(buyer: httpx.Client, database: Database):
    said = fields_of(send(buyer, "/sv/publish", FILLED | {"add_lot": "1"}).text)
    assert said["lot-1-place"] == "Kramfors"
    said |= {"lot-1-title": "Grönytor", "lot-1-cpv": "77310000, 77314000", "lot-1-value": "300 000,50"}
    page = send(buyer, "/sv/publish", said | {"cpv": "skötsel av gräsmatta", "add": "1"})
    assert 'name="code" value="77' in page.text
    twice = send(buyer, "/sv/publish", said | {"lot-1-place": "Herøy", "do": "draft"})
    assert twice.status_code == 422
    choices = re.findall(r'name="choose" value="(lot-1-place\|[^"]+)"', unescape(twice.text))
    assert len(choices) == 2
    chosen = fields_of(send(buyer, "/sv/publish", said | {"lot-1-place": "Herøy", "choose": choices[0]}).text)
    assert chosen["lot-1-place"] == choices[0].partition("|")[2]
    assert send(buyer, "/sv/publish", chosen | {"do": "draft"}).status_code == 303
    [one] = kept(database)
    assert [lot.title for lot in one.lots] == [FILLED["title"], "Grönytor"]
    assert (one.lots[1].cpv_main, one.lots[1].cpv_additional) == ("77310000", ["77314000"])
    assert (one.lots[1].value_minor, one.lots[1].currency) == (30_000_050, "NOK")
    fewer = fields_of(send(buyer, "/sv/publish", said | {"remove_lot": "1"}).text)
    assert "lot-1-title" not in fewer


def test_what_stands_beside_follows_the_form(buyer: httpx.Client, database: Database):
    page = buyer.get("/sv/publish")
    sent = FILLED | {"_token": token_in(page.text), "by": "2001-01-01", "form": "iop"}
    answer = buyer.post("/sv/publish/preview", data=sent, headers={"HX-Request": "true", "Origin": "http://testserver"})
    assert answer.status_code == 200
    assert "<form" not in answer.text
    assert "Det här är ingen upphandling" in answer.text
    assert 'id="count" hx-swap-oob' in answer.text
    assert "<title>Publicera en affärsmöjlighet" in answer.text
    editing = sent | {"of": "draft", "rev": "1"}
    answer = buyer.post("/sv/publish/preview", data=editing, headers={"Origin": "http://testserver"})
    assert "<title>Ändra utkastet" in answer.text
    wrong = buyer.post(
        "/sv/publish/preview", data=sent | {"place": "Ingenstans"}, headers={"Origin": "http://testserver"}
    )
    assert wrong.status_code == 422
    assert "Ingen kommun" in wrong.text
    assert kept(database) == []


def test_hints_warn_with_their_basis_and_never_block(buyer: httpx.Client, database: Database):
    said = FILLED | {"value": "900 000", "form": "direct_award", "reserved": "none"}
    page = send(buyer, "/sv/publish", said | {"do": "show"})
    assert page.status_code == 200
    assert "Värt att kontrollera" in page.text
    assert "LOU" in page.text[page.text.index("Värt att kontrollera") :]
    assert send(buyer, "/sv/publish", said | {"do": "publish"}).status_code == 303


def test_a_change_keeps_what_the_form_does_not_show(buyer: httpx.Client, database: Database):
    before = published(
        database,
        other_buyers=["Sollefteå kommun"],
        deadline_at="2199-01-01T12:00:07Z",
        lots=[
            {
                "title": "Ett",
                "number": "A",
                "cpv_main": "90910000",
                "area_codes": ["SE-2281", "SE-2282"],
                "duration_months": 24,
                "target_groups": ["far_from_labour_market"],
                "estimated_value": {"amount": "500000.50", "currency": "EUR"},
                "reserved_participation": ["res-ws", "res-pub-ser"],
            },
            {"title": "Två", "description": "Mer.", "places_wanted": 3},
        ],
    )
    said = fields_of(buyer.get(f"/en/publish/{before.id}").text)
    answer = send(buyer, f"/en/publish/{before.id}", said | {"title": "Nytt namn", "do": "publish"})
    assert answer.status_code == 303, answer.text
    [after] = kept(database)
    ids = {"lots": {"__all__": {"id"}}, "rev": True, "updated_at": True, "title": True}
    assert after.title == "Nytt namn"
    assert after.model_dump(exclude=ids) == before.model_dump(exclude=ids)


def test_somebody_changed_this_shows_both_and_lets_one_choose(buyer: httpx.Client, database: Database):
    one = published(database)
    said = fields_of(buyer.get(f"/sv/publish/{one.id}").text)
    assert send(buyer, f"/sv/publish/{one.id}", said | {"title": "Deras", "buyer": "Deras köpare"} | {"do": "publish"})
    mine = said | {"title": "Mitt", "description": "Min text", "do": "publish"}
    refused = send(buyer, f"/sv/publish/{one.id}", mine)
    assert refused.status_code == 412
    text = unescape(refused.text)
    assert "Deras" in text[: text.index('id="publish"')]
    again = fields_of(refused.text)
    assert (again["title"], again["rev"]) == ("Mitt", "2")
    answer = send(buyer, f"/sv/publish/{one.id}", again | {"theirs": ["buyer"], "do": "publish"})
    assert answer.status_code == 303
    [after] = kept(database)
    assert (after.title, after.description, after.buyer_name) == ("Mitt", "Min text", "Deras köpare")


def test_what_somebody_changed_out_of_sight_stays(buyer: httpx.Client, database: Database):
    one = published(database)
    said = fields_of(buyer.get(f"/sv/publish/{one.id}").text)
    patch = OpportunityPatch(
        other_buyers=["Sollefteå kommun"], lots=[{"title": one.lots[0].title, "number": "LOT-0001", "places_wanted": 2}]
    )
    with database.writes() as session:
        opportunities.change(session, one.id, patch, match=Precondition(None))
    refused = send(buyer, f"/sv/publish/{one.id}", said | {"title": "Mitt", "do": "publish"})
    assert refused.status_code == 412
    answer = send(buyer, f"/sv/publish/{one.id}", fields_of(refused.text) | {"do": "publish"})
    assert answer.status_code == 303
    [after] = kept(database)
    assert (after.title, after.other_buyers, after.lots[0].places_wanted) == ("Mitt", ["Sollefteå kommun"], 2)
    assert after.lots[0].cpv_main == one.lots[0].cpv_main


SPOILT = [
    "[",
    "[]",
    '{"language": [], "lots": {}, "country": 1, "source": {}}',
    '{"lots": [1, {"title": 1}], "deadline_at": 5, "objectives": "x"}',
    '{"area_codes": {"a": 1}, "reserved_participation": "x", "estimated_value": [], "number": []}',
    '{"description": "\\ud800", "other_buyers": ["\\ud800"]}',
]


def test_what_is_spoilt_on_the_way_is_no_fault_of_ours(buyer: httpx.Client):
    page = buyer.get("/sv/publish")
    for rest in SPOILT:
        sent = FILLED | {"rest": rest, "lot-0-rest": rest, "_token": token_in(page.text)}
        for path, pressed in (("", "draft"), ("/preview", "")):
            answer = buyer.post(
                f"/sv/publish{path}", data=sent | {"do": pressed}, headers={"Origin": "http://testserver"}
            )
            assert answer.status_code in {200, 303, 422}, (rest, path)


def test_another_buyers_is_not_changed(buyer: httpx.Client, database: Database):
    with database.writes() as session:
        theirs = opportunities.publish(session, opportunity(), home="local", owner_id="org-other")
        hidden = opportunities.publish(session, opportunity(status="draft"), home="local", owner_id="org-other")
    assert buyer.get(f"/sv/publish/{theirs.id}").status_code == 403
    assert buyer.get(f"/sv/publish/{hidden.id}").status_code == 404
    for step in ("", "/close", "/withdraw", "/remove", "/outcome"):
        answer = send(buyer, "/sv/publish", FILLED | {"why": "Nej."}, to=f"/sv/publish/{theirs.id}{step}")
        assert answer.status_code == 403, step


def test_a_coordinator_says_why_it_changes_a_buyers_and_stays_in_its_region(
    app_client: httpx.Client, database: Database
):
    one = published(database)
    signed_in(app_client, database, "coordinator")
    said = fields_of(app_client.get(f"/sv/publish/{one.id}").text) | {"title": "Rättat", "do": "publish"}
    refused = send(app_client, f"/sv/publish/{one.id}", said)
    assert (refused.status_code, parsed(refused.text).with_id("reason").attributes["aria-invalid"]) == (422, "true")
    kept_reason = send(app_client, f"/sv/publish/{one.id}", said | {"reason": "Fel titel", "title": ""})
    assert parsed(kept_reason.text).with_id("reason").attributes["value"] == "Fel titel"
    assert send(app_client, f"/sv/publish/{one.id}", said | {"reason": "Fel titel"}).status_code == 303
    assert "Fel titel" in app_client.get(f"/sv/opportunities/{one.id}/history").text
    outside = send(app_client, "/sv/publish", FILLED | {"place": "Malmö", "do": "publish"})
    assert outside.status_code == 422
    assert "region" in parsed(outside.text).with_id("buyer_place-error").text
    assert send(app_client, "/sv/publish", FILLED | {"do": "publish"}).status_code == 303
    assert FILLED["title"] in app_client.get("/sv/publish/mine").text


def test_a_draft_is_removed_and_put_back(buyer: httpx.Client, database: Database):
    send(buyer, "/sv/publish", FILLED | {"do": "draft"})
    [draft] = kept(database)
    page = send(buyer, f"/sv/publish/{draft.id}/remove", {"rev": "1"})
    assert kept(database) == []
    form = {e.attributes["name"]: e.attributes.get("value", "") for e in parsed(page.text).all("input", type="hidden")}
    form["_token"] = token_in(page.text)
    answer = buyer.post("/sv/publish", data=form | {"do": "draft"}, headers={"Origin": "http://testserver"})
    assert answer.status_code == 303
    [back] = kept(database)
    ids = {"lots": {"__all__": {"id"}}, "rev": True, "updated_at": True, "id": True}
    assert back.model_dump(exclude=ids) == draft.model_dump(exclude=ids)
    assert buyer.get(f"/sv/publish/{draft.id}/nonsense").status_code == 404


def test_it_is_closed_withdrawn_with_a_reason_and_removed(buyer: httpx.Client, database: Database):
    one = published(database)
    assert send(buyer, f"/sv/publish/{one.id}/close", {}).status_code == 303
    assert send(buyer, f"/sv/publish/{one.id}/close", {}).status_code == 409
    assert send(buyer, f"/sv/publish/{one.id}/withdraw", {"why": ""}).status_code == 422
    assert send(buyer, f"/sv/publish/{one.id}/withdraw", {"why": "Budgeten är slut."}).status_code == 303
    [ended] = kept(database)
    assert (ended.status, ended.outcome.reason) == (Status.CANCELLED, "Budgeten är slut.")
    told = send(buyer, f"/sv/publish/{one.id}/withdraw", {"why": "Igen."})
    assert (told.status_code, "Budgeten" in told.text) == (409, False)
    assert send(buyer, f"/sv/publish/{one.id}/remove", {"rev": str(ended.rev)}).status_code == 200
    assert kept(database) == []


def test_the_outcome_is_told_lot_by_lot_and_put_right(buyer: httpx.Client, database: Database):
    one = published(database, lots=[{"title": "Ett", "number": "A"}, {"title": "Två", "number": "B"}])
    path = f"/sv/publish/{one.id}/outcome"
    assert 'href="#result-0"' in send(buyer, path, {}).text
    said = {"result-0": "awarded", "winner-0": "Exempel Städ AB", "value-0": "1 200 000", "result-1": "no-winner"}
    wrong = send(buyer, path, said | {"winner-0": "", "number-0": "1"})
    assert wrong.status_code == 422
    assert kept(database)[0].status is Status.PUBLISHED
    assert send(buyer, path, said | {"awarded_on": "2026-01-15"}).status_code == 303
    [told] = kept(database)
    assert told.status is Status.AWARDED
    assert [(a.lot_number, a.winner_name, a.value_band) for a in told.outcome.awards] == [
        ("A", "Exempel Städ AB", "1m-5m"),
        ("B", None, None),
    ]
    again = said | {"result-1": "person", "band-1": "under-100k"}
    assert send(buyer, path, again).status_code == 303
    [right] = kept(database)
    assert [a.is_natural_person for a in right.outcome.awards] == [False, True]
    nobody = send(buyer, path, {"result-0": "no-winner", "result-1": "no-winner"})
    assert nobody.status_code == 422


def test_history_tells_everybody_the_fields_and_its_owner_the_words(buyer: httpx.Client, database: Database):
    one = published(database)
    said = fields_of(buyer.get(f"/sv/publish/{one.id}").text)
    send(buyer, f"/sv/publish/{one.id}", said | {"title": "Nytt namn", "do": "publish"})
    path = f"/sv/opportunities/{one.id}/history"
    own = buyer.get(path).text
    assert "Städning av skolor</del>" in own
    assert "Nytt namn</ins>" in own
    buyer.cookies.clear()
    others = buyer.get(path).text
    assert "Rubrik" in others
    assert "Städning av skolor</del>" not in others
    assert path in buyer.get(f"/sv/opportunities/{one.id}").text


def test_every_notice_fills_the_form_or_is_refused_by_line(buyer: httpx.Client, database: Database):
    filled = []
    for path in every_real():
        answer = upload(buyer, path.read_bytes())
        page = unescape(answer.text)
        if answer.status_code == 422:
            told = parsed(answer.text).all("div", class_="ds-error-summary")[0].text
            assert re.search(r"rad \d+, (BT|OPP|OPT)-\d+", told), (path.name, told)
        else:
            assert answer.status_code == 200, path.name
            assert fields_of(answer.text)["title"]
            assert "har ingen plats här" in page or "hittade sin plats" in page
            filled.append(path.name)
    assert len(filled) >= 10
    assert kept(database) == []


def test_a_notice_that_filled_the_form_is_published_whole(buyer: httpx.Client, database: Database):
    answer = upload(buyer, real("sdk__cn_24_maximal_100_lots.xml"))
    assert answer.status_code == 200
    said = fields_of(answer.text)
    sent = send(buyer, "/sv/publish", said | {"do": "draft"})
    assert sent.status_code == 303, parsed(sent.text).all("div", class_="ds-error-summary")
    [one] = kept(database)
    assert one.lot_count > 30


def test_what_is_no_notice_is_refused_beside_the_file(buyer: httpx.Client):
    for content, told in (
        (b"", "Välj en fil först."),
        (b"x" * (5 * 1024 * 1024 + 1), "högst 5 MB"),
        (b"<a", "rad 1"),
    ):
        answer = upload(buyer, content)
        assert answer.status_code == 422
        assert told in unescape(answer.text)


def upload(client: httpx.Client, content: bytes) -> httpx.Response:
    """Send a file as the form does."""
    token = token_in(client.get("/sv/publish").text)
    files = {"file": ("notice.xml" if content else "", content, "application/xml")}
    return client.post(
        "/sv/publish/notice", data={"_token": token}, files=files, headers={"Sec-Fetch-Site": "same-origin"}
    )
