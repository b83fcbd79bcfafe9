"""What the law says about an opportunity: its facts, as the legal room wants them."""

from datetime import date, datetime

from app.core.clock import today, zone
from app.legal import service as legal
from app.legal.schemas import HintRead
from app.legal.vocabulary import Facts, LotFacts
from app.opportunities.schemas import LotIn, LotRead, OpportunityIn, OpportunityRead
from app.opportunities.vocabulary import Ending


def hints_of(one: OpportunityIn | OpportunityRead, language: str) -> list[HintRead]:
    """Return the hints on an opportunity, stored or not, in one of the three languages, warnings first."""
    return legal.told(facts_of(one), today(one.country), language)


def facts_of(one: OpportunityIn | OpportunityRead) -> Facts:
    """Return what the hints look at; moments become days of the opportunity's own country."""
    outcome = one.outcome if isinstance(one, OpportunityRead) else None
    return Facts(
        country=one.country,
        form=one.form.value,
        lots=tuple(_lot(lot) for lot in one.lots),
        procedure_type=one.procedure_type,
        sent_on=_day(one.published_at, one.country),
        deadline_on=_day(one.deadline_at, one.country),
        awarded_on=outcome.on if outcome and outcome.kind is Ending.AWARDED else None,
        electronic_tenders=one.electronic_tenders,
        prior_notice=one.prior_notice,
        has_official_link=one.official_url is not None,
    )


def _lot(lot: LotIn | LotRead) -> LotFacts:
    if isinstance(lot, LotRead):
        minor, currency = lot.value_minor, lot.currency
    else:
        value = lot.estimated_value
        minor, currency = (value.minor, value.currency) if value else (None, None)
    return LotFacts(
        number=lot.number or "",
        cpv_main=lot.cpv_main,
        reserved=tuple(lot.reserved_participation),
        duration_months=lot.duration_months,
        value_minor=minor,
        currency=currency,
    )


def _day(moment: datetime | None, country: str) -> date | None:
    return moment.astimezone(zone(country)).date() if moment else None
