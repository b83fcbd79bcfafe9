"""The gate: may this enterprise take part in a lot that is reserved? Rules are data, by country and date."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

from app.enterprises.service import statement_counts
from app.enterprises.vocabulary import SUPPLIER_KINDS
from app.matching.profile import Lot, Statement
from app.matching.terms import Document
from app.matching.vocabulary import ELIGIBILITY_ORDER, EligibilityState
from app.matching.weights import DATA
from app.reference.service import is_public_service_code

EVERYWHERE = "EU"
"""Stands for the country when the need names none: then the directive is quoted."""
WORKING = frozenset({"active", "pilot"})
UNCONFIRMED = "unknown"


@dataclass(frozen=True, slots=True)
class ReservationRule:
    """One rule on reserved participation, as it stands in one country from one day to another."""

    code: str
    country: str
    valid_from: date
    valid_to: date | None
    rule: str
    legal_basis: str
    max_months: int | None
    """The longest contract the rule allows."""
    needs_listed_code: bool
    """True when the lot must be one of the 115 services of Directive 2014/24/EU Art. 77."""


@dataclass(frozen=True, slots=True)
class Eligibility:
    """May it take part, by which rule, on which legal basis, and since when that is stated."""

    state: EligibilityState
    rule: str = "open"
    """Rule code; open: nothing is reserved, unclear: only a flag says so; kind or lifecycle when that decides."""
    legal_basis: str = ""
    reserved: str = ""
    stated_on: date | None = None


@dataclass(frozen=True, slots=True)
class RuleWarning:
    """Something about the reservation itself that the buyer should look at; it never blocks."""

    code: str
    """duration_too_long, code_not_listed or no_rule."""
    reserved: str
    legal_basis: str


def eligibility(lot: Lot, document: Document, on_date: date) -> Eligibility:
    """Return whether the enterprise may take part in `lot` on `on_date`.

    Only enterprises and associations tender. A life-cycle that is planned, paused or closed is ineligible; one that
    nobody has confirmed is unknown. When several reservations are stated, meeting one is enough: BT-71 lists
    alternatives.
    """
    if document.kind not in SUPPLIER_KINDS:
        return Eligibility(EligibilityState.INELIGIBLE, "kind")
    if document.lifecycle not in WORKING | {UNCONFIRMED}:
        return Eligibility(EligibilityState.INELIGIBLE, "lifecycle")
    found = _reserved(lot, document, on_date)
    if document.lifecycle == UNCONFIRMED and _rank(found) < ELIGIBILITY_ORDER[EligibilityState.UNKNOWN]:
        return Eligibility(EligibilityState.UNKNOWN, "lifecycle", found.legal_basis, found.reserved, found.stated_on)
    return found


def _rank(found: Eligibility) -> int:
    """Return how far down an outcome stands."""
    return ELIGIBILITY_ORDER[found.state]


def reserved_codes(lot: Lot) -> tuple[str, ...]:
    """Return the reservations that the lot states, whether they gate or not."""
    return tuple(code for code in lot.reserved_participation if code not in {"", "none"})


def gating_codes(lot: Lot) -> tuple[str, ...]:
    """Return the reservations that gate: none when the lot is open or the imported flag stands alone."""
    return reserved_codes(lot) if lot.reservation_gates else ()


def _reserved(lot: Lot, document: Document, on_date: date) -> Eligibility:
    """Return the best outcome over the lot's reservations."""
    codes = gating_codes(lot)
    if not codes:
        return Eligibility(EligibilityState.ELIGIBLE, "unclear" if reserved_codes(lot) else "open")
    return min((_by_statement(code, document, lot, on_date) for code in codes), key=_rank)


def _by_statement(code: str, document: Document, lot: Lot, on_date: date) -> Eligibility:
    """Return what the enterprise's own statement on one reserved code means on `on_date`."""
    rule = rule_for(code, lot.country or EVERYWHERE, on_date)
    statement = document.eligibility.get(code)
    state = _state(statement, on_date)
    basis = rule.legal_basis if rule else ""
    return Eligibility(state, rule.rule if rule else code, basis, code, statement.on if statement else None)


def _state(statement: Statement | None, on_date: date) -> EligibilityState:
    """Return the state of a statement: one that has run out counts as nothing said, but a stated no does not age."""
    if statement is not None and statement.state == "denied":
        return EligibilityState.INELIGIBLE
    if statement is None or not statement_counts(statement.state, statement.on, statement.until, on_date):
        return EligibilityState.UNKNOWN
    return EligibilityState.ELIGIBLE if statement.state == "verified" else EligibilityState.DECLARED


def rule_for(code: str, country: str, on_date: date) -> ReservationRule | None:
    """Return the rule in force for a reserved code in a country on a day: the national one, else the EU's."""
    for place in (country, EVERYWHERE):
        for rule in rules():
            ends = rule.valid_to or date.max
            if (rule.code, rule.country) == (code, place) and rule.valid_from <= on_date <= ends:
                return rule
    return None


def warnings(lot: Lot, on_date: date) -> Iterator[RuleWarning]:
    """Yield what in the lot does not fit the reservation it states: warnings, since the buyer decides."""
    for code in reserved_codes(lot):
        rule = rule_for(code, lot.country or EVERYWHERE, on_date)
        if rule is None:
            yield RuleWarning("no_rule", code, "")
            continue
        if rule.max_months and (lot.duration_months or 0) > rule.max_months:
            yield RuleWarning("duration_too_long", code, rule.legal_basis)
        if rule.needs_listed_code and lot.cpv_main and not is_public_service_code(lot.cpv_main):
            yield RuleWarning("code_not_listed", code, rule.legal_basis)


@cache
def rules() -> tuple[ReservationRule, ...]:
    """Return the shipped rules on reserved participation."""
    with (DATA / "reservations.csv").open(encoding="utf-8", newline="") as file:
        return tuple(_rule(row) for row in csv.DictReader(file))


def _rule(row: dict[str, str]) -> ReservationRule:
    """Return one rule from its row."""
    return ReservationRule(
        row["code"],
        row["country"],
        date.fromisoformat(row["valid_from"]),
        date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
        row["rule"],
        row["legal_basis"],
        int(row["max_months"]) if row["max_months"] else None,
        row["needs_listed_code"] == "yes",
    )
