"""The demo's dialogue: enough said about one opportunity that the desk and the inbox are not empty."""

from typing import Final

from app.accounts.vocabulary import Caller, Role, Scope
from app.core.clock import now
from app.core.db import WriteSession
from app.demo.organizations import organization_id
from app.demo.vocabulary import enterprise_id, opportunity_id
from app.enterprises import service as enterprises
from app.opportunities import service as opportunities
from app.opportunities.vocabulary import Status
from app.responses import service as responses
from app.responses.schemas import QuestionAnswerIn, QuestionIn, ResponseIn, ShortlistIn
from app.responses.vocabulary import AnswerKind, DeclineReason

ABOUT: Final = "stadning-skolor"
_INVITED: Final = ("stadkompaniet", "koksgruppen", "hemservice", "storsjostad")
_WAITS: Final = "arbetstraning-kust"


def load(session: WriteSession, *, secret: bytes) -> int:
    """Let the demo's buyer and enterprises talk, once, and return how many were invited; later it adds nothing.

    `secret` is the node's own, which the links in invitations are made with.
    """
    about = opportunity_id(ABOUT)
    invited = [enterprise_id(key) for key in _INVITED]
    buyer = _acting(Role.BUYER)
    if not _is_ready(session, invited, buyer):
        return 0
    firm = enterprise_id("stadkompaniet")
    asked = responses.ask(
        session, about, _question(firm, "Vilka tider ska skolorna städas?"), by=_acting(Role.ENTERPRISE)
    )
    responses.invite(session, about, invited, by=buyer, secret=secret)
    answer = QuestionAnswerIn(answer="Vardagar mellan 06 och 09. Under loven räcker två dagar i veckan.")
    responses.answer_question(session, asked.id, answer, by=buyer)
    responses.respond(
        session,
        about,
        ResponseIn(enterprise_id=firm, kind=AnswerKind.INTEREST, text="Vi städar gärna alla skolor i den norra delen."),
        by=_acting(Role.ENTERPRISE),
    )
    responses.respond(
        session,
        about,
        ResponseIn(
            enterprise_id=enterprise_id("koksgruppen"),
            kind=AnswerKind.DECLINE,
            reason=DeclineReason.SERVICES,
            text="Vi lagar mat, men städar inte.",
        ),
        by=_acting(Role.INTEGRATOR),
    )
    responses.ask(session, about, _question(firm, "Ingår fönsterputsning?"), by=_acting(Role.ENTERPRISE))
    note = ShortlistIn(enterprise_id=firm, note="Har personal i närheten. Fråga om vikarier.")
    responses.add_to_shortlist(session, about, note, by=buyer)
    responses.invite(session, opportunity_id(_WAITS), [firm], by=buyer, secret=secret)
    return len(invited) + 1


def _is_ready(session: WriteSession, invited: list[str], buyer: Caller) -> bool:
    """Tell whether everybody is there, the demo's opportunities take answers, and nothing has been said yet."""
    ids = [opportunity_id(ABOUT), opportunity_id(_WAITS)]
    found = opportunities.several(session, ids)
    is_open = all(one in found and found[one].owner_id == buyer.organization_id for one in ids)
    return (
        is_open
        and all(enterprises.exists(session, one) for one in invited)
        and all(
            one.status is Status.PUBLISHED and (one.deadline_at is None or one.deadline_at > now())
            for one in found.values()
        )
        and not any(responses.invitations(session, one, by=buyer) for one in ids)
    )


def _question(enterprise: str, text: str) -> QuestionIn:
    return QuestionIn(enterprise_id=enterprise, text=text)


def _acting(role: Role) -> Caller:
    """Return whoever acts for the demo's organisation of this role."""
    return Caller("demo", organization_id(role.value), role, frozenset(Scope))
