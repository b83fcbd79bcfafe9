"""Records that travel between nodes, how they add up, peers and runs; a notice is one opportunity at each node."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "2026_11_22_0280"
down_revision = "2026_11_22_0270"
branch_labels = None
depends_on = None

_VERDICTS = ("verified", "reconciled", "unfinished", "held", "failed")
_NOTICE = "uq_opportunity_notice_source_notice_id"
_NOTICE_OF_HOME = "uq_opportunity_home_notice_source_notice_id"


def upgrade() -> None:
    """Apply."""
    text, instant = sqlmodel.sql.sqltypes.AutoString, sqlmodel.sql.sqltypes.UTCDateTime
    op.create_table(
        "journal_node",
        sa.Column("id", text(length=64), nullable=False),
        sa.Column("name", text(length=200), nullable=False),
        sa.Column("url", text(length=2048), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_node")),
    )
    op.create_table(
        "sync_record",
        sa.Column("home", text(length=64), nullable=False),
        sa.Column("type", text(length=64), nullable=False),
        sa.Column("id", text(length=36), nullable=False),
        sa.Column("bucket", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("method", text(length=8), nullable=False),
        sa.Column("dataschema", text(length=64), nullable=False),
        sa.Column("hash", text(length=64), nullable=False),
        sa.Column("time", text(length=40), nullable=False),
        sa.Column("payload", text(), nullable=False),
        sa.Column("state", _states(("current", "parked", "quarantined"), "recordstate_known"), nullable=False),
        sa.Column("fault", text(length=500), nullable=True),
        sa.PrimaryKeyConstraint("home", "type", "id", name=op.f("pk_sync_record")),
    )
    with op.batch_alter_table("sync_record") as batch:
        batch.create_index(op.f("ix_sync_record_home_seq"), ["home", "seq"], unique=False)
        batch.create_index(op.f("ix_sync_record_home_type_bucket"), ["home", "type", "bucket"], unique=False)
        batch.create_index(op.f("ix_sync_record_state_home"), ["state", "home"], unique=False)
    op.create_table(
        "sync_bucket",
        sa.Column("home", text(length=64), nullable=False),
        sa.Column("type", text(length=64), nullable=False),
        sa.Column("bucket", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("sum", text(length=64), nullable=False),
        sa.PrimaryKeyConstraint("home", "type", "bucket", name=op.f("pk_sync_bucket")),
    )
    op.create_table(
        "sync_self",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key_seeds", sa.JSON(), nullable=False),
        sa.Column("purged_through", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_self")),
    )
    op.create_table(
        "sync_peer",
        sa.Column("id", text(length=64), nullable=False),
        sa.Column("url", text(length=2048), nullable=False),
        sa.Column("name", text(length=200), nullable=False),
        sa.Column("state", _states(("active", "paused"), "peerstate_known"), nullable=False),
        sa.Column("may_be_private", sa.Boolean(), nullable=False),
        sa.Column("public_keys", sa.JSON(), nullable=False),
        sa.Column("token_hashes", sa.JSON(), nullable=False),
        sa.Column("token_seed", text(length=64), nullable=False),
        sa.Column("added_at", instant(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("held_until", instant(), nullable=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.BigInteger(), nullable=False),
        sa.Column("run_id", text(length=36), nullable=False),
        sa.Column("verified_at", instant(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("fault", text(length=500), nullable=True),
        sa.Column("deletions_allowed", sa.Boolean(), nullable=False),
        sa.Column("acked_run", text(length=36), nullable=False),
        sa.Column("acked_cursor", sa.BigInteger(), nullable=False),
        sa.Column("acked_at", instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_peer")),
    )
    op.create_table(
        "sync_run",
        sa.Column("id", text(length=36), nullable=False),
        sa.Column("peer", text(length=64), nullable=False),
        sa.Column("started_at", instant(), nullable=False),
        sa.Column("ended_at", instant(), nullable=True),
        sa.Column("cursor_from", sa.BigInteger(), nullable=False),
        sa.Column("cursor_to", sa.BigInteger(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("put", sa.Integer(), nullable=False),
        sa.Column("deleted", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("parked", sa.Integer(), nullable=False),
        sa.Column("quarantined", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("verdict", _states(_VERDICTS, "verdict_known"), nullable=True),
        sa.Column("fault", text(length=500), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_run")),
    )
    with op.batch_alter_table("sync_run") as batch:
        batch.create_index(op.f("ix_sync_run_peer_started_at"), ["peer", "started_at"], unique=False)
    with op.batch_alter_table("opportunity") as batch:
        batch.drop_constraint(op.f(_NOTICE), type_="unique")
        batch.create_unique_constraint(op.f(_NOTICE_OF_HOME), ["home", "notice_source", "notice_id"])


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("opportunity") as batch:
        batch.drop_constraint(op.f(_NOTICE_OF_HOME), type_="unique")
        batch.create_unique_constraint(op.f(_NOTICE), ["notice_source", "notice_id"])
    for name in ("sync_run", "sync_peer", "sync_self", "sync_bucket", "sync_record", "journal_node"):
        op.drop_table(name)


def _states(values: tuple[str, ...], name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)
