"""Pages of the needs inventories, without JavaScript: a round from its plan to its results, and answers by link."""

import re
from datetime import timedelta

import httpx

from app.core.clock import today
from app.core.db import Database
from app.inventories import service
from app.inventories.schemas import InventoryFilters
from app.inventories.vocabulary import Status, Verb
from tests.engines import mostly_sqlite
from tests.inventories.ground import ADMIN, asked, drafted, imported, opened, step
from tests.people import send, signed_in, token_in
from tests.responses.ground import letters

HOME = "/sv/coordination/needs-inventories"
DAY = today()
FORM = {
    "name": "Behov hösten 2026",
    "language": "sv",
    "place": "Västernorrlands län",
    "side": "enterprise",
    "opens_on": DAY.isoformat(),
    "closes_on": (DAY + timedelta(days=14)).isoformat(),
    "text-1": "Hur vill ni ha stöd?",
    "kind-1": "choice",
    "options-1": "På plats\r\nPå distans",
}


@mostly_sqlite
def test_a_coordinator_holds_a_round(app_client: httpx.Client, database: Database):
    signed_in(app_client, database, "coordinator")
    wrong = send(app_client, f"{HOME}/new", FORM | {"place": "Atlantis", "name": ""})
    assert wrong.status_code == 422
    assert 'href="#place"' in wrong.text
    assert 'href="#name"' in wrong.text
    assert "På distans" in wrong.text, "the draft is kept"
    early = send(app_client, f"{HOME}/new", FORM | {"closes_on": (DAY - timedelta(days=1)).isoformat()})
    assert 'href="#closes_on"' in early.text
    made = send(app_client, f"{HOME}/new", FORM)
    assert made.status_code == 303, made.text
    where = made.headers["location"].partition("?")[0]
    assert send(app_client, f"{where}/edit", FORM | {"name": "Behov", "rev": "1"}).status_code == 303
    late = send(app_client, f"{where}/edit", FORM | {"name": "Behoven", "rev": "1"})
    assert (late.status_code, "Någon annan har ändrat" in late.text) == (412, True)
    assert send(app_client, where, {"do": "open"}, f"{where}/step").status_code == 303
    assert send(app_client, where, {"do": "archive"}, f"{where}/step").status_code == 409
    lines = "Exempel Kök; kok@example.invalid; Sundsvall\nExempel Sy; anna.andersson@example.invalid"
    refused = send(app_client, where, {"addresses": lines}, f"{where}/invitations")
    assert refused.status_code == 422
    assert "Exempel Sy: " in refused.text
    assert "kok@example.invalid" in refused.text
    assert letters(database, "inventories/invitation") == []
    sent = send(app_client, where, {"addresses": lines.partition("\n")[0]}, f"{where}/invitations")
    assert "1 brev är på väg" in app_client.get(sent.headers["location"].partition("#")[0]).text
    page = app_client.get(where).text
    (invitation,) = re.findall(r'name="withdraw" value="([^"]+)"', page)
    assert "Hur många som har svarat visas när fem" in page
    assert send(app_client, where, {"withdraw": invitation}, f"{where}/invitations").status_code == 303
    assert send(app_client, where, {"do": "close"}, f"{where}/step").status_code == 303
    assert "Färre än fem svarade" in app_client.get(where).text
    assert "Inget publiceras" in app_client.get(where.replace("coordination/", "")).text
    assert "Behov" in app_client.get("/sv/needs-inventories").text
    assert "Behov" in app_client.get(HOME).text


@mostly_sqlite
def test_a_draft_is_removed(app_client: httpx.Client, database: Database):
    signed_in(app_client, database, "coordinator")
    where = send(app_client, f"{HOME}/new", FORM).headers["location"].partition("?")[0]
    gone = send(app_client, where, {"do": "remove"}, f"{where}/step")
    assert "Utkastet är borttaget" in app_client.get(gone.headers["location"].partition("#")[0]).text
    assert app_client.get(where).status_code == 404


@mostly_sqlite
def test_a_link_shows_and_answers_with_a_post_alone(app_client: httpx.Client, database: Database):
    made = opened(database)
    (token,) = asked(database, made.id, ["SE-2281"])
    where = f"/sv/survey/{token}"
    shown = app_client.get(where)
    assert (shown.status_code, shown.headers["referrer-policy"]) == (200, "no-referrer")
    assert "no-store" in shown.headers["cache-control"]
    assert shown.text.count("<legend") == 11, "ten categories and a choice; the last question is a text"
    wrong = send(app_client, where, {"given-advice": "3", "text-board": "Fråga 811218-9876"})
    assert wrong.status_code == 422
    assert re.search(r'href="#text-board">Styrelsekompetens/mentorer: ', wrong.text)
    assert 'id="given-advice-3" value="3" checked' in wrong.text, "the draft is kept"
    assert "Fråga 811218-9876" in wrong.text
    kept = send(app_client, where, {"given-advice": "3", "given-q1": "På distans", "text-q2": "Lokaler"})
    page = app_client.get(kept.headers["location"].partition("#")[0]).text
    assert "Tack, svaret är sparat" in page
    assert 'value="På distans" checked' in page
    assert ">Lokaler</textarea>" in page
    assert send(app_client, where, {"given-advice": "9"}).status_code == 422
    step(database, made.id, Verb.CLOSE)
    closed = app_client.get(where).text
    assert "Inventeringen är stängd" in closed
    assert "Lokaler" not in closed
    assert app_client.get(f"/sv/survey/{'x' * 43}").status_code == 404


@mostly_sqlite
def test_results_and_rounds_side_by_side(app_client: httpx.Client, database: Database):
    areas = ["SE-22"] * 20 + ["SE-23"] * 22
    before = imported(database, areas, ([3] * 10 + [0] * 10) + ([3] * 11 + [0] * 11), area_code="SE", name="Våren")
    after = imported(database, areas, ([3] * 2 + [0] * 18) + ([2] * 11 + [1] * 11), area_code="SE", name="Hösten")
    page = app_client.get(f"/sv/needs-inventories/{before}").text
    row = re.search(r'<th scope="row">Rådgivning</th>(.*?)</tr>', page)
    assert row
    assert re.findall(r">(\d+)<", row[1]) == ["21", "21", "0", "0", "21", "0"]
    compared = app_client.get("/sv/needs-inventories/compare", params={"rounds": [before, after]}).text
    assert "Våren" in compared
    assert compared.index("Våren</th>") < compared.index("Hösten</th>")
    both = re.search(r'<th scope="row">Rådgivning</th><td>Alla områden</td>(.*?)</tr>', compared)
    assert both
    assert re.findall(r">(\d+)<", both[1]) == ["21", "13"]
    assert app_client.get("/sv/needs-inventories/compare?rounds=x&rounds=y").status_code == 422
    for form, kind in (("csv", "text/csv"), ("xlsx", "spreadsheetml")):
        for where in (f"/sv/needs-inventories/{before}/table/{form}", f"/nb/needs-inventories/compare/{form}"):
            table = app_client.get(where)
            assert (table.status_code, kind in table.headers["content-type"]) == (200, True)
    with database.reads() as session:
        assert service.search(session, InventoryFilters(status=[Status.CLOSED]), ADMIN)[1] == 2
    signed_in(app_client, database, "admin")
    board = app_client.get(f"/sv/coordination/needs-inventories/{after}").text
    assert "Det finns inga kommentarer att visa" in board


@mostly_sqlite
def test_a_survey_is_tried_and_imported(app_client: httpx.Client, database: Database):
    signed_in(app_client, database, "coordinator")
    where = f"{HOME}/{drafted(database).id}"
    token = token_in(app_client.get(f"{where}/import").text)

    def upload(content: bytes, do: str) -> httpx.Response:
        return app_client.post(
            f"{where}/import",
            data={"_token": token, "do": do},
            files={"file": ("survey.csv", content)},
            headers={"Sec-Fetch-Site": "same-origin"},
        )

    wrong = upload("Kommun;Rådgivning;Namn\r\nSundsvall;7;Anna\r\n".encode(), "write")
    assert wrong.status_code == 422
    assert "1 cell är fel, och inget skrevs" in wrong.text
    assert '<th scope="row">B2</th><td>Rådgivning</td>' in wrong.text
    assert "Lästes inte: Namn" in wrong.text
    assert upload(b"", "try").status_code == 422
    assert upload(b"a;b\r\n1;2\r\n", "try").status_code == 422
    sound = ("Kommun;Rådgivning\r\n" + "Sundsvall;3\r\n" * 6).encode()
    assert "6 svar lästes utan fel" in upload(sound, "try").text
    assert upload(sound, "write").status_code == 303
    assert "6 svar" in app_client.get(where.replace("coordination/", "")).text
    assert upload(sound, "write").status_code == 422
