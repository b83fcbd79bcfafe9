"""Corrections of support offers, and offers that are hidden."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "2026_11_22_0210"
down_revision = "2026_11_22_0200"
branch_labels = None
depends_on = None

_SUBJECTS = ("enterprise", "opportunity")
# What lists are read by. Each was an index of every offer, and is one of those that are shown.
_LISTED = (
    ("status", "rank", "name_sort", "id"),
    ("status", "name_sort", "id"),
    ("status", "updated_at", "id"),
    ("status", "ends_on", "id"),
)
_OFFER, _OWN = "support_offer", "support_offer_correction"


def upgrade() -> None:
    """Apply."""
    text, instant = sqlmodel.sql.sqltypes.AutoString, sqlmodel.sql.sqltypes.UTCDateTime
    shown = sa.text("hidden_at IS NULL")
    op.add_column(_OFFER, sa.Column("hidden_at", instant(), nullable=True))
    for columns in _LISTED:
        op.drop_index(_name(columns), table_name=_OFFER)
        op.create_index(_name(columns), _OFFER, [*columns], sqlite_where=shown, postgresql_where=shown)
    op.create_table(
        _OWN,
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("offer_id", sa.String(length=36), nullable=False),
        sa.Column("field", text(length=64), nullable=True),
        sa.Column("text", text(), nullable=False),
        sa.Column("proposed", text(length=2000), nullable=True),
        sa.Column("offer_rev", sa.Integer(), nullable=False),
        sa.Column("state", _states(("open", "accepted", "rejected"), "correctionstate_known"), nullable=False),
        sa.Column("led_to", _states(("applied", "changed", "suspended", "archived"), "ledto_known"), nullable=True),
        sa.Column("led_to_rev", sa.Integer(), nullable=True),
        sa.Column("note", text(length=300), nullable=True),
        sa.Column("created_at", instant(), nullable=False),
        sa.Column("decided_at", instant(), nullable=True),
        sa.Column("decided_by", text(length=36), nullable=True),
        sa.ForeignKeyConstraint(
            ["offer_id"],
            ["support_offer.id"],
            name=op.f("fk_support_offer_correction_offer_id_support_offer"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_support_offer_correction")),
    )
    with op.batch_alter_table(_OWN) as batch:
        batch.create_index(
            op.f("ix_support_offer_correction_offer_id_state_created_at"), ["offer_id", "state", "created_at"]
        )
        batch.create_index(op.f("ix_support_offer_correction_state_created_at"), ["state", "created_at"])
    _allow((*_SUBJECTS, _OFFER), instead_of=_SUBJECTS)


def downgrade() -> None:
    """Undo."""
    for table in ("report", "moderation_act"):
        op.execute(sa.text(f"DELETE FROM {table} WHERE subject = 'support_offer'"))  # noqa: S608 (our own names)
    _allow(_SUBJECTS, instead_of=(*_SUBJECTS, _OFFER))
    op.drop_table(_OWN)
    for columns in _LISTED:
        op.drop_index(_name(columns), table_name=_OFFER)
        op.create_index(_name(columns), _OFFER, [*columns])
    op.drop_column(_OFFER, "hidden_at")


def _allow(subjects: tuple[str, ...], *, instead_of: tuple[str, ...]) -> None:
    """Let reports and acts be about these kinds of records."""
    for table in ("report", "moderation_act"):
        with op.batch_alter_table(table) as batch:
            batch.alter_column(
                "subject",
                existing_type=_states(instead_of, "subject_known"),
                type_=_states(subjects, "subject_known"),
                existing_nullable=False,
            )


def _name(columns: tuple[str, ...]) -> str:
    return op.f(f"ix_{_OFFER}_{'_'.join(columns)}")


def _states(values: tuple[str, ...], name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)
