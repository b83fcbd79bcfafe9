"""Records that are hidden, with indexes of those that are shown; reports, and what coordinators do about them."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "2026_11_22_0170"
down_revision = "2026_11_22_0160"
branch_labels = None
depends_on = None

_SUBJECTS = ("enterprise", "opportunity")
_KINDS = ("wrong", "outdated", "not-here", "objection")
_STATES = ("open", "dismissed", "settled")
_VERBS = ("hide", "restore", "dismiss", "reopen", "remind")
# What lists are read by. Each was an index of every record, and is one of those that are shown.
_LISTED = {
    "enterprise": (("name_sort", "id"), ("updated_at", "id"), ("kind",), ("municipality",)),
    "opportunity": (("title_sort", "id"), ("status",)),
}


def upgrade() -> None:
    """Apply."""
    text, instant = sqlmodel.sql.sqltypes.AutoString, sqlmodel.sql.sqltypes.UTCDateTime
    shown = sa.text("hidden_at IS NULL")
    for table, indexes in _LISTED.items():
        op.add_column(table, sa.Column("hidden_at", instant(), nullable=True))
        for columns in indexes:
            op.drop_index(_name(table, columns), table_name=table)
            op.create_index(_name(table, columns), table, [*columns], sqlite_where=shown, postgresql_where=shown)
    op.create_table(
        "moderation_act",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("verb", _states(_VERBS, "verb_known"), nullable=False),
        sa.Column("subject", _states(_SUBJECTS, "subject_known"), nullable=False),
        sa.Column("subject_id", text(length=36), nullable=False),
        sa.Column("area", text(length=8), nullable=True),
        sa.Column("reason", text(length=300), nullable=False),
        sa.Column("actor_id", text(length=36), nullable=False),
        sa.Column("organization_id", text(length=36), nullable=False),
        sa.Column("role", text(length=32), nullable=False),
        sa.Column("at", instant(), nullable=False),
        sa.Column("undone_at", instant(), nullable=True),
        sa.Column("rev", sa.Integer(), nullable=True),
        sa.Column("undoes", text(length=36), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation_act")),
    )
    with op.batch_alter_table("moderation_act") as batch:
        batch.create_index(op.f("ix_moderation_act_actor_id_at"), ["actor_id", "at"], unique=False)
        batch.create_index(op.f("ix_moderation_act_at"), ["at"], unique=False)
        batch.create_index(op.f("ix_moderation_act_subject_id_verb"), ["subject_id", "verb"], unique=False)

    op.create_table(
        "report",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("subject", _states(_SUBJECTS, "subject_known"), nullable=False),
        sa.Column("subject_id", text(length=36), nullable=False),
        sa.Column("area", text(length=8), nullable=True),
        sa.Column("kind", _states(_KINDS, "reportkind_known"), nullable=False),
        sa.Column("text", text(), nullable=False),
        sa.Column("state", _states(_STATES, "reportstate_known"), nullable=False),
        sa.Column("act_id", text(length=36), nullable=True),
        sa.Column("created_at", instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
    )
    with op.batch_alter_table("report") as batch:
        batch.create_index(op.f("ix_report_act_id"), ["act_id"], unique=False)
        batch.create_index(op.f("ix_report_state_created_at"), ["state", "created_at"], unique=False)
        batch.create_index(op.f("ix_report_subject_id_state"), ["subject_id", "state"], unique=False)


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("report") as batch:
        batch.drop_index(op.f("ix_report_subject_id_state"))
        batch.drop_index(op.f("ix_report_state_created_at"))
        batch.drop_index(op.f("ix_report_act_id"))

    op.drop_table("report")
    with op.batch_alter_table("moderation_act") as batch:
        batch.drop_index(op.f("ix_moderation_act_subject_id_verb"))
        batch.drop_index(op.f("ix_moderation_act_at"))
        batch.drop_index(op.f("ix_moderation_act_actor_id_at"))

    op.drop_table("moderation_act")
    for table, indexes in _LISTED.items():
        for columns in indexes:
            op.drop_index(_name(table, columns), table_name=table)
            op.create_index(_name(table, columns), table, [*columns])
        op.drop_column(table, "hidden_at")


def _name(table: str, columns: tuple[str, ...]) -> str:
    return op.f(f"ix_{table}_{'_'.join(columns)}")


def _states(values: tuple[str, ...], name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)
