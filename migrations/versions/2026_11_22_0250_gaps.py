"""Searches that found nobody, counted by day: what was understood of them."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "2026_11_22_0250"
down_revision = "2026_11_22_0240"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    text = sqlmodel.sql.sqltypes.AutoString
    op.create_table(
        "missed_search",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("need", text(length=64), nullable=False),
        sa.Column("area", text(length=8), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "need", "area", name=op.f("pk_missed_search")),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("missed_search")
