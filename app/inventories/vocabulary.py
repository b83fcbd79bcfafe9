"""Words of the needs inventories: how far a round has come, what it asks, and what a link can do."""

from enum import StrEnum
from typing import Final

from app.core.i18n import N_

NEED_LIST: Final = "need_category"
# The list's eleventh code is for records of needs that fit no other; a survey asks for them in its own questions.
NOT_ASKED: Final = frozenset({"other"})
LEVELS: Final = (0, 1, 2, 3)
"""How urgent a need is: 0 not at all, 3 very."""
NEEDING: Final = (2, 3)
"""The levels that count as "we need this"."""
OPEN_LEFT: Final = "none"
"""What those are counted under who left a question open."""
MOST_OWN: Final = 10
MOST_CHOICES: Final = 12
MOST_REMINDERS: Final = 2


class Status(StrEnum):
    """Where in its life a round is."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    ARCHIVED = "archived"


class Verb(StrEnum):
    """What can be done with a round; `rules.TRANSITIONS` says in which state."""

    OPEN = "open"
    CLOSE = "close"
    IMPORT = "import"
    ARCHIVE = "archive"
    CHANGE = "change"
    REMOVE = "remove"


PUBLIC: Final = frozenset({Status.CLOSED, Status.ARCHIVED})


class Side(StrEnum):
    """Whom a round asks: social enterprises, the public bodies that meet them, or both."""

    ENTERPRISE = "enterprise"
    PUBLIC = "public"
    BOTH = "both"


class Language(StrEnum):
    """What a round is written in, and a letter."""

    SV = "sv"
    NB = "nb"
    EN = "en"


class QuestionKind(StrEnum):
    """What an answer to a question is: a level from 0 to 3, one of some choices, or a text."""

    SCALE = "scale"
    CHOICE = "choice"
    TEXT = "text"


class InvitationState(StrEnum):
    """Whether an invitation opens anything. Whether it was answered is told to nobody."""

    SENT = "sent"
    WITHDRAWN = "withdrawn"


class LinkState(StrEnum):
    """What a link can still do."""

    OPEN = "open"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Withheld(StrEnum):
    """Why a closed round, or its rows by area, are not published."""

    FEW = "few"
    ALIKE = "alike"


class ExportForm(StrEnum):
    """What a table is given as."""

    CSV = "csv"
    XLSX = "xlsx"


LEVEL_LABELS: Final = {0: N_("No need"), 1: N_("Some need"), 2: N_("Great need"), 3: N_("Urgent need")}
STATUS_LABELS: Final = {
    Status.DRAFT: N_("Draft"),
    Status.OPEN: N_("Takes answers"),
    Status.CLOSED: N_("Closed"),
    Status.ARCHIVED: N_("Archived"),
}
SIDE_LABELS: Final = {
    Side.ENTERPRISE: N_("Social enterprises"),
    Side.PUBLIC: N_("Public bodies"),
    Side.BOTH: N_("Social enterprises and public bodies"),
}
WITHHELD_LABELS: Final = {
    Withheld.FEW: N_("Fewer than five answered, so nothing is shown."),
    Withheld.ALIKE: N_(
        "Nearly the same answered an earlier round: the difference, which would tell of a few of them, is not shown."
    ),
}
