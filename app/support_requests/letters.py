"""The letters about requests: to whoever answers, and to the enterprise. They leave with the transaction.

A letter says what has happened and where it is read; what the two sides write to each other stands on the page alone.
"""

from collections.abc import Iterable

from app.accounts import people
from app.accounts.permissions import PERMISSIONS, Action, Reach
from app.accounts.vocabulary import Addressee
from app.core.clock import now
from app.core.db import ReadSession, WriteSession
from app.core.i18n import DEFAULT_LANGUAGE, LANGUAGES
from app.enterprises import service as enterprises
from app.mail import service as mail
from app.mail.vocabulary import Letter
from app.support_requests.tables import SupportRequest
from app.support_requests.vocabulary import ANSWER_WITHIN


def answering(session: ReadSession | WriteSession, organization_id: str | None) -> list[Addressee]:
    """Return the people of an organisation who may answer requests for support; none: the coordinator answers."""
    if organization_id is None:
        return []
    reaches = PERMISSIONS[Action.ANSWER_SUPPORT_REQUEST]
    able = {
        place.person_id for place in people.members(session, organization_id) if reaches[place.role] is not Reach.NONE
    }
    return [one for one in people.addressees(session, organization_id) if one.person_id in able]


def new_request(session: WriteSession, row: SupportRequest) -> None:
    """Tell those who answer that somebody asks for support."""
    _to_answering(session, row, "new_request", f"new:{int(row.is_by_coordinator)}")


def reminder(session: WriteSession, row: SupportRequest) -> None:
    """Remind those who are to answer that the request expires soon."""
    _to_answering(session, row, "reminder", f"reminder:{row.due_at.date().isoformat()}")


def withdrawn(session: WriteSession, row: SupportRequest) -> None:
    """Tell those who were to answer that the enterprise has taken its request back."""
    _to_answering(session, row, "withdrawn", "withdrawn")


def answer(session: WriteSession, row: SupportRequest) -> None:
    """Tell the enterprise how its request stands now: acknowledged, accepted, declined, or expired."""
    _to_enterprise(session, row, "answer", row.state.value)


def did_it_help(session: WriteSession, row: SupportRequest) -> None:
    """Ask the enterprise whether the support helped."""
    _to_enterprise(session, row, "did_it_help", "did-it-help")


def _to_answering(session: WriteSession, row: SupportRequest, template: str, key: str) -> None:
    to: Iterable[Addressee] = (
        people.addressees_of_region(session, row.area) if row.is_by_coordinator else answering(session, row.provider_id)
    )
    for one in to:
        _queue(session, row, template, key, one.email, one.language, one.person_id)


def _to_enterprise(session: WriteSession, row: SupportRequest, template: str, key: str) -> None:
    to = people.addressees(session, row.organization_id)
    for one in to:
        _queue(session, row, template, key, one.email, one.language, one.person_id)
    if not to and row.contact_email:
        # A system asked for it: then the enterprise's function address is all that is known.
        _queue(session, row, template, key, row.contact_email, _language_of(session, row.enterprise_id), None)


def _queue(
    session: WriteSession, row: SupportRequest, template: str, key: str, to: str, language: str, person_id: str | None
) -> None:
    values = {
        "request_id": row.id,
        "offer": row.offer_name,
        "enterprise": row.enterprise_name,
        "provider": row.provider_name,
        "state": row.state.value,
        "is_by_coordinator": row.is_by_coordinator,
        "n": max(0, (row.due_at - now()).days),
        "days": ANSWER_WITHIN.days,
    }
    whole_key = f"support-request:{row.id}:{key}:{person_id or 'address'}"
    mail.queue(session, Letter(to, language, f"support_requests/{template}", values, whole_key, person_id))


def _language_of(session: WriteSession, enterprise_id: str) -> str:
    if not enterprises.exists(session, enterprise_id):
        return DEFAULT_LANGUAGE
    language = enterprises.find(session, enterprise_id).language
    return language if language in LANGUAGES else DEFAULT_LANGUAGE
