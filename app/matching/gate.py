"""The gate as terms, so that the index can apply it to everyone at once, with the outcome of `eligibility`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from app.enterprises.vocabulary import SUPPLIER_KINDS
from app.matching.eligibility import UNCONFIRMED, WORKING, add_months, gating_codes, rule_for
from app.matching.profile import Lot
from app.matching.terms import Document

_UNDATED = "9999-99-99"
OUT = "z:out"
OTHER_KIND = "z:kind"
EVERYONE = "z:all"
UNSURE = "z:unsure"


def gate_terms(document: Document) -> dict[str, int]:
    """Return the terms by which the gate knows an enterprise. They carry dates, never the outcome of a day."""
    terms = {EVERYONE: 1}
    if document.kind not in SUPPLIER_KINDS:
        terms[OTHER_KIND] = 1
    if document.lifecycle not in WORKING | {UNCONFIRMED}:
        terms[OUT] = 1
    if document.lifecycle == UNCONFIRMED:
        terms[UNSURE] = 1
    for code, statement in document.eligibility.items():
        on = statement.on.isoformat() if statement.on else _UNDATED
        if statement.state in {"verified", "declared"}:
            terms[f"r:{code}:{statement.state}:{document.country}:{on}"] = 1
        elif statement.state == "denied":
            terms[f"r:{code}:denied"] = 1
    return terms


@dataclass(frozen=True, slots=True)
class Span:
    """A range of terms, both ends included."""

    first: str
    last: str


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
        tuple(_spans(codes, "verified", lot, on_date)),
        tuple(_spans(codes, "declared", lot, on_date)),
        tuple(f"r:{code}:denied" for code in codes),
    )


def _spans(codes: tuple[str, ...], state: str, lot: Lot, on_date: date) -> Iterator[Span]:
    for code in codes:
        for country in ("SE", "NO"):
            rule = rule_for(code, lot.country or country, on_date)
            oldest = _oldest(rule.statement_valid_months, on_date) if rule else date.min
            head = f"r:{code}:{state}:{country}:"
            yield Span(f"{head}{oldest.isoformat()}", f"{head}{_UNDATED}")


def _oldest(months: int, on_date: date) -> date:
    """Return the first day whose statements still count on `on_date`: `add_months` backwards, month ends and all."""
    first = add_months(on_date, -months)
    while add_months(first, months) >= on_date:
        first = date.fromordinal(first.toordinal() - 1)
    return date.fromordinal(first.toordinal() + 1)
