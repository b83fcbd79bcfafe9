"""What the law asks a site to say of itself: accessibility with a way to tell what is wrong, personal data, terms."""

from datetime import date
from hashlib import sha256
from typing import Final

from fastapi import APIRouter, Request, Response

from app.accounts import people
from app.accounts.vocabulary import Addressee, Digest
from app.core.db import Reads, ReadSession, WriteSession
from app.core.errors import Message, NotFound
from app.core.i18n import DEFAULT_LANGUAGE, N_, texts
from app.core.schema import UNSTORABLE
from app.mail import service as mail
from app.mail.vocabulary import ADDRESS, Letter
from web.forms import Fault
from web.pages.common import Language
from web.render import show
from web.writing import Form, PageRoute, PageWrites, see

router = APIRouter(route_class=PageRoute)
# When somebody last went through what these pages say, and whether it is so.
REVIEWED: Final = date(2026, 11, 22)
_LONGEST = 4000
_FIELDS = ("told", "where", "answer_to")


@router.api_route("/accessibility", methods=["GET", "HEAD"])
def accessibility(request: Request, session: Reads, language: Language, sent: str = "") -> Response:
    """Show the accessibility statement, with a form to tell what cannot be used."""
    can_tell = bool(_readers(request, session))
    return _statement(request, language, dict.fromkeys(_FIELDS, ""), can_tell=can_tell, is_sent=bool(sent))


@router.post("/accessibility")
def tell(request: Request, language: Language, session: PageWrites, form: Form) -> Response:
    """Send what was told to those who look after the node; nothing about whoever tells it is asked or kept."""
    readers = _readers(request, session)
    if not readers:
        raise NotFound(Message(N_("This node has no address to write to.")))
    request.app.state.limits.count_letter(request)
    said = {name: str(form.get(name, "")).strip().replace("\r\n", "\n") for name in _FIELDS}
    faults = _faults(said, language)
    if faults:
        return _statement(request, language, said, faults=faults, status=422)
    key = sha256("\n".join(said.values()).encode()).hexdigest()
    for reader in readers:
        # The same words twice are one letter: somebody has pressed the button again.
        values = said | {"language": language}
        once = f"feedback-{key}-{reader.person_id}"
        person = reader.person_id or None
        mail.queue(session, Letter(reader.email, reader.language, "legal/feedback", values, once, person))
    return see(request, "/accessibility?sent=1#feedback")


@router.api_route("/privacy", methods=["GET", "HEAD"])
def privacy(request: Request, language: Language) -> Response:
    """Show what is stored about organisations and logins, why, and for how long (GDPR, Articles 13 and 14)."""
    return show(request, f"legal/privacy.{language}.html", contact=request.app.state.contact, reviewed=REVIEWED)


@router.api_route("/terms", methods=["GET", "HEAD"])
def terms(request: Request, language: Language) -> Response:
    """Show what whoever uses the service agrees to."""
    return show(request, f"legal/terms.{language}.html", contact=request.app.state.contact, reviewed=REVIEWED)


def _readers(request: Request, session: ReadSession | WriteSession) -> list[Addressee]:
    """Return who reads what is told: the node's contact function, else its administrators."""
    contact: str = request.app.state.contact
    if contact:
        return [Addressee(person_id="", email=contact, language=DEFAULT_LANGUAGE, digest=Digest.OFF)]
    return people.addressees_of_region(session, None)


def _statement(
    request: Request,
    language: str,
    said: dict[str, str],
    *,
    can_tell: bool = True,
    faults: list[Fault] | None = None,
    status: int = 200,
    is_sent: bool = False,
) -> Response:
    found = faults or []
    return show(
        request,
        f"legal/accessibility.{language}.html",
        status,
        can_tell=can_tell,
        reviewed=REVIEWED,
        said=said,
        faults=found,
        fault=lambda name: next((fault for fault in found if fault.field == name), None),
        is_sent=is_sent,
    )


def _faults(said: dict[str, str], language: str) -> list[Fault]:
    say = texts(language)
    found = []
    if not said["told"]:
        found.append(Fault("told", say("Write what you could not do.")))
    if said["answer_to"] and not ADDRESS.fullmatch(said["answer_to"]):
        found.append(Fault("answer_to", say("This is no e-mail address. Leave it empty if you want no answer.")))
    for name, text in said.items():
        if UNSTORABLE.search(text):
            found.append(Fault(name, say("The text holds a character that cannot be read. Write it again.")))
        elif len(text) > _LONGEST:
            found.append(Fault(name, say("Write at most {n} characters.", n=_LONGEST)))
    return found
