"""The front door of the legal room: hints on procurement law, by country and date. They warn and never block."""

from collections.abc import Iterable
from datetime import date

from app.legal.days import is_free, last_day, rolled_on
from app.legal.parameters import Parameter, in_annex_two, parameter
from app.legal.rules import hints
from app.legal.schemas import FigureRead, HintRead
from app.legal.vocabulary import Facts, Hint

__all__ = ["Parameter", "hints", "in_annex_two", "is_free", "last_day", "parameter", "rolled_on", "told"]


def told(facts: Facts, on: date, language: str) -> list[HintRead]:
    """Return the hints on `facts` in one of the three languages, warnings first; `on` is today in the country."""
    return read(hints(facts, on), language)


def read(found: Iterable[Hint], language: str) -> list[HintRead]:
    """Return hints as the API answers them."""
    return [
        HintRead(
            code=hint.code,
            severity=hint.severity,
            pointer=hint.pointer,
            text=hint.text(language),
            legal_basis=hint.legal_basis,
            source=hint.source,
            valid_from=hint.valid_from,
            valid_to=hint.valid_to,
            figures=[FigureRead.model_validate(figure) for figure in hint.figures],
        )
        for hint in found
    ]
