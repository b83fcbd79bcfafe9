"""People with their places and sessions, invitations, links for a new password, and attempts that are counted."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "2026_11_22_0130"
down_revision = "2026_11_21_2240"
branch_labels = None
depends_on = None

_ROLES = ("enterprise", "buyer", "support_provider", "coordinator", "integrator", "admin")


def upgrade() -> None:
    """Apply."""
    text, instant = sqlmodel.sql.sqltypes.AutoString, sqlmodel.sql.sqltypes.UTCDateTime
    op.create_table(
        "attempt",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", text(length=32), nullable=False),
        sa.Column("subject", text(length=64), nullable=False),
        sa.Column("at", instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
    )
    with op.batch_alter_table("attempt") as batch:
        batch.create_index(op.f("ix_attempt_kind_subject_at"), ["kind", "subject", "at"], unique=False)

    op.create_table(
        "invitation",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("token_hash", text(length=64), nullable=False),
        sa.Column("email", text(length=320), nullable=False),
        sa.Column("organization_id", text(length=36), nullable=False),
        sa.Column("role", _states(_ROLES, "role_known"), nullable=False),
        sa.Column("region", text(length=8), nullable=True),
        sa.Column("manages", sa.Boolean(), nullable=False),
        sa.Column("language", text(length=3), nullable=False),
        sa.Column("invited_by", text(length=36), nullable=True),
        sa.Column("created_at", instant(), nullable=False),
        sa.Column("expires_at", instant(), nullable=False),
        sa.Column("accepted_at", instant(), nullable=True),
        sa.Column("revoked_at", instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
    )
    with op.batch_alter_table("invitation") as batch:
        batch.create_index(op.f("ix_invitation_email"), ["email"], unique=False)
        batch.create_index(op.f("ix_invitation_organization_id"), ["organization_id"], unique=False)

    op.create_table(
        "person",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("email", text(length=320), nullable=False),
        sa.Column("password_hash", text(length=255), nullable=False),
        sa.Column("language", text(length=3), nullable=False),
        sa.Column("digest", _states(("daily", "weekly", "off"), "digest_known"), nullable=False),
        sa.Column("created_at", instant(), nullable=False),
        sa.Column("signed_in_at", instant(), nullable=True),
        sa.Column("disabled_at", instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("email", name=op.f("uq_person_email")),
    )
    op.create_table(
        "login_session",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("token_hash", text(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("membership_id", text(length=36), nullable=True),
        sa.Column("device", text(length=100), nullable=False),
        sa.Column("created_at", instant(), nullable=False),
        sa.Column("seen_at", instant(), nullable=False),
        sa.Column("expires_at", instant(), nullable=False),
        sa.Column("ended_at", instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_login_session_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_login_session_token_hash")),
    )
    with op.batch_alter_table("login_session") as batch:
        batch.create_index(op.f("ix_login_session_person_id"), ["person_id"], unique=False)

    op.create_table(
        "membership",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("organization_id", text(length=36), nullable=False),
        sa.Column("role", _states(_ROLES, "role_known"), nullable=False),
        sa.Column("region", text(length=8), nullable=True),
        sa.Column("manages", sa.Boolean(), nullable=False),
        sa.Column("created_at", instant(), nullable=False),
        sa.Column("ended_at", instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_membership_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
    )
    with op.batch_alter_table("membership") as batch:
        batch.create_index(op.f("ix_membership_organization_id"), ["organization_id"], unique=False)
        batch.create_index(op.f("ix_membership_person_id"), ["person_id"], unique=False)

    op.create_table(
        "password_reset",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("token_hash", text(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("created_at", instant(), nullable=False),
        sa.Column("expires_at", instant(), nullable=False),
        sa.Column("used_at", instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_password_reset_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_reset")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_password_reset_token_hash")),
    )
    with op.batch_alter_table("password_reset") as batch:
        batch.create_index(op.f("ix_password_reset_person_id"), ["person_id"], unique=False)


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("password_reset") as batch:
        batch.drop_index(op.f("ix_password_reset_person_id"))

    op.drop_table("password_reset")
    with op.batch_alter_table("membership") as batch:
        batch.drop_index(op.f("ix_membership_person_id"))
        batch.drop_index(op.f("ix_membership_organization_id"))

    op.drop_table("membership")
    with op.batch_alter_table("login_session") as batch:
        batch.drop_index(op.f("ix_login_session_person_id"))

    op.drop_table("login_session")
    op.drop_table("person")
    with op.batch_alter_table("invitation") as batch:
        batch.drop_index(op.f("ix_invitation_organization_id"))
        batch.drop_index(op.f("ix_invitation_email"))

    op.drop_table("invitation")
    with op.batch_alter_table("attempt") as batch:
        batch.drop_index(op.f("ix_attempt_kind_subject_at"))

    op.drop_table("attempt")


def _states(values: tuple[str, ...], name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)
