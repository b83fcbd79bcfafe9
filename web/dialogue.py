"""What an enterprise writes to a buyer, and what a buyer writes back, as forms were sent: no draft is lost."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from starlette.datastructures import FormData

from app.core.clock import now, today, zone
from app.core.db import ReadSession, WriteSession
from app.core.errors import FieldFault, InvalidContent, in_language
from app.core.i18n import N_, Texts
from app.core.patching import validated
from app.enterprises import service as enterprises
from app.enterprises.schemas import EnterpriseFilters
from app.opportunities.schemas import OpportunityRead
from app.opportunities.vocabulary import Status
from app.responses.schemas import AnswerIn, OutreachIn, QuestionText, ResponseRead
from app.responses.vocabulary import AnswerKind, DeclineReason
from web.forms import Fault, readable

MOST_PARTNERS: Final = 20
_FOUND = 8
_LONGEST_NAME = 100
_END_OF_DAY = time(23, 59)


@dataclass(frozen=True, slots=True)
class Partner:
    """An enterprise to bid together with."""

    id: str
    name: str
    area_code: str | None


@dataclass(slots=True)
class AnswerForm:
    """The three forms of an answer. `kind` is the one that is open: interest, decline or question."""

    kind: str = ""
    text: str = ""
    reason: str = ""
    question: str = ""
    is_joint: bool = False
    partners: list[Partner] = field(default_factory=list)
    words: str = ""
    found: list[Partner] = field(default_factory=list)
    rev: str = ""
    faults: list[Fault] = field(default_factory=list)

    def fault(self, name: str) -> Fault | None:
        """Return what is wrong with a field."""
        return next((fault for fault in self.faults if fault.field == name), None)


def answer_form(session: ReadSession, form: FormData, kind: str) -> AnswerForm:
    """Return an answer as it was sent; partners who are not in the registry are left out."""
    sent = AnswerForm(kind=kind, text=_text(form, "text"), reason=_text(form, "reason"), rev=_text(form, "rev"))
    sent.question = _text(form, "question")
    sent.is_joint = bool(form.get("joint"))
    chosen = [str(one) for one in form.getlist("partner")][:MOST_PARTNERS]
    sent.partners = partners(session, dict.fromkeys(chosen))
    sent.words = _text(form, "partner_words")
    return sent


def form_of(session: ReadSession, response: ResponseRead | None, kind: str) -> AnswerForm:
    """Return the forms filled in with an answer that stands; `kind` is the one that is open."""
    if response is None or kind != response.kind:
        return AnswerForm(kind=kind, rev=str(response.rev) if response else "")
    return AnswerForm(
        kind=kind,
        text=response.text,
        reason=response.reason or "",
        is_joint=response.is_joint,
        partners=partners(session, response.partner_ids),
        rev=str(response.rev),
    )


def partners(session: ReadSession | WriteSession, ids: Iterable[str]) -> list[Partner]:
    """Return the enterprises with these ids, in their order."""
    known = [enterprises.find(session, one) for one in ids if enterprises.exists(session, one)]
    return [Partner(one.id, one.name, one.area_code) for one in known]


def search_partners(session: ReadSession, sent: AnswerForm, own: str, say: Texts) -> None:
    """Look for enterprises by name; the answer's own enterprise is not among them, nor those chosen already."""
    if not sent.words:
        sent.faults.append(Fault("partner_words", say("Write a name to search for.")))
        return
    words = sent.words[:_LONGEST_NAME]
    found = enterprises.search(session, EnterpriseFilters(words=words, limit=_FOUND))[0] if readable(words) else []
    taken = {own, *(one.id for one in sent.partners)}
    sent.found = [Partner(one.id, one.name, one.area_code) for one in found if one.id not in taken]
    if not sent.found:
        sent.faults.append(Fault("partner_words", say("No other enterprise in the registry has this name.")))


def read_answer(sent: AnswerForm, say: Texts) -> AnswerIn | None:
    """Return the answer; None when something must be put right, which is then among the form's faults."""
    if sent.kind == AnswerKind.DECLINE and sent.reason not in list(DeclineReason):
        sent.faults.append(Fault("reason", say("Choose why you decline.")))
        return None
    written: dict[str, Any] = {"kind": sent.kind, "text": sent.text}
    if sent.kind == AnswerKind.DECLINE:
        written["reason"] = sent.reason
    else:
        written |= {"is_joint": sent.is_joint, "partner_ids": [one.id for one in sent.partners]}
    try:
        return validated(AnswerIn, written)
    except InvalidContent as refused:
        sent.faults += faults_of(refused, {"text": "text", "partner_ids": "partner_words"}, "text", say)
        return None


def read_question(sent: AnswerForm, say: Texts) -> QuestionText | None:
    """Return the question; None when something must be put right."""
    if not sent.question:
        sent.faults.append(Fault("question", say("Write your question.")))
        return None
    try:
        return validated(QuestionText, {"text": sent.question})
    except InvalidContent as refused:
        sent.faults += faults_of(refused, {"text": "question"}, "question", say)
        return None


@dataclass(slots=True)
class PlanForm:
    """The outreach plan as it was sent."""

    batch_size: str = ""
    enough: str = ""
    by: str = ""
    rev: str = ""
    faults: list[Fault] = field(default_factory=list)

    def fault(self, name: str) -> Fault | None:
        """Return what is wrong with a field."""
        return next((fault for fault in self.faults if fault.field == name), None)


def read_plan(
    form: FormData, country: str, deadline: datetime | None, say: Texts
) -> tuple[PlanForm, OutreachIn | None]:
    """Return the plan as it was sent, and what it says; None when something must be put right.

    The day to answer by lasts until it ends in `country`, or until the deadline when that is on the same day.
    """
    sent = PlanForm(_text(form, "batch_size"), _text(form, "enough"), _text(form, "answer_by"), _text(form, "rev"))
    numbers: dict[str, Any] = {}
    for name in ("batch_size", "enough"):
        text = getattr(sent, name) or "0"
        if text.isascii() and text.isdecimal() and len(text) < 5:
            numbers[name] = int(text)
        else:
            sent.faults.append(Fault(name, say("Write a whole number.")))
    answer_by = _last_moment(sent, country, deadline, say)
    if sent.faults:
        return sent, None
    try:
        return sent, validated(OutreachIn, numbers | {"answer_by": answer_by})
    except InvalidContent as refused:
        add_plan_faults(sent, refused, say)
        return sent, None


def add_plan_faults(sent: PlanForm, refused: InvalidContent, say: Texts) -> None:
    """Add what the service has refused of a plan."""
    fields = {"batch_size": "batch_size", "enough": "enough", "answer_by": "answer_by"}
    sent.faults += faults_of(refused, fields, "answer_by", say)


def _last_moment(sent: PlanForm, country: str, deadline: datetime | None, say: Texts) -> str | None:
    if not sent.by:
        return None
    try:
        day = date.fromisoformat(sent.by)
    except ValueError:
        example = (today(country) + timedelta(days=14)).isoformat()
        sent.faults.append(
            Fault("answer_by", say("Write the date as year-month-day, for example {date}.", date=example))
        )
        return None
    moment = datetime.combine(day, _END_OF_DAY, zone(country))
    ends_that_day = deadline is not None and deadline.astimezone(zone(country)).date() == day
    return (deadline if deadline and ends_that_day else moment).isoformat()


def faults_of(refused: InvalidContent, fields: Mapping[str, str], otherwise: str, say: Texts) -> list[Fault]:
    """Return what a service has refused as faults of the form's fields, by the first part of each pointer."""

    def of(fault: FieldFault) -> Fault:
        first = fault.pointer.strip("/").partition("/")[0]
        return Fault(fields.get(first, otherwise), _sentence(in_language(fault.detail, say)))

    return [of(fault) for fault in refused.faults] or [Fault(otherwise, _sentence(in_language(refused.detail, say)))]


def refusal(refused: Exception, say: Texts) -> str:
    """Return what a service told that refused, in the reader's language."""
    return _sentence(in_language(getattr(refused, "detail", str(refused)), say))


def takes_answers(one: OpportunityRead) -> bool:
    """Tell whether an opportunity takes answers now."""
    return one.status is Status.PUBLISHED and (one.deadline_at is None or now() <= one.deadline_at)


def takes_questions(one: OpportunityRead) -> bool:
    """Tell whether an opportunity takes questions now."""
    return takes_answers(one) and (one.questions_until is None or now() <= one.questions_until)


def _sentence(text: str) -> str:
    if not text:
        return text
    whole = text[0].upper() + text[1:]
    return whole if whole.endswith((".", "!", "?")) else f"{whole}."


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""


# Where an answer to an invitation stands, in few words: colour, symbol and text of the tag.
STATES: Final[Mapping[str, tuple[str, str, str]]] = {
    "interest": ("success", "check", N_("Is interested")),
    "decline": ("neutral", "no", N_("Has declined")),
    "taken-back": ("neutral", "minus", N_("Answer taken back")),
    "queued": ("warning", "warn", N_("Nowhere to send it")),
    "waiting": ("warning", "clock", N_("No answer yet")),
    "expired": ("neutral", "clock", N_("Did not answer in time")),
    "withdrawn": ("neutral", "minus", N_("Invitation taken back")),
    "none": ("neutral", "minus", N_("Not invited")),
}
