"""Tables of the published needs. What a need says several of lies in one table of terms, replaced with it."""

from datetime import date, datetime

from sqlalchemy import Column, ForeignKey, Index, String
from sqlmodel import Field, SQLModel

from app.core.columns import Synced, id_column, new_id, sort_column, state_column
from app.needs.vocabulary import REVIEW_MONTHS, Status, TermKind


class Need(Synced, table=True):
    """What a social enterprise, or a public body that meets them, needs support with."""

    __tablename__ = "need"
    # Each order of the list is read from its own index; the last one is what the nightly job asks by.
    __table_args__ = (
        Index(None, "status", "rank", "title_sort", "id"),
        Index(None, "status", "pressing", "updated_at", "id"),
        Index(None, "status", "title_sort", "id"),
        Index(None, "status", "updated_at", "id"),
        Index(None, "status", "due_on"),
    )

    id: str = Field(default_factory=new_id, sa_column=id_column())
    slug: str = Field(max_length=80, unique=True)
    owner_id: str | None = Field(default=None, max_length=36, index=True, description="The organisation that keeps it")
    licence: str = Field(max_length=64)
    status: Status = Field(sa_column=state_column(Status))
    status_note: str | None = Field(default=None, max_length=300, description="Why it is in that state")
    title: str = Field(max_length=300)
    title_sort: str = Field(sa_column=sort_column())
    description: str = Field(default="")
    language: str = Field(max_length=3)
    holder_id: str | None = Field(default=None, max_length=36, index=True)
    enterprise_id: str | None = Field(default=None, max_length=36, index=True)
    holder_name: str = Field(max_length=300)
    country: str = Field(max_length=3)
    area_code: str | None = Field(default=None, max_length=8, index=True, description="Where its holder is")
    urgency: int | None = Field(default=None, description="0 to 3, or nobody has judged it")
    pressing: int = Field(description="Its urgency to sort by: see rules.pressing")
    rank: int = Field(description="Its place in the order `nearest`: see rules.rank_of")
    reach: int = Field(description="How wide it is felt: see rules.reach_of")
    category_count: int
    side_count: int
    source_section: str | None = Field(default=None, max_length=300, description="Where in the source it is told")
    published_at: datetime | None = Field(default=None)
    assured_on: date | None = Field(default=None, description="When its holder last said that it is still there")
    review_months: int = Field(default=REVIEW_MONTHS)
    due_on: date | None = Field(default=None, description="By when it is to be confirmed again")


class NeedTerm(SQLModel, table=True):
    """One category, support area, side or area of a need."""

    __tablename__ = "need_term"
    __table_args__ = (Index(None, "kind", "code", "need_id"),)

    need_id: str = Field(sa_column=Column(String(36), ForeignKey("need.id", ondelete="CASCADE"), primary_key=True))
    kind: TermKind = Field(sa_column=state_column(TermKind, primary_key=True))
    code: str = Field(primary_key=True, max_length=64)
