"""The first tables: registry, opportunities, reference lists, journal and the matching index."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from app.core.search import SearchIndex

revision = "2026_11_21_1400"
down_revision = None
branch_labels = None
depends_on = None

SEARCHED = ("enterprise", "opportunity")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "enterprise",
        sa.Column("home", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("source", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("source_year", sa.Integer(), nullable=True),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("updated_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.Column(
            "name_sort",
            sa.String(300).with_variant(sa.String(300, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("organisation_number", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=True),
        sa.Column("country", sqlmodel.sql.sqltypes.AutoString(length=2), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "enterprise",
                "project",
                "network",
                "association",
                "event",
                name="kind_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "lifecycle",
            sa.Enum(
                "planned",
                "pilot",
                "active",
                "paused",
                "unknown",
                "closed",
                name="lifecycle_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("legal_form", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=True),
        sa.Column("municipality", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=True),
        sa.Column("place", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=True),
        sa.Column("founded_year", sa.Integer(), nullable=True),
        sa.Column(
            "public_ownership",
            sa.Enum(
                "yes", "no", "unknown", name="ownership_known", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("summary", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("language", sqlmodel.sql.sqltypes.AutoString(length=3), nullable=False),
        sa.Column(
            "employees",
            sa.Enum(
                "none",
                "1-4",
                "5-9",
                "10-19",
                "20-49",
                "50-249",
                "250-",
                name="employeesband_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column(
            "turnover",
            sa.Enum(
                "0-1",
                "1-3",
                "3-10",
                "10-50",
                "50-",
                name="turnoverband_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("contact_function", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=True),
        sa.Column("contact_email", sqlmodel.sql.sqltypes.AutoString(length=320), nullable=True),
        sa.Column("website", sqlmodel.sql.sqltypes.AutoString(length=2048), nullable=True),
        sa.Column("confirmed_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enterprise")),
        sa.UniqueConstraint("home", "organisation_number", name=op.f("uq_enterprise_home_organisation_number")),
    )
    with op.batch_alter_table("enterprise", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_enterprise_kind"), ["kind"], unique=False)
        batch_op.create_index(batch_op.f("ix_enterprise_municipality"), ["municipality"], unique=False)
        batch_op.create_index(batch_op.f("ix_enterprise_name_sort"), ["name_sort"], unique=False)

    op.create_table(
        "journal_counter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_counter")),
    )
    op.create_table(
        "journal_entry",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("type", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("record_id", sqlmodel.sql.sqltypes.AutoString(length=36), nullable=False),
        sa.Column("home", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("method", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
        sa.Column("actor_id", sqlmodel.sql.sqltypes.AutoString(length=36), nullable=True),
        sa.Column("request_id", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=True),
        sa.Column("payload_hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_journal_entry")),
    )
    with op.batch_alter_table("journal_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_journal_entry_record_id"), ["record_id"], unique=False)

    op.create_table(
        "match_enterprise",
        sa.Column("enterprise_id", sa.String(length=36), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.Column("municipality", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=True),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("enterprise_id", name=op.f("pk_match_enterprise")),
        sa.UniqueConstraint("slot", name=op.f("uq_match_enterprise_slot")),
    )
    op.create_table(
        "match_posting",
        sa.Column("term", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("chunk", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("offsets", sa.LargeBinary(), nullable=False),
        sa.Column("impacts", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("term", "chunk", name=op.f("pk_match_posting")),
    )
    op.create_table(
        "match_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slots", sa.Integer(), nullable=False),
        sa.Column("scorer_version", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_state")),
    )
    op.create_table(
        "opportunity",
        sa.Column("home", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("source", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("source_year", sa.Integer(), nullable=True),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("updated_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(length=1000), nullable=False),
        sa.Column(
            "title_sort",
            sa.String(300).with_variant(sa.String(300, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("description", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("language", sqlmodel.sql.sqltypes.AutoString(length=3), nullable=False),
        sa.Column(
            "form",
            sa.Enum(
                "reserved_places",
                "reserved_goods_services",
                "social_requirements",
                "iop",
                "early_dialogue",
                "direct_award",
                name="form_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "published",
                "closed",
                "awarded",
                "cancelled",
                name="status_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "origin",
            sa.Enum("stated", "notice", name="origin_known", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("country", sqlmodel.sql.sqltypes.AutoString(length=2), nullable=False),
        sa.Column("buyer_name", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.Column("buyer_number", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=True),
        sa.Column("buyer_area", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=True),
        sa.Column("legal_basis", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=True),
        sa.Column("procedure_type", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=True),
        sa.Column("contact_function", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=True),
        sa.Column("contact_email", sqlmodel.sql.sqltypes.AutoString(length=320), nullable=True),
        sa.Column("official_url", sqlmodel.sql.sqltypes.AutoString(length=2048), nullable=True),
        sa.Column("published_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("deadline_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("questions_until", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("notice_source", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=True),
        sa.Column("notice_id", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=True),
        sa.Column("notice_version", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=True),
        sa.Column("notice_subtype", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=True),
        sa.Column("notice_number", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opportunity")),
        sa.UniqueConstraint("notice_source", "notice_id", name=op.f("uq_opportunity_notice_source_notice_id")),
    )
    with op.batch_alter_table("opportunity", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_opportunity_buyer_area"), ["buyer_area"], unique=False)
        batch_op.create_index(batch_op.f("ix_opportunity_deadline_at"), ["deadline_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_opportunity_published_at"), ["published_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_opportunity_status"), ["status"], unique=False)
        batch_op.create_index(batch_op.f("ix_opportunity_title_sort"), ["title_sort"], unique=False)

    op.create_table(
        "postcode",
        sa.Column("country", sqlmodel.sql.sqltypes.AutoString(length=2), nullable=False),
        sa.Column("postcode", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
        sa.Column("locality", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("municipality", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
        sa.PrimaryKeyConstraint("country", "postcode", name=op.f("pk_postcode")),
    )
    op.create_table(
        "reference_code",
        sa.Column("list", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("sv", sqlmodel.sql.sqltypes.AutoString(length=1000), nullable=False),
        sa.Column("nb", sqlmodel.sql.sqltypes.AutoString(length=1000), nullable=False),
        sa.Column("en", sqlmodel.sql.sqltypes.AutoString(length=1000), nullable=False),
        sa.PrimaryKeyConstraint("list", "code", name=op.f("pk_reference_code")),
    )
    op.create_table(
        "enterprise_alias",
        sa.Column("enterprise_id", sa.String(length=36), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["enterprise_id"],
            ["enterprise.id"],
            name=op.f("fk_enterprise_alias_enterprise_id_enterprise"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("enterprise_id", "name", name=op.f("pk_enterprise_alias")),
    )
    op.create_table(
        "enterprise_area",
        sa.Column("enterprise_id", sa.String(length=36), nullable=False),
        sa.Column("area", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["enterprise_id"],
            ["enterprise.id"],
            name=op.f("fk_enterprise_area_enterprise_id_enterprise"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("enterprise_id", "area", name=op.f("pk_enterprise_area")),
    )
    with op.batch_alter_table("enterprise_area", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_enterprise_area_area"), ["area"], unique=False)

    op.create_table(
        "enterprise_certificate",
        sa.Column("enterprise_id", sa.String(length=36), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["enterprise_id"],
            ["enterprise.id"],
            name=op.f("fk_enterprise_certificate_enterprise_id_enterprise"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("enterprise_id", "name", name=op.f("pk_enterprise_certificate")),
    )
    op.create_table(
        "enterprise_criterion",
        sa.Column("enterprise_id", sa.String(length=36), nullable=False),
        sa.Column("criterion", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "declared",
                "verified",
                "expired",
                name="evidence_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["enterprise_id"],
            ["enterprise.id"],
            name=op.f("fk_enterprise_criterion_enterprise_id_enterprise"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("enterprise_id", "criterion", name=op.f("pk_enterprise_criterion")),
    )
    op.create_table(
        "enterprise_eligibility",
        sa.Column("enterprise_id", sa.String(length=36), nullable=False),
        sa.Column(
            "reservation",
            sa.Enum(
                "res-ws",
                "res-pub-ser",
                "se-ideburen",
                "no-ideell",
                name="reservation_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "declared",
                "verified",
                "expired",
                "denied",
                name="eligibilitystate_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("on", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["enterprise_id"],
            ["enterprise.id"],
            name=op.f("fk_enterprise_eligibility_enterprise_id_enterprise"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("enterprise_id", "reservation", name=op.f("pk_enterprise_eligibility")),
    )
    op.create_table(
        "enterprise_industry",
        sa.Column("enterprise_id", sa.String(length=36), nullable=False),
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["enterprise_id"],
            ["enterprise.id"],
            name=op.f("fk_enterprise_industry_enterprise_id_enterprise"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("enterprise_id", "code", name=op.f("pk_enterprise_industry")),
    )
    op.create_table(
        "enterprise_language",
        sa.Column("enterprise_id", sa.String(length=36), nullable=False),
        sa.Column("language", sqlmodel.sql.sqltypes.AutoString(length=3), nullable=False),
        sa.ForeignKeyConstraint(
            ["enterprise_id"],
            ["enterprise.id"],
            name=op.f("fk_enterprise_language_enterprise_id_enterprise"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("enterprise_id", "language", name=op.f("pk_enterprise_language")),
    )
    op.create_table(
        "enterprise_target_group",
        sa.Column("enterprise_id", sa.String(length=36), nullable=False),
        sa.Column("target_group", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["enterprise_id"],
            ["enterprise.id"],
            name=op.f("fk_enterprise_target_group_enterprise_id_enterprise"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("enterprise_id", "target_group", name=op.f("pk_enterprise_target_group")),
    )
    with op.batch_alter_table("enterprise_target_group", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_enterprise_target_group_target_group"), ["target_group"], unique=False)

    op.create_table(
        "lot",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("opportunity_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("number", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(length=1000), nullable=False),
        sa.Column("description", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("cpv_main", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=True),
        sa.Column(
            "reserved_execution",
            sa.Enum(
                "yes",
                "no",
                "not-known",
                name="reservedexecution_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("value_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sqlmodel.sql.sqltypes.AutoString(length=3), nullable=True),
        sa.Column("duration_months", sa.Integer(), nullable=True),
        sa.Column("places_wanted", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["opportunity_id"], ["opportunity.id"], name=op.f("fk_lot_opportunity_id_opportunity"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot")),
    )
    with op.batch_alter_table("lot", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lot_cpv_main"), ["cpv_main"], unique=False)
        batch_op.create_index(batch_op.f("ix_lot_opportunity_id"), ["opportunity_id"], unique=False)

    op.create_table(
        "offering",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("enterprise_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.Column("description", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "goods",
                "service",
                "work_training",
                name="offeringkind_known",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("language", sqlmodel.sql.sqltypes.AutoString(length=3), nullable=False),
        sa.Column("cpv_is_guess", sa.Boolean(), nullable=False),
        sa.Column("places_free", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprise.id"], name=op.f("fk_offering_enterprise_id_enterprise"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offering")),
    )
    with op.batch_alter_table("offering", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_offering_enterprise_id"), ["enterprise_id"], unique=False)

    op.create_table(
        "opportunity_objective",
        sa.Column("opportunity_id", sa.String(length=36), nullable=False),
        sa.Column("objective", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["opportunity_id"],
            ["opportunity.id"],
            name=op.f("fk_opportunity_objective_opportunity_id_opportunity"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("opportunity_id", "objective", name=op.f("pk_opportunity_objective")),
    )
    op.create_table(
        "opportunity_srpp_area",
        sa.Column("opportunity_id", sa.String(length=36), nullable=False),
        sa.Column("area", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["opportunity_id"],
            ["opportunity.id"],
            name=op.f("fk_opportunity_srpp_area_opportunity_id_opportunity"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("opportunity_id", "area", name=op.f("pk_opportunity_srpp_area")),
    )
    op.create_table(
        "lot_area",
        sa.Column("lot_id", sa.String(length=36), nullable=False),
        sa.Column("area", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
        sa.Column("is_foreign", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_lot_area_lot_id_lot"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("lot_id", "area", name=op.f("pk_lot_area")),
    )
    with op.batch_alter_table("lot_area", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lot_area_area"), ["area"], unique=False)

    op.create_table(
        "lot_cpv",
        sa.Column("lot_id", sa.String(length=36), nullable=False),
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_lot_cpv_lot_id_lot"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("lot_id", "code", name=op.f("pk_lot_cpv")),
    )
    with op.batch_alter_table("lot_cpv", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lot_cpv_code"), ["code"], unique=False)

    op.create_table(
        "lot_reservation",
        sa.Column("lot_id", sa.String(length=36), nullable=False),
        sa.Column("reservation", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_lot_reservation_lot_id_lot"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("lot_id", "reservation", name=op.f("pk_lot_reservation")),
    )
    op.create_table(
        "lot_target_group",
        sa.Column("lot_id", sa.String(length=36), nullable=False),
        sa.Column("target_group", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["lot_id"], ["lot.id"], name=op.f("fk_lot_target_group_lot_id_lot"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("lot_id", "target_group", name=op.f("pk_lot_target_group")),
    )
    op.create_table(
        "offering_cpv",
        sa.Column("offering_id", sa.String(length=36), nullable=False),
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
        sa.Column("enterprise_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enterprise_id"],
            ["enterprise.id"],
            name=op.f("fk_offering_cpv_enterprise_id_enterprise"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["offering_id"], ["offering.id"], name=op.f("fk_offering_cpv_offering_id_offering"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("offering_id", "code", name=op.f("pk_offering_cpv")),
    )
    with op.batch_alter_table("offering_cpv", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_offering_cpv_code"), ["code"], unique=False)
        batch_op.create_index(batch_op.f("ix_offering_cpv_enterprise_id"), ["enterprise_id"], unique=False)

    op.create_table(
        "offering_sector",
        sa.Column("offering_id", sa.String(length=36), nullable=False),
        sa.Column("sector", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("enterprise_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["enterprise_id"],
            ["enterprise.id"],
            name=op.f("fk_offering_sector_enterprise_id_enterprise"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["offering_id"], ["offering.id"], name=op.f("fk_offering_sector_offering_id_offering"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("offering_id", "sector", name=op.f("pk_offering_sector")),
    )
    with op.batch_alter_table("offering_sector", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_offering_sector_enterprise_id"), ["enterprise_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_offering_sector_sector"), ["sector"], unique=False)

    op.create_table(
        "match_whereabouts",
        sa.Column("block", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("counts", sa.LargeBinary(), nullable=False),
        sa.Column("numbers", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("block", name=op.f("pk_match_whereabouts")),
    )
    op.execute("INSERT INTO journal_counter (id, value) VALUES (1, 0)")
    op.execute("INSERT INTO match_state (id, slots, scorer_version) VALUES (1, 0, '')")
    if op.get_bind().dialect.name == "postgresql":
        # Posting lists are read by the hundred: kept in the row up to a page, and never compressed, they are read
        # in two thirds of the time.
        op.execute("ALTER TABLE match_posting SET (toast_tuple_target = 8160)")
        op.execute("ALTER TABLE match_posting ALTER offsets SET STORAGE MAIN, ALTER impacts SET STORAGE MAIN")
        op.execute("ALTER TABLE match_enterprise SET (toast_tuple_target = 8160)")
        op.execute("ALTER TABLE match_enterprise ALTER document SET STORAGE MAIN")
        op.execute(
            "ALTER TABLE match_whereabouts ALTER counts SET STORAGE EXTERNAL, ALTER numbers SET STORAGE EXTERNAL"
        )
    for room in SEARCHED:
        SearchIndex(room).create(op.get_bind())


def downgrade() -> None:
    """Take back."""
    for room in SEARCHED:
        SearchIndex(room).drop(op.get_bind())
    op.drop_table("match_whereabouts")
    with op.batch_alter_table("offering_sector", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_offering_sector_sector"))
        batch_op.drop_index(batch_op.f("ix_offering_sector_enterprise_id"))

    op.drop_table("offering_sector")
    with op.batch_alter_table("offering_cpv", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_offering_cpv_enterprise_id"))
        batch_op.drop_index(batch_op.f("ix_offering_cpv_code"))

    op.drop_table("offering_cpv")
    op.drop_table("lot_target_group")
    op.drop_table("lot_reservation")
    with op.batch_alter_table("lot_cpv", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_lot_cpv_code"))

    op.drop_table("lot_cpv")
    with op.batch_alter_table("lot_area", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_lot_area_area"))

    op.drop_table("lot_area")
    op.drop_table("opportunity_srpp_area")
    op.drop_table("opportunity_objective")
    with op.batch_alter_table("offering", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_offering_enterprise_id"))

    op.drop_table("offering")
    with op.batch_alter_table("lot", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_lot_opportunity_id"))
        batch_op.drop_index(batch_op.f("ix_lot_cpv_main"))

    op.drop_table("lot")
    with op.batch_alter_table("enterprise_target_group", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_enterprise_target_group_target_group"))

    op.drop_table("enterprise_target_group")
    op.drop_table("enterprise_language")
    op.drop_table("enterprise_industry")
    op.drop_table("enterprise_eligibility")
    op.drop_table("enterprise_criterion")
    op.drop_table("enterprise_certificate")
    with op.batch_alter_table("enterprise_area", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_enterprise_area_area"))

    op.drop_table("enterprise_area")
    op.drop_table("enterprise_alias")
    op.drop_table("reference_code")
    op.drop_table("postcode")
    with op.batch_alter_table("opportunity", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_opportunity_title_sort"))
        batch_op.drop_index(batch_op.f("ix_opportunity_status"))
        batch_op.drop_index(batch_op.f("ix_opportunity_published_at"))
        batch_op.drop_index(batch_op.f("ix_opportunity_deadline_at"))
        batch_op.drop_index(batch_op.f("ix_opportunity_buyer_area"))

    op.drop_table("opportunity")
    op.drop_table("match_state")
    op.drop_table("match_posting")
    op.drop_table("match_enterprise")
    with op.batch_alter_table("journal_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_journal_entry_record_id"))

    op.drop_table("journal_entry")
    op.drop_table("journal_counter")
    with op.batch_alter_table("enterprise", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_enterprise_name_sort"))
        batch_op.drop_index(batch_op.f("ix_enterprise_municipality"))
        batch_op.drop_index(batch_op.f("ix_enterprise_kind"))

    op.drop_table("enterprise")
