"""Columns that every room shares: ids, codes, states and where a record comes from."""

import enum
import uuid
from datetime import datetime

import uuid_utils
from sqlalchemy import Column, Enum, Index, String, text
from sqlmodel import Field, SQLModel

from app.core.clock import now

# Named constraints, so that a migration can drop what another has made, on both databases.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def new_id() -> str:
    """Return a random id: nobody can guess another record's."""
    return str(uuid.uuid4())


def part_id() -> str:
    """Return an id for what belongs to a record and is shown with it: it comes after those made before (RFC 9562, v7).

    Rows that are made together stand together in every index then, and thousands of them touch few of its pages.
    """
    return str(uuid_utils.uuid7())


def stable_id(kind: str, key: str) -> str:
    """Return the same id for the same thing on every node, for records that come from a list."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"samnod:{kind}:{key}"))


def state_column(
    states: type[enum.StrEnum], *, nullable: bool = False, index: bool = False, primary_key: bool = False
) -> Column[str]:
    """Return a text column that holds one of `states`, checked by the database as well."""
    kind = Enum(
        states,
        native_enum=False,
        create_constraint=True,
        validate_strings=True,
        values_callable=lambda members: [member.value for member in members],
        length=32,
        name=f"{states.__name__.lower()}_known",
    )
    return Column(kind, nullable=nullable, index=index, primary_key=primary_key)


def sort_column() -> Column[str]:
    """Return a column for `core/text.py`'s sort keys: compared byte by byte, whatever the database's own language.

    A list in that order is read from an index of the key and the id, in one direction: `Index(None, key, "id")`.
    """
    kind = String(300).with_variant(String(300, collation="C"), "postgresql")
    return Column(kind, nullable=False)


def index_of_shown(*columns: str) -> Index:
    """Return an index of the records that nobody has hidden: those that lists are made of.

    Whoever asks for them says `hidden_at IS NULL`, and both databases read such a question from this index in its
    order. An index of `hidden_at` itself would tempt SQLite to sort the whole list.
    """
    shown = text("hidden_at IS NULL")
    return Index(None, *columns, sqlite_where=shown, postgresql_where=shown)


def id_column() -> Column[str]:
    """Return the primary key column: a random id as text."""
    return Column(String(36), primary_key=True)


class Synced(SQLModel):
    """What every record carries that may one day travel to another node."""

    home: str = Field(max_length=64, description="The node that owns the record")
    rev: int = Field(default=1, description="Grows by one with every change at home")
    source: str = Field(max_length=200, description="Where the facts come from")
    source_year: int | None = Field(default=None)
    created_at: datetime = Field(default_factory=now)
    updated_at: datetime = Field(default_factory=now)
