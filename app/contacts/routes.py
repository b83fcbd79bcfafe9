"""Contacts over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from app.accounts.permissions import OrganizationReader, OrganizationWriter
from app.accounts.writing import Home, Writes, WritingRoute, tagged
from app.contacts import service
from app.contacts.schemas import ContactCreate, ContactFilters, ContactPatch, ContactRead
from app.core.db import Reads
from app.core.keyset import KeysetPage, keyset_page
from app.core.preconditions import IfMatch
from app.core.problem import responses
from app.core.strict import StrictRoute

reads = APIRouter(prefix="/contacts", tags=["contacts"], route_class=StrictRoute)
writes = APIRouter(prefix="/contacts", tags=["contacts"], route_class=WritingRoute)
ContactId = Annotated[str, Path(alias="contactId", description="Id of the contact", max_length=64)]


@reads.get("", summary="Search contacts", responses=responses(400))
def search_contacts(
    session: Reads, request: Request, response: Response, filters: Annotated[ContactFilters, Query()]
) -> KeysetPage[ContactRead]:
    """Return one page of the functions that answer for organisations. `next` begins the next page."""
    found, total, following = service.search(session, filters)
    return keyset_page(found, total, following, filters, request, response)


@reads.get("/{contactId}", summary="Read one contact", responses=responses(401, 404))
def read_contact(session: Reads, caller: OrganizationReader, contact_id: ContactId, response: Response) -> ContactRead:
    """Return one contact. Its `ETag` is what a change of it sends as `If-Match`."""
    found = service.find(session, contact_id, caller)
    tagged(response, found.rev)
    return found


@writes.post("", status_code=201, summary="Write a contact", responses=responses(401, 403))
def register_contact(
    session: Writes, caller: OrganizationWriter, home: Home, data: ContactCreate, response: Response
) -> ContactRead:
    """Write a function that answers for an organisation: the key's own, or one in a coordinator's region."""
    made = service.register(session, data, home=home, by=caller)
    tagged(response, made.rev, f"/api/v1/contacts/{made.id}")
    return made


@writes.patch("/{contactId}", summary="Change a contact", responses=responses(401, 403, 404, 412, 428))
def change_contact(
    session: Writes,
    caller: OrganizationWriter,
    match: IfMatch,
    contact_id: ContactId,
    patch: ContactPatch,
    response: Response,
) -> ContactRead:
    """Change what the merge patch names (RFC 7396): what is left out stays, null removes, lists are replaced whole."""
    changed = service.change(session, contact_id, patch, match=match, by=caller)
    tagged(response, changed.rev)
    return changed


@writes.post("/{contactId}/confirm", summary="Say that a contact still holds", responses=responses(401, 403, 404))
def confirm_contact(
    session: Writes, caller: OrganizationWriter, contact_id: ContactId, response: Response
) -> ContactRead:
    """Confirm a contact for a year from today."""
    confirmed = service.confirm(session, contact_id, by=caller)
    tagged(response, confirmed.rev)
    return confirmed


@writes.delete(
    "/{contactId}", status_code=204, summary="Remove a contact", responses=responses(401, 403, 404, 412, 428)
)
def remove_contact(session: Writes, caller: OrganizationWriter, match: IfMatch, contact_id: ContactId) -> None:
    """Take a contact out of the directory; what is left says that it was here, and nothing of what it said."""
    service.remove(session, contact_id, match=match, by=caller)


router = APIRouter()
router.include_router(reads)
router.include_router(writes)
