"""Matchmaking: describe a need, see ranked and explained enterprises. The front page's main action, open to all."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from app.accounts.vocabulary import Role, SignedIn
from app.core.db import Reads
from app.core.i18n import Texts, texts
from app.enterprises.vocabulary import Reservation
from app.matching import service as matching
from app.matching.schemas import Matches, NearMiss, Reason
from app.matching.vocabulary import MAX_POINTS
from app.reference.service import area_label, cpv_label, distance_km, find_areas, search_cpv
from app.reference.vocabulary import Area
from web.forms import ANY, MOST, OPEN, Need, add_code, place_name, read_need
from web.pages.common import Language
from web.render import address, show, wants_fragment
from web.sessions import Guest

router = APIRouter()
_ICONS = ("check", "minus", "chevron", "shield", "half", "ask", "no", "info")
_STEP = 20
_MOST_TAGS = 6


@dataclass(frozen=True, slots=True)
class _IfReserved:
    """What the answer would hold if the buyer reserved the contract."""

    total: int
    link: str


@dataclass(frozen=True, slots=True)
class _Suggested:
    """A CPV code that the words suggest, and the address that chooses it."""

    name: str
    link: str


@dataclass(frozen=True, slots=True)
class _Example:
    name: str
    where: str
    link: str


@router.api_route("/", methods=["GET", "HEAD"])
def matchmaking(request: Request, session: Reads, language: Language, who: Guest) -> Response:
    """Show the form and the answer to what the address asks; htmx gets the answer alone."""
    say = texts(language)
    need = read_need(request.query_params, language, say)
    asks = not need.faults and not need.is_blank
    if asks:
        request.app.state.limits.count_preview(request)
    answer = matching.preview(session, need.question(language), limit=need.limit, language=language) if asks else None
    explained = _explained(session, need, language) if asks and need.why else None
    template = "matchmaking/fragment.html" if wants_fragment(request) else "matchmaking/page.html"
    return show(
        request,
        template,
        422 if need.faults else 200,
        need=need,
        answer=answer,
        explained=explained,
        if_reserved=_if_reserved(session, need, language) if answer and need.reserved == ANY else None,
        shared_gaps=_shared_gaps(answer),
        suggested=_suggested(answer, need, language),
        heading=_heading(answer, need, say),
        status_line=_status_line(answer, need, say),
        links=_relaxation_links(answer, need, language),
        more_link=_more_link(answer, need, language),
        with_place=_place_links(need, language),
        distance=lambda code: _distance(need, code),
        examples=_examples(language, say),
        reservations=_reservations(need, say),
        publish_link=_publish_link(who, need, language),
        most_points=MAX_POINTS,
        most_parts=[(most, most) for most in MAX_POINTS.values()],
        used_icons=_ICONS,
        **match_helpers(language, say),
    )


def match_helpers(language: str, say: Texts) -> dict[str, Callable[..., Any]]:
    """Return what the template of one match asks for beside the match itself."""
    return {
        "bar_parts": lambda reasons: [(reason.points, reason.max_points) for reason in reasons],
        "reason_tags": lambda reasons: _reason_tags(reasons, language, say),
    }


@router.get("/codes")
def suggest_codes(request: Request, language: Language, cpv: str = "") -> Response:
    """Give the list under the code field: codes that fit the words so far."""
    if not wants_fragment(request):
        return _to_the_page(request, language)
    options = [f"{hit.code} {hit.label}" for hit in search_cpv(cpv[:100], language, 8)] if cpv.strip() else []
    return show(request, "matchmaking/options.html", options=options)


@router.get("/codes/add")
def add_codes(request: Request, language: Language) -> Response:
    """Give the chosen codes with the typed one among them, or with suggestions to tick."""
    if not wants_fragment(request):
        return _to_the_page(request, language)
    say = texts(language)
    need = read_need(request.query_params, language, say)
    if need.code_words and not request.query_params.get("add") and need.fault("cpv") is None:
        add_code(need, language, say)
    fragment = show(request, "matchmaking/codes.html", 422 if need.fault("cpv") else 200, need=need)
    if set(need.codes) - set(request.query_params.getlist("code")):
        fragment.headers["HX-Trigger-After-Swap"] = "codes-added"
    return fragment


@router.get("/places")
def suggest_places(
    request: Request, language: Language, place: str = "", name: Annotated[str, Query(alias="from")] = "place"
) -> Response:
    """Give the list under a municipality field: names that begin as the text does; `from` is another field's name."""
    if not wants_fragment(request):
        return _to_the_page(request, language)
    place = request.query_params.get(name, place)
    found = find_areas(place[:100], 12) if place.strip() else []
    options = [place_name(area, language) for area in found if area.level == "municipality"][:8]
    return show(request, "matchmaking/options.html", options=options)


def _to_the_page(request: Request, language: str) -> Response:
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"/{language}/{query}", 303)


def _explained(session: Reads, need: Need, language: str) -> list[NearMiss]:
    return matching.why_not(session, need.question(language), need.why, language=language)


def _if_reserved(session: Reads, need: Need, language: str) -> _IfReserved:
    """Ask the same under a reservation, for a buyer who has not decided: how many are left."""
    question = need.question(language, Reservation.RES_WS)
    found = matching.preview(session, question, limit=1, language=language)
    return _IfReserved(found.total, _link(need, language, ("reserved", Reservation.RES_WS.value)))


def _shared_gaps(answer: Matches | None) -> list[str]:
    """Return what is missing in every match: it is the need's own gap, and said once."""
    gaps = [[gap.text for gap in match.gaps] for match in answer.items] if answer else []
    return [text for text in gaps[0] if all(text in other for other in gaps)] if len(gaps) > 1 else []


def _publish_link(who: SignedIn | None, need: Need, language: str) -> str:
    """Return the publish form filled in with the need, by way of the sign-in page; empty for those who do not buy."""
    form = address(f"/{language}/publish", *need.pairs())
    if who is None or who.acting is None:
        return address(f"/{language}/sign-in", ("to", form))
    return form if who.acting.role in (Role.BUYER, Role.COORDINATOR) else ""


def _suggested(answer: Matches | None, need: Need, language: str) -> list[_Suggested]:
    """Return the codes that the words of a need without codes suggest."""
    if answer is None or not answer.items or need.codes:
        return []
    codes = matching.inferred_codes(need.question(language))
    return [
        _Suggested(f"{code} {cpv_label(code, language) or ''}".strip(), _link(need, language, ("code", code)))
        for code in codes
    ]


def _heading(answer: Matches | None, need: Need, say: Texts) -> str:
    if answer is None:
        return say("The need cannot be read yet") if need.faults else say("Matches")
    return say.plural("{n} enterprise matches", "{n} enterprises match", answer.total)


def _status_line(answer: Matches | None, need: Need, say: Texts) -> str:
    """Return what a screen reader is told after each change: counts only."""
    if answer is None:
        if need.faults:
            return say.plural("{n} thing needs to be put right.", "{n} things need to be put right.", len(need.faults))
        return say("No matches yet.")
    matches = say.plural("{n} match", "{n} matches", answer.total)
    almost = say.plural("{n} almost", "{n} almost", len(answer.near_misses))
    return f"{matches}, {almost}."


def _link(need: Need, language: str, *changed: tuple[str, object]) -> str:
    """Return the address of the same need with some of its parameters changed."""
    names = {name for name, _ in changed}
    kept = [(name, value) for name, value in need.pairs() if name not in names]
    return address(f"/{language}/", *kept, *changed)


def _relaxation_links(answer: Matches | None, need: Need, language: str) -> dict[str, str]:
    """Return the address that applies each proposed change; empty for a change that the form cannot make."""
    changes = answer.relaxations if answer else []
    return {change.change: _relaxed(change.change, need, language) for change in changes}


def _relaxed(change: str, need: Need, language: str) -> str:
    kind, _, value = change.partition(":")
    if kind == "remove-reservation":
        return _link(need, language, ("reserved", OPEN))
    if kind == "broader-code":
        return _link(need, language, ("code", value))
    return ""


def _more_link(answer: Matches | None, need: Need, language: str) -> str:
    """Return the address with twenty more, up to a hundred; empty when there are no more to show."""
    if answer is None or len(answer.items) >= min(answer.total, MOST):
        return ""
    shown = len(answer.items)
    return f"{_link(need, language, ('limit', min(MOST, shown + _STEP)))}#m-{answer.items[-1].enterprise.id}"


def _place_links(need: Need, language: str) -> Callable[[Area], str]:
    return lambda area: _link(need, language, ("place", place_name(area, language)))


def _distance(need: Need, code: str | None) -> int | None:
    return distance_km(need.area.code, code) if need.area and code else None


def _reason_tags(reasons: Iterable[Reason], language: str, say: Texts) -> list[str]:
    """Return the short words for what the points stand on; the sentences are under "all points"."""
    shown = [(evidence.kind, evidence.value) for reason in reasons if reason.points for evidence in reason.evidence]
    words = [value for kind, value in shown if kind == "word"]
    said: dict[str, Callable[[str], str]] = {
        "cpv": lambda code: f"{cpv_label(code.ljust(8, '0'), language)} {code.ljust(8, '0')}",
        "area": lambda code: say("Serves {area}", area=area_label(code, language)),
        "seat": lambda code: say("Based in {area}", area=area_label(code, language)),
    }
    tags = [said[kind](value) for kind, value in shown if kind in said]
    if words:
        tags.append(say("In their own words: {words}", words=", ".join(dict.fromkeys(words[:4]))))
    return list(dict.fromkeys(tags))[:_MOST_TAGS]


def _examples(language: str, say: Texts) -> list[_Example]:
    """Return three needs to begin from: one reserved, one cheap, one across the border."""

    def example(name: str, where: str, **parameters: Any) -> _Example:
        return _Example(name, where, address(f"/{language}/", ("q", name), *parameters.items()))

    return [
        example(
            say("Cleaning of schools"), say("Sundsvall, reserved"), place="Sundsvall", reserved=Reservation.RES_WS.value
        ),
        example(
            say("Lunch and catering for courses"),
            say("Östersund, 100,000 – 700,000 kr"),
            place="Östersund",
            value="100000-700000",
        ),
        example(say("Moving and reuse of furniture"), say("Trondheim"), place="Trondheim"),
    ]


def _reservations(need: Need, say: Texts) -> list[tuple[str, str, str]]:
    """Return the answers on reservation with the legal basis in the country of the place."""
    basis = {
        "SE": ("LOU 4 kap. 18 §", "LOU 19 kap. 25 §"),
        "NO": ("FOA § 16-9, § 8-8, § 30-3", say("Directive 2014/24/EU, Article 77")),
    }.get(need.country or "", (say("Sweden: LOU 4 kap. 18 §. Norway: FOA § 16-9."), say("Sweden: LOU 19 kap. 25 §.")))
    return [
        (Reservation.RES_WS.value, say("Yes, for social and professional integration"), basis[0]),
        (Reservation.RES_PUB_SER.value, say("Yes, for organisations with a public service mission"), basis[1]),
        (OPEN, say("No, open to all"), ""),
        (ANY, say("Do not know yet, show both"), ""),
    ]
