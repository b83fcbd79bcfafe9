"""Words of moderation: what can be reported and hidden, why, and what a coordinator did about it."""

from enum import StrEnum
from typing import Final


class Subject(StrEnum):
    """The kinds of public records that can be reported and hidden."""

    ENTERPRISE = "enterprise"
    OPPORTUNITY = "opportunity"
    SUPPORT_OFFER = "support_offer"


class ReportKind(StrEnum):
    """What a reader says about a record. An objection is its keeper's, to the record's having been hidden."""

    WRONG = "wrong"
    OUTDATED = "outdated"
    NOT_HERE = "not-here"
    OBJECTION = "objection"


class ReportState(StrEnum):
    """open → dismissed, or settled when the record is hidden (an objection: when it is shown again)."""

    OPEN = "open"
    DISMISSED = "dismissed"
    SETTLED = "settled"


class Verb(StrEnum):
    """What a coordinator does. `reopen`: takes back a dismissal. `remind`: asks a keeper to confirm a record."""

    HIDE = "hide"
    RESTORE = "restore"
    DISMISS = "dismiss"
    REOPEN = "reopen"
    REMIND = "remind"


# What takes back what. A letter that has been sent cannot be taken back, and what takes back is not taken back itself.
INVERSES: Final = {Verb.HIDE: Verb.RESTORE, Verb.RESTORE: Verb.HIDE, Verb.DISMISS: Verb.REOPEN}
# What anybody may say of a record that everybody sees.
SAID_BY_READERS: Final = (ReportKind.WRONG, ReportKind.OUTDATED, ReportKind.NOT_HERE)
REMINDER_DAYS: Final = 30
