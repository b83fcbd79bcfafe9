"""Each hint of the law, with its basis; unverified figures and facts that are not stated give none."""

from datetime import date
from typing import Any

import pytest

from app.core.i18n import LANGUAGES
from app.legal import service
from app.legal.parameters import parameters
from app.legal.rules import hints
from app.legal.vocabulary import Facts, Hint, HintCode, LotFacts, Severity

# A Monday.
SENT = date(2026, 11, 23)
CLEANING, CATERING, WORKS, CARE = "90910000", "55524000", "45453000", "85312000"


def lot(cpv: str | None = CLEANING, value: int | None = None, currency: str = "SEK", **more: Any) -> LotFacts:
    """Return a lot; the value is in whole units."""
    minor = None if value is None else value * 100
    return LotFacts(cpv_main=cpv, value_minor=minor, currency=currency if minor is not None else None, **more)


def facts(*lots: LotFacts, **more: Any) -> Facts:
    """Return what is known of a Swedish procurement whose notice is linked."""
    known: dict[str, Any] = {"country": "SE", "form": "reserved_goods_services", "sent_on": SENT}
    return Facts(lots=lots or (lot(),), **(known | {"has_official_link": True} | more))


def found(given: Facts, code: HintCode) -> list[Hint]:
    """Return the hints of this code."""
    return [hint for hint in hints(given, SENT) if hint.code is code]


def open_procedure(deadline: str, *, euro: int | None = 300_000, **more: Any) -> Facts:
    """Return an open procedure at or above the threshold, unless the value says otherwise."""
    on = date.fromisoformat(deadline)
    return facts(lot(value=euro, currency="EUR"), procedure_type="open", deadline_on=on, **more)


# 35 days end on Monday 28 December, 30 on Wednesday the 23rd, 15 on Tuesday 8 December.
TIMES: list[tuple[str, dict[str, Any], Severity | None, str]] = [
    ("2026-12-28", {}, None, ""),
    ("2026-12-27", {}, Severity.INFO, "35"),
    ("2026-12-08", {}, Severity.INFO, "35"),
    ("2026-12-07", {}, Severity.WARNING, "15"),
    ("2026-12-08", {"prior_notice": True}, None, ""),
    ("2026-12-07", {"prior_notice": True, "electronic_tenders": False}, Severity.WARNING, "15"),
    ("2026-12-23", {"prior_notice": False, "electronic_tenders": True}, None, ""),
    ("2026-12-22", {"prior_notice": False, "electronic_tenders": True}, Severity.WARNING, "30"),
    ("2026-12-23", {"prior_notice": False, "electronic_tenders": False}, Severity.WARNING, "35"),
    ("2026-12-23", {"prior_notice": False}, Severity.INFO, "35"),
    ("2026-12-22", {"prior_notice": False}, Severity.WARNING, "30"),
    ("2026-12-22", {"electronic_tenders": True}, Severity.INFO, "30"),
    # Whether the threshold is reached is not stated, or cannot be told from crowns: no warning.
    ("2026-12-07", {"euro": None}, Severity.INFO, "15"),
    ("2026-12-07", {"euro": 200_000}, Severity.INFO, "15"),
]


@pytest.mark.parametrize(("deadline", "stated", "severity", "days"), TIMES, ids=str)
def test_the_time_for_tenders_in_an_open_procedure(
    deadline: str, stated: dict[str, Any], severity: Severity | None, days: str
):
    short = found(open_procedure(deadline, **stated), HintCode.TENDER_TIME_SHORT)
    assert [(hint.severity, hint.figures[0].value) for hint in short] == ([(severity, days)] if severity else [])
    assert all((hint.legal_basis or "").startswith("LOU 11 kap.") for hint in short)


def test_the_last_day_for_tenders_rolls_on():
    # 35 days from Friday 20 November end on Christmas Day, a Friday.
    given = open_procedure("2026-12-25", sent_on=date(2026, 11, 20), prior_notice=False, electronic_tenders=False)
    (short,) = found(given, HintCode.TENDER_TIME_SHORT)
    assert [figure.value for figure in short.figures] == ["35", "2026-12-28", "2026-12-25"]


@pytest.mark.parametrize(
    "given",
    [
        open_procedure("2026-11-25", euro=100_000),
        facts(lot(CATERING, 900_000, "EUR"), procedure_type="open", deadline_on=date(2026, 11, 25)),
        facts(procedure_type="oth-single", deadline_on=date(2026, 11, 25)),
        facts(deadline_on=date(2026, 11, 25)),
    ],
    ids=["below", "annex two", "other procedure", "no procedure"],
)
def test_elsewhere_the_time_must_be_reasonable(given: Facts):
    (told,) = [hint for hint in hints(given, SENT) if hint.pointer == "/deadline_at"]
    assert (told.code, told.severity, told.figures) == (HintCode.TENDER_TIME_REASONABLE, Severity.INFO, ())
    assert told.legal_basis == "LOU 19 kap. 11 §"


@pytest.mark.parametrize(("deadline", "is_short"), [("2026-12-22", True), ("2026-12-23", False)])
def test_the_time_to_ask_to_take_part(deadline: str, is_short: bool):
    given = facts(
        lot(value=300_000, currency="EUR"), procedure_type="restricted", deadline_on=date.fromisoformat(deadline)
    )
    assert bool(found(given, HintCode.REQUEST_TIME_SHORT)) == is_short


ROOM: list[tuple[str, tuple[LotFacts, ...], date, HintCode | None]] = [
    ("below the limit", (lot(value=699_999),), SENT, HintCode.DIRECT_AWARD_ROOM),
    ("at the limit", (lot(value=700_000),), SENT, HintCode.DIRECT_AWARD_EXCEEDED),
    ("together", (lot(value=400_000), lot(value=300_000)), SENT, HintCode.DIRECT_AWARD_EXCEEDED),
    ("one is not stated, and may be anything", (lot(value=400_000), lot()), SENT, None),
    (
        "one is not stated, and it is too much already",
        (lot(value=700_000), lot()),
        SENT,
        HintCode.DIRECT_AWARD_EXCEEDED,
    ),
    ("no value", (lot(),), SENT, None),
    ("another currency", (lot(value=900_000, currency="NOK"),), SENT, None),
    ("before the rule", (lot(value=100_000),), date(2022, 1, 31), None),
    ("annex two in crowns, unverified", (lot(CATERING, 2_000_000),), SENT, HintCode.DIRECT_AWARD_LISTED_SERVICES),
    ("annex two, no value", (lot(CATERING),), SENT, HintCode.DIRECT_AWARD_LISTED_SERVICES),
    ("annex two, below the ordinary limit too", (lot(CATERING, 600_000),), SENT, HintCode.DIRECT_AWARD_ROOM),
    ("annex two in euro", (lot(CATERING, 749_999, "EUR"),), SENT, HintCode.DIRECT_AWARD_ROOM),
    ("annex two in euro, at the limit", (lot(CATERING, 750_000, "EUR"),), SENT, HintCode.DIRECT_AWARD_EXCEEDED),
    ("annex two in crowns, 2023", (lot(CATERING, 7_802_549),), date(2023, 5, 2), HintCode.DIRECT_AWARD_ROOM),
    ("annex two in crowns, at it", (lot(CATERING, 7_802_550),), date(2023, 5, 2), HintCode.DIRECT_AWARD_EXCEEDED),
    ("annex two in crowns, 2024", (lot(CATERING, 2_000_000),), date(2024, 5, 2), None),
    ("annex two and cleaning", (lot(CATERING, 600_000), lot(value=100_000)), SENT, HintCode.DIRECT_AWARD_EXCEEDED),
    (
        "no code, and too much for the ordinary limit",
        (lot(None, 900_000),),
        SENT,
        HintCode.DIRECT_AWARD_LISTED_SERVICES,
    ),
]


@pytest.mark.parametrize(("lots", "sent_on", "code"), [case[1:] for case in ROOM], ids=[case[0] for case in ROOM])
def test_the_room_for_direct_award(lots: tuple[LotFacts, ...], sent_on: date, code: HintCode | None):
    told = [hint for hint in hints(facts(*lots, form="direct_award", sent_on=sent_on), SENT) if "direct" in hint.code]
    assert [hint.code for hint in told] == ([code] if code else [])
    assert all("LOU 19 a kap. 2 §" in (hint.legal_basis or "") for hint in told)


def test_a_procurement_that_competes_is_not_told_that_it_exceeds_direct_award():
    assert not found(facts(lot(value=5_000_000)), HintCode.DIRECT_AWARD_EXCEEDED)
    assert found(facts(lot(value=5_000)), HintCode.DIRECT_AWARD_ROOM)


THRESHOLDS = [
    ((lot(value=216_000, currency="EUR"),), "SE", SENT, "216000"),
    # Between a state authority's threshold and the others': it is not stated which the buyer is.
    ((lot(value=215_999, currency="EUR"),), "SE", SENT, None),
    ((lot(value=216_000, currency="EUR"), lot()), "FI", SENT, "216000"),
    ((lot(WORKS, 5_403_999, "EUR"),), "SE", SENT, None),
    ((lot(WORKS, 5_404_000, "EUR"),), "SE", SENT, "5404000"),
    ((lot(CARE, 749_999, "EUR"),), "SE", SENT, None),
    ((lot(CARE, 750_000, "EUR"),), "SE", SENT, "750000"),
    ((lot(value=216_000, currency="SEK"),), "SE", SENT, None),
    ((lot(value=216_000, currency="EUR"),), "NO", SENT, None),
    ((lot(value=216_000, currency="EUR"),), "SE", date(2025, 12, 31), None),
]


@pytest.mark.parametrize(("lots", "country", "on", "limit"), THRESHOLDS, ids=str)
def test_the_eu_threshold(lots: tuple[LotFacts, ...], country: str, on: date, limit: str | None):
    told = found(facts(*lots, country=country, sent_on=on), HintCode.EU_THRESHOLD_REACHED)
    assert [hint.figures[0].value for hint in told] == ([limit] if limit else [])


def test_who_may_take_part_in_what_is_reserved():
    (told,) = found(facts(lot(reserved=("res-ws",))), HintCode.RESERVED_SHARE)
    assert (told.legal_basis, told.figures[0].value) == ("LOU 4 kap. 18 §", "30")
    assert "occupied" in told.text("en")
    assert "sysselsatta" in told.text("sv")
    # Norway's share of employees is in secondary sources only.
    assert hints(facts(lot(reserved=("res-ws",)), country="NO"), SENT) == []


@pytest.mark.parametrize(
    ("one", "codes"),
    [
        (lot(CARE, duration_months=36, reserved=("res-pub-ser",)), set()),
        (lot(CARE, duration_months=37, reserved=("res-pub-ser",)), {HintCode.PUBLIC_SERVICE_LENGTH}),
        (lot(CLEANING, duration_months=12, reserved=("res-pub-ser",)), {HintCode.PUBLIC_SERVICE_CODE}),
        (lot(None, reserved=("res-pub-ser",)), set()),
    ],
)
def test_a_reservation_for_public_service_missions(one: LotFacts, codes: set[HintCode]):
    told = hints(facts(lot(), one), SENT)
    warnings = [hint for hint in told if hint.severity is Severity.WARNING]
    assert {hint.code for hint in warnings} == codes
    assert all(hint.pointer.startswith("/lots/1/") for hint in warnings)
    assert HintCode.PUBLIC_SERVICE_ONCE in {hint.code for hint in told}
    assert not found(facts(lot(), one, sent_on=date(2021, 5, 3)), HintCode.PUBLIC_SERVICE_ONCE)


AWARDS = [
    # Monday 14 December 2026: ten days end on Christmas Eve and roll on past Christmas; fifteen end on the 29th.
    (date(2026, 12, 14), True, ["10", "2026-12-28"], ["30", "2027-01-28"]),
    (date(2026, 12, 14), False, ["15", "2026-12-29"], ["30", "2027-01-29"]),
    (date(2026, 12, 14), None, ["10", "2026-12-28"], ["30", "2027-01-28"]),
    # Friday 11 December: neither day is free.
    (date(2026, 12, 11), True, ["10", "2026-12-21"], ["30", "2027-01-21"]),
]


@pytest.mark.parametrize(("on", "electronic", "standstill", "notice"), AWARDS, ids=str)
def test_standstill_and_award_notice(on: date, electronic: bool | None, standstill: list[str], notice: list[str]):
    given = facts(awarded_on=on, electronic_tenders=electronic)
    told = [[figure.value for figure in hint.figures] for hint in hints(given, SENT)]
    assert told == [standstill, notice]
    assert ("2026-12-29" in hints(given, SENT)[0].text("en")) == (electronic is not True and on.day == 14)


@pytest.mark.parametrize("more", [{"form": "direct_award"}, {"country": "NO"}, {"awarded_on": None}], ids=str)
def test_without_standstill(more: dict[str, Any]):
    given = facts(**({"awarded_on": date(2026, 12, 14)} | more))
    assert not found(given, HintCode.STANDSTILL) + found(given, HintCode.AWARD_NOTICE)


@pytest.mark.parametrize(
    ("more", "is_asked"),
    [
        ({"procedure_type": "open"}, True),
        ({"procedure_type": "open", "country": "NO"}, True),
        ({"procedure_type": "open", "has_official_link": True}, False),
        ({"procedure_type": "neg-wo-call"}, False),
        ({}, False),
        ({"lots": (lot(value=900_000, currency="EUR"),)}, True),
        ({"form": "early_dialogue", "procedure_type": "open"}, False),
    ],
    ids=str,
)
def test_the_official_notice_is_asked_for(more: dict[str, Any], is_asked: bool):
    known: dict[str, Any] = {"country": "SE", "form": "social_requirements", "lots": (lot(),), "sent_on": SENT}
    assert bool(found(Facts(**(known | more)), HintCode.OFFICIAL_LINK)) == is_asked


def test_a_partnership_gets_six_questions_and_nothing_else():
    given = facts(lot(value=1, reserved=("res-pub-ser",)), form="iop", procedure_type="open", deadline_on=SENT)
    told = hints(given, SENT)
    assert [hint.code for hint in told] == [HintCode.IOP_RULE] * 6
    assert {hint.legal_basis for hint in told} == {None}
    assert "upphandling" in " ".join(hint.text("sv") for hint in told)


def test_an_early_dialogue_gets_none():
    assert hints(facts(form="early_dialogue", deadline_on=SENT, procedure_type="open"), SENT) == []


def test_today_stands_for_the_day_of_sending_where_none_is_stated():
    given = open_procedure("2026-12-07", sent_on=None)
    assert [hint.code for hint in hints(given, date(2026, 10, 1))] == [HintCode.EU_THRESHOLD_REACHED]
    assert found(given, HintCode.TENDER_TIME_SHORT)


def everything() -> list[Facts]:
    """Return facts that call forth each hint at least once."""
    lots = (lot(value=900_000, currency="EUR", duration_months=40, reserved=("res-ws", "res-pub-ser")),)
    given = [open_procedure("2026-11-30", **stated) for stated in ({}, {"prior_notice": False}, {"prior_notice": True})]
    given += [open_procedure("2026-12-23", prior_notice=False), open_procedure("2026-12-15", electronic_tenders=True)]
    given += [open_procedure("2026-12-15")]
    given += [facts(*case[1], form="direct_award", sent_on=case[2], deadline_on=SENT) for case in ROOM]
    given += [facts(*lots, procedure_type="restricted", deadline_on=SENT, has_official_link=False)]
    given += [facts(awarded_on=SENT, electronic_tenders=known) for known in (None, True, False)]
    return [*given, facts(form="iop"), facts(deadline_on=SENT), facts(country="NO", deadline_on=SENT)]


def test_every_hint_is_told_in_three_languages_with_its_source():
    told = [hint for given in everything() for hint in hints(given, SENT)]
    assert {hint.code for hint in told} == set(HintCode)
    for hint in told:
        texts = [hint.text(language) for language in LANGUAGES]
        assert len(set(texts)) == 3, texts
        assert not any("{" in text for text in texts)
        assert hint.source
        assert hint.legal_basis or hint.code in {HintCode.IOP_RULE, HintCode.OFFICIAL_LINK}


def test_figures_that_are_not_verified_are_never_told():
    bases = {row.legal_basis for row in parameters()}
    for hint in [hint for given in everything() for hint in hints(given, SENT)]:
        assert hint.legal_basis is None or set(hint.legal_basis.split("; ")) & bases, hint


def test_warnings_come_first():
    given = open_procedure("2026-11-30", has_official_link=False)
    severities = [hint.severity for hint in hints(given, SENT)]
    assert severities == sorted(severities, key=lambda severity: severity is Severity.INFO)
    assert len(set(severities)) == 2


def test_the_answer_holds_what_the_hint_says():
    given = open_procedure("2026-11-30")
    first = service.told(given, SENT, "nb")[0]
    assert first.text.startswith("Ved eller over EUs terskelverdi")
    assert first.model_dump(mode="json")["figures"][1] == {
        "name": "first_last_day",
        "value": "2026-12-08",
        "unit": "date",
    }
