"""mail_and_audit."""

revision = "2026_11_22_0140"
down_revision = "2026_11_22_0130"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """Undo."""
