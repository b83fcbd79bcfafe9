"""What a run of the sync says of a fault, in the reader's language.

A run writes down in English what went wrong, as whoever runs the node reads it at the terminal. What is known to be
said is told here in the reader's words, with what is filled in; of the rest its kind is told, and the English beside.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.core.i18n import N_, Texts

# What the reading of a peer says, with names for what it fills in; a longer one before one that would take it too.
_SAID: Final = (
    N_("The peer does not answer ({kind})."),
    N_("The peer cannot answer now ({status})."),
    N_("There was no whole answer within {n} seconds."),
    N_("The name {host} is not known."),
    N_("{host} leads to {address}, which is in no public network."),
    N_("{address} is not called: only https is."),
    N_("The peer refused ({status})."),
    N_("The peer refused ({status}): {told}"),
    N_("it leads elsewhere, and nobody follows it there"),
    N_("It is signed with a key that is not the peer's: ask its operator for a new introduction."),
    N_("The signature is not the peer's."),
    N_("It is from another node than {peer}."),
    N_("It was made for another node than {node}."),
    N_("The peer speaks {theirs}, this program {ours}: upgrade the older of the two."),
    N_("The peer speaks for a record of another node than {node}."),
    N_("The peer says again and again that there is more."),
    N_("It is larger than {n} bytes."),
    N_("A line is longer than {n} bytes."),
    N_("It has more than {n} lines."),
    N_("It is nested more than {n} deep."),
    N_("What differed was fetched, and both sides still do not hold the same."),
    N_("{n} of {all} records would be deleted, and nothing was. If that is right: {command}"),
    N_("Its time was over; the next run goes on where it was stopped."),
    N_("It was stopped."),
    N_("It was stopped before its end."),
    N_("All is read and equal, but the peer was not told: {told}"),
    N_("The database does not answer, and nothing was written of the page: {told}"),
    N_("This program failed ({kind}); its log says where."),
    N_("It cannot be read by this program ({kind})."),
    N_("Another run reads from {peer} by now."),
    N_("{peer} speaks for {home}: {record}."),
)
# What is said of an answer that is not what it should be, in many ways that only a developer tells apart.
_DAMAGED: Final = re.compile(
    r"(The page|The answer|A line of the answer|A record|The records of the page|The hash of) .*"
    r"|It is (damaged|cut off|sent as)\b.*|More follows after its end\.|\w+ is not what it should be\."
    r"|The peer's (digest|bucket) .*|The peer says that there is more, and sends nothing of it\."
    r"|The peer sends records that were not asked for\."
)
_IS_DAMAGED: Final = N_("What it sent is damaged, or not of the form that it should be.")
_TOO_LATE: Final = "The time for it was over before it had come."
_IS_TOO_LATE: Final = N_("It took longer than a page may take.")
# Says what somebody else said: a fault of its own, that may be known too.
_INNER: Final = "told"
_NAME: Final = re.compile(r"\\\{(\w+)\\\}")


@dataclass(frozen=True, slots=True)
class Told:
    """A fault in the reader's language, and in English what of it cannot be said so; one of both may be empty."""

    text: str = ""
    detail: str = ""


def told(fault: str, say: Texts) -> Told:
    """Return what a run says of a fault, or of a record that it kept aside, in the language of `say`."""
    for pattern, message in _PATTERNS.items():
        if found := pattern.fullmatch(fault):
            return _filled(message, found.groupdict(), say)
    if fault == _TOO_LATE:
        return Told(say(_IS_TOO_LATE))
    if _DAMAGED.fullmatch(fault):
        return Told(say(_IS_DAMAGED), fault)
    # A room's own words about a record, as they are translated for everybody.
    words = say(fault)
    return Told(words) if words != fault else Told(detail=fault)


def _filled(message: str, values: Mapping[str, str], say: Texts) -> Told:
    if _INNER not in values:
        return Told(say(message, **values) if values else say(message))
    inner = told(values[_INNER], say)
    return Told(say(message, **{**values, _INNER: inner.text}).rstrip(), inner.detail)


def _pattern(message: str) -> re.Pattern[str]:
    """Return what the message looks like when it has been filled in."""
    return re.compile(_NAME.sub(r"(?P<\1>.+?)", re.escape(message)))


_PATTERNS: Final = {_pattern(message): message for message in _SAID}
