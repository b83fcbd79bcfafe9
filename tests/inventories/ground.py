"""What the tests of the needs inventories begin with: a round, who is asked, and answers by their links."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from app.accounts.vocabulary import Caller, Role
from app.core.clock import today
from app.core.db import Database
from app.core.i18n import texts
from app.enterprises.spreadsheet import Row, Table
from app.inventories import service
from app.inventories.rules import token_of
from app.inventories.schemas import InventoryCreate, InventoryRead, InviteesIn, SurveyAnswerIn, SurveyInvited
from app.inventories.vocabulary import Verb
from app.wiring import wire
from tests.responses.ground import NODE_SECRET, caller

COORDINATOR = caller(Role.COORDINATOR)
ADMIN = caller(Role.ADMIN)
ELSEWHERE = Caller("actor", "org-elsewhere", Role.COORDINATOR, COORDINATOR.scopes, "SE-25")
OWN = [
    {"kind": "choice", "text": "Hur vill ni ha stöd?", "options": ["På plats", "På distans"]},
    {"kind": "text", "text": "Vad mer behöver ni?"},
]


def plan(**said: Any) -> dict[str, Any]:
    """Return what is written of a round of enterprises in the tests' region, open for three weeks."""
    day = today()
    return {
        "name": "Behov hösten 2026",
        "summary": "Svaren används när vi planerar nästa års stöd.",
        "area_code": "SE-22",
        "opens_on": day.isoformat(),
        "closes_on": (day + timedelta(days=21)).isoformat(),
        "own_questions": OWN,
    } | said


def drafted(database: Database, **said: Any) -> InventoryRead:
    """Write the draft of a round."""
    wire()
    with database.writes() as session:
        return service.create(session, InventoryCreate.model_validate(plan(**said)), home="here", by=ADMIN)


def opened(database: Database, **said: Any) -> InventoryRead:
    """Write a round and open it."""
    return step(database, drafted(database, **said).id, Verb.OPEN)


def step(database: Database, inventory_id: str, verb: Verb, by: Caller | None = ADMIN) -> InventoryRead:
    """Take one step of a round's life."""
    with database.writes() as session:
        return service.step(session, inventory_id, verb, by=by)


def invite(
    database: Database, inventory_id: str, *invitees: dict[str, Any], by: Caller = ADMIN, secret: bytes = NODE_SECRET
) -> SurveyInvited:
    """Ask organisations to answer."""
    with database.writes() as session:
        data = InviteesIn.model_validate({"invitees": invitees})
        return service.invite(session, inventory_id, data, by=by, secret=secret)


def asked(database: Database, inventory_id: str, areas: Sequence[str | None], prefix: str = "firma") -> list[str]:
    """Ask one made-up organisation in each of these areas, and return the texts of their links, in that order."""
    found = [
        {"name": f"Exempel {prefix} {n}", "email": f"{prefix}{n}@example.invalid", "area_code": area}
        for n, area in enumerate(areas)
    ]
    done = invite(database, inventory_id, *found)
    return [token_of(NODE_SECRET, one.id) for one in done.invited]


def give(database: Database, token: str, **said: Any) -> None:
    """Answer by a link."""
    with database.writes() as session:
        service.answer(session, token, SurveyAnswerIn.model_validate(said), secret=NODE_SECRET)


def answered(
    database: Database, areas: Sequence[str], levels: Sequence[int], prefix: str = "firma", **said: Any
) -> str:
    """Hold a whole round: in each area one answers with this need of advice. Return the id of the closed round."""
    made = opened(database, **said)
    tokens = asked(database, made.id, areas, prefix)
    with database.writes() as session:
        for token, level in zip(tokens, levels, strict=True):
            service.answer(session, token, SurveyAnswerIn(levels={"advice": level}), secret=NODE_SECRET)
    step(database, made.id, Verb.CLOSE)
    return made.id


def imported(database: Database, areas: Sequence[str], levels: Sequence[int], **said: Any) -> str:
    """Bring in a survey of the need of advice that was made elsewhere. Return the id of the closed round."""
    made = drafted(database, **said)
    rows: list[tuple[int, Row]] = [(n, pair) for n, pair in enumerate(zip(areas, levels, strict=True), start=2)]
    table = Table("", "", 1, ["area", "advice"], rows)
    with database.writes() as session:
        service.bring_in(session, made.id, table, dry_run=False, by=ADMIN, say=texts("sv"))
    return made.id
