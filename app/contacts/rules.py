"""Pure decisions about contacts: until when one holds."""

from datetime import date

from app.contacts.vocabulary import REVIEW_MONTHS
from app.core.clock import add_months


def due_on(assured_on: date) -> date:
    """Return the day by which a contact is to be confirmed again."""
    return add_months(assured_on, REVIEW_MONTHS)


def is_overdue(due: date, day: date) -> bool:
    """Tell whether nobody has confirmed a contact in time."""
    return due < day
