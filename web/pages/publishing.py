"""Publishing: a need becomes an opportunity, with its matches and what the law says of it beside the form."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from app.accounts import permissions
from app.accounts.permissions import Action
from app.accounts.vocabulary import Caller, Role
from app.core.db import Database, WriteSession
from app.core.errors import (
    BadRequest,
    Forbidden,
    InvalidContent,
    Message,
    NotFound,
    PreconditionFailed,
)
from app.core.i18n import N_, Texts, texts
from app.core.preconditions import Precondition
from app.journal import service as journal
from app.journal.vocabulary import Actor
from app.opportunities import service as opportunities
from app.opportunities.schemas import OpportunityPatch, OpportunityRead
from app.opportunities.vocabulary import Form as Kind
from app.opportunities.vocabulary import Status
from app.organizations import service as organizations
from app.organizations.schemas import OrganizationRead
from app.reference.service import area, distance_km, label
from web.forms import OPEN, Fault, place_name, read_need
from web.pages.common import RULES, Language
from web.pages.matchmaking import match_helpers
from web.publication.beside import beside, heading
from web.publication.file import ReadFile, reading_faults, sent_file
from web.publication.form import (
    MOST_LOTS,
    LotForm,
    Publication,
    add_code,
    ask_for_the_missing,
    read_publication,
)
from web.publication.record import (
    add_faults,
    differences,
    opportunity_from,
    packed,
    publication_of,
    take_theirs,
    take_unseen,
)
from web.render import address, show
from web.sessions import BuyerCaller
from web.writing import Form, PageRoute, PageWrites, see

router = APIRouter(route_class=PageRoute)
_ICONS = ("check", "minus", "chevron", "shield", "half", "ask", "no", "info", "warn")
_LONGEST_TITLE = 100
_FURTHER = ("questions", "official_url", "legal_basis")


@router.get("/publish")
def new(request: Request, language: Language, by: BuyerCaller) -> Response:
    """Show the form: blank but for what is known of the buyer, or filled in from the need in the address."""
    found = _blank(request, by, language)
    _take_need(found, request, language)
    return page(request, found, by)


@router.post("/publish")
def publish(request: Request, language: Language, by: BuyerCaller, session: PageWrites, form: Form) -> Response:
    """Keep a draft or publish; the other buttons of the form change it, and show it again."""
    say = texts(language)
    found = read_publication(form, say, _home_country(request, by))
    pressed = str(form.get("do", ""))
    if pressed not in {"draft", "publish"}:
        return _worked_on(request, found, by)
    data = _checked(found, language, say, publish=pressed == "publish")
    if data is None:
        return page(request, found, by, status=422)
    data.status = Status.DRAFT if pressed == "draft" else Status.PUBLISHED
    try:
        made = opportunities.publish_for(session, data, home=request.app.state.home, by=by)
    except (InvalidContent, Forbidden) as refused:
        return page(request, _with_refusal(found, refused, say), by, status=422)
    return see(request, _after(made))


@router.post("/publish/preview")
def preview(request: Request, by: BuyerCaller, language: Language, form: Form) -> Response:
    """Give what stands beside the form as it is now, for htmx."""
    say = texts(language)
    found = read_publication(form, say, _home_country(request, by))
    return page(request, found, by, template="publishing/fragment.html", status=422 if found.faults else 200)


@router.post("/publish/notice")
def from_notice(
    request: Request, language: Language, by: BuyerCaller, file: Annotated[ReadFile, Depends(sent_file)]
) -> Response:
    """Fill the form from an eForms file; nothing is written, and the file is not kept."""
    if file.written is None:
        found = _blank(request, by, language)
        return page(request, found, by, status=422, file=file)
    return page(request, publication_of(file.written, language), by, file=file)


@router.get("/publish/{opportunity_id}")
def edit(request: Request, language: Language, by: BuyerCaller, opportunity_id: str) -> Response:
    """Show the form with what an opportunity says, and what can be done with it."""
    one = editable(request, opportunity_id, by)
    return page(request, publication_of(one.model_dump(mode="json"), language), by, one=one)


@router.post("/publish/{opportunity_id}")
def change(
    request: Request, language: Language, by: BuyerCaller, session: PageWrites, form: Form, opportunity_id: str
) -> Response:
    """Change an opportunity, and publish it when it is a draft and the button says so."""
    say = texts(language)
    one = editable(request, opportunity_id, by)
    by = giving_reason(session, by, str(form.get("reason", "")).strip())
    found = read_publication(form, say, one.country)
    kept = publication_of(one.model_dump(mode="json"), language)
    take_theirs(found, kept, [str(name) for name in form.getlist("theirs")])
    pressed = str(form.get("do", ""))
    if pressed not in {"draft", "publish"}:
        return _worked_on(request, found, by, one=one)
    shows = pressed == "publish" or one.status is not Status.DRAFT
    data = _checked(found, language, say, publish=shows, kept=None if one.status is Status.DRAFT else kept)
    if data is None:
        return page(request, found, by, one=one, status=422)
    patch = OpportunityPatch.model_validate(data.model_dump(mode="json", exclude={"status"}))
    try:
        match = Precondition(frozenset({str(form.get("rev", ""))}))
        changed = opportunities.change(session, opportunity_id, patch, match=match, by=by)
        if pressed == "publish" and changed.status is Status.DRAFT:
            changed = opportunities.publish_draft(session, opportunity_id, by=by)
    except PreconditionFailed:
        take_unseen(found, kept)
        return page(request, found, by, one=one, status=412, differing=differences(found, kept))
    except (InvalidContent, Forbidden, BadRequest) as refused:
        return page(request, _with_refusal(found, refused, say), by, one=one, status=422)
    return see(request, _after(changed))


def editable(request: Request, opportunity_id: str, by: Caller) -> OpportunityRead:
    """Return an opportunity that the caller may lead through its life.

    Raises:
        NotFound: there is none that the caller may know of.
        Forbidden: another organisation keeps it.
    """
    database: Database = request.app.state.database
    with database.reads() as reads:
        one = opportunities.find(reads, opportunity_id, by)
    if not permissions.may(by, Action.PUBLISH_OPPORTUNITY, owner_id=one.owner_id, area=one.buyer_area):
        raise Forbidden(Message(N_("This page is for others than the organisation that you act for now.")))
    return one


def needs_reason(one: OpportunityRead | None, by: Caller) -> bool:
    """Tell whether the caller changes what another organisation keeps, and so says why."""
    return one is not None and one.owner_id not in {None, by.organization_id}


def giving_reason(session: WriteSession, by: Caller, reason: str) -> Caller:
    """Return the caller with its reason, which the journal keeps beside the change."""
    if not reason:
        return by
    journal.acting(session, Actor(by.actor_id, by.organization_id, by.role.value, by.request_id, reason[:300]))
    return replace(by, reason=reason[:300])


def page(
    request: Request,
    found: Publication,
    by: Caller,
    *,
    status: int = 200,
    template: str = "publishing/form.html",
    one: OpportunityRead | None = None,
    file: ReadFile | None = None,
    differing: Sequence[tuple[str, str, str]] = (),
) -> Response:
    """Draw the form with what stands beside it."""
    language = request.path_params["language"]
    say = texts(language)
    shown = beside(request, found, language, say, must=template != "publishing/form.html")
    return show(
        request,
        template,
        status,
        pub=found,
        one=one,
        file=file,
        differing=differing,
        beside=shown,
        reading_faults=reading_faults(file, say),
        heading=heading(shown.answer, say),
        kinds=[(kind.value, label("social_procurement_form", kind, language)) for kind in Kind],
        rules=_rules(found.lots, say),
        reason_needed=needs_reason(one, by),
        is_coordinator=by.role is Role.COORDINATOR,
        can_add_lot=len(found.lots) < MOST_LOTS and not found.more_lots,
        of=_text(request, "of"),
        reason=_text(request, "reason"),
        see_all_link=_see_all_link(found, language),
        distance=partial(_distance, found),
        packed=packed,
        place_label=lambda place: place_name(place, language),
        opened=_is_opened(found),
        used_icons=_ICONS,
        **match_helpers(language, say),
    )


def _blank(request: Request, by: Caller, language: str) -> Publication:
    """Return the form with what is known of the buyer: its name, its area, the function that answers."""
    own = _organization(request, by)
    if own is None or by.role is Role.COORDINATOR:
        return Publication(country=own.country if own and own.country in ("SE", "NO") else "SE")
    place = area(own.area_code) if own.area_code else None
    return Publication(
        buyer=own.name,
        buyer_place=place_name(place, language) if place else "",
        buyer_area=place,
        contact_function=own.contact_function or "",
        contact_email=own.contact_email or "",
        country=own.country if own.country in ("SE", "NO") else "SE",
    )


def _home_country(request: Request, by: Caller) -> str:
    own = _organization(request, by)
    return own.country if own and own.country in ("SE", "NO") else "SE"


def _organization(request: Request, by: Caller) -> OrganizationRead | None:
    database: Database = request.app.state.database
    with database.reads() as reads:
        try:
            return organizations.find(reads, by.organization_id, by)
        except NotFound:
            return None


def _take_need(found: Publication, request: Request, language: str) -> None:
    """Fill the form from a need of matchmaking: the same words, codes, place, reservation and day."""
    need = read_need(request.query_params, language, texts(language))
    lines = need.words.split("\n", 1)
    found.title = lines[0] if len(lines[0]) <= _LONGEST_TITLE else ""
    found.description = "" if need.words == found.title else need.words
    lot = found.lots[0]
    lot.codes, lot.place, lot.area = need.codes, need.place, need.area
    if need.reserved in {OPEN, *RULES}:
        lot.reserved = need.reserved
    found.by = need.answer_by if need.days_left else ""


def _worked_on(request: Request, found: Publication, by: Caller, one: OpportunityRead | None = None) -> Response:
    """Do what one of the form's smaller buttons says, and show the form again; nothing is written."""
    form = request.state.form
    language = request.path_params["language"]
    if form.get("add"):
        add_code(found, language, texts(language))
    if form.get("add_lot") and len(found.lots) < MOST_LOTS:
        found.lots.append(LotForm(place=found.lots[0].place, area=found.lots[0].area, reserved=found.lots[0].reserved))
    removed = str(form.get("remove_lot", ""))
    if removed.isdecimal() and 0 < int(removed) < len(found.lots):
        del found.lots[int(removed)]
    return page(request, found, by, one=one, status=422 if found.faults else 200)


def _checked(
    found: Publication, language: str, say: Texts, *, publish: bool, kept: Publication | None = None
) -> Any | None:
    """Return what the form says as an opportunity; None when something must be put right first."""
    if found.lots[0].code_words:
        add_code(found, language, say)
        if found.lots[0].suggestions:
            told = say("Choose a code among the suggestions, or empty the field.")
            found.faults.append(Fault("cpv", told))
    if publish:
        ask_for_the_missing(found, say, kept=kept)
    if found.faults:
        return None
    data = opportunity_from(found, language, say)
    if data is not None:
        try:
            opportunities.preview_hints(data, language)
        except InvalidContent as refused:
            add_faults(found, refused.faults, say)
    return None if found.faults else data


def _with_refusal(found: Publication, refused: Exception, say: Texts) -> Publication:
    """Return the form with what the service has refused."""
    if isinstance(refused, BadRequest):
        found.faults.append(Fault("reason", say("Write why you change what another organisation keeps.")))
    elif isinstance(refused, Forbidden):
        found.faults.append(Fault("buyer_place", say("Write a municipality in your region.")))
    elif isinstance(refused, InvalidContent):
        add_faults(found, refused.faults, say)
    return found


def _after(one: OpportunityRead) -> str:
    return f"/publish/mine?saved=1#o-{one.id}" if one.status is Status.DRAFT else f"/opportunities/{one.id}"


def _rules(lots: Sequence[LotForm], say: Texts) -> list[tuple[str, str, str]]:
    """Return the answers on reservation; those of one country's own law when a lot holds them."""
    basis = {
        "res-ws": say("Sweden: LOU 4 kap. 18 §. Norway: FOA § 16-9."),
        "res-pub-ser": say("Sweden: LOU 19 kap. 25 §."),
    }
    names = {
        "res-ws": say("Yes, for social and professional integration"),
        "res-pub-ser": say("Yes, for organisations with a public service mission"),
    }
    held = {lot.reserved for lot in lots} - {OPEN, *names}
    answers = [(code, names[code], basis[code]) for code in names]
    answers += [(rule.value, say(name), "") for rule, name in RULES.items() if rule in held]
    return [*answers, (OPEN, say("No, open to all"), "")]


def _is_opened(found: Publication) -> bool:
    """Tell whether the further fields are shown at once: something in them is wrong, or more is said than usual."""
    further = ("buyer_place", "contact_function", "contact_email", *_FURTHER)
    return any(found.fault(name) for name in further) or any(getattr(found, name) for name in _FURTHER)


def _text(request: Request, name: str) -> str:
    """Return a field of the form that was sent; empty on a page that nobody has sent."""
    value = request.state.form.get(name, "") if request.method == "POST" else ""
    return value if isinstance(value, str) else ""


def _see_all_link(found: Publication, language: str) -> str:
    lot = found.lots[0]
    return address(
        f"/{language}/",
        ("q", found.title or found.description[:300]),
        *(("code", code) for code in lot.codes),
        ("place", lot.place),
        ("reserved", lot.reserved),
    )


def _distance(found: Publication, code: str | None) -> int | None:
    place = found.lots[0].area
    return distance_km(place.code, code) if place and code else None
