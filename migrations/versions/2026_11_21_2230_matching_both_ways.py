"""The index of open opportunities, and which matches have been seen."""

revision = "2026_11_21_2230"
down_revision = "2026_11_21_2220"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """Undo."""
