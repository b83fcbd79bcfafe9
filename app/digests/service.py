"""Digests: what is new for an organisation, told to each of its people as often as the person wants it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, select
from sqlmodel import col

from app.accounts import people
from app.accounts.vocabulary import Digest
from app.core.db import ReadSession, WriteSession
from app.digests import rules
from app.digests.tables import DigestMark
from app.digests.vocabulary import Reader
from app.enterprises import service as enterprises
from app.mail import service as mail
from app.mail.vocabulary import Letter
from app.matching import service as matching
from app.opportunities import service as opportunities
from app.opportunities.schemas import OpportunityRead
from app.responses import service as responses

_TEMPLATE: Final = "digests/digest"
# A letter is read at a glance; the page that it leads to has the rest.
_MOST: Final = 10


def due(session: ReadSession, at: datetime) -> list[Reader]:
    """Return everybody who is due a digest at `at`, once for each organisation."""
    found = session.execute(select(DigestMark)).scalars().all()
    marks = {(mark.person_id, mark.organization_id): mark.told_until for mark in found}
    readers = []
    for person in people.everybody(session):
        if person.disabled_at is not None or person.digest is Digest.OFF:
            continue
        for place in person.places:
            since = rules.since(person.digest, marks.get((person.id, place.organization_id)), at)
            if since is not None:
                readers.append(Reader(person.id, person.email, person.language, place.organization_id, since))
    return readers


def news(session: ReadSession, organization_id: str, since: datetime, at: datetime) -> dict[str, Any]:
    """Return what is new for an organisation, as the letter tells it; empty when nothing is."""
    told = responses.news_for(session, organization_id, since)
    met = [
        meeting
        for one in enterprises.kept_by(session, organization_id)
        for meeting in matching.met_since(session, since, enterprise_id=one.id)
    ]
    known = opportunities.several(
        session,
        {
            *(one.opportunity_id for one in met),
            *(one.opportunity_id for one in told.invitations),
            *(one.opportunity_id for one in told.responses),
            *(one.opportunity_id for one in (*told.questions, *told.answered_questions)),
        },
    )

    def titles(found: Iterator[str], path: str) -> list[dict[str, Any]]:
        """Return each opportunity once, with the page of ours that shows it."""
        seen = [known[one] for one in dict.fromkeys(found) if one in known]
        return [_told(one, path, at) for one in seen]

    parts = {
        "invitations": titles((one.opportunity_id for one in told.invitations), "/opportunities"),
        "matches": titles((one.opportunity_id for one in met), "/opportunities"),
        "answered": titles((one.opportunity_id for one in told.answered_questions), "/opportunities"),
        "responses": titles((one.opportunity_id for one in told.responses), "/desk"),
        "questions": titles((one.opportunity_id for one in told.questions), "/desk"),
        "outcomes": [
            {"title": one.title, "path": f"/desk/{one.opportunity_id}", "days": None} for one in told.outcomes_due
        ],
    }
    number = sum(map(len, parts.values()))
    if not number:
        return {}
    return {"n": number} | {name: found[:_MOST] for name, found in parts.items()}


def tell(session: WriteSession, reader: Reader, told: dict[str, Any], at: datetime) -> int:
    """Put a reader's digest in the outbox, if there is news, and note until when it tells; return how many letters."""
    mark = session.get(DigestMark, (reader.person_id, reader.organization_id), with_for_update=True)
    if mark is not None and mark.told_until > reader.since:
        # Another worker was here in the meantime.
        return 0
    session.merge(DigestMark(person_id=reader.person_id, organization_id=reader.organization_id, told_until=at))
    session.flush()
    if not told:
        return 0
    key = f"digest:{reader.person_id}:{reader.organization_id}:{at.isoformat()}"
    mail.queue(session, Letter(reader.email, reader.language, _TEMPLATE, told, key, reader.person_id))
    return 1


def forget(session: WriteSession, person_id: str) -> None:
    """Forget what a person who is erased has been told."""
    session.connection().execute(delete(DigestMark).where(col(DigestMark.person_id) == person_id))


def _told(one: OpportunityRead, path: str, at: datetime) -> dict[str, Any]:
    days = None if one.deadline_at is None else max(0, (one.deadline_at - at).days)
    return {"title": one.title, "path": f"{path}/{one.id}", "days": days}
