"""Lists are read in order from an index that holds the whole order, the id too."""

from alembic import op

revision = "2026_11_21_2240"
down_revision = "2026_11_21_2230"
branch_labels = None
depends_on = None

_SORT_KEYS = {"enterprise": "name_sort", "opportunity": "title_sort", "organization": "name_sort"}


def upgrade() -> None:
    """Apply."""
    for table, key in _SORT_KEYS.items():
        op.create_index(op.f(f"ix_{table}_{key}_id"), table, [key, "id"])
        op.drop_index(op.f(f"ix_{table}_{key}"), table_name=table)
    op.create_index(op.f("ix_enterprise_updated_at_id"), "enterprise", ["updated_at", "id"])


def downgrade() -> None:
    """Undo."""
    op.drop_index(op.f("ix_enterprise_updated_at_id"), table_name="enterprise")
    for table, key in _SORT_KEYS.items():
        op.create_index(op.f(f"ix_{table}_{key}"), table, [key])
        op.drop_index(op.f(f"ix_{table}_{key}_id"), table_name=table)
