"""How opportunities ended, on their pages and in the list, in three languages."""

import httpx
import pytest

from app.core.clock import now
from app.demo.vocabulary import opportunity_id
from app.opportunities.schemas import AwardRead, MoneyRead, OpportunityRead, OutcomeRead
from app.opportunities.vocabulary import BAND_LIMITS, Ending, LotResult, ValueBand
from tests.web.html import parsed

BASKETS, BICYCLES, ARCHIVE = (opportunity_id(key) for key in ("presentkorgar", "sykkel", "arkivskanning"))
CLEANING = opportunity_id("stadning-skolor")


def section(client: httpx.Client, path: str) -> str:
    """Return the words of a page's main part, with plain spaces."""
    main = parsed(client.get(path).text).with_id("content").text
    return " ".join(main.replace("\xa0", " ").split())


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (
            f"/sv/opportunities/{BASKETS}",
            [
                "Tilldelad",
                "Hur det gick",
                "Del 1: Presentkorgar",
                "Vanns av Exempel Hantverkskorgen",
                "58 000 kr",
            ],
        ),
        (f"/sv/opportunities/{BASKETS}", ["1 anbud", "Socialt företag, enligt påhittat exempel", "Enda leverantören"]),
        (
            f"/nb/opportunities/{BICYCLES}",
            ["Vunnet av Eksempel Sykkelverksted AS", "Fra 100 000 kr til mindre enn 500 000 kr"],
        ),
        (f"/en/opportunities/{BICYCLES}", ["Won by Eksempel Sykkelverksted AS", "NOK", "3 tenders", "How it ended"]),
        (f"/sv/opportunities/{ARCHIVE}", ["Avbruten", "Arkivet flyttas först. Behovet kommer tillbaka nästa år."]),
        (f"/en/opportunities/{ARCHIVE}", ["Cancelled", "How it ended", "Behovet kommer tillbaka"]),
    ],
)
def test_a_page_says_how_it_ended(demo_client: httpx.Client, path: str, words: list[str]):
    main = section(demo_client, path)
    assert [word for word in words if word not in main] == []


def test_what_has_not_ended_has_no_outcome(demo_client: httpx.Client):
    assert "Hur det gick" not in section(demo_client, f"/sv/opportunities/{CLEANING}")


def test_the_reason_is_marked_with_its_own_language(demo_client: httpx.Client):
    page = parsed(demo_client.get(f"/en/opportunities/{ARCHIVE}").text)
    assert "sv" in [span.attributes.get("lang") for span in page.all("span") if "Behovet kommer" in span.text]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("sv", ["Vanns av Exempel Hantverkskorgen ekonomisk förening", "Avbruten: Arkivet flyttas först."]),
        ("nb", ["Vunnet av Exempel Hantverkskorgen", "58 000 SEK", "Fra 100 000 kr til mindre enn", "Avlyst: Arkivet"]),
        ("en", ["Won by Exempel Hantverkskorgen", "Cancelled: Arkivet"]),
    ],
)
def test_the_list_says_who_won_and_why_none_did(demo_client: httpx.Client, language: str, words: list[str]):
    main = section(demo_client, f"/{language}/opportunities?status=awarded&status=cancelled")
    assert [word for word in words if word not in main] == []


def test_an_awarded_one_is_dated_on_its_timeline(demo_client: httpx.Client):
    page = parsed(demo_client.get(f"/sv/opportunities/{BASKETS}").text)
    assert "Tilldelad" in page.all("ol", class_="time")[0].text


def test_a_page_without_an_official_notice_says_so(demo_client: httpx.Client, monkeypatch: pytest.MonkeyPatch):
    without = _read(demo_client).model_copy(update={"official_url": None})
    monkeypatch.setattr("web.pages.opportunities.opportunities.find", lambda *_: without)
    assert "Köparen har inte angett någon länk" in section(demo_client, f"/sv/opportunities/{CLEANING}")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ({"value": MoneyRead(amount="1234.50", currency="SEK")}, "1 234,50 kr"),
        ({"value_band": ValueBand.UNDER_100K}, "Mindre än 100 000 kr"),
        ({"value_band": ValueBand.TO_5M}, "Från 1 000 000 kr till mindre än 5 000 000 kr"),
        ({"value_band": ValueBand.FROM_100M}, "100 000 000 kr eller mer"),
        ({"currency": None}, "Värde ej uppgivet"),
        ({"is_natural_person": True, "winner_name": None}, "en fysisk person, som inte namnges här"),
        ({"result": LotResult.NO_WINNER, "winner_name": None}, "Ingen vinnare"),
        ({"lot_number": "BORTA"}, "BORTA"),
    ],
    ids=str,
)
def test_every_way_of_ending_is_said(
    demo_client: httpx.Client, monkeypatch: pytest.MonkeyPatch, said: dict[str, object], shown: str
):
    one = _read(demo_client)
    blank = dict.fromkeys(AwardRead.model_fields)
    facts = {"result": LotResult.AWARDED, "winner_name": "Exempel AB", "is_natural_person": False, "currency": "SEK"}
    award = AwardRead.model_validate(blank | facts | {"reason": ""} | said)
    outcome = OutcomeRead(kind=Ending.AWARDED, on=now().date(), reason=None, awards=[award])
    ended = one.model_copy(update={"status": "awarded", "outcome": outcome})
    monkeypatch.setattr("web.pages.opportunities.opportunities.find", lambda *_: ended)
    assert shown in section(demo_client, f"/sv/opportunities/{CLEANING}")


def test_an_end_that_nobody_told_of_is_said_to_be_so(demo_client: httpx.Client, monkeypatch: pytest.MonkeyPatch):
    ended = _read(demo_client).model_copy(update={"status": "awarded", "outcome": None})
    monkeypatch.setattr("web.pages.opportunities.opportunities.find", lambda *_: ended)
    assert "Ingen har berättat hur det gick." in section(demo_client, f"/sv/opportunities/{CLEANING}")


def test_bands_follow_each_other_without_a_gap():
    limits = list(BAND_LIMITS.values())
    assert [most for _, most in limits[:-1]] == [least for least, _ in limits[1:]]
    assert set(BAND_LIMITS) == set(ValueBand)
    assert limits[0][0] == 0
    assert limits[-1][1] is None


def _read(client: httpx.Client) -> OpportunityRead:
    return OpportunityRead.model_validate(client.get(f"/api/v1/opportunities/{CLEANING}").json())
