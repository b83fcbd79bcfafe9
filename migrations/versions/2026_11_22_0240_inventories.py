"""Needs inventories: rounds, who is asked, and answers."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "2026_11_22_0240"
down_revision = "2026_11_22_0230"
branch_labels = None
depends_on = None

_STATUSES = ("draft", "open", "closed", "archived")
_SIDES = ("enterprise", "public", "both")
_STATES = ("sent", "withdrawn")


def upgrade() -> None:
    """Apply."""
    text, instant = sqlmodel.sql.sqltypes.AutoString, sqlmodel.sql.sqltypes.UTCDateTime
    op.create_table(
        "needs_inventory",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("home", text(length=64), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("status", _states(_STATUSES, "status_known"), nullable=False),
        sa.Column("name", text(length=300), nullable=False),
        sa.Column("summary", text(), nullable=False),
        sa.Column("language", text(length=3), nullable=False),
        sa.Column("area_code", text(length=8), nullable=False),
        sa.Column("side", _states(_SIDES, "side_known"), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=False),
        sa.Column("own_questions", sa.JSON(), nullable=False),
        sa.Column("is_imported", sa.Boolean(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("results", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("created_at", instant(), nullable=False),
        sa.Column("updated_at", instant(), nullable=False),
        sa.Column("opened_at", instant(), nullable=True),
        sa.Column("closed_at", instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_needs_inventory")),
    )
    with op.batch_alter_table("needs_inventory") as batch:
        batch.create_index(op.f("ix_needs_inventory_area_code"), ["area_code"], unique=False)
        batch.create_index(op.f("ix_needs_inventory_status_closes_on"), ["status", "closes_on"], unique=False)

    op.create_table(
        "inventory_invitation",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("inventory_id", sa.String(length=36), nullable=False),
        sa.Column("receiver", text(length=320), nullable=False),
        sa.Column("organization_id", text(length=36), nullable=True),
        sa.Column("name", text(length=300), nullable=False),
        sa.Column("address", text(length=320), nullable=True),
        sa.Column("language", text(length=3), nullable=False),
        sa.Column("area_code", text(length=8), nullable=True),
        sa.Column("state", _states(_STATES, "invitationstate_known"), nullable=False),
        sa.Column("token_hash", text(length=64), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.Column("reminders", sa.Integer(), nullable=False),
        sa.Column("reminded_on", sa.Date(), nullable=True),
        sa.Column("answered", sa.Boolean(), nullable=False),
        _of_round("inventory_invitation"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inventory_invitation")),
        sa.UniqueConstraint("inventory_id", "receiver", name=op.f("uq_inventory_invitation_inventory_id_receiver")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_inventory_invitation_token_hash")),
    )
    op.create_table(
        "inventory_answer",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("inventory_id", sa.String(length=36), nullable=False),
        sa.Column("invitation_id", text(length=36), nullable=True),
        sa.Column("area_code", text(length=8), nullable=True),
        sa.Column("given", sa.JSON(), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        _of_round("inventory_answer"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inventory_answer")),
        sa.UniqueConstraint("invitation_id", name=op.f("uq_inventory_answer_invitation_id")),
    )
    with op.batch_alter_table("inventory_answer") as batch:
        batch.create_index(op.f("ix_inventory_answer_inventory_id"), ["inventory_id"], unique=False)


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("inventory_answer") as batch:
        batch.drop_index(op.f("ix_inventory_answer_inventory_id"))

    op.drop_table("inventory_answer")
    op.drop_table("inventory_invitation")
    with op.batch_alter_table("needs_inventory") as batch:
        batch.drop_index(op.f("ix_needs_inventory_status_closes_on"))
        batch.drop_index(op.f("ix_needs_inventory_area_code"))

    op.drop_table("needs_inventory")


def _of_round(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_inventory_id_needs_inventory")
    return sa.ForeignKeyConstraint(["inventory_id"], ["needs_inventory.id"], name=name, ondelete="CASCADE")


def _states(values: tuple[str, ...], name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)
