"""Letters that wait to be sent, the worker's jobs, how far digests have told, and the audit log."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "2026_11_22_0140"
down_revision = "2026_11_22_0130"
branch_labels = None
depends_on = None

_STATES = ("queued", "sending", "sent", "failed", "stopped")
_GENESIS = "0" * 64


def upgrade() -> None:
    """Apply."""
    text, instant = sqlmodel.sql.sqltypes.AutoString, sqlmodel.sql.sqltypes.UTCDateTime
    op.create_table(
        "audit_actor",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("actor_id", text(length=36), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_actor")),
        sa.UniqueConstraint("actor_id", name=op.f("uq_audit_actor_actor_id")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", instant(), nullable=False),
        sa.Column("actor", text(length=36), nullable=True),
        sa.Column("role", text(length=32), nullable=True),
        sa.Column("organization_id", text(length=36), nullable=True),
        sa.Column("action", text(length=64), nullable=False),
        sa.Column("object_type", text(length=64), nullable=False),
        sa.Column("object_id", text(length=64), nullable=False),
        sa.Column("before_hash", text(length=64), nullable=True),
        sa.Column("after_hash", text(length=64), nullable=True),
        sa.Column("request_id", text(length=64), nullable=True),
        sa.Column("previous", text(length=64), nullable=False),
        sa.Column("hash", text(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_entry")),
    )
    with op.batch_alter_table("audit_entry") as batch:
        batch.create_index(op.f("ix_audit_entry_at"), ["at"], unique=False)
        batch.create_index(op.f("ix_audit_entry_object_id"), ["object_id"], unique=False)
        batch.create_index(op.f("ix_audit_entry_organization_id"), ["organization_id"], unique=False)

    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", text(length=64), nullable=False),
        sa.Column("kept_from", sa.BigInteger(), nullable=False),
        sa.Column("cut_hash", text(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.bulk_insert(head, [{"id": 1, "seq": 0, "hash": _GENESIS, "kept_from": 1, "cut_hash": _GENESIS}])
    for statement in _guards(op.get_bind().dialect.name):
        op.execute(statement)

    op.create_table(
        "digest_mark",
        sa.Column("person_id", text(length=36), nullable=False),
        sa.Column("organization_id", text(length=36), nullable=False),
        sa.Column("told_until", instant(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "organization_id", name=op.f("pk_digest_mark")),
    )
    op.create_table(
        "job_run",
        sa.Column("name", text(length=64), nullable=False),
        sa.Column("holder", text(length=36), nullable=True),
        sa.Column("held_until", instant(), nullable=True),
        sa.Column("ran_for", instant(), nullable=True),
        sa.Column("started_at", instant(), nullable=True),
        sa.Column("ended_at", instant(), nullable=True),
        sa.Column("done", sa.Integer(), nullable=True),
        sa.Column("fault", text(length=300), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job_run")),
    )
    op.create_table(
        "mail_stop",
        sa.Column("address_hash", text(length=64), nullable=False),
        sa.Column("at", instant(), nullable=False),
        sa.PrimaryKeyConstraint("address_hash", name=op.f("pk_mail_stop")),
    )
    op.create_table(
        "outbox_letter",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("key", text(length=200), nullable=False),
        sa.Column("address", text(length=320), nullable=True),
        sa.Column("person_id", text(length=36), nullable=True),
        sa.Column("language", text(length=3), nullable=False),
        sa.Column("template", text(length=100), nullable=False),
        sa.Column("values", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("message_id", text(length=320), nullable=True),
        sa.Column(
            "state",
            sa.Enum(*_STATES, name="state_known", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", instant(), nullable=False),
        sa.Column("holder", text(length=36), nullable=True),
        sa.Column("held_until", instant(), nullable=True),
        sa.Column("queued_at", instant(), nullable=False),
        sa.Column("ended_at", instant(), nullable=True),
        sa.Column("fault", text(length=300), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_letter")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_letter_key")),
    )
    with op.batch_alter_table("outbox_letter") as batch:
        batch.create_index(op.f("ix_outbox_letter_person_id"), ["person_id"], unique=False)
        batch.create_index(op.f("ix_outbox_letter_state_next_try_at"), ["state", "next_try_at"], unique=False)


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("outbox_letter") as batch:
        batch.drop_index(op.f("ix_outbox_letter_state_next_try_at"))
        batch.drop_index(op.f("ix_outbox_letter_person_id"))

    op.drop_table("outbox_letter")
    op.drop_table("mail_stop")
    op.drop_table("job_run")
    op.drop_table("digest_mark")
    # The guards go with the table; on PostgreSQL they lean on `audit_head`.
    op.drop_table("audit_entry")
    op.drop_table("audit_head")
    op.drop_table("audit_actor")


def _guards(database: str) -> tuple[str, ...]:
    """Return what makes the database refuse to change an entry, or to remove one that is not cut off.

    On PostgreSQL a rule and not a trigger: a trigger needs a function beside the table, which a restore from a backup
    would find there already. The rule turns the statement into one that breaks a NOT NULL, and so fails.
    """
    if database == "sqlite":
        return (
            "CREATE TRIGGER audit_entry_unchanged BEFORE UPDATE ON audit_entry "
            "BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END",
            "CREATE TRIGGER audit_entry_kept BEFORE DELETE ON audit_entry "
            "WHEN OLD.seq >= (SELECT kept_from FROM audit_head) "
            "BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END",
        )
    return (
        "CREATE RULE audit_entry_unchanged AS ON UPDATE TO audit_entry DO INSTEAD UPDATE audit_head SET hash = NULL",
        "CREATE RULE audit_entry_kept AS ON DELETE TO audit_entry "
        "WHERE OLD.seq >= (SELECT kept_from FROM audit_head) DO INSTEAD UPDATE audit_head SET hash = NULL",
    )
