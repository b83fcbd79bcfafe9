"""A record's address that every node knows: it names no language, and leads to the page in the reader's own."""

from collections.abc import Callable
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.core.db import Reads
from app.core.errors import Message, NotFound
from app.core.i18n import N_, negotiate
from app.enterprises import service as enterprises
from app.inventories import service as inventories
from app.needs import service as needs
from app.opportunities import service as opportunities
from app.opportunities.vocabulary import PUBLIC_STATUSES
from app.organizations import service as organizations
from app.support_offers import service as support_offers
from web.render import address

router = APIRouter()


def _opportunity(session: Reads, record_id: str) -> None:
    if opportunities.find(session, record_id).status not in PUBLIC_STATUSES:
        raise opportunities.unknown()


# What each kind is called in the addresses of pages, and what finds one that everybody may see.
_KINDS: Final[dict[str, tuple[str, Callable[[Any, str], object]]]] = {
    "enterprise": ("enterprises", enterprises.find),
    "opportunity": ("opportunities", _opportunity),
    "organization": ("organizations", organizations.find),
    "support_offer": ("support-offers", support_offers.find),
    "need": ("needs", needs.find),
    "needs_inventory": ("needs-inventories", inventories.results),
}


@router.api_route("/records/{record_type}/{record_id}", methods=["GET", "HEAD"])
def record(
    request: Request, session: Reads, record_type: str, record_id: str, answer: str = "", enterprise: str = ""
) -> Response:
    """Send the reader to the page of a record, or to where an opportunity is answered without an account.

    Raises:
        NotFound: there is no such record here that everybody may see.
    """
    if record_type not in _KINDS:
        raise NotFound(Message(N_("There is no record of this kind.")))
    place, find = _KINDS[record_type]
    find(session, record_id)
    page = f"/{negotiate(request.headers.get('accept-language'))}/{place}/{record_id}"
    if answer and record_type == "opportunity":
        page = address(f"{page}/answer", ("enterprise", enterprise[:36]))
    return RedirectResponse(page, 303)
