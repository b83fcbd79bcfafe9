"""The index of open opportunities, and which enterprises have met which of them."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "2026_11_21_2230"
down_revision = "2026_11_21_2220"
branch_labels = None
depends_on = None

_STATES = ("eligible", "declared", "unknown", "ineligible")


def upgrade() -> None:
    """Apply."""
    text, instant = sqlmodel.sql.sqltypes.AutoString, sqlmodel.sql.sqltypes.UTCDateTime
    op.create_table(
        "match_opportunity",
        sa.Column("opportunity_id", sa.String(length=36), nullable=False),
        sa.Column("deadline_at", instant(), nullable=True),
        sa.Column("request", text(length=32), nullable=False),
        sa.Column("lots", sa.LargeBinary(), nullable=False),
        sa.Column("plans", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("opportunity_id", name=op.f("pk_match_opportunity")),
    )
    op.create_table(
        "match_lot",
        sa.Column("slot", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("opportunity_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("slot", name=op.f("pk_match_lot")),
    )
    op.create_index(op.f("ix_match_lot_opportunity_id"), "match_lot", ["opportunity_id"])
    op.create_table(
        "match_asked",
        sa.Column("term", text(length=80), nullable=False),
        sa.Column("chunk", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entries", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("term", "chunk", name=op.f("pk_match_asked")),
    )
    op.create_table(
        "match_seen",
        sa.Column("opportunity_id", sa.String(length=36), nullable=False),
        sa.Column("enterprise_id", sa.String(length=36), nullable=False),
        sa.Column("first_at", instant(), nullable=False),
        sa.Column("met_at", instant(), nullable=False),
        sa.Column("parted_at", instant(), nullable=True),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column(
            "eligibility",
            sa.Enum(*_STATES, name="eligibilitystate_known", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("scorer_version", text(length=32), nullable=False),
        sa.PrimaryKeyConstraint("opportunity_id", "enterprise_id", name=op.f("pk_match_seen")),
    )
    op.create_index(op.f("ix_match_seen_enterprise_id"), "match_seen", ["enterprise_id"])
    op.create_index(op.f("ix_match_seen_met_at"), "match_seen", ["met_at"])
    with op.batch_alter_table("match_state") as batch:
        batch.add_column(sa.Column("lots", sa.Integer(), nullable=False, server_default="0"))
    _make_whereabouts("counts", "numbers", "traits")
    # What was written before holds no opportunities: it counts as old, and `samnod migrate` makes the index anew.
    op.execute("UPDATE match_state SET scorer_version = '', lots = (SELECT count(*) FROM opportunity)")


def downgrade() -> None:
    """Undo."""
    _make_whereabouts("counts", "numbers")
    op.execute("UPDATE match_state SET scorer_version = ''")
    with op.batch_alter_table("match_state") as batch:
        batch.drop_column("lots")
    for table in ("match_seen", "match_asked", "match_lot", "match_opportunity"):
        op.drop_table(table)


def _make_whereabouts(*blobs: str) -> None:
    """Make the table anew, with these columns: it is written when the index is made anew."""
    op.drop_table("match_whereabouts")
    op.create_table(
        "match_whereabouts",
        sa.Column("block", sa.Integer(), autoincrement=False, nullable=False),
        *(sa.Column(name, sa.LargeBinary(), nullable=False) for name in blobs),
        sa.PrimaryKeyConstraint("block", name=op.f("pk_match_whereabouts")),
    )
    if op.get_bind().dialect.name == "postgresql":
        external = ", ".join(f"ALTER {name} SET STORAGE EXTERNAL" for name in ("counts", "numbers"))
        op.execute(f"ALTER TABLE match_whereabouts {external}")
