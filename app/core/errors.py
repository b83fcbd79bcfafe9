"""What can go wrong in a service, with the HTTP status it means. Rooms raise these; `problem.py` answers them."""

from collections.abc import Iterable, Mapping
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


def json_pointer(parts: Iterable[int | str]) -> str:
    """Return the JSON pointer (RFC 6901) to what is found along `parts`; very long names are cut."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1")[:200] for part in parts)


class SamnodError(Exception):
    """A fault that its reader can do something about."""

    status = 500
    code = "internal"

    headers: Mapping[str, str] = {}

    def __init__(
        self, detail: str, faults: list[FieldFault] | None = None, *, members: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.faults = faults or []
        # What the problem document says beside its own members (RFC 9457, 3.2), as JSON.
        self.members = members or {}


class BadRequest(SamnodError):
    """The request itself cannot be read: malformed JSON, an unknown parameter."""

    status, code = 400, "bad-request"


class Unauthorized(SamnodError):
    """No key was sent, or one that does not open anything: unknown, expired or revoked."""

    status, code = 401, "key-needed"
    headers: Mapping[str, str] = {"WWW-Authenticate": "Bearer"}


class Forbidden(SamnodError):
    """The key is good, but not for this."""

    status, code = 403, "not-allowed"


class NotFound(SamnodError):
    """There is no such thing, or the reader may not know of it."""

    status, code = 404, "not-found"


class Conflict(SamnodError):
    """The record is not in a state where this can be done, or another record stands in its way."""

    status, code = 409, "conflict"


class Gone(SamnodError):
    """What was there is not kept any longer: a cursor to changes that are forgotten."""

    status, code = 410, "gone"


class PreconditionFailed(SamnodError):
    """The record is no longer the one that `If-Match` names."""

    status, code = 412, "changed-meanwhile"


class TooLarge(SamnodError):
    """The body is larger than this operation reads."""

    status, code = 413, "body-too-large"


class UnsupportedMediaType(SamnodError):
    """The body is not of a type that this operation reads."""

    status, code = 415, "unsupported-media-type"


class InvalidContent(SamnodError):
    """The payload was read, but one or more fields are wrong."""

    status, code = 422, "invalid-content"


class PreconditionRequired(SamnodError):
    """The change does not say which version of the record it is made to."""

    status, code = 428, "if-match-needed"


class TooManyRequests(SamnodError):
    """The caller has asked for too much in a short time; `headers` say when to come back."""

    status, code = 429, "too-many-requests"

    def __init__(self, detail: str, *, headers: Mapping[str, str]) -> None:
        super().__init__(detail)
        self.headers = headers


class NotReady(SamnodError):
    """The database does not answer, or is busy for longer than anybody should wait."""

    status, code = 503, "not-ready"
    headers: Mapping[str, str] = {"Retry-After": "5"}


SEE_ERRORS = N_("One or more fields are wrong: see errors.")
