"""responses."""

revision = "2026_11_22_0160"
down_revision = "2026_11_22_0150"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """Undo."""
