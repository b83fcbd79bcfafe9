"""Pure decisions of the registry."""

import re
from datetime import date, timedelta
from typing import Final

from stdnum.no import orgnr as norwegian
from stdnum.se import orgnr as swedish

from app.core.clock import add_months
from app.core.errors import Message
from app.core.i18n import N_
from app.enterprises.vocabulary import EligibilityState

STATEMENT_MONTHS: Final = 24
"""How long a statement counts after the day it was made: Samnod's own figure, not the law's."""
COUNTING_STATES: Final = (EligibilityState.VERIFIED, EligibilityState.DECLARED)
"""The states in which a statement says that the enterprise may take part."""


def check_organisation_number(number: str | None) -> str | None:
    """Return the organisation number in compact form.

    Swedish numbers whose third digit is below 2 are personal identity numbers (sole traders) and are never stored.

    Raises:
        ValueError: the number is not a Swedish or Norwegian organisation number, or is a personal one.
    """
    if number is None or not number.strip():
        return None
    if norwegian.is_valid(number):
        return str(norwegian.compact(number))
    digits = re.sub("[^0-9]", "", number)
    if len(digits) in {10, 12} and digits[-8] in "01":
        raise ValueError(Message(N_("this is a personal identity number: leave the field empty for a sole trader")))
    if swedish.is_valid(number):
        return str(swedish.compact(number))
    raise ValueError(Message(N_("not a Swedish or Norwegian organisation number (check the digits)")))


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


def oldest_statement(today: date) -> date:
    """Return the first day on which a statement that counts on `today` can have been made."""
    oldest = add_months(today, -STATEMENT_MONTHS)
    # 24 months before the last of February in a leap year, a month ends a day sooner: what was said then is too old.
    return oldest if add_months(oldest, STATEMENT_MONTHS) >= today else oldest + timedelta(days=1)
