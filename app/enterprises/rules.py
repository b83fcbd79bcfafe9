"""Pure decisions of the registry."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from app.core.clock import add_months
from app.enterprises.vocabulary import EligibilityState

STATEMENT_MONTHS: Final = 24
"""How long a statement counts after the day it was made: Samnod's own figure, not the law's."""
CONFIRMED_MONTHS: Final = 12
"""How long a record counts as confirmed: Denmark's register, which asks nobody again, shows what happens without."""
COUNTING_STATES: Final = (EligibilityState.VERIFIED, EligibilityState.DECLARED)
"""The states in which a statement says that the enterprise may take part."""


def is_municipality_of(area: str, country: str) -> bool:
    """Tell whether an area code is a municipality's (`SE-2281`, not `SE-22` or `SE`), in that country."""
    return len(area) == len("SE-2281") and area.startswith(f"{country}-")


def statement_counts(state: str, on: date | None, valid_until: date | None, today: date) -> bool:
    """Tell whether a statement of the right to take part counts on `today`.

    `on` is the day it was made and `valid_until` the last day that it names itself; either may be unknown. One that is
    dated in the future, or older than `STATEMENT_MONTHS`, does not count.
    """
    if state not in COUNTING_STATES:
        return False
    if on is not None and not oldest_statement(today) <= on <= today:
        return False
    return valid_until is None or valid_until >= today


def newly_verified(wanted: Mapping[str, Any], current: Mapping[str, Any]) -> list[str]:
    """Return a JSON pointer to each statement in `wanted` that says it is verified and does not say so in `current`.

    Both are enterprises as JSON; statements are the criteria of the definition and the right to take part.
    """
    return [
        f"/{field}/{i}/state"
        for field in ("criteria", "eligibility")
        for i, statement in enumerate(wanted.get(field, []))
        if statement["state"] == "verified" and statement not in current.get(field, [])
    ]


def oldest_statement(today: date) -> date:
    """Return the first day on which a statement that counts on `today` can have been made."""
    oldest = add_months(today, -STATEMENT_MONTHS)
    # 24 months before the last of February in a leap year, a month ends a day sooner: what was said then is too old.
    return oldest if add_months(oldest, STATEMENT_MONTHS) >= today else oldest + timedelta(days=1)


def needs_reconfirmation(confirmed_on: date | None, today: date) -> bool:
    """Tell whether nobody has confirmed a record for a year, or ever."""
    return confirmed_on is None or confirmed_on < confirmed_enough(today)


def confirmed_enough(today: date) -> date:
    """Return the first day on which a record can have been confirmed that need not be confirmed again on `today`."""
    return add_months(today, -CONFIRMED_MONTHS)
