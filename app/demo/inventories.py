"""The demo's needs inventories: two closed rounds with made-up answers, labelled so, and one that takes answers."""

import random
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from app.core.db import WriteSession
from app.core.i18n import texts
from app.demo.vocabulary import inventory_id
from app.enterprises.spreadsheet import Row, Table
from app.inventories import service as inventories
from app.inventories.schemas import InventoryCreate, InviteesIn
from app.inventories.vocabulary import Verb

_LANGUAGE: Final = "sv"
# How many answer in each county: two that have rows of their own, and two that stand together with the smallest.
_ANSWERS: Final = {"SE-22": 22, "SE-25": 19, "SE-23": 12, "SE-24": 3}
# How likely each level from 0 to 3 is, by need: so that some numbers are shown and others hidden.
_LIKELY: Final[Mapping[str, tuple[int, int, int, int]]] = {
    "advice": (2, 3, 4, 3),
    "training": (3, 3, 3, 2),
    "mentoring": (3, 3, 3, 2),
    "sales_marketing": (1, 3, 4, 3),
    "board": (6, 3, 1, 0),
    "supervisor_training": (3, 2, 3, 3),
    "network_peers": (2, 4, 4, 1),
    "network_others": (3, 4, 2, 1),
    "authority_contacts": (2, 2, 3, 4),
    "asf_school": (5, 3, 2, 1),
}
_SAID: Final = ("Vi söker någon att bolla affärsplanen med.", "Gärna på distans.", "Vi vill lära av andra.")
_ROUNDS: Final = (("earlier", "Exempel: behov våren", 230, 200), ("later", "Exempel: behov hösten", 60, 30))
_ASKED: Final = (("Exempel Vävstugan", "SE-2281"), ("Exempel Återbruket", "SE-2284"), ("Exempel Köket", "SE-2280"))


def load(session: WriteSession, *, home: str, today: date, secret: bytes) -> int:
    """Hold the demo's rounds, once; return how many were written. `secret` is what links are made with."""
    written = 0
    for key, name, opened, closed in _ROUNDS:
        if not inventories.exists(session, inventory_id(key)):
            plan = _plan(name, "SE", today - timedelta(days=opened), today - timedelta(days=closed))
            inventories.create(session, plan, home=home, record_id=inventory_id(key), is_demo=True)
            inventories.bring_in(session, inventory_id(key), _table(key), dry_run=False, say=texts(_LANGUAGE))
            written += 1
    if not inventories.exists(session, inventory_id("open")):
        plan = _plan("Exempel: behov i Västernorrland", "SE-22", today, today + timedelta(days=30))
        made = inventories.create(session, plan, home=home, record_id=inventory_id("open"), is_demo=True)
        inventories.step(session, made.id, Verb.OPEN)
        asked = [
            {"name": name, "email": f"info{number}@example.invalid", "area_code": area}
            for number, (name, area) in enumerate(_ASKED)
        ]
        inventories.invite(session, made.id, InviteesIn.model_validate({"invitees": asked}), secret=secret)
        written += 1
    return written


def _plan(name: str, area: str, opens_on: date, closes_on: date) -> InventoryCreate:
    said: dict[str, Any] = {"name": name, "area_code": area, "opens_on": opens_on, "closes_on": closes_on}
    said["summary"] = "Påhittade svar, för att visa hur en behovsinventering ser ut."
    said["own_questions"] = [
        {
            "kind": "choice",
            "text": "Hur vill ni helst ha stöd?",
            "options": ["På plats", "På distans", "Spelar ingen roll"],
        }
    ]
    return InventoryCreate.model_validate(said)


def _table(key: str) -> Table:
    """Return made-up answers as a table that an import reads: the same ones each time."""
    chance = random.Random(key)  # noqa: S311 -- made-up answers are no secret
    rows: list[tuple[int, Row]] = []
    for area, number in _ANSWERS.items():
        for _ in range(number):
            levels = [chance.choices(range(4), likely)[0] for likely in _LIKELY.values()]
            manner = chance.choice(["På plats", "På distans", "Spelar ingen roll"])
            comment = chance.choice(_SAID) if chance.random() < 0.2 else None
            rows.append((len(rows) + 2, [area, *levels, comment, manner]))
    return Table("", "", 1, ["area", *_LIKELY, "advice comment", "q1"], rows)
