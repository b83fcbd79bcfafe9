"""Opportunities: what buyers need, the three witnesses of a reservation apart, and the way on to who could deliver."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response

from app.accounts.vocabulary import Place, Role
from app.core.clock import now, today, zone
from app.core.db import Reads
from app.core.i18n import N_, Texts, texts
from app.enterprises import service as enterprises
from app.enterprises.vocabulary import Reservation
from app.opportunities import service as opportunities
from app.opportunities.reservation import reservation_evidence
from app.opportunities.schemas import AwardRead, OpportunityFilters, OpportunityRead, OpportunitySummary, OutcomeRead
from app.opportunities.vocabulary import (
    BAND_LIMITS,
    LOTLESS_FORMS,
    PUBLIC_STATUSES,
    Ending,
    Form,
    LotResult,
    Origin,
    Sort,
    Status,
)
from app.reference.service import area, area_label, codes, counties_of, countries, cpv_label, label
from app.responses import service as responses
from web.dialogue import takes_answers, takes_questions
from web.forms import Fault, place_name, read_filters
from web.moderating import caller_of, standing
from web.pages.common import RULES, Choice, ChoiceGroup, Language, Looser, days_left
from web.render import address, show, wants_fragment
from web.sessions import Guest

router = APIRouter()
_ICONS = ("check", "clock", "no", "people", "chevron")
_LOOSER = 4
_WINNERS = 3

_STATUSES = {
    Status.PUBLISHED: N_("Open"),
    Status.CLOSED: N_("Closed"),
    Status.AWARDED: N_("Awarded"),
    Status.CANCELLED: N_("Cancelled"),
}
_SORTS = {
    Sort.DEADLINE: N_("Nearest deadline first"),
    Sort.PUBLISHED_DESC: N_("Newest first"),
    Sort.TITLE: N_("Title, A to Ö"),
}


@dataclass(frozen=True, slots=True)
class Witness:
    """One piece of evidence for or against a reservation: what it is, how it looks, and what it says."""

    name: str
    colour: str
    symbol: str
    verdict: str
    text: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A day on the timeline: done, now or to come."""

    at: datetime
    text: str
    state: str


@dataclass(frozen=True, slots=True)
class ShownAward:
    """How one lot ended, as a page says it: whose lot, who won, and for how much."""

    lot: str | None
    winner: str
    has_winner: bool
    minor: int | None
    least: int | None
    most: int | None
    award: AwardRead


@dataclass(frozen=True, slots=True)
class ListedEnding:
    """How an opportunity ended, in a line of the list; `shown` is its award when there is only one."""

    text: str
    on: date | None
    shown: ShownAward | None


@router.api_route("/opportunities", methods=["GET", "HEAD"])
def opportunity_list(request: Request, session: Reads, language: Language) -> Response:
    """Show the opportunities that the filters in the address find, the open ones without filters."""
    say = texts(language)
    filters, faults = read_filters(OpportunityFilters, request.query_params, say)
    found, total = opportunities.search(session, filters)
    fragment = wants_fragment(request)
    page = show(
        request,
        "opportunities/_answer.html" if fragment else "opportunities/list.html",
        422 if faults else 200,
        filters=filters,
        faults=faults,
        fault=lambda name: _fault(faults, name),
        found=found,
        total=total,
        endings=_endings(session, found, say),
        groups=_groups(filters, language, say),
        counties=_counties(language),
        codes_chosen=[Choice(code, f"{code} {cpv_label(code, language) or ''}", None, True) for code in filters.cpv],
        sorts={sort.value: say(name) for sort, name in _SORTS.items()},
        looser=[] if found else _looser(session, filters, language, say),
        page_link=lambda number: _address(filters, language, page=number),
        json_link=address("/api/v1/opportunities", *_pairs(filters), ("page", filters.page), ("limit", filters.limit)),
        days_left=days_left,
        shown_status=_shown_status,
        form_name=lambda form: label("social_procurement_form", form, language),
        used_icons=_ICONS,
    )
    if fragment:
        page.headers["HX-Push-Url"] = _address(filters, language)
    return page


@router.api_route("/opportunities/{opportunity_id}", methods=["GET", "HEAD"])
def opportunity_page(request: Request, session: Reads, language: Language, who: Guest, opportunity_id: str) -> Response:
    """Show one opportunity with its questions, and the way on: to answer, to its board, or to matchmaking."""
    say = texts(language)
    by = caller_of(who)
    one = opportunities.find(session, opportunity_id, by)
    if one.status not in PUBLIC_STATUSES:
        # A draft has a page of its own, where it is written.
        raise opportunities.unknown()
    place = who.acting if who else None
    return show(
        request,
        "opportunities/opportunity.html",
        one=one,
        standing=standing(session, one, by),
        state=_shown_status(one.status, one.deadline_at),
        form_name=label("social_procurement_form", one.form, language),
        days_left=days_left(one.deadline_at, one.country),
        witnesses=_witnesses(one, say),
        timeline=_timeline(one, say),
        total_value=_total_value(one),
        places=_places(one),
        deliver_link=_deliver_link(one, language),
        questions=responses.questions(session, opportunity_id, by=by),
        is_enterprise=place is not None and place.role is Role.ENTERPRISE,
        is_own=_is_own(place, one),
        kept_enterprise=_answering(session, place),
        takes_answers=takes_answers(one),
        takes_questions=takes_questions(one),
        is_early=one.form in LOTLESS_FORMS,
        awards=_awards(one, say),
        objectives=[_objective(code, language) for code in one.objectives],
        rule_name=lambda code: say(RULES[Reservation(code)]) if code in list(Reservation) else code,
    )


def _answering(session: Reads, place: Place | None) -> str:
    """Return the enterprise that the visitor answers for, if it is the only one that its organisation keeps."""
    kept = enterprises.kept_by(session, place.organization_id) if place and place.role is Role.ENTERPRISE else []
    return kept[0].id if len(kept) == 1 else ""


def _is_own(place: Place | None, one: OpportunityRead) -> bool:
    return place is not None and place.role is Role.BUYER and place.organization_id == one.owner_id


def _fault(faults: list[Fault], name: str) -> Fault | None:
    return next((fault for fault in faults if fault.field == name), None)


def _counties(language: str) -> list[tuple[str, str]]:
    """Return both countries with their counties, as code and name."""
    return [
        (one.code, area_label(one.code, language))
        for country in countries()
        for one in (country, *counties_of(country.code))
    ]


def _groups(filters: OpportunityFilters, language: str, say: Texts) -> list[ChoiceGroup]:
    chosen_status = filters.status or [Status.PUBLISHED]
    forms = [Choice(f.value, label("social_procurement_form", f, language), None, f in filters.form) for f in Form]
    rules = [Choice(rule.value, say(name), None, rule in filters.reserved) for rule, name in RULES.items()]
    states = [Choice(state.value, say(name), None, state in chosen_status) for state, name in _STATUSES.items()]
    return [
        ChoiceGroup("form", say("Form"), forms, []),
        ChoiceGroup("reserved", say("Reserved for"), rules, []),
        ChoiceGroup("status", say("Status"), states, []),
    ]


def _pairs(filters: OpportunityFilters) -> list[tuple[str, object]]:
    """Return the filters as parameters, without page and without what says nothing."""
    sent = filters.model_dump(mode="json", exclude={"page", "limit", "sort"})
    pairs: list[tuple[str, object]] = []
    for name, value in sent.items():
        pairs += [(name, item) for item in value] if isinstance(value, list) else [(name, value)]
    return [*pairs, ("sort", "" if filters.sort == Sort.DEADLINE else filters.sort.value)]


def _address(filters: OpportunityFilters, language: str, page: int = 1) -> str:
    default = OpportunityFilters.model_fields["limit"].default
    return address(
        f"/{language}/opportunities",
        *_pairs(filters),
        ("page", "" if page == 1 else page),
        ("limit", "" if filters.limit == default else filters.limit),
    )


def _looser(session: Reads, filters: OpportunityFilters, language: str, say: Texts) -> list[Looser]:
    """Return the nearest searches that find something: one filter less, then the closed ones too."""
    every_status = list(_STATUSES)
    tried: list[tuple[str, str, object]] = [
        ("words", say("Without the words “{words}”", words=filters.words), ""),
        ("area", say("All places"), []),
        ("form", say("All forms"), []),
        ("reserved", say("Reserved or not"), []),
        ("cpv", say("All CPV codes"), []),
    ]
    changes = [(name, text, nothing) for name, text, nothing in tried if getattr(filters, name)]
    if set(filters.status) != set(every_status):
        changes.append(("status", say("Closed and awarded ones too"), every_status))
    found = []
    for name, text, value in changes:
        looser = filters.model_copy(update={name: value, "page": 1})
        total = opportunities.search(session, looser.model_copy(update={"limit": 1}))[1]
        if total:
            found.append(Looser(text, total, _address(looser, language)))
    return found[:_LOOSER]


def _endings(session: Reads, found: list[OpportunitySummary], say: Texts) -> dict[str, ListedEnding]:
    """Return a line on how each one that has ended did, by its id."""
    ended = [one.id for one in found if one.status in (Status.AWARDED, Status.CANCELLED)]
    told = opportunities.outcomes(session, ended) if ended else {}
    return {opportunity_id: _ending(outcome, say) for opportunity_id, outcome in told.items()}


def _ending(outcome: OutcomeRead, say: Texts) -> ListedEnding:
    if outcome.kind is Ending.CANCELLED:
        text = say("Cancelled: {reason}", reason=outcome.reason) if outcome.reason else ""
        return ListedEnding(text, outcome.on, None)
    won = [award for award in outcome.awards if award.result is LotResult.AWARDED]
    winners = list(dict.fromkeys(_winner(award, say) for award in won))
    names = ", ".join(winners[:_WINNERS]) + (" …" if len(winners) > _WINNERS else "")
    only = _shown_award(won[0], None, say) if len(won) == 1 else None
    return ListedEnding(say("Won by {winners}", winners=names) if winners else "", outcome.on, only)


def _winner(award: AwardRead, say: Texts) -> str:
    if award.result is LotResult.NO_WINNER:
        return say("No winner")
    return award.winner_name or say("a natural person, who is not named here")


def _awards(one: OpportunityRead, say: Texts) -> list[ShownAward]:
    """Return how the lots ended, each under its title."""
    titles = {lot.number: f"{say('Lot {n}', n=n)}: {lot.title}" for n, lot in enumerate(one.lots, start=1)}
    awards = one.outcome.awards if one.outcome else []
    return [_shown_award(award, titles.get(award.lot_number or "", award.lot_number), say) for award in awards]


def _shown_award(award: AwardRead, lot: str | None, say: Texts) -> ShownAward:
    least, most = BAND_LIMITS[award.value_band] if award.value_band else (None, None)
    return ShownAward(
        lot=lot,
        winner=_winner(award, say),
        has_winner=award.result is LotResult.AWARDED,
        minor=round(Decimal(award.value.amount) * 100) if award.value else None,
        least=least * 100 if least is not None else None,
        most=most * 100 if most is not None else None,
        award=award,
    )


def _shown_status(status: Status, deadline: datetime | None) -> str:
    """Return the status as it is today: a published one past its deadline is closed to the reader."""
    return Status.CLOSED if status == Status.PUBLISHED and deadline and deadline < now() else status


def _witnesses(one: OpportunityRead, say: Texts) -> list[Witness]:
    """Return the three pieces of evidence for a reservation, each for itself: the words, the field, the codes."""
    flags = one.reserved_participation
    cpv = list(dict.fromkeys(code for lot in one.lots for code in (lot.cpv_main, *lot.cpv_additional) if code))
    titles = " ".join((one.title, *(lot.title for lot in one.lots)))
    found = reservation_evidence(flags, titles, cpv)
    return [_words(found.title, say), _field(one, flags, say), _codes(found.flag, found.cpv, say)]


def _words(words: tuple[str, ...], say: Texts) -> Witness:
    name = say("Titles")
    if words:
        quoted = ", ".join(f"”{word}”" for word in words)
        return Witness(name, "success", "check", say("Speaks for"), say("{words} in a title.", words=quoted))
    return Witness(name, "neutral", "minus", say("Says nothing"), say("No title speaks of a reservation."))


def _field(one: OpportunityRead, flags: list[str], say: Texts) -> Witness:
    name = say("The notice's field") if one.origin == Origin.NOTICE else say("The buyer's answer")
    if flags:
        rules = ", ".join(say(RULES[Reservation(code)]) for code in flags if code in list(Reservation))
        return Witness(name, "success", "check", say("Speaks for"), say("Reserved for: {rules}.", rules=rules))
    if one.origin == Origin.NOTICE:
        text = say("Reserved participation (BT-71) is empty, or says that nothing is reserved.")
        return Witness(name, "neutral", "ask", say("Not filled in"), text)
    return Witness(name, "neutral", "minus", say("Not reserved"), say("The buyer states no reservation."))


def _codes(flags: tuple[str, ...], agreeing: tuple[str, ...], say: Texts) -> Witness:
    name = say("CPV codes")
    if agreeing:
        text = say("The main code is one that such a reservation is used for.")
        return Witness(name, "success", "check", say("Speaks for"), text)
    if flags:
        text = say("The main code is not one that such a reservation is usually used for.")
        return Witness(name, "warning", "ask", say("Speaks against"), text)
    text = say("No reservation is stated for the codes to confirm.")
    return Witness(name, "neutral", "minus", say("Says nothing"), text)


def _timeline(one: OpportunityRead, say: Texts) -> list[Moment]:
    """Return the known days in order, today among them."""
    here = zone(one.country)
    known = [
        (one.published_at, say("Published")),
        (one.questions_until, say("Last day for questions")),
        (one.deadline_at, say("Last day for tenders")),
        (_midnight(one.outcome.on, here) if one.outcome and one.outcome.on else None, _ended(one, say)),
        (_midnight(one.starts_on, here) if one.starts_on else None, say("Contract begins")),
    ]
    days = [(moment, text) for moment, text in known if moment]
    if not days:
        return []
    this_day = today(one.country)
    moments = [Moment(at, text, "done" if at.astimezone(here).date() < this_day else "") for at, text in days] + [
        Moment(now(), say("Today"), "now")
    ]
    return sorted(moments, key=lambda moment: moment.at)


def _midnight(day: date, here: ZoneInfo) -> datetime:
    return datetime.combine(day, datetime.min.time(), here)


def _ended(one: OpportunityRead, say: Texts) -> str:
    return say("Cancelled") if one.status is Status.CANCELLED else say("Awarded")


def _total_value(one: OpportunityRead) -> tuple[int, str] | None:
    """Return the sum of the lots' values, when every lot states one in the same currency."""
    values = [(lot.value_minor, lot.currency) for lot in one.lots]
    amounts = [amount for amount, _ in values if amount is not None]
    currencies = {currency for _, currency in values if currency}
    if len(amounts) < 2 or len(amounts) < len(values) or len(currencies) != 1:
        return None
    return sum(amounts), currencies.pop()


def _places(one: OpportunityRead) -> list[str]:
    """Return the areas where the work is done, or the buyer's own."""
    stated = [code for lot in one.lots for code in lot.area_codes]
    return list(dict.fromkeys(stated)) or ([one.buyer_area] if one.buyer_area else [])


def _objective(code: str, language: str) -> str:
    lists = ("eforms_social_objective_BT-775", "social_objective")
    return next((label(name, code, language) for name in lists if any(c.code == code for c in codes(name))), code)


def _deliver_link(one: OpportunityRead, language: str) -> str:
    """Return matchmaking filled in with this opportunity's words, codes, place and reservation."""
    cpv = list(dict.fromkeys(code for lot in one.lots for code in (lot.cpv_main, *lot.cpv_additional) if code))[:10]
    place = next((found for code in _places(one) if (found := area(code)) and found.level != "country"), None)
    reserved = [code for code in one.reserved_participation if code in {Reservation.RES_WS, Reservation.RES_PUB_SER}]
    by = one.deadline_at.astimezone(zone(one.country)).date() if one.deadline_at else None
    return address(
        f"/{language}/",
        ("q", one.title[:300]),
        *(("code", code) for code in cpv),
        ("place", place_name(place, language) if place else ""),
        ("reserved", reserved[0] if reserved else ""),
        ("by", by.isoformat() if by and by > today(one.country) else ""),
    )
