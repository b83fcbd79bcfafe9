"""Two-step sign-in: whom a code is asked of, recovery codes, and passwords that wait for their code."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "2026_11_22_0180"
down_revision = "2026_11_22_0170"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    text, instant = sqlmodel.sql.sqltypes.AutoString, sqlmodel.sql.sqltypes.UTCDateTime
    op.create_table(
        "two_step",
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("seed", text(length=64), nullable=False),
        sa.Column("begun_at", instant(), nullable=False),
        sa.Column("begun_in", text(length=36), nullable=False),
        sa.Column("confirmed_at", instant(), nullable=True),
        sa.Column("last_step", sa.Integer(), nullable=False),
        _of_person("two_step"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_two_step")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("code_hash", text(length=64), nullable=False),
        sa.Column("used_at", instant(), nullable=True),
        _of_person("recovery_code"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
    )
    with op.batch_alter_table("recovery_code") as batch:
        batch.create_index(op.f("ix_recovery_code_person_id"), ["person_id"], unique=False)

    op.create_table(
        "sign_in_challenge",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("token_hash", text(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("attempt", text(length=200), nullable=False),
        sa.Column("created_at", instant(), nullable=False),
        sa.Column("expires_at", instant(), nullable=False),
        _of_person("sign_in_challenge"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_challenge")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_challenge_token_hash")),
    )
    with op.batch_alter_table("sign_in_challenge") as batch:
        batch.create_index(op.f("ix_sign_in_challenge_person_id"), ["person_id"], unique=False)


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("sign_in_challenge") as batch:
        batch.drop_index(op.f("ix_sign_in_challenge_person_id"))

    op.drop_table("sign_in_challenge")
    with op.batch_alter_table("recovery_code") as batch:
        batch.drop_index(op.f("ix_recovery_code_person_id"))

    op.drop_table("recovery_code")
    op.drop_table("two_step")


def _of_person(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_person_id_person")
    return sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=name, ondelete="CASCADE")
