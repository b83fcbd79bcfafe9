"""Claims: somebody says that a record is its own enterprise, and a coordinator decides."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "2026_11_22_0150"
down_revision = "2026_11_22_0140"
branch_labels = None
depends_on = None

_STATES = ("open", "verified", "refused")


def upgrade() -> None:
    """Apply."""
    text, instant = sqlmodel.sql.sqltypes.AutoString, sqlmodel.sql.sqltypes.UTCDateTime
    states = sa.Enum(*_STATES, name="claimstate_known", native_enum=False, create_constraint=True, length=32)
    op.create_table(
        "enterprise_claim",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("enterprise_id", text(length=36), nullable=False),
        sa.Column("area", text(length=8), nullable=True),
        sa.Column("function", text(length=300), nullable=False),
        sa.Column("evidence", text(), nullable=False),
        sa.Column("invitation_id", text(length=36), nullable=False),
        sa.Column("state", states, nullable=False),
        sa.Column("created_at", instant(), nullable=False),
        sa.Column("decided_at", instant(), nullable=True),
        sa.Column("decided_by", text(length=36), nullable=True),
        sa.Column("reason", text(length=300), nullable=True),
        sa.Column("organization_id", text(length=36), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enterprise_claim")),
    )
    with op.batch_alter_table("enterprise_claim") as batch:
        batch.create_index(op.f("ix_enterprise_claim_enterprise_id"), ["enterprise_id"], unique=False)
        batch.create_index(op.f("ix_enterprise_claim_state"), ["state"], unique=False)


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("enterprise_claim") as batch:
        batch.drop_index(op.f("ix_enterprise_claim_state"))
        batch.drop_index(op.f("ix_enterprise_claim_enterprise_id"))

    op.drop_table("enterprise_claim")
