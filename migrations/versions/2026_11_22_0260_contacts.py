"""Contacts of the actors, with their roles and areas, and the words that they are found by."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from app.core.search import SearchIndex

revision = "2026_11_22_0260"
down_revision = "2026_11_22_0250"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    text, instant = sqlmodel.sql.sqltypes.AutoString, sqlmodel.sql.sqltypes.UTCDateTime
    op.create_table(
        "contact",
        sa.Column("home", text(length=64), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("source", text(length=200), nullable=False),
        sa.Column("source_year", sa.Integer(), nullable=True),
        sa.Column("created_at", instant(), nullable=False),
        sa.Column("updated_at", instant(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organization_id", text(length=36), nullable=False),
        sa.Column("owner_id", text(length=36), nullable=False),
        sa.Column("organization_name", text(length=300), nullable=False),
        sa.Column("is_shown", sa.Boolean(), nullable=False),
        sa.Column(
            "name_sort",
            sa.String(length=300).with_variant(sa.String(length=300, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("area_code", text(length=8), nullable=True),
        sa.Column("country", text(length=3), nullable=False),
        sa.Column("function", text(length=300), nullable=False),
        sa.Column("email", text(length=320), nullable=True),
        sa.Column("phone", text(length=32), nullable=True),
        sa.Column("website", text(length=2048), nullable=True),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("language", text(length=3), nullable=False),
        sa.Column("assured_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
    )
    with op.batch_alter_table("contact") as batch:
        batch.create_index(op.f("ix_contact_area_code"), ["area_code"], unique=False)
        batch.create_index(op.f("ix_contact_due_on_id"), ["due_on", "id"], unique=False)
        batch.create_index(op.f("ix_contact_name_sort_id"), ["name_sort", "id"], unique=False)
        batch.create_index(op.f("ix_contact_organization_id"), ["organization_id"], unique=False)
        batch.create_index(op.f("ix_contact_updated_at_id"), ["updated_at", "id"], unique=False)

    op.create_table(
        "contact_term",
        sa.Column("contact_id", sa.String(length=36), nullable=False),
        sa.Column("kind", _states(("role", "area"), "termkind_known"), nullable=False),
        sa.Column("code", text(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_contact_term_contact_id_contact"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("contact_id", "kind", "code", name=op.f("pk_contact_term")),
    )
    with op.batch_alter_table("contact_term") as batch:
        batch.create_index(op.f("ix_contact_term_kind_code_contact_id"), ["kind", "code", "contact_id"], unique=False)

    SearchIndex("contact").create(op.get_bind())


def downgrade() -> None:
    """Undo."""
    SearchIndex("contact").drop(op.get_bind())
    op.drop_table("contact_term")
    op.drop_table("contact")


def _states(values: tuple[str, ...], name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)
