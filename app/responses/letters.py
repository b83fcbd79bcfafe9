"""The letters of the dialogue: to whom, and with what in them. They leave with the transaction, through the outbox."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from app.accounts import people
from app.core.db import WriteSession
from app.core.i18n import DEFAULT_LANGUAGE, LANGUAGES
from app.enterprises import service as enterprises
from app.enterprises.schemas import EnterpriseRead
from app.mail import service as mail
from app.mail.vocabulary import Letter
from app.opportunities.schemas import OpportunityRead
from app.responses.vocabulary import Reached

Kind = Literal["invitation", "reminder", "link"]


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where a letter goes: a person's login, or an enterprise's function address."""

    to: str
    language: str
    person_id: str | None

    @property
    def key(self) -> str:
        """What tells one receiver of the same letter from another; never an address."""
        return self.person_id or "address"


def receivers(
    session: WriteSession, enterprise: EnterpriseRead, *, function_only: bool = False
) -> tuple[Reached, list[Receiver]]:
    """Return by which way an enterprise is reached, and where: its own people, else its function address.

    With `function_only` its people are left in peace: whoever asked for the letter may be anybody.
    """
    own = [] if function_only else receivers_in(session, enterprise.owner_id)
    if own:
        return Reached.PEOPLE, own
    if enterprise.contact_email:
        language = enterprise.language if enterprise.language in LANGUAGES else DEFAULT_LANGUAGE
        return Reached.ADDRESS, [Receiver(enterprise.contact_email, language, None)]
    return Reached.NOBODY, []


def receivers_in(session: WriteSession, organization_id: str | None) -> list[Receiver]:
    """Return the people of an organisation."""
    if organization_id is None:
        return []
    found = people.addressees(session, organization_id)
    return [Receiver(one.email, one.language, one.person_id) for one in found]


def invitation(
    session: WriteSession,
    opportunity: OpportunityRead,
    enterprise: EnterpriseRead,
    to: Iterable[Receiver],
    *,
    token: str,
    until: datetime,
    kind: Kind = "invitation",
    day: str = "",
) -> None:
    """Send a link to answer with; `until` is when it stops opening anything.

    The letter invites, reminds once, or brings the link that somebody asked for: that once a `day`.
    """
    for one in to:
        values = _values(opportunity) | {
            "enterprise": enterprise.name,
            "token": token,
            "until": until.isoformat(),
        }
        key = f"{kind}:{opportunity.id}:{enterprise.id}:{token[:12]}:{one.key}{day and f':{day}'}"
        mail.queue(session, Letter(one.to, one.language, f"responses/{kind}", values, key, one.person_id))


def answer(
    session: WriteSession, opportunity: OpportunityRead, enterprise_ids: Iterable[str], question_id: str
) -> None:
    """Tell everybody who takes part that a question has been answered: to all alike, whoever asked."""
    for enterprise, one in _of_enterprises(session, enterprise_ids):
        key = f"question:{question_id}:{enterprise.id}:{one.key}"
        values = _values(opportunity)
        mail.queue(session, Letter(one.to, one.language, "responses/answer", values, key, one.person_id))


def outcome(session: WriteSession, opportunity: OpportunityRead, enterprise_ids: Iterable[str]) -> None:
    """Tell those who answered how it ended."""
    for enterprise, one in _of_enterprises(session, enterprise_ids):
        values = _values(opportunity) | {"status": opportunity.status.value}
        key = f"outcome:{opportunity.id}:{opportunity.status.value}:{enterprise.id}:{one.key}"
        mail.queue(session, Letter(one.to, one.language, "responses/outcome", values, key, one.person_id))


def outcome_due(session: WriteSession, opportunity: OpportunityRead, days: int, due_at: datetime) -> int:
    """Remind the buyer's people that the outcome is to be told, `days` after the deadline; return to how many."""
    to = receivers_in(session, opportunity.owner_id)
    for one in to:
        values = _values(opportunity) | {"due": due_at.isoformat()}
        key = f"outcome-due:{opportunity.id}:{days}:{one.key}"
        mail.queue(session, Letter(one.to, one.language, "responses/outcome_due", values, key, one.person_id))
    return len(to)


def _of_enterprises(session: WriteSession, ids: Iterable[str]) -> Iterable[tuple[EnterpriseRead, Receiver]]:
    for enterprise_id in sorted(set(ids)):
        if enterprises.exists(session, enterprise_id):
            enterprise = enterprises.find(session, enterprise_id)
            for one in receivers(session, enterprise)[1]:
                yield enterprise, one


def _values(opportunity: OpportunityRead) -> dict[str, str]:
    deadline = opportunity.deadline_at
    return {
        "country": opportunity.country,
        "opportunity_id": opportunity.id,
        "title": opportunity.title,
        "buyer": opportunity.buyer_name,
        "deadline": deadline.isoformat() if deadline else "",
    }
