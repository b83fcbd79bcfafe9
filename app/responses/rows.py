"""Rows of the dialogue as those who may see them read them."""

from collections.abc import Collection
from typing import Any

from app.core.schema import SchemaOut
from app.responses.schemas import InvitationRead, QuestionRead, ResponseRead, ShortlistRead
from app.responses.tables import DialogueQuestion, EnterpriseInvitation, EnterpriseResponse, ShortlistEntry
from app.responses.vocabulary import QuestionState


def invitation_read(row: EnterpriseInvitation) -> InvitationRead:
    """Return an invitation, without what its link is known by."""
    return InvitationRead(**_own(row, InvitationRead))


def response_read(row: EnterpriseResponse) -> ResponseRead:
    """Return an answer."""
    return ResponseRead(**_own(row, ResponseRead))


def question_read(row: DialogueQuestion, own: Collection[str] = ()) -> QuestionRead:
    """Return a question without who asked it; `own` are the enterprises of whoever reads.

    Its own asker reads it as it was asked, everybody else as the buyer shows it.
    """
    is_answered = row.state is QuestionState.ANSWERED
    is_own = row.enterprise_id in own
    return QuestionRead(
        id=row.id,
        opportunity_id=row.opportunity_id,
        state=row.state,
        text=row.text if is_own else row.shown_text or row.text,
        asked_at=row.asked_at,
        answer=row.answer if is_answered else None,
        answered_at=row.answered_at,
        is_own=is_own,
    )


def shortlist_read(row: ShortlistEntry) -> ShortlistRead:
    """Return an enterprise on the shortlist."""
    return ShortlistRead(**_own(row, ShortlistRead))


def _own(row: Any, schema: type[SchemaOut]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in schema.model_fields}
