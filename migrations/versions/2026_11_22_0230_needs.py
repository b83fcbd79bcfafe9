"""Published needs, with what they say several of, and the words that they are found by."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from app.core.search import SearchIndex

revision = "2026_11_22_0230"
down_revision = "2026_11_22_0220"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    text, instant = sqlmodel.sql.sqltypes.AutoString, sqlmodel.sql.sqltypes.UTCDateTime
    op.create_table(
        "need",
        sa.Column("home", text(length=64), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("source", text(length=200), nullable=False),
        sa.Column("source_year", sa.Integer(), nullable=True),
        sa.Column("created_at", instant(), nullable=False),
        sa.Column("updated_at", instant(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("slug", text(length=80), nullable=False),
        sa.Column("owner_id", text(length=36), nullable=True),
        sa.Column("licence", text(length=64), nullable=False),
        sa.Column(
            "status", _states(("draft", "published", "lapsed", "met", "withdrawn"), "status_known"), nullable=False
        ),
        sa.Column("status_note", text(length=300), nullable=True),
        sa.Column("title", text(length=300), nullable=False),
        sa.Column(
            "title_sort",
            sa.String(length=300).with_variant(sa.String(length=300, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("description", text(), nullable=False),
        sa.Column("language", text(length=3), nullable=False),
        sa.Column("holder_id", text(length=36), nullable=True),
        sa.Column("enterprise_id", text(length=36), nullable=True),
        sa.Column("holder_name", text(length=300), nullable=False),
        sa.Column("country", text(length=3), nullable=False),
        sa.Column("area_code", text(length=8), nullable=True),
        sa.Column("urgency", sa.Integer(), nullable=True),
        sa.Column("pressing", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("reach", sa.Integer(), nullable=False),
        sa.Column("category_count", sa.Integer(), nullable=False),
        sa.Column("side_count", sa.Integer(), nullable=False),
        sa.Column("source_section", text(length=300), nullable=True),
        sa.Column("published_at", instant(), nullable=True),
        sa.Column("assured_on", sa.Date(), nullable=True),
        sa.Column("review_months", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need")),
        sa.UniqueConstraint("slug", name=op.f("uq_need_slug")),
    )
    with op.batch_alter_table("need") as batch:
        batch.create_index(op.f("ix_need_area_code"), ["area_code"], unique=False)
        batch.create_index(op.f("ix_need_enterprise_id"), ["enterprise_id"], unique=False)
        batch.create_index(op.f("ix_need_holder_id"), ["holder_id"], unique=False)
        batch.create_index(op.f("ix_need_owner_id"), ["owner_id"], unique=False)
        batch.create_index(op.f("ix_need_status_due_on"), ["status", "due_on"], unique=False)
        batch.create_index(
            op.f("ix_need_status_pressing_updated_at_id"), ["status", "pressing", "updated_at", "id"], unique=False
        )
        batch.create_index(
            op.f("ix_need_status_rank_title_sort_id"), ["status", "rank", "title_sort", "id"], unique=False
        )
        batch.create_index(op.f("ix_need_status_title_sort_id"), ["status", "title_sort", "id"], unique=False)
        batch.create_index(op.f("ix_need_status_updated_at_id"), ["status", "updated_at", "id"], unique=False)

    op.create_table(
        "need_term",
        sa.Column("need_id", sa.String(length=36), nullable=False),
        sa.Column("kind", _states(("category", "support_area", "side", "area"), "termkind_known"), nullable=False),
        sa.Column("code", text(length=64), nullable=False),
        sa.ForeignKeyConstraint(["need_id"], ["need.id"], name=op.f("fk_need_term_need_id_need"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("need_id", "kind", "code", name=op.f("pk_need_term")),
    )
    with op.batch_alter_table("need_term") as batch:
        batch.create_index(op.f("ix_need_term_kind_code_need_id"), ["kind", "code", "need_id"], unique=False)

    SearchIndex("need").create(op.get_bind())


def downgrade() -> None:
    """Undo."""
    SearchIndex("need").drop(op.get_bind())
    op.drop_table("need_term")
    op.drop_table("need")


def _states(values: tuple[str, ...], name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)
