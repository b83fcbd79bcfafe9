"""The demo's requests for cooperation, in three states: just received, examined as a partnership, and decided."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final

from app.accounts.vocabulary import Caller, Role, Scope
from app.core.clock import now
from app.core.db import WriteSession
from app.demo.organizations import REGION, organization_id
from app.intake import service as intake
from app.intake.schemas import (
    ChecklistIn,
    CooperationFilters,
    CooperationIn,
    DecisionIn,
    ExamineIn,
    OpenCooperationIn,
    ProposalIn,
)
from app.intake.vocabulary import Holds, Outcome

_ASKING: Final = Caller("demo", organization_id(Role.ENTERPRISE.value), Role.ENTERPRISE, frozenset(Scope))
_HANDLER: Final = Caller("demo", organization_id(Role.COORDINATOR.value), Role.COORDINATOR, frozenset(Scope), REGION)


@dataclass(frozen=True, slots=True)
class _Example:
    """One request: how many days ago it came, what it says, and what has been done with it since."""

    days_ago: int
    told: Mapping[str, Any]
    since: Callable[[WriteSession, str, bytes], object] | None = None
    is_open: bool = False


def _examined(session: WriteSession, one: str, secret: bytes) -> object:
    note = ExamineIn(note="Vi träffar socialförvaltningen och återkommer.")
    intake.examine(session, one, note, by=_HANDLER, secret=secret)
    said = {"joint_challenge": Holds.YES, "no_market": Holds.NO, "long_term": Holds.UNSURE}
    return intake.check(session, one, ChecklistIn(rules=said), by=_HANDLER)


def _decided(session: WriteSession, one: str, secret: bytes) -> object:
    intake.examine(session, one, ExamineIn(), by=_HANDLER, secret=secret)
    proposal = ProposalIn(
        route="association_grant",
        proposal="Föreningen får ett bidrag för två år.",
        reason="Verksamheten är öppen för alla och behöver inget uppdrag från kommunen.",
    )
    intake.propose(session, one, proposal, by=_HANDLER, secret=secret)
    decision = DecisionIn(outcome=Outcome.AGREED, decision="Enligt förslaget.", reason="Nämndens protokoll, § 14.")
    return intake.decide(session, one, decision, by=_HANDLER, secret=secret)


_EXAMPLES: Final = (
    _Example(
        70,
        {
            "title": "Exempel: loppis och språkcafé",
            "text": "Vi vill öppna ett språkcafé i loppislokalen två kvällar i veckan.",
            "area_code": "SE-2284",
        },
        _decided,
    ),
    _Example(
        20,
        {
            "title": "Exempel: arbetsträning i återbruket",
            "text": "Vi vill ta emot fler i arbetsträning i återbruket och dela på kostnaden för handledningen.",
            "area_code": "SE-2281",
            "wished_route": "iop",
        },
        _examined,
    ),
    _Example(
        2,
        {
            "title": "Exempel: café i bygdegården",
            "text": "Vi vill driva kaféet i bygdegården tillsammans med kommunens hemtjänst.",
            "area_code": "SE-2281",
            "requester_name": "Exempel Bygdeförening",
            "contact_function": "Styrelsen",
            "contact_email": "info@bygd.example.invalid",
        },
        is_open=True,
    ),
)


def load(session: WriteSession, *, secret: bytes) -> int:
    """Write the requests, once, after the organisations; return how many were written."""
    if intake.search(session, CooperationFilters(), _HANDLER)[1]:
        return 0
    for example in _EXAMPLES:
        at = datetime.combine(now().date() - timedelta(days=example.days_ago), time(9), tzinfo=now().tzinfo)
        if example.is_open:
            data = OpenCooperationIn.model_validate(example.told)
            one = intake.submit_openly(session, data, secret=secret, at=at).id
        else:
            asked = CooperationIn.model_validate(example.told)
            one = intake.submit(session, asked, by=_ASKING, secret=secret, at=at).id
        if example.since is not None:
            example.since(session, one, secret)
    return len(_EXAMPLES)
