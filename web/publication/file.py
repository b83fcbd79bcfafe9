"""An eForms file that somebody sends to fill the form: read beside every transaction, and never kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import anyio.to_thread
from anyio import CapacityLimiter
from fastapi import Request
from starlette.datastructures import UploadFile

from app.core.clock import now
from app.core.errors import FieldFault, InvalidContent, Message
from app.core.i18n import N_, Texts
from app.notices import service as notices
from app.notices.schemas import Remark, Unmapped
from web.forms import Fault

_LARGEST_FILE: Final = 5 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ReadFile:
    """An eForms file as it was sent: what fills the form, what nobody could place, or why it was refused."""

    written: dict[str, Any] | None = None
    unmapped: Sequence[Unmapped] = ()
    warnings: Sequence[Remark] = ()
    refused: InvalidContent | None = None


async def sent_file(request: Request) -> ReadFile:
    """Return what the form's field `file` holds, read before any transaction begins.

    One file at a time: two large ones at once would keep everybody else waiting.
    """
    file = request.state.form.get("file") if request.method == "POST" else None
    if not isinstance(file, UploadFile) or not file.filename:
        return ReadFile(refused=InvalidContent(Message(N_("Choose a file first."))))
    content = await file.read(_LARGEST_FILE + 1)
    if len(content) > _LARGEST_FILE:
        return ReadFile(refused=InvalidContent(Message(N_("The file may have at most 5 MB."))))
    try:
        reading = partial(notices.read_notice, content, now=now())
        notice = await anyio.to_thread.run_sync(reading, limiter=_reading_place(request))
    except InvalidContent as refused:
        return ReadFile(refused=refused)
    if notice.result is not None or notice.identity.withdraws:
        told = N_("This file tells how something ended, or withdraws it. A call or a planning notice fills the form.")
        line = f"line {notice.result_line if notice.result else notice.changed_line}"
        number = "OPP-070" if notice.result else "BT-758"
        return ReadFile(refused=InvalidContent(Message(told), [FieldFault(f"{line}, {number}", Message(told))]))
    return ReadFile(notice.opportunity.model_dump(mode="json"), notice.unmapped, notice.warnings)


def _reading_place(request: Request) -> CapacityLimiter:
    state = request.app.state
    if not hasattr(state, "notice_reading"):
        state.notice_reading = CapacityLimiter(1)
    place: CapacityLimiter = state.notice_reading
    return place


def reading_faults(file: ReadFile | None, say: Texts) -> list[Fault]:
    """Return why a file was refused, each with its line and field."""
    if file is None or file.refused is None:
        return []
    refused = file.refused
    if not refused.faults:
        return [Fault("file", say(_source(refused.detail)))]
    return [Fault("file", f"{_where(fault.pointer, say)}: {say(_source(fault.detail))}") for fault in refused.faults]


def _source(text: str) -> str:
    return text.source if isinstance(text, Message) and not text.values else text


def _where(pointer: str, say: Texts) -> str:
    """Return “line 12, BT-137” in the reader's language."""
    first, _, field = pointer.partition(", ")
    number = first.removeprefix("line ")
    if not number.isdecimal():
        return pointer
    return say("line {n}", n=number) + (f", {field}" if field else "")
