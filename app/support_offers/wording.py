"""Reasons and lacks in words, in the reader's language. Pure: codes in, sentences out."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Final

from babel.dates import format_date

from app.core.i18n import N_, Texts
from app.reference import service as reference
from app.support_offers.ranking import Told
from app.support_offers.schemas import OfferLack, OfferReason
from app.support_offers.vocabulary import NEED_LIST, LackCode, ReasonCode, Side

_MOST_AREAS: Final = 3
_SIDES: Final = {Side.ENTERPRISE: N_("social enterprises"), Side.PUBLIC: N_("public bodies")}
_TEXTS: Final[Mapping[ReasonCode | LackCode, str]] = MappingProxyType(
    {
        ReasonCode.NEED: N_("Helps with {values}"),
        ReasonCode.IN_MUNICIPALITY: N_("Given in {values}"),
        ReasonCode.IN_COUNTY: N_("Given in all of {values}"),
        ReasonCode.IN_COUNTRY: N_("Given in the whole country: {values}"),
        ReasonCode.IN_PART: N_("Given in a part of it: {values}"),
        ReasonCode.AT_A_DISTANCE: N_("Given at a distance"),
        ReasonCode.SIDE: N_("For {values}"),
        ReasonCode.WORDS: N_("Mentions {values}"),
        ReasonCode.PLACES_FREE: N_("There are places free"),
        ReasonCode.CONFIRMED: N_("Confirmed by the provider {values}"),
        ReasonCode.FREE: N_("Free of charge"),
        ReasonCode.PAID: N_("Costs something"),
        LackCode.NEEDS_MISSING: N_("Does not say that it helps with {values}"),
        LackCode.NEED_NOT_STATED: N_("Does not say what it helps with"),
        LackCode.ELSEWHERE: N_("Given elsewhere: {values}"),
        LackCode.AREA_NOT_STATED: N_("Does not say where it is given"),
        LackCode.OTHER_SIDE: N_("Meant for {values}"),
        LackCode.SIDE_NOT_STATED: N_("Does not say whom it is for"),
        LackCode.FULL: N_("Full for now"),
        LackCode.ROOM_NOT_STATED: N_("Whether there is room is not stated"),
        LackCode.NOT_CONFIRMED: N_("Not confirmed by the provider"),
        LackCode.PRICE_NOT_STATED: N_("The price is not stated"),
    }
)
_AREAS: Final = {
    *(ReasonCode.IN_MUNICIPALITY, ReasonCode.IN_COUNTY, ReasonCode.IN_COUNTRY, ReasonCode.IN_PART),
    LackCode.ELSEWHERE,
}
_NEEDS: Final = {ReasonCode.NEED, LackCode.NEEDS_MISSING}


def reasons_told(reasons: Sequence[Told], say: Texts, language: str) -> list[OfferReason]:
    """Return reasons with their words."""
    return [
        OfferReason(code=ReasonCode(one.code), values=list(one.values), text=_text(one, say, language))
        for one in reasons
    ]


def lacks_told(lacks: Sequence[Told], say: Texts, language: str) -> list[OfferLack]:
    """Return lacks with their words."""
    return [
        OfferLack(code=LackCode(one.code), values=list(one.values), text=_text(one, say, language)) for one in lacks
    ]


def _text(told: Told, say: Texts, language: str) -> str:
    if told.code is ReasonCode.PLACES_FREE and told.values:
        return say.plural("{n} place free", "{n} places free", int(told.values[0]))
    return say(_TEXTS[told.code], values=_values(told, say, language))


def _values(told: Told, say: Texts, language: str) -> str:
    if told.code is ReasonCode.CONFIRMED:
        return format_date(date.fromisoformat(told.values[0]), "long", locale=language)
    name = _namer(told, say, language)
    named = [name(value) for value in told.values]
    if len(named) > _MOST_AREAS and told.code in _AREAS:
        named = [*named[:_MOST_AREAS], "…"]
    return ", ".join(named)


def _namer(told: Told, say: Texts, language: str) -> Callable[[str], str]:
    if told.code in _AREAS:
        return lambda code: reference.area_label(code, language)
    if told.code in _NEEDS:
        return lambda code: reference.label(NEED_LIST, code, language).lower()
    if told.code in (ReasonCode.SIDE, LackCode.OTHER_SIDE):
        return lambda code: say(_SIDES[Side(code)])
    return lambda value: f"”{value}”" if language != "nb" else f"«{value}»"
