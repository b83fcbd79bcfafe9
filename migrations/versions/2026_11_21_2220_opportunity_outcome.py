"""How a procurement ended, lot by lot."""

revision = "2026_11_21_2220"
down_revision = "2026_11_21_2210"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """Undo."""
