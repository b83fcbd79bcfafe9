"""Every message of the matching room is there in Swedish and Norwegian."""

import ast
from pathlib import Path

import pytest

from app.core.i18n import texts

ROOM = Path(__file__).resolve().parents[2] / "app" / "matching"


def messages() -> set[str]:
    """Return every literal that the room hands to `say` or marks with `N_`."""
    found: set[str] = set()
    for path in ROOM.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            first = node.args[0]
            if name in {"say", "N_"} and isinstance(first, ast.Constant) and isinstance(first.value, str):
                found.add(first.value)
    return found


@pytest.mark.parametrize("language", ["sv", "nb"])
def test_every_message_is_translated(language: str):
    say = texts(language)
    same_in_every_language = {"{sentence} ({day})"}
    missing = {message for message in messages() - same_in_every_language if say(message) == message}
    assert not missing


def test_messages_are_found():
    assert len(messages()) > 40
