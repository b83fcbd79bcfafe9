"""eForms (Implementing Regulation (EU) 2019/1780): a contract or planning notice, read as an opportunity."""

from dataclasses import dataclass
from datetime import datetime

from app.notices.identity import Identity, read_identity
from app.notices.mapping import to_opportunity
from app.notices.reader import Reader
from app.notices.schemas import Remark, Unmapped
from app.notices.unmapped import unmapped_fields
from app.notices.xml import line_of, parse
from app.opportunities.schemas import OpportunityCreate


@dataclass(frozen=True)
class ParsedNotice:
    """A notice that can be imported, and on which lines it says its version, its buyer and which notice it changes."""

    identity: Identity
    opportunity: OpportunityCreate
    version_line: int
    buyer_line: int
    changed_line: int
    warnings: list[Remark]
    unmapped: list[Unmapped]


def read_notice(content: bytes, *, now: datetime) -> ParsedNotice:
    """Read an eForms file as it came; `now` decides whether its deadline has passed.

    Raises:
        InvalidContent: the file is not well-formed, not a notice that calls for anything, or lacks something: every
            fault with its line and field number.
    """
    reader = Reader(parse(content))
    identity = read_identity(reader)
    opportunity = to_opportunity(reader, identity, now)
    return ParsedNotice(
        identity=identity,
        opportunity=opportunity,
        version_line=_line(reader, "BT-757"),
        buyer_line=_line(reader, "OPT-300"),
        changed_line=_line(reader, "BT-758"),
        warnings=reader.remarks,
        unmapped=unmapped_fields(reader),
    )


def _line(reader: Reader, number: str) -> int:
    element = reader.element(number, "notice", reader.root)
    return line_of(reader.root if element is None else element)
