"""What matching asks the database: postings of the index, and the records that profiles are made of."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, or_, select
from sqlmodel import col

from app.enterprises.tables import Enterprise
from app.matching.gate import Span
from app.matching.tables import MatchEnterprise, MatchPosting


def postings(terms: Sequence[str], spans: Sequence[Span]) -> Select[str, int, bytes, bytes]:
    """Select the postings of `terms`, and of every term within `spans`."""
    wanted = [col(MatchPosting.term).in_(terms)]
    wanted += [col(MatchPosting.term).between(span.first, span.last) for span in spans]
    return select(
        col(MatchPosting.term), col(MatchPosting.chunk), col(MatchPosting.offsets), col(MatchPosting.impacts)
    ).where(or_(*wanted))


def postings_of_chunk(terms: Sequence[str], chunk: int) -> Select[MatchPosting]:
    """Select the rows that a patch of one document changes."""
    return select(MatchPosting).where(col(MatchPosting.term).in_(terms), col(MatchPosting.chunk) == chunk)


def names(slots: Sequence[int]) -> Select[int, str]:
    """Select the ids behind slots."""
    return select(col(MatchEnterprise.slot), col(MatchEnterprise.enterprise_id)).where(
        col(MatchEnterprise.slot).in_(slots)
    )


def documents(enterprise_ids: Sequence[str]) -> Select[str, str, str | None, bytes]:
    """Select the compiled documents of enterprises, with what a list shows of them."""
    return select(
        col(MatchEnterprise.enterprise_id),
        col(MatchEnterprise.name),
        col(MatchEnterprise.municipality),
        col(MatchEnterprise.document),
    ).where(col(MatchEnterprise.enterprise_id).in_(enterprise_ids))


def children(table: Any, enterprise_ids: Sequence[str]) -> Select[Any]:
    """Select the child rows of enterprises from one table of the registry."""
    return select(table).where(table.enterprise_id.in_(enterprise_ids))


def enterprises(enterprise_ids: Sequence[str]) -> Select[Enterprise]:
    """Select enterprises by id."""
    return select(Enterprise).where(col(Enterprise.id).in_(enterprise_ids))


def every_enterprise() -> Select[str]:
    """Select the id of every enterprise, in order."""
    return select(col(Enterprise.id)).order_by(col(Enterprise.id))
