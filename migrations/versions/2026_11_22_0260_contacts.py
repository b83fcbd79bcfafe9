"""Contacts of the actors."""

revision = "2026_11_22_0260"
down_revision = "2026_11_22_0250"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """Take back."""
