"""Searches that found nobody."""

revision = "2026_11_22_0250"
down_revision = "2026_11_22_0240"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """Take back."""
