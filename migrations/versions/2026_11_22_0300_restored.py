"""A database that was put back from a backup says so until its peers have been asked; a run says whose it is."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString

revision = "2026_11_22_0300"
down_revision = "2026_11_22_0290"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("sync_self", sa.Column("is_restored", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("sync_peer", sa.Column("holder", AutoString(length=200), nullable=True))


def downgrade() -> None:
    """Undo."""
    op.drop_column("sync_peer", "holder")
    op.drop_column("sync_self", "is_restored")
