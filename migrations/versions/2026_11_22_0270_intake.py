"""Requests for cooperation, with the steps that were taken with each."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "2026_11_22_0270"
down_revision = "2026_11_22_0260"
branch_labels = None
depends_on = None

_STATES = ("received", "examining", "proposed", "decided", "withdrawn")
_STEPS = ("receive", "examine", "propose", "return", "decide", "withdraw", "supplement", "check", "remind")


def upgrade() -> None:
    """Apply."""
    text, instant = sqlmodel.sql.sqltypes.AutoString, sqlmodel.sql.sqltypes.UTCDateTime
    op.create_table(
        "cooperation_request",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organization_id", text(length=36), nullable=True),
        sa.Column("requester_name", text(length=300), nullable=False),
        sa.Column("title", text(length=300), nullable=False),
        sa.Column("text", text(), nullable=False),
        sa.Column("area_code", text(length=8), nullable=False),
        sa.Column("wished_route", text(length=64), nullable=True),
        sa.Column("contact_function", text(length=300), nullable=True),
        sa.Column("contact_email", text(length=320), nullable=True),
        sa.Column("language", text(length=3), nullable=False),
        sa.Column("token_hash", text(length=64), nullable=True),
        sa.Column("state", _states(_STATES, "state_known"), nullable=False),
        sa.Column("route", text(length=64), nullable=True),
        sa.Column("checklist", sa.JSON(), nullable=False),
        sa.Column("proposal", text(), nullable=False),
        sa.Column("proposal_reason", text(), nullable=False),
        sa.Column("outcome", _states(("agreed", "declined"), "outcome_known"), nullable=True),
        sa.Column("decision", text(), nullable=False),
        sa.Column("decision_reason", text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("reminded_on", sa.Date(), nullable=True),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("received_at", instant(), nullable=False),
        sa.Column("decided_at", instant(), nullable=True),
        sa.Column("updated_at", instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cooperation_request")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_cooperation_request_token_hash")),
    )
    with op.batch_alter_table("cooperation_request") as batch:
        batch.create_index(
            op.f("ix_cooperation_request_area_code_received_at_id"), ["area_code", "received_at", "id"], unique=False
        )
        batch.create_index(
            op.f("ix_cooperation_request_organization_id_received_at_id"),
            ["organization_id", "received_at", "id"],
            unique=False,
        )
        batch.create_index(op.f("ix_cooperation_request_state_due_on"), ["state", "due_on"], unique=False)

    op.create_table(
        "cooperation_step",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.String(length=36), nullable=False),
        sa.Column("at", instant(), nullable=False),
        sa.Column("step", _states(_STEPS, "step_known"), nullable=False),
        sa.Column("state", _states(_STATES, "state_known"), nullable=False),
        sa.Column("role", text(length=32), nullable=True),
        sa.Column("note", text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["cooperation_request.id"],
            name=op.f("fk_cooperation_step_request_id_cooperation_request"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_cooperation_step")),
    )
    with op.batch_alter_table("cooperation_step") as batch:
        batch.create_index(op.f("ix_cooperation_step_request_id"), ["request_id"], unique=False)


def downgrade() -> None:
    """Undo."""
    op.drop_table("cooperation_step")
    op.drop_table("cooperation_request")


def _states(values: tuple[str, ...], name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)
