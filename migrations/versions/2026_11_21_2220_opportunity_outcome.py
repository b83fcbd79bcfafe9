"""How a procurement ended, lot by lot."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "2026_11_21_2220"
down_revision = "2026_11_21_2210"
branch_labels = None
depends_on = None

_RESULTS = ("awarded", "no-winner")
_BANDS = ("under-100k", "100k-500k", "500k-1m", "1m-5m", "5m-10m", "10m-50m", "50m-100m", "100m-or-more")


def upgrade() -> None:
    """Apply."""
    text = sqlmodel.sql.sqltypes.AutoString
    with op.batch_alter_table("opportunity") as batch:
        batch.add_column(sa.Column("electronic_tenders", sa.Boolean(), nullable=True))
        batch.add_column(sa.Column("prior_notice", sa.Boolean(), nullable=True))
        batch.add_column(sa.Column("closed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
        batch.add_column(sa.Column("ended_on", sa.Date(), nullable=True))
        batch.add_column(sa.Column("ended_reason", text(), nullable=True))
        batch.add_column(sa.Column("procedure_id", text(length=64), nullable=True))
        batch.create_index(op.f("ix_opportunity_procedure_id"), ["procedure_id"])
    op.create_table(
        "opportunity_buyer",
        sa.Column("opportunity_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", text(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["opportunity_id"],
            ["opportunity.id"],
            name=op.f("fk_opportunity_buyer_opportunity_id_opportunity"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("opportunity_id", "position", name=op.f("pk_opportunity_buyer")),
    )
    op.create_table(
        "opportunity_award",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("opportunity_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("lot_number", text(length=64), nullable=True),
        sa.Column("result", _states(_RESULTS, "lotresult_known"), nullable=False),
        sa.Column("winner_name", text(length=300), nullable=True),
        sa.Column("winner_number", text(length=32), nullable=True),
        sa.Column("winner_country", text(length=2), nullable=True),
        sa.Column("is_natural_person", sa.Boolean(), nullable=False),
        sa.Column("is_winner_sme", sa.Boolean(), nullable=True),
        sa.Column("is_winner_social", sa.Boolean(), nullable=True),
        sa.Column("winner_source", text(length=200), nullable=True),
        sa.Column("value_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", text(length=3), nullable=True),
        sa.Column("value_band", _states(_BANDS, "valueband_known"), nullable=True),
        sa.Column("tender_count", sa.Integer(), nullable=True),
        sa.Column("awarded_on", sa.Date(), nullable=True),
        sa.Column("reason", text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["opportunity_id"],
            ["opportunity.id"],
            name=op.f("fk_opportunity_award_opportunity_id_opportunity"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opportunity_award")),
    )
    op.create_index(op.f("ix_opportunity_award_opportunity_id"), "opportunity_award", ["opportunity_id"])
    op.create_table(
        "notice",
        sa.Column("source", text(length=64), nullable=False),
        sa.Column("notice_id", text(length=64), nullable=False),
        sa.Column("version", text(length=16), nullable=False),
        sa.Column("form_type", text(length=32), nullable=False),
        sa.Column("opportunity_id", text(length=36), nullable=False),
        sa.Column("published_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("source", "notice_id", name=op.f("pk_notice")),
    )
    op.create_index(op.f("ix_notice_opportunity_id"), "notice", ["opportunity_id"])


def downgrade() -> None:
    """Undo."""
    op.drop_index(op.f("ix_notice_opportunity_id"), table_name="notice")
    op.drop_table("notice")
    op.drop_index(op.f("ix_opportunity_award_opportunity_id"), table_name="opportunity_award")
    op.drop_table("opportunity_award")
    op.drop_table("opportunity_buyer")
    with op.batch_alter_table("opportunity") as batch:
        batch.drop_index(op.f("ix_opportunity_procedure_id"))
        for name in ("procedure_id", "ended_reason", "ended_on", "closed_at", "prior_notice", "electronic_tenders"):
            batch.drop_column(name)


def _states(values: tuple[str, ...], name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)
