"""claims."""

revision = "2026_11_22_0150"
down_revision = "2026_11_22_0140"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """Undo."""
