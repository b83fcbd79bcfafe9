"""The demo's requests for support: one in each state that is worth looking at, between made-up organisations."""

from datetime import datetime, timedelta
from typing import Final

from app.accounts.vocabulary import Caller, Role, Scope
from app.core.clock import now
from app.core.db import WriteSession
from app.demo.organizations import organization_id
from app.demo.vocabulary import enterprise_id, support_offer_id
from app.enterprises import service as enterprises
from app.support_offers import service as support_offers
from app.support_requests import service as support_requests
from app.support_requests.schemas import AcceptIn, DeclineIn, SupportRequestFilters, SupportRequestIn
from app.support_requests.vocabulary import DeclineReason

ADVICE: Final = "exempel-radgivning"
TRAINING: Final = "exempel-handledare"
_FIRM: Final = ("stadkompaniet", Role.ENTERPRISE)
_KITCHEN: Final = ("koksgruppen", Role.INTEGRATOR)


def load(session: WriteSession) -> int:
    """Let two of the demo's enterprises ask its provider for support, once; return how many requests were sent."""
    at = now()
    if not _is_ready(session, at):
        return 0
    provider = _acting(Role.SUPPORT_PROVIDER)
    ran = _send(session, _FIRM, ADVICE, "Vi vill se över priserna och budgeten för nästa år.", at - timedelta(days=75))
    support_requests.accept(
        session,
        ran,
        AcceptIn(text="Välkomna! Skriv till funktionsadressen, så bokar vi fem timmar i höst."),
        by=provider,
        at=at - timedelta(days=72),
    )
    # So long ago that the enterprise is asked whether it helped.
    support_requests.ask_outcomes(session, at)
    _send(session, _FIRM, TRAINING, "Två av våra arbetsledare behöver lära sig handledning.", at - timedelta(days=9))
    read = _send(session, _KITCHEN, ADVICE, "Vi vill veta om en ekonomisk förening passar oss.", at - timedelta(days=5))
    support_requests.acknowledge(session, read, by=provider, at=at - timedelta(days=3))
    full = _send(session, _KITCHEN, TRAINING, "Vi har tre som vill bli handledare.", at - timedelta(days=20))
    no = DeclineIn(reason=DeclineReason.FULL, text="Höstens kurs är full. Nästa börjar i mars.")
    support_requests.decline(session, full, no, by=provider, at=at - timedelta(days=18))
    return 4


def _is_ready(session: WriteSession, at: datetime) -> bool:
    """Tell whether the enterprises and the offers are there, and nobody has asked for anything yet."""
    offers = [support_offer_id(key) for key in (ADVICE, TRAINING)]
    return (
        all(enterprises.exists(session, enterprise_id(key)) for key, _ in (_FIRM, _KITCHEN))
        and all(support_offers.exists(session, one) for one in offers)
        and all(support_requests.refusal(support_offers.find(session, one), at.date()) is None for one in offers)
        and not any(
            support_requests.search(session, SupportRequestFilters(limit=1), _acting(role))[1]
            for _, role in (_FIRM, _KITCHEN)
        )
    )


def _send(session: WriteSession, firm: tuple[str, Role], offer: str, text: str, at: datetime) -> str:
    key, role = firm
    told = SupportRequestIn(offer_id=support_offer_id(offer), enterprise_id=enterprise_id(key), text=text)
    return support_requests.send(session, told, by=_acting(role), at=at).id


def _acting(role: Role) -> Caller:
    """Return whoever acts for the demo's organisation of this role."""
    return Caller("demo", organization_id(role.value), role, frozenset(Scope))
