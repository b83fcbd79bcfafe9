"""Writing, confirming and removing contacts: for the organisation's own people and the coordinator of the region."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request, Response
from starlette.datastructures import FormData

from app.accounts.vocabulary import Caller
from app.contacts import service as contacts
from app.contacts.schemas import ContactCreate, ContactFilters, ContactPatch, ContactRead
from app.contacts.vocabulary import ROLE_LABELS, Sort
from app.core.db import Reads, ReadSession, WriteSession
from app.core.errors import Forbidden, InvalidContent, Message, PreconditionFailed, SamnodError, in_language
from app.core.i18n import N_, Texts, texts
from app.core.patching import validated
from app.core.preconditions import Precondition
from app.organizations import service as organizations
from app.organizations.schemas import OrganizationRead
from app.reference.service import area_label
from web.entering import faults_of, typed
from web.forms import Fault, areas_named, place_name, read_filters
from web.pages.common import Language
from web.render import address, show
from web.sessions import AnyCaller, CoordinatorCaller
from web.writing import Form, PageRoute, PageWrites, see

router = APIRouter(route_class=PageRoute)
RecordId = Annotated[str, Path(max_length=64)]
# Languages that a function in Sweden or Norway may answer in; whoever answers in others sends them through the API.
LANGUAGES: Final = ("sv", "nb", "nn", "en", "fi", "se", "ar", "so", "uk")
TEXT_LANGUAGES: Final = ("sv", "nb", "en")
_LONGEST_REASON: Final = 300
_LONGEST_PLACES: Final = 4000
_PARTED = re.compile(r"[,;\n]+")
_NAMES: Final[Mapping[str, str]] = {
    "function": N_("Function"),
    "roles": N_("Answers for"),
    "email": N_("E-mail"),
    "phone": N_("Telephone"),
    "website": N_("Website"),
    "areas": N_("Where it answers"),
    "languages": N_("Languages"),
    "language": N_("Language of the function's name"),
}


@dataclass(slots=True)
class Draft:
    """A contact as it is written in the form, what is wrong with it, and what somebody else has changed meanwhile."""

    values: dict[str, str] = field(default_factory=dict)
    roles: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    rev: str = ""
    reason: str = ""
    faults: list[Fault] = field(default_factory=list)
    differing: list[tuple[str, str]] = field(default_factory=list)

    def fault(self, name: str) -> Fault | None:
        """Return what is wrong with a field."""
        return next((fault for fault in self.faults if fault.field == name), None)


@router.get("/organizations/{organization_id}/contacts")
def new_contact(
    request: Request, session: Reads, language: Language, by: AnyCaller, organization_id: RecordId
) -> Response:
    """Show the form of a new contact."""
    one = _organization(session, organization_id, by)
    return _page(request, one, None, Draft(values={"language": language}, roles=[*one.parts]), by)


@router.post("/organizations/{organization_id}/contacts")
def add_contact(
    request: Request, session: PageWrites, language: Language, by: AnyCaller, form: Form, organization_id: RecordId
) -> Response:
    """Write a new contact of an organisation."""
    say = texts(language)
    one = _organization(session, organization_id, by)
    draft, content = _sent(form, say)
    if not draft.faults:
        try:
            data = validated(ContactCreate, {**content, "organization_id": organization_id})
            contacts.register(session, data, home=request.app.state.home, by=replace(by, reason=draft.reason or None))
            return see(request, address(f"/organizations/{organization_id}", ("done", "saved")))
        except SamnodError as refused:
            draft.faults += _faults(refused, say)
    return _page(request, one, None, draft, by, 422)


@router.get("/contacts/{contact_id}")
def edit_contact(request: Request, session: Reads, language: Language, by: AnyCaller, contact_id: RecordId) -> Response:
    """Show the form of a contact."""
    one = contacts.find(session, contact_id, by)
    return _page(request, _organization(session, one.organization_id, by), one, _draft(one, language), by)


@router.post("/contacts/{contact_id}")
def change_contact(
    request: Request, session: PageWrites, language: Language, by: AnyCaller, form: Form, contact_id: RecordId
) -> Response:
    """Change a contact; whoever comes second sees what the first has changed, and decides."""
    say = texts(language)
    one = contacts.find(session, contact_id, by)
    organization = _organization(session, one.organization_id, by)
    draft, content = _sent(form, say)
    status = 422
    if not draft.faults:
        try:
            patch = validated(ContactPatch, content)
            match = Precondition(frozenset({draft.rev}))
            contacts.change(session, contact_id, patch, match=match, by=replace(by, reason=draft.reason or None))
            return see(request, address(f"/organizations/{one.organization_id}", ("done", "saved")))
        except PreconditionFailed as changed:
            status, draft.rev = changed.status, str(one.rev)
            now_there = changed.members["current"]
            draft.differing = [
                (say(name), _told(key, now_there[key], language, say))
                for key, name in _NAMES.items()
                if _told(key, now_there[key], language, say) != _told(key, content[key], language, say)
            ]
            draft.faults.append(Fault("function", say(N_("Somebody has changed this contact since you opened it."))))
        except SamnodError as refused:
            draft.faults += _faults(refused, say)
    return _page(request, organization, one, draft, by, status)


@router.post("/contacts/{contact_id}/confirm")
def confirm_contact(
    request: Request, session: PageWrites, language: Language, by: AnyCaller, form: Form, contact_id: RecordId
) -> Response:
    """Say that a contact still holds; a coordinator says how that is known."""
    say = texts(language)
    one = contacts.find(session, contact_id, by)
    organization = _organization(session, one.organization_id, by)
    try:
        contacts.confirm(session, contact_id, by=_reasoned(by, form))
    except SamnodError as refused:
        draft = _draft(one, language)
        draft.faults = _faults(refused, say)
        return _page(request, organization, one, draft, by, refused.status)
    if form.get("from") == "coordination":
        return see(request, address("/coordination/contacts", ("done", "confirmed")))
    return see(request, address(f"/organizations/{one.organization_id}", ("done", "confirmed")))


@router.post("/contacts/{contact_id}/remove")
def remove_contact(
    request: Request, session: PageWrites, language: Language, by: AnyCaller, form: Form, contact_id: RecordId
) -> Response:
    """Take a contact out of the directory."""
    one = contacts.find(session, contact_id, by)
    organization = _organization(session, one.organization_id, by)
    try:
        contacts.remove(session, contact_id, match=Precondition(None), by=_reasoned(by, form))
    except SamnodError as refused:
        draft = _draft(one, language)
        draft.faults = _faults(refused, texts(language))
        return _page(request, organization, one, draft, by, refused.status)
    return see(request, address(f"/organizations/{one.organization_id}", ("done", "removed")))


@router.get("/coordination/contacts")
def overdue_contacts(request: Request, session: Reads, language: Language, by: CoordinatorCaller) -> Response:
    """Show the contacts of the region that nobody has confirmed in time, those that have waited longest first."""
    filters, _ = read_filters(ContactFilters, request.query_params, texts(language))
    filters = filters.model_copy(update={"overdue": True, "sort": Sort.DUE})
    found, total, following = contacts.looked_after(session, filters, by)
    here = f"/{language}/coordination/contacts"
    return show(
        request,
        "coordination/contacts.html",
        found=found,
        total=total,
        region=by.region,
        done=request.query_params.get("done", ""),
        following=address(here, ("after", following)) if following else "",
    )


def _organization(session: ReadSession | WriteSession, organization_id: str, by: Caller) -> OrganizationRead:
    """Return an organisation whose contacts `by` may write. Raises `NotFound` and `Forbidden`."""
    found = organizations.find(session, organization_id, by)
    if not contacts.may_edit(by, found):
        raise Forbidden(Message(N_("Another organisation keeps these contacts.")))
    return found


def _page(
    request: Request,
    organization: OrganizationRead,
    one: ContactRead | None,
    draft: Draft,
    by: Caller,
    status: int = 200,
) -> Response:
    say = texts(request.path_params["language"])
    return show(
        request,
        "contacts/form.html",
        status,
        organization=organization,
        one=one,
        draft=draft,
        faults=draft.faults,
        role_names={role.value: say(name) for role, name in ROLE_LABELS.items()},
        languages_offered=[*LANGUAGES, *(code for code in draft.languages if code not in LANGUAGES)],
        text_languages=TEXT_LANGUAGES,
        asks_reason=by.organization_id != (organization.owner_id or organization.id),
    )


def _draft(one: ContactRead, language: str) -> Draft:
    """Return the form of a contact as it is."""
    values = {
        "function": one.function,
        "email": one.email or "",
        "phone": one.phone or "",
        "website": one.website or "",
        "places": ", ".join(area_label(code, language) for code in one.areas),
        "language": one.language,
    }
    return Draft(values, [role.value for role in one.roles], one.languages, str(one.rev))


def _sent(form: FormData, say: Texts) -> tuple[Draft, dict[str, Any]]:
    """Return the form as it was sent, with the places that cannot be read, and what it says of the contact."""
    places = form.get("places", "")
    values = {name: typed(form, name) for name in ("function", "email", "phone", "website", "language")}
    values["places"] = places[:_LONGEST_PLACES] if isinstance(places, str) else ""
    draft = Draft(values, _chosen(form, "roles"), _chosen(form, "languages"), typed(form, "rev"))
    draft.reason = typed(form, "reason")[:_LONGEST_REASON]
    areas = _areas(draft, say)
    if len(values["function"]) < 2:
        draft.faults.append(Fault("function", say(N_("Write which function answers, such as “procurement unit”."))))
    website = values["website"]
    content = {
        "function": values["function"],
        "roles": draft.roles,
        "email": values["email"] or None,
        "phone": values["phone"] or None,
        "website": f"https://{website}" if website and "://" not in website else website or None,
        "areas": areas,
        "languages": draft.languages,
        "language": values["language"] or "sv",
    }
    return draft, content


def _areas(draft: Draft, say: Texts) -> list[str]:
    found: list[str] = []
    for name in filter(None, (part.strip() for part in _PARTED.split(draft.values["places"]))):
        areas = areas_named(name)
        if len(areas) == 1:
            found.append(areas[0].code)
        elif areas:
            names = ", ".join(place_name(area, "sv") for area in areas)
            told = say(N_("There are several places called {place}. Write one of: {names}."), place=name, names=names)
            draft.faults.append(Fault("places", told))
        else:
            told = say(N_("We know no municipality, county or country called {place}."), place=name)
            draft.faults.append(Fault("places", told))
    return list(dict.fromkeys(found))


def _chosen(form: FormData, name: str) -> list[str]:
    return [value for value in form.getlist(name) if isinstance(value, str) and value]


def _reasoned(by: Caller, form: FormData) -> Caller:
    return replace(by, reason=typed(form, "reason")[:_LONGEST_REASON] or None)


def _faults(refused: SamnodError, say: Texts) -> list[Fault]:
    """Return what a service refuses, at the fields of the form; that there is no way to reach it, at the e-mail."""
    if isinstance(refused, InvalidContent):
        at = {"areas": "places", "": "email", "organization_id": "function"}
        named = [(found.pointer.strip("/").partition("/")[0], found.detail) for found in refused.faults]
        return [Fault(at.get(name, name), in_language(told, say)) for name, told in named]
    if refused.status == 400:
        return [Fault("reason", say(N_("Write how you know, or why you change it; the reason is kept.")))]
    return faults_of(refused, say, "function")


def _told(name: str, value: Any, language: str, say: Texts) -> str:
    """Return what a field says, to be compared and shown."""
    if name == "roles":
        return ", ".join(say(label) for role, label in ROLE_LABELS.items() if role.value in value)
    if name == "areas":
        return ", ".join(area_label(code, language) for code in sorted(value))
    if name == "languages":
        return ", ".join(sorted(value))
    return (value or "–").rstrip("/")
