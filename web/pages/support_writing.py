"""Writing a support offer: a form with few required fields, and two versions side by side when two people write."""

from collections.abc import Sequence
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from app.accounts.vocabulary import Caller, Role
from app.core.db import Reads, ReadSession, WriteSession
from app.core.errors import Conflict, Forbidden, InvalidContent, NotFound, PreconditionFailed, in_language
from app.core.i18n import Texts, texts
from app.core.patching import validated
from app.core.preconditions import Precondition
from app.organizations import service as organizations
from app.organizations.schemas import OrganizationRead
from app.support_offers import service as support_offers
from app.support_offers.schemas import SupportOfferCreate, SupportOfferPatch, SupportOfferRead
from app.support_offers.vocabulary import Status, Verb
from web.forms import Fault
from web.pages.common import Language
from web.profile.drafts import text
from web.render import show
from web.support.desk import OfferCaller, because, editable, needs_reason, reason_in, verbs_of
from web.support.draft import Draft, blank, draft_of, faults_at, packed, read, record_of, unpacked
from web.support.showing import choices, spelling
from web.support.versions import Differing, chosen_of, differences
from web.writing import Form, PageRoute, PageWrites, see

router = APIRouter(route_class=PageRoute)
# Who has no record here writes for the node.
_NOBODY: Final = "Samnod"


@router.get("/support-offers/new")
def new(request: Request, session: Reads, language: Language, by: OfferCaller) -> Response:
    """Show the form, with what is known of the organisation that writes."""
    return _page(request, by, blank(_own(session, by), language))


@router.post("/support-offers/new")
def register(request: Request, language: Language, by: OfferCaller, session: PageWrites, form: Form) -> Response:
    """Keep a draft, or submit it for review at once."""
    say = texts(language)
    own = _own(session, by)
    draft = read(form, blank(own, language))
    record, faults = record_of(draft, say)
    if not faults:
        try:
            made = support_offers.register_for(session, _new(record, own, by), home=request.app.state.home, by=by)
        except (InvalidContent, Forbidden) as refused:
            faults = _faults(refused, say)
    if faults:
        return _page(request, by, draft, faults=faults, status=422)
    return _saved(request, session, made, by, form)


@router.get("/support-offers/{support_offer_id}/edit")
def edit(
    request: Request, session: Reads, language: Language, by: OfferCaller, support_offer_id: str, saved: str = ""
) -> Response:
    """Show the form with what an offer says, what would improve it, and what can be done with it."""
    one = editable(session, support_offer_id, by)
    return _page(request, by, draft_of(one, language), one=one, saved=saved)


@router.post("/support-offers/{support_offer_id}/edit")
def change(
    request: Request, language: Language, by: OfferCaller, session: PageWrites, form: Form, support_offer_id: str
) -> Response:
    """Save what was written; when somebody else has saved since, show both versions and let them be chosen between."""
    say = texts(language)
    one = editable(session, support_offer_id, by)
    theirs = draft_of(one, language)
    base = unpacked(text(form, "base"), theirs)
    mine = read(form, base)
    mine = chosen_of(mine, theirs, unpacked(text(form, "was"), mine), form)
    changed = [name for name in mine if mine[name] != theirs[name]]
    record, faults = record_of(mine, say, changed)
    reason, wrong = reason_in(form, say) if needs_reason(one, by) else ("", [])
    drawn: dict[str, Any] = {"one": one, "base": base, "reason": reason}
    if faults + wrong:
        return _page(request, by, mine, **drawn, faults=faults + wrong, status=422, rev=text(form, "rev"))
    by = because(session, by, reason)
    if not changed:
        return _saved(request, session, one, by, form)
    try:
        patch = validated(SupportOfferPatch, record)
        match = Precondition(frozenset({text(form, "rev")}))
        changed_one = support_offers.change(session, one.id, patch, match=match, by=by)
    except PreconditionFailed as refused:
        differing = differences(mine, theirs, base, say, spelling(language, say))
        return _page(request, by, mine, **drawn, differing=differing, status=refused.status)
    except (InvalidContent, Forbidden, Conflict) as refused:
        status = 409 if isinstance(refused, Conflict) else 422
        return _page(request, by, mine, **drawn, faults=_faults(refused, say), status=status, rev=text(form, "rev"))
    return _saved(request, session, changed_one, by, form)


def _new(record: dict[str, Any], own: OrganizationRead | None, by: Caller) -> SupportOfferCreate:
    """Return a new offer as its form says; an organisation that gives it itself is named by its own record."""
    if by.role is Role.SUPPORT_PROVIDER and own is not None and record["provider_name"] in ("", own.name):
        record = {**record, "provider_name": None}
    source = record["provider_name"] or (own.name if own else _NOBODY)
    data = {name: value for name, value in record.items() if value is not None}
    return validated(SupportOfferCreate, {**data, "source": source[:200]})


def _saved(request: Request, session: WriteSession, one: SupportOfferRead, by: Caller, form: Form) -> Response:
    """Return the way on after something was saved: submitted for review when the button said so."""
    if text(form, "do") == "submit" and one.status is Status.DRAFT:
        support_offers.step(session, one.id, Verb.SUBMIT, by=by)
        return see(request, "/support-offers/mine?done=submit#told")
    return see(request, f"/support-offers/{one.id}/edit?saved=1#told")


def _faults(refused: InvalidContent | Forbidden | Conflict, say: Texts) -> list[Fault]:
    if isinstance(refused, InvalidContent):
        return faults_at(refused.faults, say)
    if isinstance(refused, Forbidden):
        return [Fault("area_code", say("Write a municipality in your region."))]
    return [Fault("name", in_language(refused.detail, say))]


def _own(session: ReadSession | WriteSession, by: Caller) -> OrganizationRead | None:
    try:
        return organizations.find(session, by.organization_id, by)
    except NotFound:
        return None


def _page(
    request: Request,
    by: Caller,
    draft: Draft,
    *,
    one: SupportOfferRead | None = None,
    base: Draft | None = None,
    faults: Sequence[Fault] = (),
    differing: Sequence[Differing] | None = None,
    reason: str = "",
    saved: str = "",
    rev: str = "",
    status: int = 200,
) -> Response:
    """Draw the form. `rev` is the version that it was filled from: the newest, but for what is wrong in itself."""
    language = request.path_params["language"]
    say = texts(language)
    return show(
        request,
        "support/form.html",
        status,
        one=one,
        draft=draft,
        base=packed(base or draft),
        was=packed(draft) if differing is not None else "",
        rev=rev or (str(one.rev) if one else ""),
        differing=differing,
        lists=choices(language, say),
        asks_provider=one is None or one.provider_id is None,
        asks_reason=needs_reason(one, by),
        reason=reason,
        quality=support_offers.quality_of(one, say) if one else None,
        faults=faults,
        fault=lambda name: next((fault for fault in faults if fault.field == name), None),
        saved=saved,
        verbs=verbs_of(one, by) if one else [],
    )
