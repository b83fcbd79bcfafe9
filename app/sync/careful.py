"""Many records at once in a transaction, and each of them alone in a savepoint where that fails."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from app.core.db import WriteSession, is_silence
from app.core.errors import SamnodError
from app.sync.vocabulary import Envelope, Key, key_of

_LONGEST_FAULT: Final = 500


class Stumbled(Exception):
    """A record cannot be written, and it was hoped that all could: nothing may be kept of the pages."""


def all_or_each(
    session: WriteSession,
    said: Sequence[Envelope],
    do: Callable[[Sequence[Envelope]], None],
    *,
    hopeful: bool = False,
) -> dict[Key, str]:
    """Do something with many records at once; if that fails, with each of them alone. Return why some cannot be.

    Raises:
        Stumbled: it fails, and whoever asks was `hopeful`.
    """
    if not said:
        return {}
    if hopeful:
        _do_hopefully(session, said, do)
        return {}
    if _fault_of(session, said, do) is None:
        return {}
    alone = {key_of(one): _fault_of(session, [one], do) for one in said}
    return {key: fault for key, fault in alone.items() if fault is not None}


def _do_hopefully(session: WriteSession, said: Sequence[Envelope], do: Callable[[Sequence[Envelope]], None]) -> None:
    try:
        do(said)
        session.flush()
    except Exception as fault:
        if _is_no_records(fault):
            raise
        raise Stumbled from fault


def _is_no_records(fault: Exception) -> bool:
    """Tell of a fault for which no record is to blame: the page can wait for the database, or for memory."""
    return is_silence(fault) or isinstance(fault, MemoryError)


def _fault_of(session: WriteSession, said: Sequence[Envelope], do: Callable[[Sequence[Envelope]], None]) -> str | None:
    """Do something in a savepoint; if that fails, undo it whole and return why."""
    queued = _copied(session.info)
    try:
        with session.begin_nested():
            do(said)
            session.flush()
    except Exception as fault:
        # For a record that no room can read, nobody will wait.
        if _is_no_records(fault):
            raise
        # What is to be done before the commit was queued beside the rows, and goes with them.
        session.info.clear()
        session.info.update(queued)
        return _told(fault)
    return None


def _copied(queued: Any) -> Any:
    """Return what a transaction has queued, so that more can be added to the original without touching the copy."""
    if isinstance(queued, dict):
        return {name: _copied(value) for name, value in queued.items()}
    if type(queued) is tuple:
        return tuple(map(_copied, queued))
    return type(queued)(queued) if type(queued) in (list, set) else queued


def _told(fault: Exception) -> str:
    """Return why a record cannot be kept, without what it says: that stays in its payload."""
    if not isinstance(fault, SamnodError):
        return f"It cannot be read by this program ({type(fault).__name__})."
    wrong = "; ".join(f"{one.pointer}: {one.detail}" for one in fault.faults[:3])
    return (f"{fault.detail} {wrong}" if wrong else fault.detail)[:_LONGEST_FAULT]
