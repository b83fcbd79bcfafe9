"""How many offers the filters find, and how many each further choice would leave."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from app.core.db import ReadSession
from app.journal.kept import Kept, kept
from app.support_offers import sifting
from app.support_offers.schemas import OfferFacet, OfferFacetGroup, SupportOfferChoices, SupportOfferFacets
from app.support_offers.searching import plain_choices, sift, understood
from app.support_offers.vocabulary import PUBLIC_STATUSES

_facets: Kept[SupportOfferFacets] = WeakKeyDictionary()


def counted(session: ReadSession, choices: SupportOfferChoices) -> SupportOfferFacets:
    """Return how many published offers the filters find, and how many each further choice would leave.

    Whose drafts there are is nobody's business: only what everybody may see is counted.
    """
    choices = understood(plain_choices(choices))
    public = [status for status in choices.status if status in PUBLIC_STATUSES]
    choices = choices.model_copy(update={"status": public})
    return kept(session, _facets, choices.model_dump_json(), lambda: _count(session, choices))


def _count(session: ReadSession, choices: SupportOfferChoices) -> SupportOfferFacets:
    sifted = sift(session, choices)
    chosen = {name: ["true"] if value is True else value or [] for name, value in _said(choices).items()}
    groups = [_group(name, found, chosen[name]) for name, found in sifting.counts(sifted).items()]
    return SupportOfferFacets(total=sifted.total, groups=groups)


def _group(name: str, found: Counter[str], chosen: Sequence[str]) -> OfferFacetGroup:
    codes = sorted({*found, *chosen}, key=lambda code: (-found[code], code))
    facets = [OfferFacet(code=code, count=found[code], chosen=code in chosen) for code in codes]
    return OfferFacetGroup(name=name, facets=facets)


def _said(choices: SupportOfferChoices) -> dict[str, Any]:
    return {name: getattr(choices, name) for name in SupportOfferChoices.model_fields}
