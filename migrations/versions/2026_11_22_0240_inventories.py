"""Needs inventories: rounds, who is asked, and answers."""

revision = "2026_11_22_0240"
down_revision = "2026_11_22_0230"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """Take back."""
