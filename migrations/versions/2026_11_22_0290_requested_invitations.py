"""An enterprise may ask for the link that it answers with: its invitation says so."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_22_0290"
down_revision = "2026_11_22_0280"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    is_requested = sa.Column("is_requested", sa.Boolean(), server_default=sa.false(), nullable=False)
    op.add_column("enterprise_invitation", is_requested)


def downgrade() -> None:
    """Undo."""
    op.drop_column("enterprise_invitation", "is_requested")
