"""An enterprise's profile on its pages: every section, every fault, who may, and what is kept of it."""

import json
import re
from typing import Any

import httpx
import pytest

from app.accounts import sessions
from app.accounts.vocabulary import Role
from app.core.clock import today
from app.core.db import Database
from app.enterprises import service as enterprises
from app.enterprises.schemas import EnterpriseRead
from app.journal import service as journal
from app.opportunities import service as opportunities
from tests.factories import enterprise, offering, opportunity
from tests.keys import organization_of
from tests.people import send, signed_in, token_in
from tests.web.html import parsed

HTMX = {"HX-Request": "true", "Sec-Fetch-Site": "same-origin"}
OWN = organization_of(Role.ENTERPRISE)
SECTIONS = ("contact", "offerings", "areas", "training", "statements", "size", "certificates", "words", "life")


def kept(database: Database, owner_id: str | None = OWN, **overrides: Any) -> EnterpriseRead:
    """Register an enterprise that an organisation keeps."""
    with database.writes() as session:
        return enterprises.register(session, enterprise(**overrides), home="local", owner_id=owner_id)


def now_there(database: Database, enterprise_id: str) -> EnterpriseRead:
    """Return the record as it stands."""
    with database.reads() as session:
        return enterprises.find(session, enterprise_id)


def fields_in(html: str) -> dict[str, Any]:
    """Return what the form of a section would send as it stands: hidden fields, texts, choices and ticked boxes."""
    page = parsed(html)
    found: dict[str, Any] = {}
    for field in page.all("input"):
        name, kind = field.attributes.get("name"), field.attributes.get("type")
        if name and (kind not in {"checkbox", "radio"} or "checked" in field.attributes):
            found.setdefault(name, []).append(field.attributes.get("value", ""))
    for area in page.all("textarea"):
        found[area.attributes["name"]] = [area.text]
    chosen = re.findall(r'<select[^>]* name="([^"]+)".*?</select>', html, re.DOTALL)
    for name in chosen:
        options = re.search(rf'<select[^>]* name="{name}".*?</select>', html, re.DOTALL)
        assert options
        selected = re.search(r'<option value="([^"]*)" selected', options[0])
        found[name] = [selected[1] if selected else ""]
    return found


def change(client: httpx.Client, page: str, fields: dict[str, Any], **headers: str) -> httpx.Response:
    """Open a section's form, write `fields` over what stands there, and send it."""
    form = fields_in(client.get(page).text) | fields
    return client.post(page, data=form, headers={"Sec-Fetch-Site": "same-origin", **headers})


def test_the_one_profile_is_gone_straight_into_and_several_are_listed(database: Database, app_client: httpx.Client):
    signed_in(app_client, database, "enterprise")
    one = kept(database, confirmed_on=today().isoformat())
    assert app_client.get("/sv/profile").headers["location"] == f"/sv/profile/{one.id}"
    kept(database, name="Exempel Kafé", area_code=None)
    listed = app_client.get("/sv/profile")
    assert [name in listed.text for name in ("Exempel Städ", "Exempel Kafé")] == [True, True]
    assert listed.text.count("Behöver bekräftas") == 1


def test_three_questions_begin_a_profile_and_its_codes_are_suggested(database: Database, app_client: httpx.Client):
    signed_in(app_client, database, "enterprise")
    begun = {"name": "Exempel Kafé", "area_code": "Sundsvall", "title": "städning av kontor"}
    answer = send(app_client, "/sv/profile", begun, "/sv/profile-start")
    assert answer.status_code == 303
    page = app_client.get(answer.headers["location"])
    assert 'name="codes" value="90919200"' in page.text
    with database.reads() as session:
        (made,) = enterprises.kept_by(session, OWN)
    assert (made.name, made.area_code, made.country) == ("Exempel Kafé", "SE-2281", "SE")
    assert [one.title for one in made.offerings] == ["städning av kontor"]


WRONG_BEGINNINGS = [
    ({"name": ""}, "name", "Skriv vad företaget heter."),
    ({"name": "X"}, "name", "minst 2 tecken"),
    ({"area_code": ""}, "area_code", "Skriv kommunen"),
    ({"area_code": "Ingenstans"}, "area_code", "Ingenstans"),
    ({"area_code": "Herøy"}, "area_code", "Välj vilken"),
    ({"title": ""}, "title", "med några ord"),
    ({"title": "Ring Anna 070-123 45 67"}, "title", "telefonnummer"),
]


def test_a_beginning_that_cannot_be_read_is_kept_and_told(database: Database, app_client: httpx.Client):
    signed_in(app_client, database, "enterprise")
    for wrong, field, told in WRONG_BEGINNINGS:
        sent = {"name": "Exempel Kafé", "area_code": "Sundsvall", "title": "städning"} | wrong
        answer = send(app_client, "/sv/profile", sent, "/sv/profile-start")
        page = parsed(answer.text)
        assert answer.status_code == 422, wrong
        assert told in page.with_id(f"{field}-error").text
        assert page.with_id(field).attributes["value"] == sent[field]
        assert page.all("title")[0].text.startswith("Fel:")
    with database.reads() as session:
        assert enterprises.kept_by(session, OWN) == []


def test_every_section_is_a_page_of_its_own_and_a_part_of_one(database: Database, app_client: httpx.Client):
    one = kept(database)
    signed_in(app_client, database, "enterprise")
    whole = parsed(app_client.get(f"/sv/profile/{one.id}").text)
    for key in SECTIONS:
        assert whole.with_id(f"s-{key}")
        page = app_client.get(f"/sv/profile/{one.id}/{key}")
        part = app_client.get(f"/sv/profile/{one.id}/{key}", headers=HTMX)
        assert (page.status_code, part.status_code) == (200, 200)
        assert "<html" in page.text
        assert "<html" not in part.text
        assert f'id="s-{key}"' in part.text
        again = app_client.get(f"/sv/profile/{one.id}/{key}?view=true", headers=HTMX)
        assert f'href="/sv/profile/{one.id}/{key}"' in again.text
    assert app_client.get(f"/sv/profile/{one.id}/nope").status_code == 404
    assert app_client.get(f"/sv/profile/{one.id}/offerings/7").status_code == 404


CHANGES = [
    ("contact", {"name": "Exempel Nytt", "contact_function": "Beställningar"}, {"name": "Exempel Nytt"}),
    (
        "contact",
        {"aliases": "EN\r\n\r\nExNy", "area_code": "Timrå"},
        {"aliases": ["EN", "ExNy"], "area_code": "SE-2262"},
    ),
    ("contact", {"area_code": "", "place": ""}, {"area_code": None, "place": None}),
    ("areas", {"more": "Timrå"}, {"service_areas": ["SE-2281", "SE-2262"]}),
    ("areas", {"service_areas": []}, {"service_areas": []}),
    ("training", {"target_groups": ["youth", "lss"]}, {"target_groups": ["lss", "youth"]}),
    ("size", {"employees": "10-19", "founded_year": "2014"}, {"employees": "10-19", "founded_year": 2014}),
    ("size", {"industry_codes": "81.210, 56290"}, {"industry_codes": ["81210", "56290"]}),
    ("size", {"legal_form": "ab_svb", "public_ownership": "no"}, {"legal_form": "ab_svb", "public_ownership": "no"}),
    ("words", {"summary": "Vi städar.", "website": "exempel.example"}, {"summary": "Vi städar."}),
    ("words", {"languages": ["sv", "so"]}, {"languages": ["sv", "so"]}),
    ("life", {"lifecycle": "paused"}, {"lifecycle": "paused"}),
]


def test_a_section_is_saved_by_itself(database: Database, app_client: httpx.Client):
    signed_in(app_client, database, "enterprise")
    for number, (key, fields, wanted) in enumerate(CHANGES):
        one = kept(database, name=f"Exempel {number}")
        answer = change(app_client, f"/sv/profile/{one.id}/{key}", fields)
        assert answer.status_code == 303, fields
        assert answer.headers["location"] == f"/sv/profile/{one.id}?saved={key}#{key}"
        read = now_there(database, one.id).model_dump(mode="json")
        for name, value in wanted.items():
            held = sorted(read[name]) if isinstance(value, list) else read[name]
            assert held == (sorted(value) if isinstance(value, list) else value)
    said = parsed(app_client.get(answer.headers["location"]).text).with_id("said")
    assert (said.attributes["role"], said.text) == ("status", "Sparat: Livscykel")


def test_a_form_that_changes_nothing_writes_nothing(database: Database, app_client: httpx.Client):
    one = kept(database, employees="5-9", certificates=[{"name": "SKOOPI", "valid_from": "2026-01-01"}])
    signed_in(app_client, database, "enterprise")
    for key in SECTIONS:
        if key != "offerings":
            assert change(app_client, f"/sv/profile/{one.id}/{key}", {}).status_code == 303
    assert now_there(database, one.id).rev == one.rev


FAULTS = [
    ("contact", {"name": ""}, "name"),
    ("contact", {"name": "Anna Andersson 850709-9805"}, "name"),
    ("contact", {"organisation_number": "123"}, "organisation_number"),
    ("contact", {"contact_function": "Anna Andersson"}, "contact_function"),
    ("contact", {"contact_email": "anna.andersson@example.org"}, "contact_email"),
    ("contact", {"area_code": "Ingenstans"}, "area_code"),
    ("contact", {"area_code": "Oslo"}, "area_code"),
    ("contact", {"aliases": "A" * 400}, "aliases"),
    ("areas", {"more": "Herøy"}, "more"),
    ("training", {"target_groups": ["nope"]}, "target_groups"),
    ("statements", {"eligibility-res-ws-on": "i går"}, "eligibility-res-ws-on"),
    ("statements", {"eligibility-res-ws": "verified"}, "eligibility-res-ws"),
    ("statements", {"criteria-reinvest": "nope"}, "criteria-reinvest"),
    ("size", {"founded_year": "i fjol"}, "founded_year"),
    ("size", {"industry_codes": "x"}, "industry_codes"),
    ("certificates", {"certificates-0-name": "SKOOPI", "certificates-0-valid_from": "x"}, "certificates-0-valid_from"),
    ("words", {"summary": "Ring 070-123 45 67"}, "summary"),
    ("words", {"website": "ingen adress"}, "website"),
    ("life", {"lifecycle": "nope"}, "lifecycle"),
    ("offerings/0", {"title": ""}, "title"),
    ("offerings/0", {"description": "anna.andersson@example.org"}, "description"),
    ("offerings/0", {"cpv": "qqqq xxxx"}, "cpv"),
    ("offerings/0", {"cpv": "städning"}, "cpv"),
    ("offerings/0", {"sectors": ["nope"]}, "sectors"),
    ("offerings/new?kind=training", {"title": "Praktik", "places_free": "många"}, "places_free"),
]


@pytest.mark.parametrize("in_place", [False, True])
def test_what_is_wrong_is_told_at_its_field_and_nothing_is_lost(
    database: Database, app_client: httpx.Client, *, in_place: bool
):
    one = kept(database)
    signed_in(app_client, database, "enterprise")
    for page, fields, field in FAULTS:
        answer = change(app_client, f"/sv/profile/{one.id}/{page}", fields, **(HTMX if in_place else {}))
        shown = parsed(answer.text)
        assert answer.status_code == 422, fields
        assert shown.all("title")[0].text.startswith("Fel:")
        assert f"#{field}" in shown.links()
        assert shown.with_id(field), field
        assert shown.with_id(f"{field}-error").text.strip()
        for name, value in fields.items():
            if isinstance(value, str) and value not in {"nope", "verified"}:
                assert value in {shown.with_id(name).attributes.get("value"), shown.with_id(name).text}
    assert now_there(database, one.id).rev == one.rev


def test_places_are_added_to_the_form_before_they_are_saved(database: Database, app_client: httpx.Client):
    one = kept(database)
    signed_in(app_client, database, "enterprise")
    answer = change(app_client, f"/sv/profile/{one.id}/areas", {"more": "Timrå", "do": "add"})
    assert answer.status_code == 200
    assert fields_in(answer.text)["service_areas"] == ["SE-2281", "SE-2262"]
    assert now_there(database, one.id).service_areas == ["SE-2281"]
    options = app_client.get("/sv/profile-places?more=v%C3%A4sternorr", headers=HTMX)
    assert "Västernorrlands län" in options.text
    assert app_client.get("/sv/profile-places?more=x").status_code == 303


def test_a_statement_is_declared_with_its_day_and_what_is_verified_stays(database: Database, app_client: httpx.Client):
    verified = {"reservation": "res-ws", "state": "verified", "on": "2026-02-11", "valid_until": "2028-02-11"}
    one = kept(database, eligibility=[verified], criteria=[{"criterion": "reinvest", "state": "declared"}])
    signed_in(app_client, database, "enterprise")
    sent = {"eligibility-se-ideburen": "declared", "eligibility-res-pub-ser": "denied", "criteria-reinvest": ""}
    sent |= {"criteria-independent": "declared", "criteria-independent-on": "2026-03-01"}
    assert change(app_client, f"/sv/profile/{one.id}/statements", sent).status_code == 303
    read = now_there(database, one.id).model_dump(mode="json")
    day = today().isoformat()
    assert {(known["reservation"], known["state"], known["on"]) for known in read["eligibility"]} == {
        ("res-ws", "verified", "2026-02-11"),
        ("se-ideburen", "declared", day),
        ("res-pub-ser", "denied", day),
    }
    assert verified in read["eligibility"]
    assert read["criteria"] == [{"criterion": "independent", "state": "declared", "on": "2026-03-01"}]


def test_certificates_are_added_changed_and_taken_away(database: Database, app_client: httpx.Client):
    one = kept(database, certificates=[{"name": "SKOOPI", "valid_until": "2027-01-01"}, {"name": "Svanen"}])
    signed_in(app_client, database, "enterprise")
    page = f"/sv/profile/{one.id}/certificates"
    more = change(app_client, page, {"certificates-2-name": "Miljöbas", "do": "add"})
    assert (more.status_code, fields_in(more.text)["certificates-2-name"]) == (200, ["Miljöbas"])
    assert "certificates-3-name" in fields_in(more.text)
    sent = {"certificates-0-name": "", "certificates-2-name": "Miljöbas", "certificates-2-valid_from": "2026-05-01"}
    assert change(app_client, page, sent).status_code == 303
    held = {
        one["name"]: one["valid_from"] for one in now_there(database, one.id).model_dump(mode="json")["certificates"]
    }
    assert held == {"Svanen": None, "Miljöbas": "2026-05-01"}


def test_an_offering_gets_codes_by_words_in_three_languages(database: Database, app_client: httpx.Client):
    one = kept(database, offerings=[offering(cpv_is_guess=True)])
    signed_in(app_client, database, "enterprise")
    page = f"/sv/profile/{one.id}/offerings/0"
    for words in ("fönsterputsning", "vinduspuss", "window-cleaning"):
        suggested = change(app_client, page, {"cpv": words, "do": "add"})
        assert suggested.status_code == 200
        assert 'value="90911300"' in suggested.text, words
    answer = change(app_client, page, {"codes": ["90910000", "90911300"], "cpv": "90911200 Städning av byggnader"})
    assert answer.headers["location"].endswith("?saved=offerings#offerings")
    (held,) = now_there(database, one.id).offerings
    assert sorted(held.cpv) == ["90910000", "90911200", "90911300"]
    assert held.cpv_is_guess is False
    assert 'value="90919200"' in app_client.get(f"{page}?code=90919200").text


def test_offerings_are_added_moved_removed_and_put_back(database: Database, app_client: httpx.Client):
    one = kept(database, offerings=[offering(title="Ett"), offering(title="Praktik", kind="work_training")])
    signed_in(app_client, database, "enterprise")
    base = f"/sv/profile/{one.id}"

    def titles() -> list[str]:
        return [held.title for held in now_there(database, one.id).offerings]

    new = {"title": "Två", "description": "Bra grejer", "codes": ["90911300"], "sectors": ["cleaning"], "kind": "goods"}
    assert change(app_client, f"{base}/offerings/new", new).status_code == 303
    assert titles() == ["Ett", "Praktik", "Två"]
    assert change(app_client, f"{base}/offerings", {"do": "up:2"}).headers["location"] == f"{base}/offerings"
    assert titles() == ["Två", "Praktik", "Ett"]
    assert change(app_client, f"{base}/offerings", {"do": "up:0"}).status_code == 303
    assert change(app_client, f"{base}/offerings", {"do": "down:9"}).status_code == 303
    before = now_there(database, one.id).offerings[0].model_dump(exclude={"id"})
    gone = change(app_client, f"{base}/offerings", {"do": "remove:0"})
    assert titles() == ["Praktik", "Ett"]
    page = app_client.get(gone.headers["location"])
    assert "Borttaget: Två" in page.text
    undo = {name: values[0] for name, values in fields_in(page.text.partition("</form>")[0]).items()}
    assert json.loads(undo["offering"])["title"] == "Två"
    back = app_client.post(f"{base}/offerings", data=undo, headers={"Sec-Fetch-Site": "same-origin"})
    assert back.status_code == 303
    assert titles() == ["Två", "Praktik", "Ett"]
    assert now_there(database, one.id).offerings[0].model_dump(exclude={"id"}) == before


def test_what_is_taken_away_in_place_can_be_put_back_there(database: Database, app_client: httpx.Client):
    one = kept(database, offerings=[offering(title="Praktik", kind="work_training"), offering(title="Ett")])
    signed_in(app_client, database, "enterprise")
    page = f"/sv/profile/{one.id}/training"
    gone = change(app_client, page, {"do": "remove:0", "target_groups": ["youth"]}, **HTMX)
    assert gone.status_code == 200
    assert "Borttaget: Praktik" in parsed(gone.text).with_id("said").text
    assert now_there(database, one.id).target_groups == ["youth"]
    undo = {name: values[0] for name, values in fields_in(gone.text.partition("</form>")[0]).items()}
    back = app_client.post(page, data=undo, headers=HTMX)
    assert back.status_code == 200
    read = now_there(database, one.id)
    assert ([held.title for held in read.offerings], read.target_groups) == (["Praktik", "Ett"], ["youth"])
    broken = app_client.post(page, data=undo | {"offering": "{"}, headers=HTMX)
    assert broken.status_code == 303


def test_a_section_in_its_place_answers_with_itself_and_what_was_said(database: Database, app_client: httpx.Client):
    one = kept(database)
    signed_in(app_client, database, "enterprise")
    answer = change(app_client, f"/sv/profile/{one.id}/life", {"lifecycle": "pilot"}, **HTMX)
    part = parsed(answer.text)
    assert answer.status_code == 200
    assert answer.headers["HX-Trigger-After-Settle"] == "profile-saved"
    assert part.with_id("said").text == "Sparat: Livscykel"
    assert "autofocus" in part.with_id("life").attributes
    assert "<html" not in answer.text


def test_somebody_elses_change_of_the_same_section_is_shown_beside_ones_own(
    database: Database, app_client: httpx.Client
):
    one = kept(database)
    signed_in(app_client, database, "enterprise")
    page = f"/sv/profile/{one.id}/words"
    mine = fields_in(app_client.get(page).text) | {"summary": "Min text."}
    assert change(app_client, page, {"summary": "Deras text."}).status_code == 303
    for headers in ({"Sec-Fetch-Site": "same-origin"}, HTMX):
        answer = app_client.post(page, data=mine, headers=headers)
        shown = parsed(answer.text)
        assert answer.status_code == 412
        assert "Deras text." in shown.with_id("s-words").text
        assert shown.with_id("summary").text == "Min text."
        assert now_there(database, one.id).summary == "Deras text."
    again = app_client.post(page, data=fields_in(answer.text), headers={"Sec-Fetch-Site": "same-origin"})
    assert again.status_code == 303
    assert now_there(database, one.id).summary == "Min text."


def test_a_change_of_another_section_stands_in_nobodys_way(database: Database, app_client: httpx.Client):
    one = kept(database)
    signed_in(app_client, database, "enterprise")
    page = f"/sv/profile/{one.id}/words"
    mine = fields_in(app_client.get(page).text) | {"summary": "Min text."}
    assert change(app_client, f"/sv/profile/{one.id}/life", {"lifecycle": "pilot"}).status_code == 303
    assert app_client.post(page, data=mine, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303
    read = now_there(database, one.id)
    assert (read.summary, read.lifecycle.value) == ("Min text.", "pilot")


def test_an_offering_that_somebody_took_away_is_not_lost_to_its_writer(database: Database, app_client: httpx.Client):
    one = kept(database)
    signed_in(app_client, database, "enterprise")
    page = f"/sv/profile/{one.id}/offerings/0"
    mine = fields_in(app_client.get(page).text) | {"description": "Noga."}
    assert change(app_client, f"/sv/profile/{one.id}/offerings", {"do": "remove:0"}).status_code == 303
    answer = app_client.post(page, data=mine, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 412
    assert parsed(answer.text).with_id("description").text == "Noga."
    assert f'action="/sv/profile/{one.id}/offerings/new"' in answer.text


def test_a_number_that_another_enterprise_has_is_told_at_the_field(database: Database, app_client: httpx.Client):
    kept(database, None, name="Exempel Annat", organisation_number="5560360793")
    one = kept(database)
    signed_in(app_client, database, "enterprise")
    answer = change(app_client, f"/sv/profile/{one.id}/contact", {"organisation_number": "556036-0793"})
    assert answer.status_code == 409
    assert "Ett annat företag" in parsed(answer.text).with_id("organisation_number-error").text


def test_the_record_is_confirmed_with_one_button(database: Database, app_client: httpx.Client):
    one = kept(database, confirmed_on="2024-01-15")
    signed_in(app_client, database, "enterprise")
    page = f"/sv/profile/{one.id}"
    assert "För sent: senast bekräftad 15 januari 2024" in app_client.get(page).text
    answer = send(app_client, page, {}, f"{page}/confirm")
    assert answer.headers["location"] == f"{page}?saved=confirm#confirm"
    assert now_there(database, one.id).confirmed_on == today()
    after = app_client.get(answer.headers["location"]).text
    assert "För sent" not in after
    assert "Tack. Posten är bekräftad i dag." in after


def test_what_is_lacking_leads_to_where_it_is_added(database: Database, app_client: httpx.Client):
    one = kept(database, lifecycle="unknown", eligibility=[], service_areas=[])
    with database.writes() as session:
        opportunities.publish(session, opportunity(), home="local")
    signed_in(app_client, database, "enterprise")
    page = f"/sv/profile/{one.id}"
    links = parsed(app_client.get(page).text).links()
    assert f"{page}/life" in links
    assert f"{page}/statements" in links
    part = app_client.get(f"{page}/lacks", headers=HTMX)
    assert f'href="{page}/life"' in part.text
    assert app_client.get(f"{page}/lacks").headers["location"] == page
    for link in {link for link in links if link.startswith(page)} - {f"{page}/confirm"}:
        assert app_client.get(link).status_code == 200


def test_a_strangers_record_is_nobodys_to_edit(database: Database, app_client: httpx.Client):
    one = kept(database, "somebody-else")
    own = kept(database)
    assert app_client.get(f"/sv/profile/{one.id}").headers["location"].startswith("/sv/sign-in?to=")
    signed_in(app_client, database, "enterprise")
    token = token_in(app_client.get(f"/sv/profile/{own.id}/life").text)
    sent = {"_token": token, "rev": one.rev, "lifecycle": "closed", "reason": "hej"}
    for path in (f"/sv/profile/{one.id}", f"/sv/enterprises/{one.id}/edit"):
        assert app_client.get(path).status_code == 403
        for place in ("/life", "/offerings/0", "/confirm"):
            answer = app_client.post(f"{path}{place}", data=sent, headers={"Sec-Fetch-Site": "same-origin"})
            assert answer.status_code == 403
    assert app_client.get("/sv/profile/nope").status_code == 404
    assert app_client.post("/sv/profile/nope/life", data=sent, headers=HTMX).status_code == 404
    assert now_there(database, one.id).rev == one.rev


def test_a_buyer_has_no_profile(database: Database, app_client: httpx.Client):
    signed_in(app_client, database, "buyer")
    assert app_client.get("/sv/profile").status_code == 403


@pytest.mark.parametrize("role", ["coordinator", "admin"])
def test_who_looks_after_a_region_edits_with_a_reason_that_is_kept(
    database: Database, app_client: httpx.Client, role: str
):
    one = kept(database)
    signed_in(app_client, database, role)
    page = f"/sv/enterprises/{one.id}/edit"
    without = change(app_client, f"{page}/life", {"lifecycle": "closed"})
    assert without.status_code == 422
    assert "Skriv varför" in parsed(without.text).with_id("reason-error").text
    personal = change(app_client, f"{page}/life", {"lifecycle": "closed", "reason": "Anna, 070-123 45 67"})
    assert personal.status_code == 422
    answer = change(app_client, f"{page}/life", {"lifecycle": "closed", "reason": "Konkurs enligt registret"})
    assert answer.status_code == 303
    assert parsed(app_client.get(answer.headers["location"]).text).with_id("said").text.startswith("Sparat")
    assert "Konkurs enligt registret" in app_client.get(f"{page}/life?reason=Konkurs+enligt+registret").text
    history = app_client.get(f"{page}/history").text
    assert "Konkurs enligt registret" in history
    assert "Av en samordnare eller administratör" in history
    removed = change(app_client, f"{page}/offerings", {"do": "remove:0", "reason": "Säljs inte"})
    assert removed.status_code == 303
    assert now_there(database, one.id).offerings == []
    with database.reads() as session:
        reasons = [told.reason for told in journal.history(session, "enterprise", one.id, whole=True)]
    assert reasons == ["Säljs inte", "Konkurs enligt registret"]
    # Only the enterprise itself can say that its record is right.
    assert "/edit/confirm" not in app_client.get(page).text


def test_a_coordinator_edits_nothing_outside_the_region(database: Database, app_client: httpx.Client):
    far = kept(database, area_code="SE-0180", service_areas=["SE-0180"])
    near = kept(database, name="Exempel Nära")
    signed_in(app_client, database, "coordinator")
    assert app_client.get(f"/sv/enterprises/{far.id}/edit").status_code == 403
    moved = change(
        app_client, f"/sv/enterprises/{near.id}/edit/contact", {"area_code": "Stockholm", "reason": "Har flyttat"}
    )
    assert moved.status_code == 403
    assert now_there(database, near.id).rev == near.rev


def test_the_public_page_leads_its_keepers_to_the_profile(database: Database, app_client: httpx.Client):
    one, other = kept(database), kept(database, "somebody-else", name="Exempel Annat")
    public = f"/sv/enterprises/{one.id}"
    assert "Redigera" not in app_client.get(public).text
    signed_in(app_client, database, "enterprise")
    assert f'href="/sv/profile/{one.id}"' in app_client.get(public).text
    assert "Redigera" not in app_client.get(f"/sv/enterprises/{other.id}").text
    app_client.cookies.clear()
    signed_in(app_client, database, "coordinator")
    assert f'href="/sv/enterprises/{other.id}/edit"' in app_client.get(f"/sv/enterprises/{other.id}").text


def test_whose_session_ended_keeps_what_was_written(database: Database, app_client: httpx.Client):
    one = kept(database)
    person_id = signed_in(app_client, database, "enterprise")
    page = f"/sv/profile/{one.id}/words"
    mine = fields_in(app_client.get(page).text) | {"summary": "Min långa text."}
    with database.writes() as session:
        sessions.end_all(session, person_id)
    answer = app_client.post(page, data=mine, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 401
    assert "Min långa text." in answer.text


def test_enter_never_presses_a_button_that_takes_something_away(database: Database, app_client: httpx.Client):
    one = kept(database)
    signed_in(app_client, database, "coordinator")
    for place in ("offerings", "training", "certificates", "areas", "offerings/0", "contact"):
        page = parsed(app_client.get(f"/sv/enterprises/{one.id}/edit/{place}").text)
        (form,) = [e for e in page.all("form") if e.attributes["action"].endswith(f"/edit/{place}")]
        after = page.elements[page.elements.index(form) :]
        first = next(e for e in after if e.tag == "button")
        assert "name" not in first.attributes, place
    empty = change(app_client, f"/sv/enterprises/{one.id}/edit/offerings", {"reason": "Ser efter"})
    assert empty.status_code == 200
    assert now_there(database, one.id).rev == one.rev
