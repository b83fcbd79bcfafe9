"""What the law says about an opportunity: pure rules over facts and verified figures. They warn and never block.

A rule whose figure is not verified for the country and the day says nothing, and so does one whose facts are not
stated. Partnerships with idea-driven organisations (IOP) are not regulated by law: they get the six questions of the
ReSeNS practice book and nothing on lots, codes or days.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, Final

from app.core.errors import Message
from app.core.i18n import N_
from app.legal.days import last_day
from app.legal.parameters import Parameter, in_annex_two, parameter
from app.legal.vocabulary import Facts, Figure, Hint, HintCode, LotFacts, Severity
from app.reference.service import codes, is_public_service_code

PARTNERSHIP: Final = "iop"
DIRECT: Final = "direct_award"
_NO_PROCUREMENT: Final = frozenset({PARTNERSHIP, "early_dialogue"})
_WORKS: Final = "45"
_NO_COMPETITION: Final = frozenset({"neg-wo-call"})

Rule = Callable[[Facts, date], Iterator[Hint]]


def hints(facts: Facts, on: date) -> list[Hint]:
    """Return what the law says about `facts`, warnings first. `on` stands for the day of sending where none is stated.

    The figures are those that held on the day the notice was sent; for what happens at the award, on that day.
    """
    if facts.form == PARTNERSHIP:
        return list(_partnership(facts, on))
    rules = _BEFORE_PROCUREMENT if facts.form in _NO_PROCUREMENT else _PROCUREMENT
    found = [hint for rule in rules for hint in rule(facts, facts.sent_on or on)]
    return sorted(found, key=lambda hint: hint.severity is not Severity.WARNING)


def _tender_time(facts: Facts, sent_on: date) -> Iterator[Hint]:
    """LOU 11:2–6 and 19:11: days for tenders in open procedures, from the day after the notice is sent."""
    if facts.deadline_on is None or facts.form == DIRECT:
        return
    reached = _threshold_reached(facts, sent_on)
    if reached is False or _all_annex_two(facts) is True:
        yield from _reasonable_time(facts, sent_on)
        return
    if facts.procedure_type == "open":
        yield from _open_time(facts, facts.deadline_on, sent_on, certain=reached is True)
    elif facts.procedure_type == "restricted":
        yield from _request_time(facts, facts.deadline_on, sent_on, certain=reached is True)
    else:
        yield from _reasonable_time(facts, sent_on)


def _open_time(facts: Facts, deadline: date, sent_on: date, *, certain: bool) -> Iterator[Hint]:
    """Compare with the fewest days that may apply, then with the most: what is not stated may be either."""
    may_apply = sorted(_open_periods(facts, sent_on), key=lambda row: row.number or 0)
    if not may_apply:
        return
    fewest, most = may_apply[0], may_apply[-1]
    if deadline < (until := _until(fewest, facts, sent_on)):
        told = N_(
            "At or above the EU threshold an open procedure leaves at least {days} days for tenders after the notice "
            "is sent: until {day}. Here the last day is {deadline}."
        )
        severity = Severity.WARNING if certain else Severity.INFO
        yield _time_hint(HintCode.TENDER_TIME_SHORT, severity, fewest, told, until, deadline)
    elif deadline < (until := _until(most, facts, sent_on)):
        yield _time_hint(HintCode.TENDER_TIME_SHORT, Severity.INFO, most, _unless(facts), until, deadline)


def _unless(facts: Facts) -> str:
    """Return the text on a time that is long enough only if something is so that is not stated."""
    if facts.prior_notice is False:
        return N_(
            "At or above the EU threshold an open procedure leaves {days} days for tenders, until {day}, unless "
            "tenders are sent electronically. Here the last day is {deadline}."
        )
    if facts.electronic_tenders is not None:
        return N_(
            "At or above the EU threshold an open procedure leaves {days} days for tenders, until {day}, unless a "
            "prior information notice was sent. Here the last day is {deadline}."
        )
    return N_(
        "At or above the EU threshold an open procedure leaves {days} days for tenders, until {day}, unless tenders "
        "are sent electronically or a prior information notice was sent. Here the last day is {deadline}."
    )


def _open_periods(facts: Facts, on: date) -> Iterator[Parameter]:
    """Yield the periods that may apply, given what is stated of prior notice and electronic tenders."""
    keys = ["min_days_open_after_prior_notice"] if facts.prior_notice is not False else []
    if facts.prior_notice is not True:
        keys += ["min_days_open_electronic"] if facts.electronic_tenders is not False else []
        keys += ["min_days_open"] if facts.electronic_tenders is not True else []
    found = [parameter(facts.country, key, on) for key in keys]
    # With one of them unverified, a comparison with the others would claim too much.
    if all(row is not None and row.number is not None for row in found):
        yield from (row for row in found if row is not None)


def _request_time(facts: Facts, deadline: date, sent_on: date, *, certain: bool) -> Iterator[Hint]:
    row = parameter(facts.country, "min_days_restricted_request", sent_on)
    if row is None or deadline >= (until := _until(row, facts, sent_on)):
        return
    told = N_(
        "At or above the EU threshold a restricted procedure leaves at least {days} days to ask to take part after the "
        "notice is sent: until {day}. Here the last day is {deadline}."
    )
    severity = Severity.WARNING if certain else Severity.INFO
    yield _time_hint(HintCode.REQUEST_TIME_SHORT, severity, row, told, until, deadline)


def _reasonable_time(facts: Facts, on: date) -> Iterator[Hint]:
    if row := parameter(facts.country, "below_threshold_tender_time", on):
        told = N_(
            "Below the EU threshold, and for social and other special services (LOU annex 2), the law has no number of "
            "days for tenders: the time must be reasonable."
        )
        yield _hint(HintCode.TENDER_TIME_REASONABLE, Severity.INFO, "/deadline_at", row, told)
    if row := parameter(facts.country, "part_I_II_IV_min_days", on):
        told = N_(
            "Under parts I, II and IV of FOA there is no number of days for tenders: the time must be reasonable."
        )
        yield _hint(HintCode.TENDER_TIME_REASONABLE, Severity.INFO, "/deadline_at", row, told)


def _direct_award(facts: Facts, on: date) -> Iterator[Hint]:
    """LOU 19 a:2: below SEK 700,000, or below the EU threshold for the services of annex 2."""
    ordinary = parameter(facts.country, "direct_award_limit_goods_services", on)
    listed = _all_annex_two(facts)
    value, is_whole = _total(facts, "SEK")
    if ordinary is not None and ordinary.number is not None and value:
        if value < ordinary.number * 100 and is_whole:
            told = N_("The value is below {limit}: there is room for direct award.")
            yield _limit_hint(HintCode.DIRECT_AWARD_ROOM, Severity.INFO, ordinary, told, "SEK")
            return
        if value >= ordinary.number * 100 and facts.form == DIRECT and listed is False:
            told = N_("Direct award wants a value below {limit}. The lots together are worth that or more.")
            yield _limit_hint(HintCode.DIRECT_AWARD_EXCEEDED, Severity.WARNING, ordinary, told, "SEK")
            return
    if facts.form == DIRECT and listed is not False:
        yield from _direct_award_listed(facts, on, listed=listed is True)


def _direct_award_listed(facts: Facts, on: date, *, listed: bool) -> Iterator[Hint]:
    """The limit is set in euro: it is compared with a value in euro, or in SEK when the period's figure is verified."""
    rule = parameter(facts.country, "direct_award_limit_bilaga2", on)
    euro = parameter("EU", "threshold_social_special_services", on)
    if rule is None:
        return
    for currency, row in (("SEK", parameter(facts.country, "threshold_bilaga2_sek", on)), ("EUR", euro)):
        value, is_whole = _total(facts, currency)
        if row is None or row.number is None or not value or not listed:
            continue
        if value >= row.number * 100:
            told = N_("Direct award of services in LOU annex 2 wants a value below {limit}. The lots are worth more.")
            yield _limit_hint(HintCode.DIRECT_AWARD_EXCEEDED, Severity.WARNING, row, told, currency, rule)
            return
        if is_whole:
            told = N_("For services in LOU annex 2 the value is below {limit}: there is room for direct award.")
            yield _limit_hint(HintCode.DIRECT_AWARD_ROOM, Severity.INFO, row, told, currency, rule)
            return
    if euro is not None:
        told = N_(
            "For services in LOU annex 2, such as catering, canteens, training and social care, the limit for direct "
            "award is {limit} in Swedish crowns. Nothing was compared here."
        )
        yield _limit_hint(HintCode.DIRECT_AWARD_LISTED_SERVICES, Severity.INFO, euro, told, "EUR", rule)


def _eu_threshold(facts: Facts, on: date) -> Iterator[Hint]:
    row = _threshold(facts, on)
    if row is None or _threshold_reached(facts, on) is not True:
        return
    told = N_("The value is at or above the EU threshold of {limit}: the notice is also published in TED.")
    yield _limit_hint(HintCode.EU_THRESHOLD_REACHED, Severity.INFO, row, told, "EUR")


def _reserved(facts: Facts, on: date) -> Iterator[Hint]:
    """LOU 4:18 and 19:25: who may take part in what is reserved, and for how long."""
    reserved = {code for lot in facts.lots for code in lot.reserved}
    share = parameter(facts.country, "reserved_4_18_share", on)
    if "res-ws" in reserved and share is not None:
        told = N_(
            "Reserved for sheltered workshops and enterprises for integration: at least {share} per cent of those "
            "occupied there are people with disabilities or far from the labour market. No legal form may be asked for."
        )
        figures = (Figure("share", str(share.number), "%"),)
        said = {"share": share.number}
        yield _hint(HintCode.RESERVED_SHARE, Severity.INFO, "/lots", share, told, figures, said)
    years = parameter(facts.country, "reserved_19_25_max_contract_years", on)
    if "res-pub-ser" in reserved and years is not None and years.number is not None:
        for position, lot in enumerate(facts.lots):
            if "res-pub-ser" in lot.reserved:
                yield from _public_service(position, lot, years, years.number)
        told = N_("The same organisation may not be given the same service this way again within {years} years.")
        yield _hint(HintCode.PUBLIC_SERVICE_ONCE, Severity.INFO, "/lots", years, told, said={"years": years.number})


def _public_service(position: int, lot: LotFacts, row: Parameter, years: int) -> Iterator[Hint]:
    if lot.cpv_main is not None and not is_public_service_code(lot.cpv_main):
        told = N_(
            "Lot {number}: a reservation for public service missions wants one of the 115 listed services as main CPV "
            "code. {cpv} is none of them."
        )
        pointer = f"/lots/{position}/cpv_main"
        said = {"number": lot.number or position + 1, "cpv": lot.cpv_main}
        yield _hint(HintCode.PUBLIC_SERVICE_CODE, Severity.WARNING, pointer, row, told, said=said)
    if lot.duration_months is not None and lot.duration_months > years * 12:
        told = N_("Lot {number}: such a contract may last at most {years} years. This one lasts {months} months.")
        pointer = f"/lots/{position}/duration_months"
        figures = (Figure("most_years", str(years), "year"), Figure("months", str(lot.duration_months), "month"))
        said = {"number": lot.number or position + 1, "years": years, "months": lot.duration_months}
        yield _hint(HintCode.PUBLIC_SERVICE_LENGTH, Severity.WARNING, pointer, row, told, figures, said)


def _at_award(facts: Facts, _on: date) -> Iterator[Hint]:
    """LOU 20:1 and 19:7: when the contract may be signed, and by when its award is announced."""
    if facts.awarded_on is None or facts.form == DIRECT:
        return
    electronic = parameter(facts.country, "standstill_electronic", facts.awarded_on)
    other = parameter(facts.country, "standstill_other", facts.awarded_on)
    if electronic is None or other is None:
        return
    row = other if facts.electronic_tenders is False else electronic
    until = _until(row, facts, facts.awarded_on)
    if facts.electronic_tenders is None:
        told = N_(
            "Standstill: the contract is signed after {day} at the earliest, {days} days after the decision was sent "
            "electronically; after {later} when it was sent another way."
        )
    else:
        told = N_("Standstill: the contract is signed after {day} at the earliest, {days} days after the decision.")
    figures = (Figure("days", str(row.number), "day"), Figure("last_day", until.isoformat(), "date"))
    said = {"day": until, "days": row.number, "later": _until(other, facts, facts.awarded_on)}
    yield _hint(HintCode.STANDSTILL, Severity.INFO, "/outcome/on", row, told, figures, said)
    notice = parameter(facts.country, "award_notice_days", facts.awarded_on)
    if notice is not None:
        signed = until + timedelta(days=1)
        last = _until(notice, facts, signed)
        told = N_(
            "Send the award notice within {days} days of the contract: if it is signed on {signed}, by {day} at the "
            "latest."
        )
        figures = (Figure("days", str(notice.number), "day"), Figure("last_day", last.isoformat(), "date"))
        said = {"days": notice.number, "signed": signed, "day": last}
        yield _hint(HintCode.AWARD_NOTICE, Severity.INFO, "/outcome/on", notice, told, figures, said)


def _official_link(facts: Facts, on: date) -> Iterator[Hint]:
    """Samnod is a signpost: where there is an official notice, its address is asked for."""
    competes = facts.procedure_type is not None and facts.procedure_type not in _NO_COMPETITION
    if facts.has_official_link or not (competes or _threshold_reached(facts, on)):
        return
    row = parameter(facts.country, "official_notice_database", on)
    told = N_(
        "Give the link to the official notice. Samnod is a signpost and not a registered notice database: publishing "
        "here is not advertising in the sense of the law."
    )
    yield Hint(
        code=HintCode.OFFICIAL_LINK,
        severity=Severity.WARNING,
        pointer="/official_url",
        said=Message(told),
        legal_basis=row.legal_basis if row else None,
        source=row.source if row else "Samnod",
        valid_from=row.valid_from if row else None,
        valid_to=row.valid_to if row else None,
    )


def _partnership(_facts: Facts, on: date) -> Iterator[Hint]:
    row = parameter("ANY", "iop_rule", on)
    for rule in codes("iop_rule") if row else ():
        yield Hint(
            code=HintCode.IOP_RULE,
            severity=Severity.INFO,
            pointer="/form",
            said=Message(rule.en),
            legal_basis=None,
            source=row.source if row else "",
            valid_from=row.valid_from if row else None,
            valid_to=None,
            vocabulary=("iop_rule", rule.code),
        )


_BEFORE_PROCUREMENT: Final[tuple[Rule, ...]] = ()
_PROCUREMENT: Final[tuple[Rule, ...]] = (
    _tender_time,
    _direct_award,
    _eu_threshold,
    _reserved,
    _at_award,
    _official_link,
)


def _total(facts: Facts, currency: str) -> tuple[int, bool]:
    """Return what the lots stated in this currency are worth together, in hundredths, and whether that is all."""
    stated = [lot.value_minor for lot in facts.lots if lot.value_minor is not None and lot.currency == currency]
    return sum(stated), bool(stated) and len(stated) == len(facts.lots)


def _all_annex_two(facts: Facts) -> bool | None:
    """Tell whether all lots are services of annex 2; False: one is known not to be; None: not known."""
    known = {in_annex_two(lot.cpv_main) for lot in facts.lots} or {None}
    if False in known:
        return False
    return None if None in known else True


def _threshold(facts: Facts, on: date) -> Parameter | None:
    """Return the EU threshold for what is bought, in euro; for goods and services that of municipalities and regions.

    The higher ones are reached for everybody: whether a buyer is a state authority is not stated, and a lot without a
    known code may be a service of annex 2.
    """
    if facts.country == "NO":
        # The EEA thresholds are fixed in NOK by Norwegian regulation, and are not verified here.
        return None
    mains = [lot.cpv_main for lot in facts.lots]
    if _all_annex_two(facts) is not False:
        return parameter("EU", "threshold_social_special_services", on)
    if all(main is not None and main.startswith(_WORKS) for main in mains):
        return parameter("EU", "threshold_works", on)
    if any(main is None or main.startswith(_WORKS) for main in mains):
        # Works among other things: the main purpose decides, which is not stated.
        return None
    return parameter("EU", "threshold_subcentral_goods_services", on)


def _threshold_reached(facts: Facts, on: date) -> bool | None:
    """Tell whether the lots reach the EU threshold; None when there is no telling: no value, or one in crowns."""
    row = _threshold(facts, on)
    value, is_whole = _total(facts, "EUR")
    if row is None or row.number is None or not value:
        return None
    if value >= row.number * 100:
        return True
    return False if is_whole and value < _lowest(facts, on) * 100 else None


def _lowest(facts: Facts, on: date) -> int:
    """Return the lowest threshold that may apply: a state authority's, for goods and services."""
    if _all_annex_two(facts) is True:
        row = parameter("EU", "threshold_social_special_services", on)
    else:
        row = parameter("EU", "threshold_central_goods_services", on)
    return row.number or 0 if row else 0


def _until(row: Parameter, facts: Facts, start: date) -> date:
    return last_day(start, row.number or 0, facts.country)


def _hint(
    code: HintCode,
    severity: Severity,
    pointer: str,
    row: Parameter,
    told: str,
    figures: tuple[Figure, ...] = (),
    said: Mapping[str, Any] = MappingProxyType({}),
) -> Hint:
    return Hint(
        code,
        severity,
        pointer,
        Message(told, **said),
        row.legal_basis,
        row.source,
        row.valid_from,
        row.valid_to,
        figures,
    )


def _time_hint(code: HintCode, severity: Severity, row: Parameter, told: str, until: date, deadline: date) -> Hint:
    figures = (
        Figure("days", str(row.number), "day"),
        Figure("first_last_day", until.isoformat(), "date"),
        Figure("deadline", deadline.isoformat(), "date"),
    )
    said = {"days": row.number, "day": until, "deadline": deadline}
    return _hint(code, severity, "/deadline_at", row, told, figures, said)


def _limit_hint(
    code: HintCode, severity: Severity, row: Parameter, told: str, currency: str, rule: Parameter | None = None
) -> Hint:
    """Return a hint on an amount; `rule` is the row that gives the legal basis, when the amount's row is another's."""
    limit = f"{row.number:,} {currency}".replace(",", "\xa0").replace(" ", "\xa0")
    found = _hint(code, severity, "/lots", row, told, (Figure("limit", str(row.number), currency),), {"limit": limit})
    if rule is None:
        return found
    return Hint(
        found.code,
        found.severity,
        found.pointer,
        found.said,
        f"{rule.legal_basis}; {row.legal_basis}",
        f"{rule.source}; {row.source}",
        row.valid_from,
        row.valid_to,
        found.figures,
    )
