"""Pure decisions about notices: what may be imported, which form it is, what looks wrong in a reservation."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from app.matching.eligibility import RuleWarning, warnings
from app.matching.profile import Lot
from app.notices.vocabulary import DIRECT_AWARD_FORM_TYPE, EARLY_FORM_TYPES, OPEN_FORM_TYPES, RESULT_FORM_TYPES
from app.opportunities.schemas import LotIn
from app.opportunities.vocabulary import Form, Status

# Services whose object is the work-training places themselves: vocational rehabilitation and help to find work.
_WORK_TRAINING = ("853125", "79611")
# How long a unit of eForms BT-36 is, in months.
_MONTHS = {
    "DAY": Decimal(12) / Decimal("365.25"),
    "WEEK": Decimal(84) / Decimal("365.25"),
    "MONTH": Decimal(1),
    "QUARTER": Decimal(3),
    "YEAR": Decimal(12),
}
_WHAT_IT_IS = {
    "cont-modif": "a notice about a contract that is being modified",
    "completion": "a notice about a contract that has been completed",
    "bri": "business registration information",
    "change": "a change notice of an older kind",
}


def why_refused(form_type: str) -> str | None:
    """Return why a notice of this form type (eForms BT-03) is not imported, or None if it may be."""
    if form_type in OPEN_FORM_TYPES | RESULT_FORM_TYPES:
        return None
    return _WHAT_IT_IS.get(form_type, f"{form_type[:40]!r} is no form type that is read here")


def is_open_subtype(subtype: str) -> bool:
    """Tell whether an eForms subtype (OPP-070) calls for something: 1–24, T01, CEI, E1–E3, and Norway's N1–N24."""
    number = subtype.removeprefix("N")
    if number.isascii() and number.isdecimal() and len(number) <= 2:
        return 1 <= int(number) <= 24
    return subtype in {"T01", "CEI", "E1", "E2", "E3"}


def is_result_subtype(subtype: str) -> bool:
    """Tell whether an eForms subtype (OPP-070) tells how it ended: 25–37, T02, E4, and Norway's N25–N37."""
    number = subtype.removeprefix("N")
    if number.isascii() and number.isdecimal() and len(number) == 2:
        return 25 <= int(number) <= 37
    return subtype in {"T02", "E4"}


def form_of(form_type: str, lots: Collection[LotIn], *, social: bool) -> tuple[Form, bool]:
    """Return the form of social procurement that a notice is, and whether the notice itself says so.

    A contract that is given without competition is a direct award. A planning notice or consultation comes before the
    procurement, whatever it plans. Among calls for competition a reservation decides, then social aims or reserved
    execution. A call that says nothing social has no form of its own in the vocabulary: social requirements claims the
    least, and the second value is False.
    """
    if form_type == DIRECT_AWARD_FORM_TYPE:
        return Form.DIRECT_AWARD, True
    if form_type in EARLY_FORM_TYPES:
        return Form.EARLY_DIALOGUE, True
    reserved = [lot for lot in lots if lot.reserved_participation]
    if reserved:
        training = all((lot.cpv_main or "").startswith(_WORK_TRAINING) for lot in reserved)
        return (Form.RESERVED_PLACES if training else Form.RESERVED_GOODS_SERVICES), True
    return Form.SOCIAL_REQUIREMENTS, social


def status_at(now: datetime, deadline: datetime | None) -> Status:
    """Return closed when the deadline has passed, else published."""
    return Status.CLOSED if deadline is not None and deadline < now else Status.PUBLISHED


def next_deadline(deadlines: Iterable[datetime], now: datetime) -> datetime | None:
    """Return the first deadline that has not passed; when all have, the last one; None without any."""
    ordered = sorted(deadlines)
    return next((deadline for deadline in ordered if deadline >= now), ordered[-1] if ordered else None)


def months(amount: Decimal, unit: str) -> int | None:
    """Return a duration (eForms BT-36) in whole months, at least one if there is any; None for an unknown unit."""
    length = _MONTHS.get(unit.upper())
    if length is None:
        return None
    rounded = int((amount * length).to_integral_value(ROUND_HALF_UP))
    return max(rounded, 1) if amount > 0 else 0


def reservation_warnings(lot: LotIn, country: str, on: date) -> list[RuleWarning]:
    """Return what does not fit the reservation that a lot states, by the rules of `country` on the day `on`.

    They are matching's own rules (`reservations.csv`), so that an import and a match never disagree.
    """
    stated = Lot(
        id=lot.number or "",
        title=lot.title,
        cpv_main=lot.cpv_main,
        country=country,
        reserved_participation=tuple(lot.reserved_participation),
        duration_months=lot.duration_months,
    )
    return list(warnings(stated, on))
