"""Entity tags of records, and what a change says about the version that it was made to (RFC 9110, section 13)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header

from app.core.errors import BadRequest, FieldFault, Message, PreconditionFailed, PreconditionRequired
from app.core.i18n import N_

_TAGS = re.compile(r'\s*(?:W/)?"[^"]*"\s*(?:,\s*(?:W/)?"[^"]*"\s*)*')
_TAG = re.compile(r'(W/)?"([^"]*)"')


def etag_of(rev: int) -> str:
    """Return the entity tag of a record with this `rev`: strong, since a record has one form in every language."""
    return f'"{rev}"'


@dataclass(frozen=True, slots=True)
class Precondition:
    """The versions that a change may be made to; None: whichever there is (`*`)."""

    revs: frozenset[str] | None

    def require(self, rev: int, *, current: Mapping[str, Any], sent: Mapping[str, Any] | None = None) -> None:
        """Refuse a change that was made to another version than `rev`, and show both.

        Raises:
            PreconditionFailed: its problem document holds the record as it is now (`current`) and what was sent.
        """
        if self.revs is None or str(rev) in self.revs:
            return
        told = Message(
            N_("The record has changed since you read it: it is now version {rev}. Look at current, and send again."),
            rev=rev,
        )
        faults = [
            FieldFault(f"/{name}", Message(N_("is now {value}"), value=_short(current[name])))
            for name, value in (sent or {}).items()
            if name in current and current[name] != value
        ]
        raise PreconditionFailed(told, faults, members={"current": dict(current), "sent": dict(sent or {})})


def precondition(
    if_match: Annotated[
        str | None,
        Header(alias="if-match", description="The ETag of the version that you change; `*` for whichever there is"),
    ] = None,
) -> Precondition:
    """Read the header.

    Raises:
        PreconditionRequired: there is none.
        BadRequest: it is not a list of entity tags.
    """
    if if_match is None:
        raise PreconditionRequired(
            Message(N_("Send If-Match with the ETag of the version that you read, so that nobody's change is lost."))
        )
    return _read(if_match)


def optional_precondition(
    if_match: Annotated[
        str | None, Header(alias="if-match", description="The ETag of the version that you act upon, if it matters")
    ] = None,
) -> Precondition:
    """Read the header of an action, which may go without. Raises `BadRequest`."""
    return Precondition(None) if if_match is None else _read(if_match)


def _read(header: str) -> Precondition:
    if header.strip() == "*":
        return Precondition(None)
    if not _TAGS.fullmatch(header):
        told = Message(N_('is not a list of entity tags, such as "7"'))
        raise BadRequest(Message(N_("A header is wrong: see errors.")), [FieldFault("if-match", told)])
    # A weak tag never matches: it says that two versions are much the same, and a change needs the very same.
    return Precondition(frozenset(tag for weak, tag in _TAG.findall(header) if not weak))


def _short(value: Any) -> str:
    text = "–" if value is None else str(value)
    return text if len(text) <= 100 else f"{text[:99]}…"


IfMatch = Annotated[Precondition, Depends(precondition)]
MaybeIfMatch = Annotated[Precondition, Depends(optional_precondition)]
