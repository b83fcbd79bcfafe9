"""What figures say of the requests, and which offers take them: without a database."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.support_offers.schemas import SupportOfferRead
from app.support_offers.vocabulary import Side, Status
from app.support_requests import rules
from app.support_requests.vocabulary import ENOUGH, Helped

DAY = timedelta(days=1)
GOOD, PARTLY, BAD = Helped.HELPED, Helped.PARTLY, Helped.NOT


@pytest.mark.parametrize(
    ("times", "days"),
    [
        ([], None),
        ([DAY] * (ENOUGH - 1), None),
        ([timedelta(0)] * ENOUGH, 1),
        ([DAY * 2] * ENOUGH, 2),
        # A day that has begun is told as a day; one who waited for very long moves nothing.
        ([timedelta(hours=1), DAY, DAY * 2 + timedelta(seconds=1), DAY * 9, DAY * 900], 3),
        ([DAY, DAY, DAY * 2, DAY * 4, DAY * 5, DAY * 5], 3),
    ],
)
def test_the_usual_reply_time_is_told_of_five_and_more(times: list[timedelta], days: int | None):
    assert rules.usual_reply(times) == days
    assert rules.usual_reply(times[::-1]) == days


@pytest.mark.parametrize(
    ("told", "share"),
    [
        ([], None),
        ([GOOD] * 4, None),
        ([GOOD] * 5, 1.0),
        ([BAD] * 5, 0.0),
        ([PARTLY] * 5, 0.5),
        ([GOOD, GOOD, PARTLY, BAD, BAD], 0.5),
        ([GOOD, GOOD, GOOD, PARTLY, BAD], 0.7),
    ],
)
def test_how_much_it_helped_is_told_of_five_and_more(told: list[Helped], share: float | None):
    assert rules.helpfulness(told) == share


def test_the_days_waited_end_with_the_first_answer():
    sent = datetime(2026, 11, 1, 12, tzinfo=UTC)
    assert rules.days_waited(sent, None, sent + DAY * 3 - timedelta(seconds=1)) == 2
    assert rules.days_waited(sent, sent + DAY, sent + DAY * 9) == 1
    assert rules.days_waited(sent, None, sent - DAY) == 0


@pytest.mark.parametrize(
    ("said", "takes"),
    [
        ({"status": Status.PUBLISHED}, True),
        ({"status": Status.SUSPENDED}, False),
        ({"status": Status.ARCHIVED}, False),
        ({"status": Status.PUBLISHED, "sides": [Side.PUBLIC]}, False),
        ({"status": Status.PUBLISHED, "sides": [Side.PUBLIC, Side.ENTERPRISE]}, True),
        ({"status": Status.PUBLISHED, "deadline_on": "2026-11-21"}, False),
        ({"status": Status.PUBLISHED, "deadline_on": "2026-11-22", "ends_on": "2027-01-01"}, True),
        ({"status": Status.PUBLISHED, "ends_on": "2026-01-01"}, False),
    ],
)
def test_which_offers_take_requests(said: dict[str, object], takes: bool):
    dated = {name: date.fromisoformat(str(value)) if name.endswith("_on") else value for name, value in said.items()}
    empty = {"sides": [], "deadline_on": None, "ends_on": None}
    offer = SupportOfferRead.model_construct(**empty | dated)
    assert (rules.refusal(offer, date(2026, 11, 22)) is None) is takes
