"""Which notices have been read into which opportunity."""

from datetime import datetime

from sqlmodel import Field, SQLModel


class ReadNotice(SQLModel, table=True):
    """One notice that an opportunity on this node was made, changed or ended by.

    An opportunity itself names the notice that describes it. Results, and notices that have since been changed by
    another, are remembered here, so that each is taken once and in order.
    """

    __tablename__ = "notice"

    source: str = Field(primary_key=True, max_length=64, description="Whose numbering the notice's own id belongs to")
    notice_id: str = Field(primary_key=True, max_length=64)
    version: str = Field(max_length=16)
    form_type: str = Field(max_length=32, description="eForms BT-03")
    opportunity_id: str = Field(max_length=36, index=True)
    published_at: datetime | None = Field(default=None)
