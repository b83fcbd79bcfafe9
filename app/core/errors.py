"""What can go wrong in a service, with the HTTP status it means. Rooms raise these; `problem.py` answers them."""

from dataclasses import dataclass
from typing import Any, Self

from app.core.i18n import N_, Texts


class Message(str):
    """A text for people. As a string it is English; `in_language` says it in another language.

    `Message(N_("{code} is no CPV code"), code="1")`; a validator may raise `ValueError(Message(...))`.
    """

    source: str
    values: dict[str, Any]

    def __new__(cls, source: str, /, **values: Any) -> Self:
        """Make the message from its English source and what fills its `{places}`."""
        message = super().__new__(cls, source.format(**values) if values else source)
        message.source = source
        message.values = values
        return message


def in_language(text: str, say: Texts) -> str:
    """Return `text` in the language of `say`; what is neither a `Message` nor in a catalogue stays as it is."""
    if isinstance(text, Message):
        return say(text.source, **text.values)
    return say(text) if text else text


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One field that is wrong: a JSON pointer (`/lots/0/cpv_main`) or a parameter name, and what to do about it."""

    pointer: str
    detail: str


class SamnodError(Exception):
    """A fault that its reader can do something about."""

    status = 500
    code = "internal"
    title = "Something went wrong"

    def __init__(self, detail: str, faults: list[FieldFault] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.faults = faults or []


class BadRequest(SamnodError):
    """The request itself cannot be read: malformed JSON, an unknown parameter."""

    status, code, title = 400, "bad-request", "The request cannot be read"


class NotFound(SamnodError):
    """There is no such thing, or the reader may not know of it."""

    status, code, title = 404, "not-found", "Not found"


class Conflict(SamnodError):
    """The record is not in a state where this can be done, or another record stands in its way."""

    status, code, title = 409, "conflict", "In conflict with the present state"


class TooLarge(SamnodError):
    """The body is larger than this operation reads."""

    status, code, title = 413, "body-too-large", "The body is too large"


class UnsupportedMediaType(SamnodError):
    """The body is not of a type that this operation reads."""

    status, code, title = 415, "unsupported-media-type", "The content type is not supported"


class InvalidContent(SamnodError):
    """The payload was read, but one or more fields are wrong."""

    status, code, title = 422, "invalid-content", "The content is not valid"


SEE_ERRORS = N_("One or more fields are wrong: see errors.")
