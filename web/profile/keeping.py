"""Who is at work on which enterprise's profile: its own people, or a coordinator who has to say why."""

from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Depends, Request
from pydantic import Field
from starlette.datastructures import FormData

from app.accounts import permissions
from app.accounts.permissions import Action
from app.accounts.vocabulary import Caller, Role
from app.core.db import ReadSession, WriteSession
from app.core.errors import Forbidden, InvalidContent, in_language
from app.core.i18n import Texts
from app.core.patching import validated
from app.core.preconditions import Precondition
from app.core.schema import KeptLine, SchemaIn
from app.enterprises import service as enterprises
from app.enterprises.schemas import EnterprisePatch, EnterpriseRead
from app.journal import service as journal
from app.journal.vocabulary import Actor
from web.forms import Fault
from web.profile.drafts import Written, fields_of, text
from web.profile.sections import Section
from web.sessions import ActingAs

_OWN_PEOPLE = ActingAs(frozenset({Role.ENTERPRISE}))
_OTHERS = ActingAs(frozenset({Role.COORDINATOR, Role.ADMIN}))


class _Why(SchemaIn):
    """Why somebody changes what another organisation keeps."""

    reason: KeptLine = Field(min_length=3)


@dataclass(frozen=True, slots=True)
class Desk:
    """One person's work on one profile: where its pages are, and what has to be said with each change."""

    enterprise_id: str
    base: str
    by: Caller
    asks_reason: bool
    reason: str = ""

    def because(self, form: FormData) -> "Desk":
        """Return the desk with the reason that a form gives."""
        return replace(self, reason=text(form, "reason")) if self.asks_reason else self

    def reason_faults(self, say: Texts) -> list[Fault]:
        """Return what is wrong with the reason, where one is asked for."""
        if not self.asks_reason:
            return []
        if not self.reason:
            return [Fault("reason", say("Say why you change it. The reason is kept with the change."))]
        try:
            validated(_Why, {"reason": self.reason})
        except InvalidContent as error:
            return [Fault("reason", f"{say('Reason')}: {in_language(fault.detail, say)}") for fault in error.faults]
        return []

    def caller(self) -> Caller:
        """Return the person as services know who asks, with the reason."""
        return replace(self.by, reason=self.reason or None)


async def desk_of(request: Request, enterprise_id: str, reason: str = "") -> Desk:
    """Return the desk that the address leads to.

    Raises:
        SignInNeeded, Forbidden: as `ActingAs`: a profile is for people of enterprises, the other way in for those who
            look after a region.
    """
    own = request.url.path.strip("/").split("/")[1] == "profile"
    by = await (_OWN_PEOPLE if own else _OTHERS)(request)
    base = f"/profile/{enterprise_id}" if own else f"/enterprises/{enterprise_id}/edit"
    return Desk(enterprise_id, base, by, asks_reason=not own, reason="" if own else reason.strip()[:300])


AtDesk = Annotated[Desk, Depends(desk_of)]


def editable(session: ReadSession | WriteSession, desk: Desk) -> EnterpriseRead:
    """Return the enterprise, for whoever may edit it.

    Raises:
        NotFound: there is none with this id.
        Forbidden: another organisation keeps it, or it lies outside the region.
    """
    one = enterprises.find(session, desk.enterprise_id, desk.by)
    if not permissions.may(desk.by, Action.EDIT_ENTERPRISE, owner_id=one.owner_id, area=one.area_code):
        raise Forbidden(one.id)
    return one


def save(
    session: WriteSession, desk: Desk, section: Section, written: Written, form: FormData, one: EnterpriseRead
) -> EnterpriseRead:
    """Write what a section's form says, and return the record; a form that changes nothing writes nothing.

    The form names the version that it was filled from. A newer one stands in its way only when this section changed.

    Raises:
        InvalidContent, Conflict, PreconditionFailed, Forbidden: as `enterprises.change`.
    """
    patch = validated(EnterprisePatch, written.patch)
    if fields_of(one, written.patch) == written.patch:
        return one
    revs = {text(form, "rev")} | ({str(one.rev)} if text(form, "was") == section.tag(one) else set())
    by = desk.caller()
    journal.acting(session, Actor(by.actor_id, by.organization_id, by.role.value, by.request_id, by.reason))
    return enterprises.change(session, one.id, patch, match=Precondition(frozenset(revs)), by=by)
