"""Requests for support, with their steps, and whether it helped."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "2026_11_22_0220"
down_revision = "2026_11_22_0210"
branch_labels = None
depends_on = None

_STATES = ("sent", "acknowledged", "accepted", "declined", "expired", "withdrawn")
_REASONS = ("full", "not-eligible", "other-need", "distance", "timing", "ended", "other")
_HELPED = ("helped", "partly", "not")
_STEPS = (
    *("send", "acknowledge", "accept", "decline", "withdraw", "expire"),
    *("remind", "hand-over", "ask-outcome", "tell-outcome"),
)
_INDEXES = (
    ("area", "sent_at", "id"),
    ("enterprise_id",),
    ("offer_id", "answered_at"),
    ("organization_id", "sent_at", "id"),
    ("provider_id", "sent_at", "id"),
    ("state", "decided_at"),
    ("state", "due_at"),
)


def upgrade() -> None:
    """Apply."""
    text, instant = sqlmodel.sql.sqltypes.AutoString, sqlmodel.sql.sqltypes.UTCDateTime
    op.create_table(
        "support_request",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("offer_id", text(length=36), nullable=False),
        sa.Column("offer_name", text(length=300), nullable=False),
        sa.Column("enterprise_id", text(length=36), nullable=False),
        sa.Column("enterprise_name", text(length=300), nullable=False),
        sa.Column("organization_id", text(length=36), nullable=False),
        sa.Column("provider_id", text(length=36), nullable=True),
        sa.Column("provider_name", text(length=300), nullable=False),
        sa.Column("area", text(length=8), nullable=True),
        sa.Column("is_by_coordinator", sa.Boolean(), nullable=False),
        sa.Column("state", _states(_STATES, "requeststate_known"), nullable=False),
        sa.Column("text", text(), nullable=False),
        sa.Column("contact_email", text(length=320), nullable=True),
        sa.Column("reason", _states(_REASONS, "declinereason_known"), nullable=True),
        sa.Column("answer", text(), nullable=False),
        sa.Column("helped", _states(_HELPED, "helped_known"), nullable=True),
        sa.Column("comment", text(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("sent_at", instant(), nullable=False),
        sa.Column("due_at", instant(), nullable=False),
        sa.Column("answered_at", instant(), nullable=True),
        sa.Column("decided_at", instant(), nullable=True),
        sa.Column("reminded_at", instant(), nullable=True),
        sa.Column("asked_at", instant(), nullable=True),
        sa.Column("told_at", instant(), nullable=True),
        sa.Column("updated_at", instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_support_request")),
    )
    waits = sa.text("state IN ('sent', 'acknowledged')")
    with op.batch_alter_table("support_request") as batch:
        for columns in _INDEXES:
            batch.create_index(_name("support_request", columns), [*columns], unique=False)
        batch.create_index(
            _name("support_request", ("offer_id", "enterprise_id")),
            ["offer_id", "enterprise_id"],
            unique=True,
            sqlite_where=waits,
            postgresql_where=waits,
        )

    op.create_table(
        "support_request_event",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.String(length=36), nullable=False),
        sa.Column("at", instant(), nullable=False),
        sa.Column("step", _states(_STEPS, "requeststep_known"), nullable=False),
        sa.Column("state", _states(_STATES, "requeststate_known"), nullable=False),
        sa.Column("role", text(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["support_request.id"],
            name=op.f("fk_support_request_event_request_id_support_request"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_support_request_event")),
    )
    with op.batch_alter_table("support_request_event") as batch:
        batch.create_index(_name("support_request_event", ("request_id",)), ["request_id"], unique=False)


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("support_request_event") as batch:
        batch.drop_index(_name("support_request_event", ("request_id",)))

    op.drop_table("support_request_event")
    with op.batch_alter_table("support_request") as batch:
        batch.drop_index(_name("support_request", ("offer_id", "enterprise_id")))
        for columns in _INDEXES:
            batch.drop_index(_name("support_request", columns))

    op.drop_table("support_request")


def _name(table: str, columns: tuple[str, ...]) -> str:
    return op.f(f"ix_{table}_{'_'.join(columns)}")


def _states(values: tuple[str, ...], name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)
