"""The link in a letter about a needs inventory: whoever has it reads without an account, and answers with a POST."""

from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from starlette.datastructures import FormData

from app.core.db import Reads
from app.core.errors import Conflict, InvalidContent, in_language
from app.core.i18n import Texts, texts
from app.core.patching import validated
from app.inventories import service as inventories
from app.inventories.schemas import SurveyAnswer, SurveyAnswerIn, SurveyQuestion, SurveyRead
from app.inventories.vocabulary import LEVEL_LABELS, LinkState, QuestionKind
from web.forms import Fault
from web.pages.common import Language
from web.pages.inventories import named
from web.render import show
from web.writing import Form, PageRoute, PageWrites, see

router = APIRouter(route_class=PageRoute)
Token = Annotated[str, Path(max_length=100)]
_LONGEST = 4000


@dataclass(slots=True)
class Draft:
    """An answer as it stands in the form."""

    given: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def fault(self, name: str) -> Fault | None:
        """Return what is wrong with a field."""
        return next((fault for fault in self.faults if fault.field == name), None)


@router.api_route("/survey/{token}", methods=["GET", "HEAD"])
def survey_page(request: Request, session: Reads, language: Language, token: Token) -> Response:
    """Show what is asked, and what was answered so far; reading changes nothing."""
    found = inventories.read_survey(session, token, secret=request.app.state.secret)
    is_kept = request.query_params.get("kept") == "1" and found.answer is not None
    return _page(request, language, token, found, _as_kept(found.answer), is_kept=is_kept)


@router.post("/survey/{token}")
def answer_survey(request: Request, language: Language, session: PageWrites, form: Form, token: Token) -> Response:
    """Keep the answer; it may be sent again until the round closes."""
    say = texts(language)
    secret: bytes = request.app.state.secret
    found = inventories.read_survey(session, token, secret=secret)
    draft, content = _typed(form, found.questions)
    try:
        inventories.answer(session, token, validated(SurveyAnswerIn, content), secret=secret)
    except InvalidContent as refused:
        draft.faults = [_fault(fault.pointer, fault.detail, found.questions, language, say) for fault in refused.faults]
        return _page(request, language, token, found, draft, 422)
    except Conflict as refused:
        return _page(request, language, token, found, draft, refused.status)
    return see(request, f"/survey/{token}?kept=1#told")


def _typed(form: FormData, questions: list[SurveyQuestion]) -> tuple[Draft, dict[str, dict[str, Any]]]:
    """Return the form as it was sent, and what it says as the service takes it."""
    draft = Draft()
    content: dict[str, dict[str, Any]] = {"levels": {}, "choices": {}, "texts": {}}
    for one in questions:
        chosen, written = _field(form, f"given-{one.key}"), _field(form, f"text-{one.key}")
        draft.given[one.key], draft.texts[one.key] = chosen, written
        if chosen and one.kind is QuestionKind.SCALE:
            content["levels"][one.key] = int(chosen) if chosen in {"0", "1", "2", "3"} else chosen
        elif chosen:
            content["choices"][one.key] = chosen
        if written:
            content["texts"][one.key] = written
    return draft, content


def _field(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.strip()[:_LONGEST] if isinstance(value, str) else ""


def _as_kept(answer: SurveyAnswer | None) -> Draft:
    if answer is None:
        return Draft()
    return Draft({**{key: str(level) for key, level in answer.levels.items()}, **answer.choices}, dict(answer.texts))


def _fault(pointer: str, detail: str, questions: list[SurveyQuestion], language: str, say: Texts) -> Fault:
    """Return a fault at its field, with the question that it is about: the list of faults is read apart from it."""
    kind, _, key = pointer.strip("/").partition("/")
    asked = next((one for one in questions if one.key == key), None)
    told = in_language(detail, say)
    where = inventories.question_name(asked, language) if asked else ""
    return Fault(f"{'text' if kind == 'texts' else 'given'}-{key}", f"{where}: {told}" if where else told)


def _page(
    request: Request,
    language: str,
    token: str,
    found: SurveyRead,
    draft: Draft,
    status: int = 200,
    *,
    is_kept: bool = False,
) -> Response:
    say = texts(language)
    return show(
        request,
        "inventories/survey.html",
        status,
        found=found,
        draft=draft,
        token=token,
        is_open=found.state is LinkState.OPEN and status != Conflict.status,
        is_kept=is_kept,
        was_refused=status == Conflict.status,
        levels={str(level): say(name) for level, name in LEVEL_LABELS.items()},
        **named(language),
    )
