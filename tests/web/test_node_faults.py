"""What a run says of a fault is told in the reader's language, and nothing that it says is lost."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

import pytest

from app.core.i18n import texts
from web.node_faults import Told, told

SYNC = Path(__file__).resolve().parents[2] / "app" / "sync"
# Where what a run writes down is said; the rest is told to whoever types a command.
SAYS = ("applying", "calling", "careful", "limits", "pages", "reconciling", "running")


def said(name: str) -> Iterator[str]:
    """Return every fault that a module raises or returns, with something in place of what is filled in."""
    for node in ast.walk(ast.parse((SYNC / f"{name}.py").read_text())):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            yield from filter(None, map(text_of, node.exc.args))
        elif isinstance(node, ast.Return) and isinstance(node.value, ast.JoinedStr):
            yield from filter(None, [text_of(node.value)])
        elif isinstance(node, ast.Assign | ast.Call):
            # What is said of how a run ended: `verdict, fault = …`, `self._end(verdict, …)`.
            yield from (one.value for one in ast.walk(node) if is_sentence(one))


def is_sentence(node: ast.AST) -> TypeGuard[ast.Constant]:
    return isinstance(node, ast.Constant) and str(node.value)[:1].isupper() and str(node.value).endswith(".")


def text_of(node: ast.expr) -> str | None:
    """Return a text as it may look when it is filled in; None for what is no sentence."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = (part.value if isinstance(part, ast.Constant) else "x7" for part in node.values)
        filled = "".join(map(str, parts))
        return filled if filled.endswith((".", "x7")) and " " in filled else None
    return None


@pytest.mark.parametrize("name", SAYS)
def test_every_fault_that_a_run_writes_down_is_told_in_three_languages(name: str):
    faults = set(said(name))
    assert faults
    for fault in faults:
        for language in ("sv", "nb"):
            assert told(fault, texts(language)).text not in ("", fault), fault
        assert told(fault, texts("en")).text or told(fault, texts("en")).detail == fault


def test_the_collector_sees_what_is_raised_and_what_is_returned():
    assert "The signature is not the peer's." in set(said("pages"))
    assert "This program failed (x7); its log says where." in set(said("running"))
    assert "It cannot be read by this program (x7)." in set(said("careful"))


def test_what_is_filled_in_stays_and_what_a_peer_says_is_translated_if_it_can_be():
    sv = texts("sv")
    refused = "The peer refused (401): No peer of this node has that token: its operator needs a new introduction."
    assert told(refused, sv) == Told(
        "Den andra noden nekade (401): Ingen nod är känd med den nyckeln: dess drift behöver en ny presentation."
    )
    assert told("The peer refused (418): I am a teapot.", sv) == Told("Den andra noden nekade (418):", "I am a teapot.")
    silent = "All is read and equal, but the peer was not told: The name norr.example is not known."
    assert told(silent, sv) == Told(
        "Allt är läst och lika, men den andra noden fick inte veta det: Namnet norr.example är okänt."
    )
    assert told("The page leads back.", sv) == Told(
        "Det som kom är skadat, eller har inte den form det ska ha.", "The page leads back."
    )


def test_what_nobody_knows_is_told_as_it_was_said():
    assert told("no answer", texts("nb")) == Told(detail="no answer")
    # Cut off where the table has no more room.
    assert told("The database does not answ", texts("nb")) == Told(detail="The database does not answ")


def test_a_format_in_what_a_peer_says_is_no_format_of_ours():
    said_by_peer = "The peer refused (403): {node} {0} %s"
    assert told(said_by_peer, texts("sv")) == Told("Den andra noden nekade (403):", "{node} {0} %s")
