"""Tell the coordinator that something is wrong with a public record: anybody may, and nothing is kept of who does."""

from typing import Any

from fastapi import APIRouter, Request, Response

from app.accounts.vocabulary import Attempted
from app.core.db import Database, Reads, ReadSession
from app.core.errors import InvalidContent, TooManyRequests, in_language
from app.core.i18n import N_, texts
from app.core.patching import validated
from app.moderation import service as moderation
from app.moderation.schemas import ReportIn
from app.moderation.vocabulary import SAID_BY_READERS, ReportKind
from web.entering import counted, typed
from web.forms import Fault
from web.moderating import KINDS, SUBJECTS, Place, caller_of, name_of
from web.pages.common import Language
from web.render import show, wants_fragment
from web.sessions import Guest
from web.writing import Form, PageRoute, see

router = APIRouter(route_class=PageRoute)
_LONGEST = 2000
_FAULTS = {
    "kind": N_("Choose what is wrong."),
    "text": N_("Write what is wrong in a sentence or two: 10 to 2,000 characters, and nothing about named people."),
}


@router.api_route("/{place}/{record_id}/report", methods=["GET", "HEAD"])
def report_page(
    request: Request, session: Reads, language: Language, place: Place, record_id: str, who: Guest, sent: str = ""
) -> Response:
    """Show the form, or the thanks; htmx gets the form alone, for the record's own page."""
    return _page(request, session, language, place, record_id, who, is_sent=bool(sent))


@router.post("/{place}/{record_id}/report")
def report(request: Request, language: Language, place: Place, record_id: str, who: Guest, form: Form) -> Response:
    """Take a report."""
    database: Database = request.app.state.database
    text = form.get("text", "")
    draft = {"kind": typed(form, "kind"), "text": text.strip()[: _LONGEST + 1] if isinstance(text, str) else ""}
    try:
        # In transactions of their own: what is refused is counted too.
        data = validated(ReportIn, draft)
        counted(request, Attempted.REPORT)
        with database.writes() as session:
            moderation.report(session, SUBJECTS[place], record_id, data, by=caller_of(who))
    except (InvalidContent, TooManyRequests) as fault:
        with database.reads() as reads:
            page = _page(request, reads, language, place, record_id, who, draft=draft, refused=fault)
        page.headers.update(fault.headers if isinstance(fault, TooManyRequests) else {})
        return page
    return see(request, f"/{place.value}/{record_id}/report?sent=1")


def _page(
    request: Request,
    session: ReadSession,
    language: str,
    place: Place,
    record_id: str,
    who: Guest,
    *,
    draft: dict[str, str] | None = None,
    refused: InvalidContent | TooManyRequests | None = None,
    is_sent: bool = False,
) -> Response:
    record = moderation.find(session, SUBJECTS[place], record_id, caller_of(who))
    kinds = SAID_BY_READERS if record.hidden_at is None else (ReportKind.OBJECTION,)
    say = texts(language)
    faults = _faults(refused, language) if refused else []
    drawn: dict[str, Any] = {
        "place": place.value,
        "record": record,
        "name": name_of(record),
        "kinds": {kind.value: say(KINDS[kind]) for kind in kinds},
        "draft": draft or {"kind": "", "text": ""},
        "faults": faults,
        "fault": lambda field: next((one for one in faults if one.field == field), None),
        "is_sent": is_sent,
    }
    template = "coordination/report_fragment.html" if wants_fragment(request) else "coordination/report.html"
    return show(request, template, refused.status if refused else 200, **drawn)


def _faults(refused: InvalidContent | TooManyRequests, language: str) -> list[Fault]:
    """Return what is wrong at the fields of the form; what is no field's, at the text."""
    say = texts(language)
    if isinstance(refused, TooManyRequests):
        return [Fault("text", in_language(refused.detail, say))]
    fields = dict.fromkeys(fault.pointer.split("/")[1] for fault in refused.faults)
    return [Fault(field, say(_FAULTS.get(field, _FAULTS["text"]))) for field in fields]
