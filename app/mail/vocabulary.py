"""Words of mail: what a room asks to be sent, how far a letter has come, and who sends it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

TEMPLATES: Final = Path(__file__).parent / "templates"
# One address and nothing else: neither a name, a comma nor a line break, which would begin another header.
ADDRESS: Final = re.compile(r"[^\s@,;:<>\"()\[\]\\]{1,64}@[^\s@,;:<>\"()\\]{1,255}")
# Letters that come again and again: each can be stopped with one click (RFC 8058). The others answer what somebody did.
DIGESTS: Final = frozenset({"digests/digest"})
INVITATIONS: Final = frozenset(
    {"responses/invitation", "responses/link", "responses/reminder", "inventories/invitation", "inventories/reminder"}
)


class State(StrEnum):
    """How far a letter has come."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    # The mail server refused it for good, or it was tried for too long.
    FAILED = "failed"
    # Whoever lives at the address has asked for no more letters of this kind.
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as a room asks for it; it is written out when it is sent, in the reader's language.

    `template` is "room/name", a file in app/mail/templates; its first line is the subject, which may hold numbers of
    `values` but no text of theirs: what people write never gets into a header. `values` is kept as JSON, and wiped some
    days after the letter is sent, for it may hold links that open something. A letter whose `key` was queued before is
    not queued again. `person_id` is whose login the address is of, when it is a login's.

    Raises:
        ValueError: `to` is no address, or there is no such template.
    """

    to: str
    language: str
    template: str
    values: Mapping[str, Any]
    key: str = ""
    person_id: str | None = None

    def __post_init__(self) -> None:
        """Refuse what could never be sent while whoever asks is still there."""
        if not ADDRESS.fullmatch(self.to):
            raise ValueError("this is no e-mail address")
        if not re.fullmatch(r"[a-z_]+/[a-z_]+", self.template) or not (TEMPLATES / f"{self.template}.txt").is_file():
            raise ValueError(f"there is no letter {self.template!r} in app/mail/templates")


@dataclass(frozen=True, slots=True)
class Sender:
    """What a node says of itself in its letters.

    `address` is a function's, `name` what stands before it, and `base_url` where the links of letters lead.
    """

    address: str
    name: str
    base_url: str

    @property
    def domain(self) -> str:
        """The domain that the node's letters come from."""
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Parcel:
    """A letter that is ready to be written out: everything that is read from the outbox, and nothing to write to it."""

    id: str
    address: str
    person_id: str | None
    language: str
    template: str
    values: Mapping[str, Any]
    message_id: str


@dataclass(frozen=True, slots=True)
class Post:
    """How the mail of the node stands: letters by state, when a worker was last heard of, and whether to worry.

    `is_silent`: letters wait, and no worker has been heard of for more than ten minutes.
    """

    letters: Mapping[State, int]
    worked_at: datetime | None
    is_silent: bool

    @property
    def waiting(self) -> int:
        """How many letters are on their way out."""
        return self.letters[State.QUEUED] + self.letters[State.SENDING]


@dataclass(frozen=True, slots=True)
class Shown:
    """A letter of the demo's outbox, in the words that would be sent."""

    to: str
    subject: str
    text: str
    state: State
    queued_at: datetime
