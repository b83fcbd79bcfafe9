"""What those who asked have met with, counted together: told when enough answers stand behind a figure."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Select

from app.accounts.vocabulary import Caller
from app.core.db import ReadSession, WriteSession
from app.support_offers import service as support_offers
from app.support_requests import queries, rules
from app.support_requests.schemas import OfferExperience
from app.support_requests.vocabulary import Helped


def of_offer(session: ReadSession, offer_id: str, by: Caller | None = None) -> OfferExperience:
    """Return the usual reply time of an offer and of its provider, and how much it helped; None where too few know.

    Raises:
        NotFound: there is no offer with this id that the caller may know of.
    """
    offer = support_offers.find(session, offer_id, by)
    giving = [one for one in (offer.provider_id, offer.owner_id) if one is not None]
    shared = helpfulness(session, [offer_id]).get(offer_id)
    return OfferExperience(
        offer_id=offer_id,
        reply_days=_reply_days(session, queries.replies_of_offer(offer_id)),
        provider_reply_days=_reply_days(session, queries.replies_of_providers(giving)),
        # In tenths: a finer figure would tell how many answers stand behind it, and so what the few others said.
        helpfulness=None if shared is None else round(shared, 1),
    )


def helpfulness(session: ReadSession | WriteSession, offer_ids: Collection[str]) -> dict[str, float]:
    """Return how much each of these offers has helped, from 0 to 1, by offer; too few told: left out.

    Every enterprise counts once, with its latest word: nobody makes an offer better by asking again and again.
    """
    said: dict[str, dict[str, Helped]] = defaultdict(dict)
    for offer_id, enterprise_id, helped in session.execute(queries.told(offer_ids)):
        if helped is not None:
            said[offer_id][enterprise_id] = helped
    shares = {offer_id: rules.helpfulness(list(words.values())) for offer_id, words in said.items()}
    return {offer_id: share for offer_id, share in shares.items() if share is not None}


def _reply_days(session: ReadSession, wanted: Select[datetime, datetime | None]) -> int | None:
    rows = session.execute(wanted)
    return rules.usual_reply([answered_at - sent_at for sent_at, answered_at in rows if answered_at is not None])
