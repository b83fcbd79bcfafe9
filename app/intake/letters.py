"""The letters of the intake: to the coordinators of the region, and to whoever asks. They leave with the transaction.

Whoever asks without an account can name any address: nothing that was written in a request goes there.
"""

from typing import Any

from app.accounts import people
from app.core.db import WriteSession
from app.intake.rules import token_of
from app.intake.tables import CooperationRequest
from app.intake.vocabulary import Step
from app.mail import service as mail
from app.mail.vocabulary import Letter


def new_request(session: WriteSession, row: CooperationRequest) -> None:
    """Tell the coordinators of the region that a request has come in."""
    _to_handlers(session, row, "new_request", "new")


def overdue(session: WriteSession, row: CooperationRequest) -> None:
    """Remind the coordinators of the region that the day set for a step has passed."""
    due = row.due_on.isoformat() if row.due_on else ""
    _to_handlers(session, row, "overdue", f"overdue:{row.state.value}:{due}", due=due)


def said(session: WriteSession, row: CooperationRequest, step: Step, number: int) -> None:
    """Tell the coordinators of the region that whoever asks has added something, or taken the request back."""
    _to_handlers(session, row, "said", f"{step.value}:{number}", step=step.value)


def received(session: WriteSession, row: CooperationRequest, secret: bytes) -> None:
    """Tell whoever asks that the request has come in, and how it is followed."""
    _to_requester(session, row, secret, "received", "received")


def moved(session: WriteSession, row: CooperationRequest, secret: bytes) -> None:
    """Tell whoever asks how the request stands now."""
    _to_requester(session, row, secret, "moved", f"moved:{row.rev}", state=row.state.value)


def _to_handlers(session: WriteSession, row: CooperationRequest, template: str, key: str, **more: Any) -> None:
    values = {"request_id": row.id, "title": row.title, "requester": row.requester_name, **more}
    for one in people.addressees_of_region(session, row.area_code):
        whole_key = f"cooperation:{row.id}:{key}:{one.person_id}"
        mail.queue(session, Letter(one.email, one.language, f"intake/{template}", values, whole_key, one.person_id))


def _to_requester(
    session: WriteSession, row: CooperationRequest, secret: bytes, template: str, key: str, **more: Any
) -> None:
    to = people.addressees(session, row.organization_id) if row.organization_id else []
    for one in to:
        path = f"/cooperation/requests/{row.id}"
        whole_key = f"cooperation:{row.id}:{key}:{one.person_id}"
        values = {"path": path, **more}
        mail.queue(session, Letter(one.email, one.language, f"intake/{template}", values, whole_key, one.person_id))
    if not to and row.contact_email:
        values = {"path": f"/cooperation/follow/{token_of(secret, row.id)}", **more}
        letter = Letter(row.contact_email, row.language, f"intake/{template}", values, f"cooperation:{row.id}:{key}")
        mail.queue(session, letter)
