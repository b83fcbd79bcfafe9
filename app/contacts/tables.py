"""Tables of the contacts. Roles and areas lie in one table of terms, replaced with the contact.

The organisation is another room's: its id, and what lists show and sort by, are here; `service.follow_organization`
keeps the latter true.
"""

from datetime import date

from sqlalchemy import JSON, Column, ForeignKey, Index, String
from sqlmodel import Field, SQLModel

from app.contacts.vocabulary import TermKind
from app.core.columns import Synced, id_column, new_id, sort_column, state_column


class Contact(Synced, table=True):
    """A function of an organisation that answers: an address, a number, a page; never a person's."""

    # Each order of the list is read from its own index.
    __table_args__ = (Index(None, "name_sort", "id"), Index(None, "updated_at", "id"), Index(None, "due_on", "id"))

    id: str = Field(default_factory=new_id, sa_column=id_column())
    organization_id: str = Field(max_length=36, index=True)
    owner_id: str = Field(max_length=36, description="The organisation whose people keep it")
    organization_name: str = Field(max_length=300)
    is_shown: bool = Field(default=True, description="False while its organisation is private")
    name_sort: str = Field(sa_column=sort_column())
    area_code: str | None = Field(default=None, max_length=8, index=True, description="Where its organisation works")
    country: str = Field(max_length=3)
    function: str = Field(max_length=300)
    email: str | None = Field(default=None, max_length=320)
    phone: str | None = Field(default=None, max_length=32)
    website: str | None = Field(default=None, max_length=2048)
    languages: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    language: str = Field(max_length=3)
    assured_on: date
    due_on: date


class ContactTerm(SQLModel, table=True):
    """One role or area of a contact."""

    __tablename__ = "contact_term"
    __table_args__ = (Index(None, "kind", "code", "contact_id"),)

    contact_id: str = Field(
        sa_column=Column(String(36), ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True)
    )
    kind: TermKind = Field(sa_column=state_column(TermKind, primary_key=True))
    code: str = Field(primary_key=True, max_length=64)
