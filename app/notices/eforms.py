"""eForms (Implementing Regulation (EU) 2019/1780): a contract, planning or result notice, read as an opportunity."""

from dataclasses import dataclass
from datetime import datetime

from app.core.errors import FieldFault, InvalidContent
from app.notices.fields import Scope, bases, fields, results
from app.notices.identity import Identity, read_identity
from app.notices.mapping import to_opportunity
from app.notices.reader import Reader
from app.notices.results import Result
from app.notices.schemas import Remark, Unmapped
from app.notices.unmapped import unmapped_fields
from app.notices.xml import Element, line_of, parse
from app.opportunities.schemas import OpportunityCreate

# A notice that somebody made to be long is not answered at length.
_MOST_WARNINGS = 500
# How many times a field is looked for.
_MOST_LOOKED_AT = 110_000


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
    root = parse(content)
    _check_size(root)
    reader = Reader(root)
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
        warnings=reader.remarks[:_MOST_WARNINGS],
        unmapped=unmapped_fields(reader),
    )


def _check_size(root: Element) -> None:
    """Refuse a notice in which there is more to look at than in a thousand lots."""
    starts = bases(root)
    if sum(len(starts[field.scope]) for field in fields()) > _MOST_LOOKED_AT:
        detail = "The notice has too many lots, organisations, places or results."
        raise InvalidContent(
            detail, [FieldFault("the file", "more than a thousand lots, or five thousand organisations")]
        )


def _first_line(reader: Reader, scope: Scope) -> int:
    return line_of(next(iter(results(reader.root, scope)), reader.root))


def _line(reader: Reader, number: str) -> int:
    element = reader.element(number, "notice", reader.root)
    return line_of(reader.root if element is None else element)
