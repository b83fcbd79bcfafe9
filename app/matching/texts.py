"""Points, gaps and eligibility in words, in the reader's language. Pure: scores in, sentences out."""

from babel.dates import format_date

from app.core.i18n import N_, Texts
from app.matching.additions import Field as AdditionField
from app.matching.eligibility import Eligibility
from app.matching.places import distances
from app.matching.scoring import Evidence, Gap, Reason
from app.matching.vocabulary import INCOMPARABLE_GROUP, NEUTRAL_GROUP, Criterion, EligibilityState, GapCode
from app.reference import service as reference

_MOST_SHOWN = 3

GAPS = {
    GapCode.CODE_BROAD: N_("The need names a whole CPV division only; a narrower code would rank better"),
    GapCode.CODE_INFERRED: N_("The CPV code was read from your words; choose one to be sure"),
    GapCode.CODE_UNKNOWN: N_("No CPV code, and the words suggest none"),
    GapCode.CODES_MISSING: N_("The enterprise states no CPV codes"),
    GapCode.WORDS_NONE: N_("No words in common"),
    GapCode.PLACE_UNKNOWN: N_("The place is unknown"),
    GapCode.PLACE_FALLBACK: N_("No place is named; the buyer's own municipality stands in"),
    GapCode.AREA_NOT_STATED: N_("Service area not stated"),
    GapCode.AREA_OUTSIDE: N_("The place lies outside the stated service area"),
    GapCode.CAPACITY_UNKNOWN: N_("Turnover and size not stated"),
    GapCode.CAPACITY_SMALL: N_("Small for the estimated value"),
    GapCode.PLACES_UNKNOWN: N_("Free work-training places not stated"),
    GapCode.PLACES_FEW: N_("Fewer free places than wanted"),
    GapCode.TRUST_UNKNOWN: N_("No criterion of the definition is confirmed"),
    GapCode.NOT_CONFIRMED: N_("Facts from a report, not confirmed by the enterprise"),
    GapCode.LIFECYCLE_UNKNOWN: N_("Not confirmed that the enterprise is still active"),
    GapCode.VALUE_INCOMPARABLE: N_("The value's currency is not compared with sizes"),
    GapCode.RESERVED_TOO_LONG: N_("Longer than the three years that such a reservation allows"),
    GapCode.RESERVED_NOT_LISTED: N_("The CPV code is not among the 115 services that may be reserved so"),
    GapCode.RESERVED_NO_RULE: N_("There is no such reservation in this country"),
    GapCode.RESERVATION_UNCLEAR: N_("Reservation unclear: only the notice's flag says so, and it does not gate"),
}

_ELIGIBILITY = {
    EligibilityState.ELIGIBLE: N_("At least 30 % of the target group: verified"),
    EligibilityState.DECLARED: N_(
        "At least 30 % of the target group: stated by the enterprise. Ask for evidence before award"
    ),
    EligibilityState.UNKNOWN: N_("Whether it may take part is not stated. Ask the enterprise"),
    EligibilityState.INELIGIBLE: N_("The enterprise states that it may not take part"),
}
_OTHER_RULES = {
    EligibilityState.ELIGIBLE: N_("Fulfils the conditions of the reservation: verified"),
    EligibilityState.DECLARED: N_("Fulfils the conditions by its own word. Ask for evidence before award"),
    EligibilityState.UNKNOWN: N_("Whether it may take part is not stated. Ask the enterprise"),
    EligibilityState.INELIGIBLE: N_("The enterprise states that it may not take part"),
}


_NEUTRAL = {
    NEUTRAL_GROUP: N_("No value is given: everyone gets the same."),
    INCOMPARABLE_GROUP: N_("The value's currency is not compared: everyone gets the same."),
}


_ADDITIONS = {
    AdditionField.CPV: N_("Add the CPV code {value} {label}"),
    AdditionField.ELIGIBILITY: N_("Say whether you may take part in what is reserved: {label}"),
    AdditionField.ELIGIBILITY_AGAIN: N_("Say again that you may take part in what is reserved: {label}"),
    AdditionField.SERVICE_AREAS: N_("State the areas you serve, for instance {label}"),
    AdditionField.LIFECYCLE: N_("Confirm that the enterprise is active"),
    AdditionField.INDUSTRY_CODES: N_("State your industry code (SNI or NACE)"),
    AdditionField.SIZE: N_("State your turnover or number of employees"),
    AdditionField.PLACES_FREE: N_("State how many work-training places are free"),
    AdditionField.CRITERIA: N_("State which criteria of the definition you fulfil"),
    AdditionField.CONFIRMATION: N_("Confirm that what the record says still holds"),
}


def addition_label(field: AdditionField, value: str | None, language: str) -> str | None:
    """Return what the code of an addition means."""
    if value is None:
        return None
    if field is AdditionField.CPV:
        return reference.cpv_label(value, language)
    if field is AdditionField.SERVICE_AREAS:
        return reference.area_label(value, language)
    if field in {AdditionField.ELIGIBILITY, AdditionField.ELIGIBILITY_AGAIN}:
        return reference.label("reserved_participation", value, language)
    return None


def addition_text(field: AdditionField, value: str | None, label: str | None, say: Texts) -> str:
    """Return what could be added, as a short request."""
    return say(_ADDITIONS[field], value=value or "", label=label or "").strip()


def gain_text(opportunities: int, raised: int, points: int, say: Texts, *, at_most: bool) -> str:
    """Return what an addition gives, as a sentence."""
    if opportunities > 0 and at_most:
        return say.plural("At most {n} more open opportunity.", "At most {n} more open opportunities.", opportunities)
    if opportunities > 0:
        return say.plural("{n} more open opportunity.", "{n} more open opportunities.", opportunities)
    if points <= 0:
        return say("No more points, but one doubt less.")
    most = N_("At most {points} points more in all, in {raised}.")
    more = most if at_most else N_("{points} points more in all, in {raised}.")
    where = say.plural("{n} open opportunity", "{n} open opportunities", raised)
    return say(more, points=points, raised=where)


def gap_text(gap: Gap, say: Texts) -> str:
    """Return one gap as a short line."""
    return say(GAPS[gap.code])


def eligibility_text(found: Eligibility, say: Texts) -> str:
    """Return one eligibility as a sentence, with the day it was stated. The legal basis stands beside it."""
    if found.rule == "kind":
        return say("Not a supplier: a project, network or event")
    if found.rule == "lifecycle" and found.state is EligibilityState.INELIGIBLE:
        return say("Not in operation: planned, paused or closed")
    if found.rule == "lifecycle":
        return say("Not confirmed that the enterprise is still active. Ask the enterprise")
    if found.rule == "unclear":
        return say(GAPS[GapCode.RESERVATION_UNCLEAR])
    if not found.reserved:
        return say("Nothing is reserved: open to all")
    sentence = say((_ELIGIBILITY if found.reserved == "res-ws" else _OTHER_RULES)[found.state])
    if found.stated_on and found.state in {EligibilityState.ELIGIBLE, EligibilityState.DECLARED}:
        day = format_date(found.stated_on, "long", locale=say.language)
        return say("{sentence} ({day})", sentence=sentence, day=day)
    return sentence


def reason_text(reason: Reason, seat: str | None, say: Texts) -> str:
    """Return why a criterion has its points; `seat` is the municipality of the enterprise."""
    tell = {
        Criterion.WHAT: _what,
        Criterion.WORDS: _words,
        Criterion.CAPACITY: _capacity,
        Criterion.TRUST: _trust,
    }
    if reason.criterion is Criterion.WHERE:
        return _where(reason, seat, say)
    return tell[reason.criterion](reason, say)


def _what(reason: Reason, say: Texts) -> str:
    codes = [one for one in reason.evidence if one.kind == "cpv"]
    sentences = [_code(one, say) for one in codes[:_MOST_SHOWN]]
    if not sentences and any(one.kind == "industry" for one in reason.evidence):
        sentences = [say("The industry code fits what is bought")]
    return ". ".join(sentences) + "." if sentences else say("No CPV code in common.")


def _code(found: Evidence, say: Texts) -> str:
    own, asked = _named(found.value, say), _named(found.asked, say)
    if found.inferred:
        return say("Your words point to {asked}; the enterprise offers {own}", asked=asked, own=own)
    if found.value == found.asked:
        return say("{own} is exactly the code", own=own)
    return say("{own} is near {asked}", own=own, asked=asked)


def _named(prefix: str, say: Texts) -> str:
    code = prefix.ljust(8, "0")
    name = reference.cpv_label(code, say.language)
    return f"{code} {name}" if name else code


def _words(reason: Reason, say: Texts) -> str:
    words = [one.value for one in reason.evidence if one.kind == "word"]
    if words:
        return say("Words in common: {words}.", words=", ".join(words[:6]))
    if any(one.kind == "trade" for one in reason.evidence):
        return say("The same trade in other words.")
    if reason.points:
        return say("Parts of words in common.")
    return say("No words in common.")


def _where(reason: Reason, seat: str | None, say: Texts) -> str:
    sentences = [_place(one, seat, say) for one in reason.evidence[:_MOST_SHOWN]]
    if sentences:
        return " ".join(dict.fromkeys(sentences))
    return say("Nothing is known that ties the enterprise to the place.")


def _place(found: Evidence, seat: str | None, say: Texts) -> str:
    area = reference.area_label(found.value, say.language)
    if found.kind == "seat":
        if found.value == found.asked:
            return say("Has its seat in {area}.", area=area)
        if len(found.asked) < 7 and found.value.startswith(found.asked):
            return say("Has its seat in {area}, within {asked}.", area=area, asked=_area(found.asked, say))
        return say("Has its seat in {area}, {km} km away.", area=area, km=_km(found, seat))
    if found.value == found.asked:
        return say("States {area} as its service area.", area=area)
    if found.asked.startswith(found.value):
        return say("States all of {area} as its service area.", area=area)
    if found.value.startswith(found.asked):
        return say("Serves {area}, within {asked}.", area=area, asked=_area(found.asked, say))
    km = _km(found, found.value if len(found.value) == 7 else None)
    if km != "?":
        return say("Serves {area}, {km} km away.", area=area, km=km)
    return say("Serves {area}, near {asked}.", area=area, asked=_area(found.asked, say))


def _area(code: str, say: Texts) -> str:
    return reference.area_label(code, say.language)


def _km(found: Evidence, municipality: str | None) -> str:
    km = distances(found.asked).get(municipality or found.value)
    return str(km) if km is not None else "?"


def _capacity(reason: Reason, say: Texts) -> str:
    told = []
    for one in reason.evidence:
        if one.kind == "neutral":
            told.append(say(_NEUTRAL[one.value]))
        if one.kind == "size":
            told.append(say("The size fits the estimated value."))
        if one.kind == "places":
            told.append(say("Has free work-training places."))
    if told:
        return " ".join(dict.fromkeys(told))
    if reason.points:
        return say("Unknown gives neither plus nor minus.")
    return say("Small for the estimated value.")


def _trust(reason: Reason, say: Texts) -> str:
    step = next((int(one.value) for one in reason.evidence if one.kind == "trust"), None)
    if step is None:
        return say("No criterion is confirmed.")
    if step >= 5:
        return say("Every criterion is verified.")
    if step >= 3:
        return say("Most criteria are stated or verified.")
    if step >= 1:
        return say("Some criteria are stated.")
    return say("Criteria have expired.")
