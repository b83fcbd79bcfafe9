"""A step of the dialogue for the enterprise that asks for the link to answer with, and is invited by nobody."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_22_0320"
down_revision = "2026_11_22_0310"
branch_labels = None
depends_on = None

_KINDS = (
    *("invited", "invitation-withdrawn", "seen", "reminded", "expired", "interested", "declined", "answer-withdrawn"),
    *("asked", "question-answered", "shortlisted", "note-changed", "taken-off", "awarded", "cancelled"),
)
_KNOWN = "ck_dialogue_step_stepkind_known"


def upgrade() -> None:
    """Apply."""
    _allow(("invited", "link-asked", *_KINDS[1:]))


def downgrade() -> None:
    """Undo: what was asked for is told as an invitation, as it was before."""
    kind = sa.table("dialogue_step", sa.column("kind", sa.String)).c.kind
    op.execute(sa.update(kind.table).where(kind == "link-asked").values(kind="invited"))
    _allow(_KINDS)


def _allow(kinds: tuple[str, ...]) -> None:
    named = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("dialogue_step") as batch:
        batch.drop_constraint(op.f(_KNOWN), type_="check")
        batch.create_check_constraint(op.f(_KNOWN), f"kind IN ({named})")
