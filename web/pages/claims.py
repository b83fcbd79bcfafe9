"""Claiming an enterprise's record, open to everybody; and the coordinator's page where claims are decided."""

from dataclasses import replace
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Path, Request, Response

from app.accounts.vocabulary import Attempted, Caller
from app.claims import service
from app.claims.schemas import ClaimFilters, ClaimIn
from app.claims.vocabulary import ClaimState
from app.core.db import Database, Reads
from app.core.errors import Conflict, InvalidContent, NotFound, TooManyRequests
from app.core.i18n import N_, texts
from app.core.patching import validated
from app.enterprises import service as enterprises
from web.entering import counted, faults_of, typed
from web.forms import Fault, readable
from web.pages.common import InLanguage, Language
from web.render import address, show
from web.sessions import CoordinatorCaller
from web.writing import Form, PageRoute, act, see

router = APIRouter(route_class=PageRoute)
RecordId = Annotated[str, Path(max_length=64)]
_FIELDS: Final = ("email", "function", "evidence")
_LONGEST: Final = 2000
_LONGEST_REASON: Final = 300
_PAGE: Final = 50
_FAULTS = {
    "email": N_("Write your work e-mail address, such as namn@foretag.se."),
    "function": N_("Write what you are there, such as “manager”; no name."),
    "evidence": N_("Write how we can see that the enterprise is yours, without personal details."),
}


@router.get("/enterprises/{enterprise_id}/claim")
def claim_page(
    request: Request, session: Reads, _language: InLanguage, enterprise_id: RecordId, sent: str = ""
) -> Response:
    """Show the form; or, when it has been sent, what happens now."""
    one = enterprises.find(session, enterprise_id)
    return show(request, "claims/claim.html", one=one, sent=bool(sent), draft=dict.fromkeys(_FIELDS, ""), faults=[])


@router.post("/enterprises/{enterprise_id}/claim")
def claim(request: Request, language: Language, enterprise_id: RecordId, form: Form) -> Response:
    """Write the claim down. The answer is the same whether or not somebody keeps the record already."""
    database: Database = request.app.state.database
    with database.reads() as reads:
        one = enterprises.find(reads, enterprise_id)
    evidence = form.get("evidence", "")
    draft = {name: typed(form, name) for name in _FIELDS}
    draft["evidence"] = evidence.strip()[: _LONGEST + 1] if isinstance(evidence, str) else ""
    try:
        data = validated(ClaimIn, {**draft, "language": language})
        counted(request, Attempted.CLAIM, data.email)
        with database.writes() as session:
            act(request, session)
            service.submit(session, enterprise_id, data)
    except InvalidContent as fault:
        say = texts(language)
        names = dict.fromkeys(found.pointer.split("/")[1] for found in fault.faults)
        faults = [Fault(name, say(_FAULTS[name])) for name in names if name in _FAULTS]
        return show(request, "claims/claim.html", 422, one=one, sent=False, draft=draft, faults=faults)
    except TooManyRequests as fault:
        faults = faults_of(fault, texts(language), "email")
        page = show(request, "claims/claim.html", 429, one=one, sent=False, draft=draft, faults=faults)
        page.headers.update(fault.headers)
        return page
    return see(request, address(f"/enterprises/{enterprise_id}/claim", ("sent", "1")))


@router.get("/coordination/claims")
def claims(request: Request, language: Language, by: CoordinatorCaller, done: str = "") -> Response:
    """Show the claims of the region that wait, the oldest first."""
    say = texts(language)
    told = {
        ClaimState.VERIFIED.value: say("Verified. An invitation is on its way to the enterprise's people."),
        ClaimState.REFUSED.value: say("Refused. The claimant is told why."),
    }
    return _page(request, by, done=told.get(done, ""))


@router.post("/coordination/claims/{claim_id}/{verb}")
def decide(
    request: Request,
    language: Language,
    by: CoordinatorCaller,
    form: Form,
    claim_id: RecordId,
    verb: Literal["verify", "refuse"],
) -> Response:
    """Verify or refuse a claim, with how or why."""
    database: Database = request.app.state.database
    say = texts(language)
    reason = typed(form, "reason")[:_LONGEST_REASON]
    if len(reason) < 3 or not readable(reason):
        faults = [Fault(f"reason-{claim_id}", say("Write how you found out, or why it is refused."))]
        return _page(request, by, status=422, faults=faults)
    deciding = replace(by, reason=reason)
    try:
        with database.writes() as session:
            act(request, session)
            if verb == "verify":
                decided = service.verify(session, claim_id, secret=request.app.state.secret, by=deciding)
            else:
                decided = service.refuse(session, claim_id, by=deciding)
    except (Conflict, NotFound) as fault:
        # Somebody else has decided, or the enterprise has been taken out of the registry since.
        return _page(request, by, status=fault.status, faults=faults_of(fault, say, "claims"))
    return see(request, address("/coordination/claims", ("done", decided.state.value)))


def _page(
    request: Request, by: Caller, *, status: int = 200, faults: list[Fault] | None = None, done: str = ""
) -> Response:
    database: Database = request.app.state.database
    with database.reads() as session:
        found, total = service.listed(session, ClaimFilters(limit=_PAGE), by=by)
    return show(request, "claims/claims.html", status, claims=found, total=total, faults=faults or [], done=done)
