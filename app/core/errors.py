"""What can go wrong in a service, with the HTTP status it means. Rooms raise these; `problem.py` answers them."""

from dataclasses import dataclass


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
    """The record is not in a state where this can be done."""

    status, code, title = 409, "conflict", "In conflict with the present state"


class UnsupportedMediaType(SamnodError):
    """The body is not of a type that this operation reads."""

    status, code, title = 415, "unsupported-media-type", "The content type is not supported"


class InvalidContent(SamnodError):
    """The payload was read, but one or more fields are wrong."""

    status, code, title = 422, "invalid-content", "The content is not valid"
