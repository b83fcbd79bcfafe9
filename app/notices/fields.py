"""The table of eForms fields: where each one stands, what it is called, and whether we read it.

`data/fields.csv` holds facts of the eForms regulation (EU) 2019/1780 in our own layout. A path begins at the scope's
element; `~` stands for the wrapper that eForms puts around everything it adds to UBL.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from app.notices.xml import Element, find, text_of

Scope = Literal["notice", "procedure", "organisation", "lot", "place", "result", "tender", "contract", "party"]
# private: personal details, never kept and never quoted; technical: says nothing about the procurement.
Use = Literal["read", "known", "private", "technical"]

_WRAPPER = "ext:UBLExtensions/ext:UBLExtension/ext:ExtensionContent/efext:EformsExtension"
_TABLE = Path(__file__).resolve().parent / "data" / "fields.csv"
# How a path ends that means every element below, down to those that hold text.
EVERYTHING_BELOW = "//*"
_PLACE = "cac:ProcurementProject/cac:RealizedLocation"
_ORGANISATION = f"{_WRAPPER}/efac:Organizations/efac:Organization"
# The four kinds of element that a result is made of; each refers to the next.
_RESULTS: dict[Scope, str] = {
    "result": f"{_WRAPPER}/efac:NoticeResult/efac:LotResult",
    "contract": f"{_WRAPPER}/efac:NoticeResult/efac:SettledContract",
    "tender": f"{_WRAPPER}/efac:NoticeResult/efac:LotTender",
    "party": f"{_WRAPPER}/efac:NoticeResult/efac:TenderingParty",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its number in eForms, the element it is read from, and its name in English."""

    number: str
    scope: Scope
    use: Use
    path: str
    name: str


@cache
def fields() -> tuple[Field, ...]:
    """Return every field of the table, in its order."""
    with _TABLE.open(encoding="utf-8", newline="") as file:
        return tuple(
            Field(row["field"], _scope(row["scope"]), _use(row["use"]), row["path"].replace("~", _WRAPPER), row["name"])
            for row in csv.DictReader(file)
        )


@cache
def field(number: str, scope: Scope) -> Field:
    """Return the field with this number in this scope. Raises `KeyError` for one that is not in the table."""
    for found in fields():
        if found.number == number and found.scope == scope:
            return found
    raise KeyError((number, scope))


def organisations(root: Element) -> list[Element]:
    """Return the elements that describe the organisations of a notice."""
    return find(root, _ORGANISATION)


def purposes(root: Element, *kinds: str) -> list[Element]:
    """Return the lots (`Lot`), parts (`Part`) or groups of lots (`LotsGroup`) of a notice; all without `kinds`."""
    return [lot for lot in find(root, "cac:ProcurementProjectLot") if not kinds or kind_of_purpose(lot) in kinds]


def kind_of_purpose(lot: Element) -> str:
    """Return what a lot element is: `Lot`, `Part` or `LotsGroup`; "" when it does not say."""
    return next((str(found.get("schemeName") or "") for found in find(lot, "cbc:ID") if text_of(found)), "")


def places(owner: Element) -> list[Element]:
    """Return the places of performance of a procedure (the root) or a lot."""
    return find(owner, _PLACE)


def results(root: Element, scope: Scope) -> list[Element]:
    """Return the lots' results of a notice, or the contracts, tenders or tendering parties that they refer to."""
    return find(root, _RESULTS[scope])


def bases(root: Element) -> dict[Scope, list[Element]]:
    """Return, for each scope, the elements that its paths begin at."""
    lots = purposes(root)
    return {
        "notice": [root],
        "procedure": [root],
        "organisation": organisations(root),
        "lot": lots,
        "place": [place for owner in (root, *lots) for place in places(owner)],
        **{scope: results(root, scope) for scope in _RESULTS},
    }


def _scope(text: str) -> Scope:
    known: dict[str, Scope] = {name: name for name in get_args(Scope)}
    return known[text]


def _use(text: str) -> Use:
    known: dict[str, Use] = {name: name for name in get_args(Use)}
    return known[text]
