"""Organisations, API keys, answers kept for repeated requests, and what each change changed."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from app.core.search import SearchIndex

revision = "2026_11_21_2210"
down_revision = "2026_11_21_1400"
branch_labels = None
depends_on = None

_OWNED = ("enterprise", "opportunity")
_ROLES = ("enterprise", "buyer", "support_provider", "coordinator", "integrator", "admin")
_KINDS = (
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
)
_PARTS = ("buyer", "support_provider", "authority", "funder", "partner", "enterprise", "coordinator", "integrator")


def upgrade() -> None:
    """Apply."""
    text, instant = sqlmodel.sql.sqltypes.AutoString, sqlmodel.sql.sqltypes.UTCDateTime
    for table in _OWNED:
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("owner_id", text(length=36), nullable=True))
            batch.create_index(op.f(f"ix_{table}_owner_id"), ["owner_id"])
    op.create_table(
        "organization",
        sa.Column("home", text(length=64), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("source", text(length=200), nullable=False),
        sa.Column("source_year", sa.Integer(), nullable=True),
        sa.Column("created_at", instant(), nullable=False),
        sa.Column("updated_at", instant(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("owner_id", text(length=36), nullable=True),
        sa.Column("name", text(length=300), nullable=False),
        sa.Column(
            "name_sort", sa.String(300).with_variant(sa.String(300, collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("organisation_number", text(length=16), nullable=True),
        sa.Column("country", text(length=3), nullable=False),
        sa.Column("kind", _states(_KINDS, "organizationkind_known"), nullable=False),
        sa.Column("visibility", _states(("public", "private"), "visibility_known"), nullable=False),
        sa.Column("area_code", text(length=8), nullable=True),
        sa.Column("summary", text(), nullable=False),
        sa.Column("language", text(length=3), nullable=False),
        sa.Column("website", text(length=2048), nullable=True),
        sa.Column("contact_function", text(length=300), nullable=True),
        sa.Column("contact_email", text(length=320), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization")),
        sa.UniqueConstraint("home", "organisation_number", name=op.f("uq_organization_home_organisation_number")),
    )
    with op.batch_alter_table("organization") as batch:
        for column in ("area_code", "kind", "name_sort", "owner_id"):
            batch.create_index(op.f(f"ix_organization_{column}"), [column])
    op.create_table(
        "organization_part",
        sa.Column("organization_id", sa.String(length=36), nullable=False),
        sa.Column("part", _states(_PARTS, "part_known"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_organization_part_organization_id_organization"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "part", name=op.f("pk_organization_part")),
    )
    op.create_table(
        "api_key",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", text(length=300), nullable=False),
        sa.Column("hint", text(length=16), nullable=False),
        sa.Column("key_hash", text(length=64), nullable=False),
        sa.Column("organization_id", text(length=36), nullable=False),
        sa.Column("role", _states(_ROLES, "role_known"), nullable=False),
        sa.Column("scopes", text(length=500), nullable=False),
        sa.Column("region", text(length=8), nullable=True),
        sa.Column("created_at", instant(), nullable=False),
        sa.Column("expires_at", instant(), nullable=False),
        sa.Column("revoked_at", instant(), nullable=True),
        sa.Column("last_used_at", instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_key_key_hash")),
    )
    with op.batch_alter_table("api_key") as batch:
        batch.create_index(op.f("ix_api_key_organization_id"), ["organization_id"])
    op.create_table(
        "kept_answer",
        sa.Column("organization_id", text(length=36), nullable=False),
        sa.Column("idempotency_key", text(length=255), nullable=False),
        sa.Column("request_hash", text(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", text(length=4000), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("at", instant(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "idempotency_key", name=op.f("pk_kept_answer")),
    )
    with op.batch_alter_table("kept_answer") as batch:
        batch.create_index(op.f("ix_kept_answer_at"), ["at"])
    op.create_table(
        "journal_revision",
        sa.Column("type", text(length=64), nullable=False),
        sa.Column("record_id", text(length=36), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("method", text(length=8), nullable=False),
        sa.Column("at", instant(), nullable=False),
        sa.Column("organization_id", text(length=36), nullable=True),
        sa.Column("role", text(length=32), nullable=True),
        sa.Column("reason", text(length=300), nullable=True),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("type", "record_id", "rev", name=op.f("pk_journal_revision")),
    )
    SearchIndex("organization").create(op.get_bind())


def downgrade() -> None:
    """Undo."""
    SearchIndex("organization").drop(op.get_bind())
    for table in ("journal_revision", "kept_answer", "api_key", "organization_part", "organization"):
        op.drop_table(table)
    for table in _OWNED:
        with op.batch_alter_table(table) as batch:
            batch.drop_index(op.f(f"ix_{table}_owner_id"))
            batch.drop_column("owner_id")


def _states(values: tuple[str, ...], name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)
