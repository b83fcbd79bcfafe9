"""The demo's records are well formed, and the made-up ones are known as such and spread as the sources are."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from app.demo import service as demo
from app.demo.vocabulary import EXAMPLE_SOURCE, is_example
from app.enterprises.schemas import EnterpriseCreate
from app.enterprises.vocabulary import EligibilityState, Lifecycle, Ownership, Reservation
from app.opportunities.schemas import OpportunityCreate
from app.opportunities.vocabulary import LOTLESS_FORMS, Form, Status
from app.reference import service as reference

TODAY = date(2026, 11, 21)
NAMED = demo.named_enterprises()
EXAMPLES = demo.example_enterprises(TODAY)
OPPORTUNITIES = demo.example_opportunities(TODAY)
REGIONS = {"SE-22", "SE-23", "SE-25", "NO-50"}
# What the source reports say that social enterprises live from.
TRADES = {
    "bakery",
    "cafe",
    "catering",
    "cleaning",
    "conference",
    "construction",
    "digitisation",
    "food",
    "forestry",
    "green_areas",
    "household_services",
    "laundry",
    "moving",
    "property_care",
    "recycling",
    "reuse",
    "second_hand",
    "sewing",
    "training",
    "vehicle",
    "work_training",
}


def _cpv_codes() -> set[str]:
    offered = {code for e in (*NAMED.values(), *EXAMPLES.values()) for o in e.offerings for code in o.cpv}
    asked = {c for o in OPPORTUNITIES.values() for lot in o.lots for c in (lot.cpv_main, *lot.cpv_additional) if c}
    return offered | asked


def test_there_are_as_many_records_as_the_demo_promises() -> None:
    assert list(NAMED) == [f"E{number:03}" for number in range(1, 65)]
    assert len(EXAMPLES) >= 36
    assert len(OPPORTUNITIES) >= 18


@pytest.mark.parametrize("enterprise", [*NAMED.values(), *EXAMPLES.values()], ids=lambda e: e.name)
def test_every_code_of_an_enterprise_is_in_its_vocabulary(enterprise: EnterpriseCreate) -> None:
    asked = [("target_group", code) for code in enterprise.target_groups]
    asked += [("sector", code) for offering in enterprise.offerings for code in offering.sectors]
    if enterprise.legal_form:
        asked.append((f"legal_form_{enterprise.country.lower()}", enterprise.legal_form))
    assert [pair for pair in asked if not reference.has_code(*pair)] == []
    criteria = [item.criterion for item in enterprise.criteria]
    known = {code.code for name in ("asf_criterion", "social_enterprise_criterion") for code in reference.codes(name)}
    assert set(criteria) <= known
    assert len(criteria) == len(set(criteria))


@pytest.mark.parametrize("opportunity", OPPORTUNITIES.values(), ids=lambda o: o.title)
def test_every_code_of_an_opportunity_is_in_its_vocabulary(opportunity: OpportunityCreate) -> None:
    asked = [("social_objective", code) for code in opportunity.objectives]
    asked += [("srpp_area", code) for code in opportunity.srpp_areas]
    asked += [("target_group", code) for lot in opportunity.lots for code in lot.target_groups]
    assert [pair for pair in asked if not reference.has_code(*pair)] == []


def test_every_cpv_code_has_a_label_in_the_shipped_table() -> None:
    assert [code for code in sorted(_cpv_codes()) if reference.cpv_label(code, "sv") is None] == []


@pytest.mark.parametrize("enterprise", EXAMPLES.values(), ids=lambda e: e.name)
def test_a_made_up_enterprise_says_so_and_reaches_nobody(enterprise: EnterpriseCreate) -> None:
    language, first_word = ("sv", "Exempel ") if enterprise.country == "SE" else ("nb", "Eksempel ")
    assert enterprise.name.startswith(first_word)
    assert {enterprise.language, *(offering.language for offering in enterprise.offerings)} == {language}
    assert is_example(enterprise.source)
    assert enterprise.organisation_number is None
    assert enterprise.contact_email is not None
    assert enterprise.contact_email.endswith("@example.invalid")
    assert enterprise.website is None or str(enterprise.website.host).endswith(".example.invalid")


@pytest.mark.parametrize("enterprise", EXAMPLES.values(), ids=lambda e: e.name)
def test_a_made_up_enterprise_has_a_full_profile(enterprise: EnterpriseCreate) -> None:
    assert enterprise.summary
    assert enterprise.area_code
    assert enterprise.legal_form
    assert enterprise.confirmed_on
    assert enterprise.confirmed_on <= TODAY
    assert enterprise.industry_codes
    assert enterprise.languages
    assert all(offering.description and offering.cpv and offering.sectors for offering in enterprise.offerings)


@pytest.mark.parametrize("opportunity", OPPORTUNITIES.values(), ids=lambda o: o.title)
def test_a_made_up_buyer_says_so_and_its_notice_leads_nowhere(opportunity: OpportunityCreate) -> None:
    assert opportunity.buyer_name.startswith("Exempel" if opportunity.country == "SE" else "Eksempel")
    assert opportunity.buyer_number is None
    assert opportunity.language == ("sv" if opportunity.country == "SE" else "nb")
    assert opportunity.source == EXAMPLE_SOURCE
    assert opportunity.contact_email is not None
    assert opportunity.contact_email.endswith("@example.invalid")
    assert opportunity.official_url is not None
    assert opportunity.official_url.host == "annons.example.invalid"


def test_no_made_up_buyer_bears_the_name_of_a_municipality() -> None:
    names = {area.name_sv.casefold() for area in reference.all_areas() if area.level == "municipality"}
    words = {word for o in OPPORTUNITIES.values() for word in o.buyer_name.casefold().split()}
    assert words & names == set()


def test_both_lists_cover_every_region_of_the_sources() -> None:
    homes = {enterprise.area_code for enterprise in EXAMPLES.values()}
    buyers = {opportunity.buyer_area for opportunity in OPPORTUNITIES.values()}
    for region in REGIONS:
        assert sum(reference.covers(region, home) for home in homes if home) >= 5, region
        assert any(reference.covers(region, buyer) for buyer in buyers if buyer), region
    assert all(any(reference.covers(region, home) for region in REGIONS) for home in homes if home)


def test_the_examples_cover_every_trade_of_the_sources() -> None:
    assert {sector for e in EXAMPLES.values() for o in e.offerings for sector in o.sectors} >= TRADES


def test_the_examples_show_every_state_that_a_page_or_a_match_must_handle() -> None:
    examples = EXAMPLES.values()
    assert {enterprise.lifecycle for enterprise in examples} == set(Lifecycle)
    assert {item.reservation for enterprise in examples for item in enterprise.eligibility} == set(Reservation)
    assert {item.state for enterprise in examples for item in enterprise.eligibility} == set(EligibilityState)
    assert any(not enterprise.eligibility for enterprise in examples)
    assert any(e.public_ownership is Ownership.YES and e.legal_form == "vekstbedrift" for e in examples)


@pytest.mark.parametrize("enterprise", EXAMPLES.values(), ids=lambda e: e.name)
def test_what_an_example_says_of_its_dates_is_true_on_the_day_of_loading(enterprise: EnterpriseCreate) -> None:
    for item in enterprise.eligibility:
        assert item.on is not None
        assert item.on <= TODAY
        if item.state is EligibilityState.EXPIRED:
            assert item.valid_until is not None
            assert item.valid_until < TODAY
        if item.state is EligibilityState.VERIFIED:
            assert item.valid_until is not None
            assert item.valid_until > TODAY


def test_the_cleaner_that_newcomers_meet_first_is_open_verified_and_works_in_sundsvall() -> None:
    cleaner = EXAMPLES["stadkompaniet"]
    assert cleaner.lifecycle is Lifecycle.ACTIVE
    assert [(item.reservation, item.state) for item in cleaner.eligibility] == [("res-ws", "verified")]
    assert cleaner.service_areas == ["SE-2281", "SE-22"]
    assert any("90910000" in offering.cpv for offering in cleaner.offerings)


def test_the_opportunities_show_every_form_and_status() -> None:
    opportunities = OPPORTUNITIES.values()
    assert {opportunity.form for opportunity in opportunities} == set(Form)
    assert {opportunity.status for opportunity in opportunities} == set(Status)
    assert any(len(opportunity.lots) > 1 for opportunity in opportunities)
    assert {opportunity.form for opportunity in opportunities if not opportunity.lots} == set(LOTLESS_FORMS)


@pytest.mark.parametrize("opportunity", OPPORTUNITIES.values(), ids=lambda o: o.title)
def test_the_dates_of_an_opportunity_agree_with_its_status(opportunity: OpportunityCreate) -> None:
    if opportunity.status is Status.DRAFT:
        assert opportunity.published_at is None
        return
    assert opportunity.published_at is not None
    assert opportunity.published_at.date() <= TODAY
    if opportunity.deadline_at is None:
        assert not opportunity.lots
        return
    is_open = opportunity.status is Status.PUBLISHED
    assert (opportunity.deadline_at.date() > TODAY) == is_open
    if opportunity.questions_until is not None:
        assert opportunity.questions_until < opportunity.deadline_at


@pytest.mark.parametrize("opportunity", OPPORTUNITIES.values(), ids=lambda o: o.title)
def test_amounts_are_in_the_currency_of_the_buyers_country(opportunity: OpportunityCreate) -> None:
    currencies = {lot.estimated_value.currency for lot in opportunity.lots if lot.estimated_value}
    assert currencies <= {"SEK" if opportunity.country == "SE" else "NOK"}


def test_dates_follow_the_day_of_loading() -> None:
    later = TODAY + timedelta(days=100)
    moved = demo.example_opportunities(later)["stadning-skolor"].deadline_at
    deadline = OPPORTUNITIES["stadning-skolor"].deadline_at
    assert deadline is not None
    assert moved is not None
    assert (moved.date() - deadline.date()).days == 100
    confirmed = demo.example_enterprises(later)["stadkompaniet"].confirmed_on
    assert confirmed == later - timedelta(days=60)


def test_deadlines_are_stated_in_the_buyers_own_time() -> None:
    deadline = OPPORTUNITIES["stadning-skolor"].deadline_at
    assert deadline is not None
    assert deadline.isoformat() == "2026-12-19T23:59:00+01:00"


def test_the_files_hold_no_date_that_would_grow_old() -> None:
    folder = Path(demo.__file__).parent / "data"
    texts = [json.dumps(json.loads((folder / name).read_text(encoding="utf-8"))) for name in _made_up_files()]
    assert [year for year in ("2025-", "2026-", "2027-") for text in texts if year in text] == []


def _made_up_files() -> list[str]:
    return ["example_enterprises.json", "opportunities.json"]
