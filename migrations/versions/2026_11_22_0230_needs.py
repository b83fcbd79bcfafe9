"""Published needs."""

revision = "2026_11_22_0230"
down_revision = "2026_11_22_0220"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """Take back."""
