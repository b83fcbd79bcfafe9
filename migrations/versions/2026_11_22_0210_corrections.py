"""Corrections of support offers, and offers that are hidden."""

revision = "2026_11_22_0210"
down_revision = "2026_11_22_0200"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """Take back."""
