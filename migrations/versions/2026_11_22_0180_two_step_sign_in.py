"""Nothing yet."""

revision = "2026_11_22_0180"
down_revision = "2026_11_22_0170"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """Undo."""
