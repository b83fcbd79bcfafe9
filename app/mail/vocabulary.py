"""Words of mail: what a room asks to be sent, and how far a letter has come."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

TEMPLATES: Final = Path(__file__).parent / "templates"
# One address and nothing else: neither a name, a comma nor a line break, which would begin another header.
_ADDRESS = re.compile(r"[^\s@,;<>\"()\\]{1,64}@[^\s@,;<>\"()\\]{1,255}")


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
        if not _ADDRESS.fullmatch(self.to):
            raise ValueError("this is no e-mail address")
        if not re.fullmatch(r"[a-z_]+/[a-z_]+", self.template) or not (TEMPLATES / f"{self.template}.txt").is_file():
            raise ValueError(f"there is no letter {self.template!r} in app/mail/templates")
