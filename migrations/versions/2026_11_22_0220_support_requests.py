"""Requests for support, and whether it helped."""

revision = "2026_11_22_0220"
down_revision = "2026_11_22_0210"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """Take back."""
