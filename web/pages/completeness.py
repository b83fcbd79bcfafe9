"""What an enterprise could add to its record, by what each addition would give among the opportunities open now."""

from fastapi import APIRouter, Request, Response

from app.core.db import Reads
from app.enterprises import service as enterprises
from app.matching import service as matching
from web.pages.common import Language
from web.render import show

router = APIRouter()


# A page of its own: each addition is really scored against everything that is open, which few who read the record ask.
@router.api_route("/enterprises/{enterprise_id}/completeness", methods=["GET", "HEAD"])
def completeness_page(request: Request, session: Reads, language: Language, enterprise_id: str) -> Response:
    """Show what is missing, best first, with how many more opportunities each addition would lead to."""
    found = matching.completeness(session, enterprise_id, language=language)
    return show(
        request,
        "enterprises/completeness.html",
        enterprise=enterprises.find(session, enterprise_id),
        found=found,
        most=max((effect.gain.opportunities for effect in found.effects), default=0),
    )
