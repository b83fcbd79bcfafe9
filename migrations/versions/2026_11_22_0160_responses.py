"""The dialogue: plans of outreach, invitations, answers, questions, shortlists, and every step in order."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "2026_11_22_0160"
down_revision = "2026_11_22_0150"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    text, instant = sqlmodel.sql.sqltypes.AutoString, sqlmodel.sql.sqltypes.UTCDateTime
    op.create_table(
        "dialogue_question",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("opportunity_id", text(length=36), nullable=False),
        sa.Column("enterprise_id", text(length=36), nullable=False),
        sa.Column("state", _states(("open", "answered"), "questionstate_known"), nullable=False),
        sa.Column("text", text(), nullable=False),
        sa.Column("shown_text", text(), nullable=False),
        sa.Column("answer", text(), nullable=False),
        sa.Column("asked_at", instant(), nullable=False),
        sa.Column("answered_at", instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dialogue_question")),
    )
    with op.batch_alter_table("dialogue_question") as batch:
        batch.create_index(op.f("ix_dialogue_question_asked_at"), ["asked_at"], unique=False)
        batch.create_index(op.f("ix_dialogue_question_enterprise_id"), ["enterprise_id"], unique=False)
        batch.create_index(op.f("ix_dialogue_question_opportunity_id"), ["opportunity_id"], unique=False)

    op.create_table(
        "dialogue_step",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("opportunity_id", text(length=36), nullable=False),
        sa.Column("at", instant(), nullable=False),
        sa.Column(
            "kind",
            _states(
                (
                    "invited",
                    "invitation-withdrawn",
                    "seen",
                    "reminded",
                    "expired",
                    "interested",
                    "declined",
                    "answer-withdrawn",
                    "asked",
                    "question-answered",
                    "shortlisted",
                    "note-changed",
                    "taken-off",
                    "awarded",
                    "cancelled",
                ),
                "stepkind_known",
            ),
            nullable=False,
        ),
        sa.Column("enterprise_id", text(length=36), nullable=True),
        sa.Column("enterprise_name", text(length=300), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column(
            "reason",
            _states(
                ("capacity", "services", "distance", "size", "requirements", "time", "other"), "declinereason_known"
            ),
            nullable=True,
        ),
        sa.Column("text", text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_dialogue_step")),
    )
    with op.batch_alter_table("dialogue_step") as batch:
        batch.create_index(op.f("ix_dialogue_step_opportunity_id_number"), ["opportunity_id", "number"], unique=False)

    op.create_table(
        "enterprise_invitation",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("opportunity_id", text(length=36), nullable=False),
        sa.Column("enterprise_id", text(length=36), nullable=False),
        sa.Column("enterprise_name", text(length=300), nullable=False),
        sa.Column(
            "state",
            _states(("queued", "sent", "seen", "answered", "expired", "withdrawn"), "invitationstate_known"),
            nullable=False,
        ),
        sa.Column("reached", _states(("people", "address", "nobody"), "reached_known"), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("token_hash", text(length=64), nullable=True),
        sa.Column("is_paced", sa.Boolean(), nullable=False),
        sa.Column("created_at", instant(), nullable=False),
        sa.Column("sent_at", instant(), nullable=True),
        sa.Column("expires_at", instant(), nullable=True),
        sa.Column("seen_at", instant(), nullable=True),
        sa.Column("answered_at", instant(), nullable=True),
        sa.Column("used_at", instant(), nullable=True),
        sa.Column("reminded_at", instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enterprise_invitation")),
        sa.UniqueConstraint(
            "opportunity_id", "enterprise_id", name=op.f("uq_enterprise_invitation_opportunity_id_enterprise_id")
        ),
        sa.UniqueConstraint("token_hash", name=op.f("uq_enterprise_invitation_token_hash")),
    )
    with op.batch_alter_table("enterprise_invitation") as batch:
        batch.create_index(op.f("ix_enterprise_invitation_enterprise_id"), ["enterprise_id"], unique=False)
        batch.create_index(op.f("ix_enterprise_invitation_state"), ["state"], unique=False)

    op.create_table(
        "enterprise_response",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("opportunity_id", text(length=36), nullable=False),
        sa.Column("enterprise_id", text(length=36), nullable=False),
        sa.Column("enterprise_name", text(length=300), nullable=False),
        sa.Column("state", _states(("standing", "withdrawn"), "responsestate_known"), nullable=False),
        sa.Column("kind", _states(("interest", "decline"), "answerkind_known"), nullable=False),
        sa.Column(
            "reason",
            _states(
                ("capacity", "services", "distance", "size", "requirements", "time", "other"), "declinereason_known"
            ),
            nullable=True,
        ),
        sa.Column("text", text(), nullable=False),
        sa.Column("is_joint", sa.Boolean(), nullable=False),
        sa.Column("partner_ids", sa.JSON(), nullable=False),
        sa.Column("is_by_link", sa.Boolean(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("answered_at", instant(), nullable=False),
        sa.Column("updated_at", instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enterprise_response")),
        sa.UniqueConstraint(
            "opportunity_id", "enterprise_id", name=op.f("uq_enterprise_response_opportunity_id_enterprise_id")
        ),
    )
    with op.batch_alter_table("enterprise_response") as batch:
        batch.create_index(op.f("ix_enterprise_response_enterprise_id"), ["enterprise_id"], unique=False)
        batch.create_index(op.f("ix_enterprise_response_updated_at"), ["updated_at"], unique=False)

    op.create_table(
        "outreach_plan",
        sa.Column("opportunity_id", text(length=36), nullable=False),
        sa.Column("batch_size", sa.Integer(), nullable=False),
        sa.Column("enough", sa.Integer(), nullable=False),
        sa.Column("answer_by", instant(), nullable=True),
        sa.Column("paced_on", sa.Date(), nullable=True),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("updated_at", instant(), nullable=False),
        sa.PrimaryKeyConstraint("opportunity_id", name=op.f("pk_outreach_plan")),
    )
    op.create_table(
        "shortlist_entry",
        sa.Column("opportunity_id", text(length=36), nullable=False),
        sa.Column("enterprise_id", text(length=36), nullable=False),
        sa.Column("enterprise_name", text(length=300), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("note", text(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("added_at", instant(), nullable=False),
        sa.Column("updated_at", instant(), nullable=False),
        sa.PrimaryKeyConstraint("opportunity_id", "enterprise_id", name=op.f("pk_shortlist_entry")),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("shortlist_entry")
    op.drop_table("outreach_plan")
    with op.batch_alter_table("enterprise_response") as batch:
        batch.drop_index(op.f("ix_enterprise_response_updated_at"))
        batch.drop_index(op.f("ix_enterprise_response_enterprise_id"))

    op.drop_table("enterprise_response")
    with op.batch_alter_table("enterprise_invitation") as batch:
        batch.drop_index(op.f("ix_enterprise_invitation_state"))
        batch.drop_index(op.f("ix_enterprise_invitation_enterprise_id"))

    op.drop_table("enterprise_invitation")
    with op.batch_alter_table("dialogue_step") as batch:
        batch.drop_index(op.f("ix_dialogue_step_opportunity_id_number"))

    op.drop_table("dialogue_step")
    with op.batch_alter_table("dialogue_question") as batch:
        batch.drop_index(op.f("ix_dialogue_question_opportunity_id"))
        batch.drop_index(op.f("ix_dialogue_question_enterprise_id"))
        batch.drop_index(op.f("ix_dialogue_question_asked_at"))

    op.drop_table("dialogue_question")


def _states(values: tuple[str, ...], name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)
