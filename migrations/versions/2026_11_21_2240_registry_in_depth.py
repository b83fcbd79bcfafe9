"""What the registry needs for imports and reconfirmation."""

revision = "2026_11_21_2240"
down_revision = "2026_11_21_2230"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """Undo."""
