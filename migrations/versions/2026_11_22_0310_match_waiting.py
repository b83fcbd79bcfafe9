"""Copies of other nodes' records wait for the index of matching, and are brought into it together."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_22_0310"
down_revision = "2026_11_22_0300"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    sides = sa.Enum(
        "enterprise", "opportunity", name="side_known", native_enum=False, create_constraint=True, length=32
    )
    op.create_table(
        "match_waiting",
        sa.Column("side", sides, nullable=False),
        sa.Column("record_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("side", "record_id", name=op.f("pk_match_waiting")),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("match_waiting")
