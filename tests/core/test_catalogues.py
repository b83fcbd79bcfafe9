"""Every message that is marked for translation has one in both languages, with the same places to fill in."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
PLACE = re.compile(r"\{(\w+)\}")
ROOMS = sorted(folder.parent.relative_to(ROOT) for folder in ROOT.glob("app/*/locale"))


def marked(room: Path) -> Iterator[str]:
    """Give the messages that a room's modules mark with `N_`."""
    for file in (ROOT / room).glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "N_":
                yield ast.literal_eval(node.args[0])


def translated(room: Path, language: str) -> dict[str, str]:
    """Return a room's catalogue."""
    with (ROOT / room / "locale" / f"{language}.po").open("rb") as file:
        return {str(entry.id): str(entry.string) for entry in read_po(file, locale=language) if entry.id}


@pytest.mark.parametrize("language", ["sv", "nb"])
@pytest.mark.parametrize("room", ROOMS, ids=str)
def test_every_marked_message_is_translated(room: Path, language: str):
    catalogue = translated(room, language)
    assert catalogue
    assert [message for message in marked(room) if not catalogue.get(message)] == []
    wrong = [one for one, said in catalogue.items() if set(PLACE.findall(one)) != set(PLACE.findall(said))]
    assert [one for one in wrong if not one.startswith("(")] == []


def test_every_room_that_marks_messages_has_catalogues():
    rooms = {folder.relative_to(ROOT) for folder in ROOT.glob("app/*") if folder.is_dir()}
    assert {room for room in rooms if any(marked(room))} <= set(ROOMS)
