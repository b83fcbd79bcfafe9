"""eForms (Implementing Regulation (EU) 2019/1780): a contract, planning or result notice, read as an opportunity."""

from dataclasses import dataclass
from datetime import datetime

from app.notices.fields import Scope, results
from app.notices.identity import Identity, read_identity
from app.notices.mapping import to_opportunity
from app.notices.reader import Reader
from app.notices.results import Result
from app.notices.schemas import Remark, Unmapped
from app.notices.unmapped import unmapped_fields
from app.notices.xml import line_of, parse
from app.opportunities.schemas import OpportunityCreate

# A notice that somebody made to be long is not answered at length.
_MOST_TOLD = 500


@dataclass(frozen=True)
class ParsedNotice:
    """A notice that can be imported, and on which lines it says what it may be refused for later."""

    identity: Identity
    opportunity: OpportunityCreate
    result: Result | None
    version_line: int
    buyer_line: int
    changed_line: int
    result_line: int
    warnings: list[Remark]
    unmapped: list[Unmapped]


def read_notice(content: bytes, *, now: datetime) -> ParsedNotice:
    """Read an eForms file as it came; `now` decides whether its deadline has passed.

    Raises:
        InvalidContent: the file is not well-formed, not a notice of a kind that is read here, or lacks something:
            every fault with its line and field number.
    """
    reader = Reader(parse(content))
    identity = read_identity(reader)
    opportunity, result = to_opportunity(reader, identity, now)
    return ParsedNotice(
        identity=identity,
        opportunity=opportunity,
        result=result,
        version_line=_line(reader, "BT-757"),
        buyer_line=_line(reader, "OPT-300"),
        changed_line=_line(reader, "BT-758"),
        result_line=_first_line(reader, "result"),
        warnings=reader.remarks[:_MOST_TOLD],
        unmapped=unmapped_fields(reader)[:_MOST_TOLD],
    )


def _first_line(reader: Reader, scope: Scope) -> int:
    return line_of(next(iter(results(reader.root, scope)), reader.root))


def _line(reader: Reader, number: str) -> int:
    element = reader.element(number, "notice", reader.root)
    return line_of(reader.root if element is None else element)
