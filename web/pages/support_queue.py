"""The coordinator's queue of support offers: what waits for review, what should be confirmed, and what is corrected."""

from typing import Final

from fastapi import APIRouter, Request, Response

from app.core.db import Reads
from app.support_offers import corrections
from app.support_offers import service as support_offers
from web.pages.common import Language
from web.pages.support_corrections import words
from web.render import show
from web.sessions import CoordinatorCaller

router = APIRouter()
_SHOWN: Final = 50


@router.get("/coordination/support-offers")
def queue(request: Request, session: Reads, language: Language, by: CoordinatorCaller, done: str = "") -> Response:
    """Show what waits in the region, the longest waiting first."""
    return show(
        request,
        "support/queue.html",
        waiting=support_offers.waiting(session, by=by, limit=_SHOWN),
        overdue=support_offers.overdue(session, by=by, limit=_SHOWN),
        corrected=corrections.waiting(session, by=by, limit=_SHOWN),
        most=_SHOWN,
        done=done,
        **words(language),
    )
