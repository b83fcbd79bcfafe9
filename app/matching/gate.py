"""The gate as flags and terms: the index applies it to everyone at once, with the outcome of `eligibility`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from app.core.clock import add_months
from app.enterprises.service import COUNTING_STATES, STATEMENT_MONTHS
from app.enterprises.vocabulary import SUPPLIER_KINDS
from app.matching.eligibility import UNCONFIRMED, WORKING, gating_codes
from app.matching.profile import Lot, Statement
from app.matching.terms import Document

_NEVER = "9999-99-99"
_ALWAYS = "0000-00-00"
PRESENT, OTHER_KIND, OUT, UNSURE = 1, 2, 4, 8
"""Flags of an enterprise: it is there; it is no supplier; it is not at work; nobody has confirmed that it is."""


def flags(document: Document) -> int:
    """Return the flags by which the gate knows an enterprise, whatever is reserved."""
    found = PRESENT
    if document.kind not in SUPPLIER_KINDS:
        found |= OTHER_KIND
    if document.lifecycle not in WORKING | {UNCONFIRMED}:
        found |= OUT
    if document.lifecycle == UNCONFIRMED:
        found |= UNSURE
    return found


def gate_terms(document: Document) -> dict[str, int]:
    """Return the terms of what is stated of reserved codes. They carry dates, never the outcome of a day."""
    terms: dict[str, int] = {}
    for code, statement in document.eligibility.items():
        if statement.state in COUNTING_STATES:
            terms[f"r:{code}:{statement.state}:{_last_day(statement)}:{statement.on or _ALWAYS}"] = 1
        elif statement.state == "denied":
            terms[f"r:{code}:denied"] = 1
    return terms


def _last_day(statement: Statement) -> str:
    """Return the last day on which a statement counts: see `enterprises.rules.statement_counts`."""
    ends = [add_months(statement.on, STATEMENT_MONTHS).isoformat()] if statement.on else []
    return min([*ends, statement.until.isoformat() if statement.until else _NEVER])


@dataclass(frozen=True, slots=True)
class Span:
    """The terms of statements that count on a day: a range by last day, of those not dated after it."""

    first: str
    last: str
    on: str

    def counts(self, term: str) -> bool:
        """Tell whether the statement behind a term of the range was already made."""
        return term[-len(self.on) :] <= self.on


@dataclass(frozen=True, slots=True)
class Gate:
    """What a lot asks of the gate. Codes are alternatives: one is enough."""

    verified: tuple[Span, ...]
    declared: tuple[Span, ...]
    denied: tuple[str, ...]

    @property
    def is_open(self) -> bool:
        """Nothing is reserved."""
        return not self.denied


def compile_gate(lot: Lot, on_date: date) -> Gate:
    """Return the gate of a lot on a day."""
    codes = gating_codes(lot)
    return Gate(
        tuple(_spans(codes, "verified", on_date)),
        tuple(_spans(codes, "declared", on_date)),
        tuple(f"r:{code}:denied" for code in codes),
    )


def _spans(codes: tuple[str, ...], state: str, on_date: date) -> Iterator[Span]:
    for code in codes:
        head = f"r:{code}:{state}:"
        yield Span(f"{head}{on_date}", f"{head}{_NEVER}:{_NEVER}", on_date.isoformat())
