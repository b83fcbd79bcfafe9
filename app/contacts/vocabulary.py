"""Words of the contacts: functions that answer for an organisation, never people. Roles are those of organisations."""

from enum import StrEnum
from typing import Final

RECORD_TYPE: Final = "contact"
"""What the journal calls a record of this room."""

REVIEW_MONTHS: Final = 12
"""How long a contact counts as confirmed."""


class TermKind(StrEnum):
    """What a contact may say several of."""

    ROLE = "role"
    AREA = "area"


class Sort(StrEnum):
    """Orders of the list: by organisation and function, by the last change, or those first that wait for a review."""

    NAME = "name"
    UPDATED_DESC = "-updated_at"
    DUE = "due_on"
