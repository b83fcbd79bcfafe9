"""Support offers written, reviewed, changed by two at once, corrected and hidden, by plain forms without JavaScript."""

import re
from typing import Any

import httpx
import pytest

from app.accounts.vocabulary import Role
from app.core.db import Database
from app.organizations import service as organizations
from app.organizations.schemas import OrganizationCreate
from app.support_offers import service as support_offers
from app.support_offers.schemas import SupportOfferRead
from app.support_offers.vocabulary import Status, Verb
from tests.factories import support_offer
from tests.keys import organization_of
from tests.people import person_for, send, session_for
from tests.web.html import parsed

PROVIDER = organization_of(Role.SUPPORT_PROVIDER)
SHOWN = ["name", "offer_type", "summary", "needs", "sides", "service_areas", "area_code", "cost", "provider_name"]
LANGUAGES = ("sv", "nb", "en")


@pytest.fixture
def people(database: Database) -> dict[str, dict[str, str]]:
    """Make a provider and a coordinator, and return their cookies."""
    told = {
        "name": "Exempelhuset",
        "country": "SE",
        "kind": "municipality",
        "area_code": "SE-2281",
        "source": "exempel",
    }
    with database.writes() as session:
        own = OrganizationCreate.model_validate(told)
        organizations.register(session, own, home="local", record_id=PROVIDER, owner_id=PROVIDER)
    who = {
        "provider": person_for(database, Role.SUPPORT_PROVIDER),
        "coordinator": person_for(database, Role.COORDINATOR, region="SE-22"),
        "admin": person_for(database, Role.ADMIN),
    }
    return {name: session_for(database, person.id) for name, person in who.items()} | {"visitor": {}}


@pytest.fixture
def as_(app_client: httpx.Client, people: dict[str, dict[str, str]]) -> Any:
    """Give what lets the client be somebody else."""

    def become(name: str) -> httpx.Client:
        app_client.cookies.clear()
        app_client.cookies.update(people[name])
        return app_client

    return become


def read(database: Database, offer_id: str) -> SupportOfferRead:
    """Return an offer as the node knows it."""
    with database.reads() as session:
        (found,) = [one for one in support_offers.kept_by(session, PROVIDER) if one.id == offer_id]
    return found


def made(database: Database, status: Status = Status.PUBLISHED, **said: Any) -> str:
    """Write an offer of the provider's, and return its id."""
    with database.writes() as session:
        data = support_offer(area_code="SE-2281", **said)
        return support_offers.register(session, data, home="local", owner_id=PROVIDER, status=status).id


def hidden_fields(html: str) -> dict[str, str]:
    """Return what the hidden fields of an offer's form hold."""
    fields = [one.attributes for one in parsed(html).all("input", type="hidden")]
    return {one["name"]: one["value"] for one in fields if one["name"] in {"rev", "base", "was"}}


def test_an_offer_goes_from_draft_to_review_and_back_and_is_published(as_: Any, database: Database):
    provider = as_("provider")
    assert provider.get("/sv/support-offers/mine").status_code == 200
    blank = provider.get("/sv/support-offers/new").text
    assert 'value="Exempelhuset"' in blank
    wrong = {"shown": SHOWN, "name": "", "service_areas": "Atlantis\nHerøy", "summary": "Pengar till den som startar."}
    refused = send(provider, "/sv/support-offers/new", wrong)
    assert refused.status_code == 422
    assert "<title>Fel:" in refused.text
    assert "Atlantis" in refused.text
    named = send(provider, "/sv/support-offers/new", {**wrong, "name": "Startpengar", "service_areas": "Herøy"})
    assert re.search(r"Herøy \(Nordland\), Herøy \(|Herøy.*, Herøy", named.text)
    assert "Pengar till den som startar." in refused.text
    right: dict[str, object] = {
        "shown": SHOWN,
        "name": "Startpengar",
        "offer_type": "financing",
        "summary": "Pengar till den som startar.",
        "needs": ["startup_funding"] if "startup_funding" in blank else [],
        "sides": ["enterprise"],
        "service_areas": "Västernorrlands län\nTimrå",
        "area_code": "Sundsvall",
        "provider_name": "Exempelhuset",
        "cost": "free",
    }
    kept = send(provider, "/sv/support-offers/new", right)
    assert kept.status_code == 303, kept.text
    where = kept.headers["location"].partition("?")[0]
    offer_id = where.split("/")[-2]
    one = read(database, offer_id)
    assert (one.status, one.provider_id, one.service_areas) == (Status.DRAFT, PROVIDER, ["SE-22", "SE-2262"])
    # The warning stands beside the form, and stops nothing.
    assert "KL (2017:725) 2 kap. 8 §" in provider.get(where).text
    step = f"/sv/support-offers/{offer_id}/step"
    assert send(provider, f"{step}/submit", {}).headers["location"].startswith("/sv/support-offers/mine?done=submit")
    assert "publish" not in provider.get(f"/sv/support-offers/{offer_id}").text.split("<main")[1].replace(
        "published", ""
    )
    coordinator = as_("coordinator")
    assert "Startpengar" in coordinator.get("/sv/coordination/support-offers").text
    assert send(coordinator, f"{step}/return", {"note": ""}).status_code == 422
    named = send(coordinator, f"{step}/return", {"note": "Ring 811228-9874."})
    assert (named.status_code, "personnummer" in named.text) == (422, True)
    assert send(coordinator, f"{step}/return", {"note": "Skriv hur man söker."}).status_code == 303
    provider = as_("provider")
    assert "Skriv hur man söker." in provider.get("/sv/support-offers/mine").text
    assert send(provider, f"{step}/submit", {}).status_code == 303
    assert send(as_("coordinator"), f"{step}/publish", {}).status_code == 303
    assert read(database, offer_id).status is Status.PUBLISHED
    again = as_("coordinator").get(f"{step}/publish").text
    assert "Det går inte att göra i det läge" in again
    assert "Startpengar" in as_("visitor").get("/sv/support-offers").text
    # Whoever comes later with the same step is told that it is too late.
    token = {"_token": re.findall(r'name="_token" value="(\w+)"', as_("coordinator").get(f"{step}/archive").text)[0]}
    late = as_("coordinator").post(f"{step}/publish", data=token, headers={"Sec-Fetch-Site": "same-origin"})
    assert late.status_code == 409
    history = as_("provider").get(f"/sv/support-offers/{offer_id}/history").text
    assert "Granskat av samordnaren." in history


def test_of_two_who_change_one_offer_the_second_sees_both_and_chooses(as_: Any, database: Database):
    one = made(database, summary="Som det var.", amount="5 timmar")
    where = f"/sv/support-offers/{one}/edit"
    provider = as_("provider")
    before = hidden_fields(provider.get(where).text)
    shown = {"shown": ["name", "summary", "amount"]}
    first = {**before, **shown, "name": "Den andras namn", "summary": "Den andras text.", "amount": "5 timmar"}
    coordinator = as_("coordinator")
    assert send(coordinator, where, first).status_code == 422
    assert send(coordinator, where, {**first, "reason": "Rättar stavningen."}).status_code == 303
    second = {**before, **shown, "name": "Mitt namn", "summary": "Som det var.", "amount": "7 timmar"}
    provider = as_("provider")
    both = send(provider, where, second)
    assert both.status_code == 412
    assert read(database, one).name == "Den andras namn"
    for said in ("Mitt namn", "Den andras namn", "Som det var.", "Den andras text.", "5 timmar", "7 timmar"):
        assert said in both.text, said
    picked = {
        e.attributes["name"]: e.attributes["value"]
        for e in parsed(both.text).all("input", type="radio")
        if "checked" in e.attributes
    }
    # What I have not touched is the other's; what I wrote is mine, until I choose otherwise.
    assert picked == {"pick-name": "mine", "pick-summary": "theirs", "pick-amount": "mine"}
    chosen = {**second, **hidden_fields(both.text), **picked, "pick-name": "theirs"}
    assert send(provider, where, chosen).status_code == 303
    now = read(database, one)
    assert (now.name, now.summary, now.amount) == ("Den andras namn", "Den andras text.", "7 timmar")
    # A form that changes nothing writes nothing.
    same = {**hidden_fields(provider.get(where).text), "shown": ["name"], "name": now.name}
    assert send(provider, where, same).status_code == 303
    assert read(database, one).rev == now.rev
    # All of mine, at once.
    stale = send(provider, where, {**second, "name": "Sista ordet"})
    whole = {**second, **hidden_fields(stale.text), "name": "Sista ordet", "do": "mine"}
    assert send(provider, where, whole).status_code == 303
    now = read(database, one)
    assert (now.name, now.summary, now.amount) == ("Sista ordet", "Som det var.", "7 timmar")


def test_a_visitor_corrects_and_the_keeper_answers(as_: Any, database: Database):
    one = made(database)
    where = f"/sv/support-offers/{one}"
    visitor = as_("visitor")
    assert f"{where}/correct" in parsed(visitor.get(where).text).links()
    for language in LANGUAGES:
        assert visitor.get(f"/{language}/support-offers/{one}/correct").status_code == 200
    named = {"field": "", "text": "Ring 811228-9874 i stället.", "proposed": ""}
    refused = send(visitor, f"{where}/correct", named)
    assert (refused.status_code, "personnummer" in refused.text) == (422, True)
    assert "811228-9874" in refused.text
    told = {"field": "how_to_apply", "text": "Man söker på annat sätt nu.", "proposed": "Sök på webben."}
    assert send(visitor, f"{where}/correct", told).headers["location"].endswith("?sent=1")
    assert "1 rättelse väntar på svar" in visitor.get(where).text
    assert "Man söker på annat sätt nu." not in visitor.get(where).text
    assert "Man söker på annat sätt nu." in as_("coordinator").get("/sv/coordination/support-offers").text
    provider = as_("provider")
    assert "1 rättelse väntar på svar" in provider.get("/sv/support-offers/mine").text
    # What was not confirmed in time is confirmed with one button.
    with database.writes() as session:
        support_offers.step(session, one, Verb.SUSPEND, note=support_offers.UNCONFIRMED)
    (confirm,) = [link for link in parsed(provider.get("/sv/support-offers/mine").text).links() if "reconfirm" in link][
        :1
    ]
    assert send(provider, "/sv/support-offers/mine", {}, confirm).status_code == 303
    assert read(database, one).status is Status.PUBLISHED
    page = provider.get(f"{where}/corrections").text
    (answer,) = [link for link in parsed(page).links() if "/corrections/" in link]
    assert send(provider, f"{where}/corrections", {"note": ""}, answer).status_code == 422
    assert send(provider, f"{where}/corrections", {"do": "applied"}, answer).status_code == 303
    assert read(database, one).how_to_apply == "Sök på webben."
    assert send(provider, f"{where}/correct", {"field": "", "text": "Något annat är fel."}).status_code == 303
    late = send(provider, f"{where}/corrections", {"do": "changed"}, answer)
    assert (late.status_code, "avgjord" in late.text) == (409, True)


def test_a_coordinator_hides_an_offer_and_every_page_of_ones_own_is_drawn_in_each_language(
    as_: Any, database: Database
):
    one, draft = made(database), made(database, Status.DRAFT)
    why = {"reason": "Det är reklam."}
    coordinator = as_("coordinator")
    assert send(coordinator, f"/sv/coordination/support-offers/{one}/hide", why).status_code == 303
    assert "Dold" in coordinator.get("/sv/coordination").text
    visitor = as_("visitor")
    assert visitor.get(f"/sv/support-offers/{one}").status_code == 404
    assert one not in visitor.get("/sv/support-offers").text
    provider = as_("provider")
    assert "Det är reklam." in provider.get(f"/sv/support-offers/{one}").text
    told = {"text": "Det är ingen reklam, det är gratis."}
    assert send(provider, f"/sv/support-offers/{one}/report", {"kind": "objection", **told}).status_code == 303
    for language in LANGUAGES:
        for path in (
            "mine",
            "new",
            f"{draft}/edit",
            f"{draft}/step/submit",
            f"{draft}/step/remove",
            f"{one}/step/archive",
            f"{one}/corrections",
            f"{one}/history",
        ):
            page = provider.get(f"/{language}/support-offers/{path}")
            assert page.status_code == 200, path
    assert send(provider, f"/sv/support-offers/{draft}/step/remove", {}).status_code == 303
    assert send(as_("admin"), f"/sv/coordination/support-offers/{one}/restore", why).status_code == 303
    assert as_("visitor").get(f"/sv/support-offers/{one}").status_code == 200


def test_filters_answer_htmx_in_place(as_: Any, database: Database):
    made(database)
    visitor = as_("visitor")
    answer = visitor.get("/sv/support-offers?need=advice&cost=free", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert answer.headers["HX-Push-Url"].startswith("/sv/support-offers?")
    assert "HX-Request" in answer.headers["Vary"]
    assert "<form" not in answer.text
    assert 'id="count" hx-swap-oob="innerHTML"' in answer.text
    assert 'id="n-need-advice"' in answer.text
    whole = parsed(visitor.get("/sv/support-offers").text)
    form = whole.with_id("filters")
    assert form is not None
    assert form.attributes["hx-target"] == "#list"
    assert whole.all("button", type="submit")
