"""Who has met whom: enterprises and open opportunities that fit well enough to be told of, written as they come to fit.

Whoever changes meets the other side in the same transaction: an enterprise the open opportunities, an opportunity the
enterprises. Two meet when the match has `MET_SCORE` points and the enterprise may take part, or may for all that is
known. It is their own affair: nobody parts because others fit better.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, update
from sqlmodel import col

from app.core.bulk import insert_many
from app.core.clock import now, today
from app.core.db import ReadSession, WriteSession
from app.matching import forward, index, openings, queries
from app.matching.ranking import best_of
from app.matching.reverse import OpenOpportunities
from app.matching.schemas import Meeting
from app.matching.tables import CHUNK, MatchSeen
from app.matching.vocabulary import MET_SCORE, SCORER_VERSION, EligibilityState
from app.opportunities import service as opportunities

_BATCH = 1_000


class Pair(NamedTuple):
    """An opportunity and an enterprise."""

    opportunity_id: str
    enterprise_id: str


class Met(NamedTuple):
    """How well a pair fits now."""

    score: int
    eligibility: EligibilityState


def catch_up(session: WriteSession, enterprise_ids: Collection[str], opportunity_ids: Collection[str]) -> None:
    """Let those who changed meet the other side; the index already holds them as they are now.

    One pass for each that changed. When more enterprises changed than there are open opportunities, as in an import,
    the opportunities make the passes, one each, however many enterprises there are.
    """
    at = now()
    _forget(session, enterprise_ids, opportunity_ids)
    open_ids = set(session.execute(queries.open_at(at)).scalars())
    for opportunity_id in sorted(open_ids.intersection(opportunity_ids)):
        _opportunity_meets(session, opportunity_id, None, at)
    if not enterprise_ids:
        return
    others = sorted(open_ids.difference(opportunity_ids))
    if len(enterprise_ids) <= len(others):
        _enterprises_meet(session, sorted(enterprise_ids), set(others), at)
    else:
        for opportunity_id in others:
            _opportunity_meets(session, opportunity_id, set(enterprise_ids), at)


def since(
    session: ReadSession,
    moment: datetime,
    *,
    enterprise_id: str | None = None,
    opportunity_id: str | None = None,
    limit: int = 1_000,
) -> list[Meeting]:
    """Return who met at `moment` or later, still fits, and can still act on it: the newest first."""
    wanted = queries.meetings(moment, now(), enterprise_id, opportunity_id).limit(limit)
    return [Meeting.model_validate(dict(row)) for row in session.execute(wanted).mappings()]


def _forget(session: WriteSession, enterprise_ids: Iterable[str], opportunity_ids: Iterable[str]) -> None:
    """Clear the meetings of those who are gone.

    An opportunity that has closed keeps them, and so does who is hidden: they took place.
    """
    for batch in _batches(sorted(enterprise_ids)):
        if gone := set(batch).difference(session.execute(queries.registered(batch)).scalars()):
            session.execute(delete(MatchSeen).where(col(MatchSeen.enterprise_id).in_(sorted(gone))))
    for opportunity_id in opportunity_ids:
        if not opportunities.exists(session, opportunity_id):
            session.execute(delete(MatchSeen).where(col(MatchSeen.opportunity_id) == opportunity_id))


def _opportunity_meets(session: WriteSession, opportunity_id: str, among: Collection[str] | None, at: datetime) -> None:
    """Let one open opportunity meet everyone, or those `among` whom something changed."""
    told = openings.told(session, [opportunity_id])[opportunity_id]
    on = told.need.lots[0].reference_date or today()
    found: dict[int, Met] = {}
    for part in forward.ranked(session, told.need.lots, told.plans, on):
        for slot, score, state in best_of(part, MET_SCORE, CHUNK):
            found[slot] = Met(score, state)
    ids = index.ids_in(session, list(found))
    wanted = {
        Pair(opportunity_id, ids[slot]): met for slot, met in found.items() if among is None or ids[slot] in among
    }
    known = _known(session, queries.seen_by_opportunity(opportunity_id))
    if among is not None:
        known = {pair: parted for pair, parted in known.items() if pair.enterprise_id in among}
    _write(session, wanted, known, at)


def _enterprises_meet(
    session: WriteSession, enterprise_ids: Sequence[str], opportunity_ids: Collection[str], at: datetime
) -> None:
    """Let enterprises meet the open opportunities, each on its own."""
    reader = OpenOpportunities(session)
    for batch in _batches(enterprise_ids):
        wanted = {
            Pair(fit.opportunity_id, enterprise_id): Met(fit.score, fit.eligibility)
            for enterprise_id, known in index.known(session, batch).items()
            for fit in reader.fits(known.document)
            if fit.score >= MET_SCORE and fit.opportunity_id in opportunity_ids
        }
        met = _known(session, queries.seen_by_enterprises(batch))
        _write(session, wanted, {pair: parted for pair, parted in met.items() if pair[0] in opportunity_ids}, at)


def _known(session: WriteSession, wanted: Any) -> dict[Pair, datetime | None]:
    """Return who met before, and when they parted if they have."""
    return {Pair(row.opportunity_id, row.enterprise_id): row.parted_at for row in session.execute(wanted)}


def _write(
    session: WriteSession, wanted: Mapping[Pair, Met], known: Mapping[Pair, datetime | None], at: datetime
) -> None:
    """Write who is new, who is back and who has parted; of the others there is nothing to write."""
    new = [pair for pair in wanted if pair not in known]
    back = [pair for pair in wanted if known.get(pair) is not None]
    parted = [pair for pair, left_at in known.items() if left_at is None and pair not in wanted]
    insert_many(session, MatchSeen, [_row(pair, wanted[pair], at) for pair in new])
    _update(session, back, [_row(pair, wanted[pair], at) for pair in back])
    _update(session, parted, [{"parted_at": at}] * len(parted))


def _update(session: WriteSession, pairs: Sequence[Pair], values: Sequence[Mapping[str, Any]]) -> None:
    """Change the rows of many pairs in one statement: all take new values for the same columns."""
    if not pairs:
        return
    changed = [name for name in values[0] if name not in {"opportunity_id", "enterprise_id", "first_at"}]
    of_pair = (
        col(MatchSeen.opportunity_id) == bindparam("of_opportunity"),
        col(MatchSeen.enterprise_id) == bindparam("of_enterprise"),
    )
    statement = update(MatchSeen).where(*of_pair).values({name: bindparam(f"new_{name}") for name in changed})
    rows = [
        {
            "of_opportunity": pair.opportunity_id,
            "of_enterprise": pair.enterprise_id,
            **{f"new_{name}": said[name] for name in changed},
        }
        for pair, said in zip(pairs, values, strict=True)
    ]
    session.connection().execute(statement, rows)


def _row(pair: Pair, met: Met, at: datetime) -> dict[str, Any]:
    return {
        "opportunity_id": pair.opportunity_id,
        "enterprise_id": pair.enterprise_id,
        "first_at": at,
        "met_at": at,
        "parted_at": None,
        "score": met.score,
        "eligibility": met.eligibility,
        "scorer_version": SCORER_VERSION,
    }


def _batches(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[first : first + _BATCH] for first in range(0, len(ids), _BATCH))
