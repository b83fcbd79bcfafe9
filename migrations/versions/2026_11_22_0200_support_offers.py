"""Support offers, with what they say several of, and the words that they are found by."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from app.core.search import SearchIndex

revision = "2026_11_22_0200"
down_revision = "2026_11_22_0180"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    text, instant = sqlmodel.sql.sqltypes.AutoString, sqlmodel.sql.sqltypes.UTCDateTime
    op.create_table(
        "support_offer",
        sa.Column("home", text(length=64), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("source", text(length=200), nullable=False),
        sa.Column("source_year", sa.Integer(), nullable=True),
        sa.Column("created_at", instant(), nullable=False),
        sa.Column("updated_at", instant(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("slug", text(length=80), nullable=False),
        sa.Column("owner_id", text(length=36), nullable=True),
        sa.Column("licence", text(length=64), nullable=False),
        sa.Column(
            "status",
            _states(("draft", "in_review", "published", "suspended", "archived"), "status_known"),
            nullable=False,
        ),
        sa.Column("status_note", text(length=300), nullable=True),
        sa.Column("status_at_source", text(length=300), nullable=True),
        sa.Column("name", text(length=300), nullable=False),
        sa.Column(
            "name_sort",
            sa.String(length=300).with_variant(sa.String(length=300, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("reach", sa.Integer(), nullable=False),
        sa.Column("need_count", sa.Integer(), nullable=False),
        sa.Column("summary", text(), nullable=False),
        sa.Column("description", text(), nullable=False),
        sa.Column("language", text(length=3), nullable=False),
        sa.Column("country", text(length=3), nullable=False),
        sa.Column("area_code", text(length=8), nullable=True),
        sa.Column("provider_id", text(length=36), nullable=True),
        sa.Column("provider_name", text(length=300), nullable=False),
        sa.Column(
            "provider_kind",
            _states(
                (
                    "municipality",
                    "region",
                    "state_authority",
                    "coordination_association",
                    "public_company",
                    "adviser",
                    "incubator",
                    "business_office",
                    "interest_organisation",
                    "network",
                    "association",
                    "cooperative",
                    "funder",
                    "research",
                    "school",
                    "church",
                    "international",
                    "enterprise",
                    "system_supplier",
                    "other",
                ),
                "organizationkind_known",
            ),
            nullable=True,
        ),
        sa.Column("offer_type", text(length=64), nullable=False),
        sa.Column("structure_type", text(length=64), nullable=True),
        sa.Column("eligibility", text(), nullable=False),
        sa.Column("how_to_apply", text(), nullable=False),
        sa.Column("website", text(length=2048), nullable=True),
        sa.Column("contact_function", text(length=300), nullable=True),
        sa.Column("contact_email", text(length=320), nullable=True),
        sa.Column("cost", _states(("free", "paid", "unknown"), "cost_known"), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", text(length=3), nullable=True),
        sa.Column("funding_source", text(length=300), nullable=True),
        sa.Column("de_minimis", sa.Boolean(), nullable=True),
        sa.Column("amount", text(length=300), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("deadline_on", sa.Date(), nullable=True),
        sa.Column("capacity", _states(("open", "limited", "full", "unknown"), "capacity_known"), nullable=False),
        sa.Column("places_left", sa.Integer(), nullable=True),
        sa.Column("waiting_days", sa.Integer(), nullable=True),
        sa.Column("published_at", instant(), nullable=True),
        sa.Column("assured_on", sa.Date(), nullable=True),
        sa.Column("review_months", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_support_offer")),
        sa.UniqueConstraint("slug", name=op.f("uq_support_offer_slug")),
    )
    with op.batch_alter_table("support_offer") as batch:
        batch.create_index(op.f("ix_support_offer_area_code"), ["area_code"], unique=False)
        batch.create_index(op.f("ix_support_offer_owner_id"), ["owner_id"], unique=False)
        batch.create_index(op.f("ix_support_offer_provider_id"), ["provider_id"], unique=False)
        batch.create_index(op.f("ix_support_offer_status_due_on"), ["status", "due_on"], unique=False)
        batch.create_index(op.f("ix_support_offer_status_ends_on_id"), ["status", "ends_on", "id"], unique=False)
        batch.create_index(op.f("ix_support_offer_status_name_sort_id"), ["status", "name_sort", "id"], unique=False)
        batch.create_index(
            op.f("ix_support_offer_status_rank_name_sort_id"), ["status", "rank", "name_sort", "id"], unique=False
        )
        batch.create_index(op.f("ix_support_offer_status_updated_at_id"), ["status", "updated_at", "id"], unique=False)

    op.create_table(
        "support_offer_term",
        sa.Column("offer_id", sa.String(length=36), nullable=False),
        sa.Column(
            "kind",
            _states(("need", "target_group", "stage", "side", "area", "delivery"), "termkind_known"),
            nullable=False,
        ),
        sa.Column("code", text(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["offer_id"],
            ["support_offer.id"],
            name=op.f("fk_support_offer_term_offer_id_support_offer"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("offer_id", "kind", "code", name=op.f("pk_support_offer_term")),
    )
    with op.batch_alter_table("support_offer_term") as batch:
        batch.create_index(op.f("ix_support_offer_term_kind_code_offer_id"), ["kind", "code", "offer_id"], unique=False)

    SearchIndex("support_offer").create(op.get_bind())


def downgrade() -> None:
    """Undo."""
    SearchIndex("support_offer").drop(op.get_bind())
    op.drop_table("support_offer_term")
    op.drop_table("support_offer")


def _states(values: tuple[str, ...], name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)
