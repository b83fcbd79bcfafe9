"""What stands beside the publish form: who matches it as it is now, and what the law says of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fastapi import Request
from pydantic import ValidationError

from app.core.db import Database, ReadSession
from app.core.errors import InvalidContent, TooManyRequests
from app.core.i18n import Texts
from app.legal.schemas import HintRead
from app.matching import service as matching
from app.matching.schemas import Matches
from app.opportunities import service as opportunities
from web.publication.form import Publication
from web.publication.record import opportunity_from

_MOST_MATCHES: Final = 5


@dataclass(slots=True)
class Beside:
    """What stands beside the form: who matches it as it is now, and what the law says."""

    answer: Matches | None = None
    hints: Sequence[HintRead] = ()


def beside(request: Request, found: Publication, language: str, say: Texts, *, must: bool) -> Beside:
    """Return what stands beside the form; a page that is there for another reason (`must` is false) goes without."""
    if found.is_blank:
        return Beside()
    try:
        request.app.state.limits.count_preview(request)
    except TooManyRequests:
        if must:
            raise
        return Beside()
    database: Database = request.app.state.database
    with database.reads() as reads:
        return Beside(_answer(reads, found, language), _hints(found, language, say))


def _answer(session: ReadSession, found: Publication, language: str) -> Matches | None:
    try:
        question = found.question(language)
    except ValidationError:
        return None
    return matching.preview(session, question, limit=_MOST_MATCHES, language=language)


def _hints(found: Publication, language: str, say: Texts) -> Sequence[HintRead]:
    """Return what the law says of the form as it stands; its faults are told when it is sent."""
    faults = list(found.faults)
    data = opportunity_from(found, language, say)
    found.faults = faults
    if data is None:
        return []
    try:
        return opportunities.preview_hints(data, language).items
    except InvalidContent:
        return []


def heading(answer: Matches | None, say: Texts) -> str:
    if answer is None:
        return say("No matches yet.")
    return say.plural("{n} enterprise matches", "{n} enterprises match", answer.total)
