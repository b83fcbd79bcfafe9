"""Introductions are numbered, so that an older one is told from the newest."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_22_0330"
down_revision = "2026_11_22_0320"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("sync_self", sa.Column("key_changes", sa.Integer(), server_default="0", nullable=False))
    op.add_column("sync_peer", sa.Column("issue", sa.BigInteger(), server_default="0", nullable=False))


def downgrade() -> None:
    """Undo."""
    op.drop_column("sync_peer", "issue")
    op.drop_column("sync_self", "key_changes")
