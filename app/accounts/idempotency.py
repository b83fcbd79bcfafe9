"""Requests that come again (`Idempotency-Key`): the same one is answered as before, and does nothing twice.

The answer is written in the transaction of what the request did, so a server that dies between the two cannot exist:
either both are there, or neither.
"""

import hashlib
import json
from datetime import datetime, timedelta

from fastapi import Request, Response
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from app.accounts.tables import KeptAnswer
from app.core.clock import now
from app.core.db import WriteSession
from app.core.errors import BadRequest, Conflict, FieldFault, InvalidContent, Message
from app.core.i18n import N_

HEADER = "idempotency-key"
KEPT_FOR = timedelta(hours=24)
_LONGEST = 255
# Headers that belong to the answer itself, and not to the moment when it is sent.
_KEPT_HEADERS = ("location", "etag", "content-type", "content-language", "vary", "cache-control")


def key_of(request: Request) -> str | None:
    """Return the request's `Idempotency-Key`, if it has one and is a POST: other methods do nothing twice anyway.

    Raises:
        BadRequest: it is empty, too long or holds what no header should.
    """
    key = request.headers.get(HEADER)
    if key is None or request.method != "POST":
        return None
    if not 1 <= len(key) <= _LONGEST or not all("!" <= character <= "~" for character in key):
        told = Message(N_("must be 1 to {n} visible ASCII characters, without spaces"), n=_LONGEST)
        raise BadRequest(Message(N_("A header is wrong: see errors.")), [FieldFault(HEADER, told)])
    return key


def hash_of(request: Request, body: bytes) -> str:
    """Return what tells one request from another: method, address and body."""
    scope = request.scope
    told = b"\n".join([request.method.encode(), scope["path"].encode(), scope.get("query_string", b""), body])
    return hashlib.sha256(told).hexdigest()


def recall(session: WriteSession, organization_id: str, key: str, request_hash: str) -> Response | None:
    """Return the answer that was given to this request before, or None when it is new.

    Raises:
        InvalidContent: the key has been used for another request.
    """
    kept = session.get(KeptAnswer, (organization_id, key))
    if kept is None or kept.at < now() - KEPT_FOR:
        return None
    if kept.request_hash != request_hash:
        told = Message(N_("This Idempotency-Key has been used for another request: send a new one."))
        raise InvalidContent(told, [FieldFault(HEADER, Message(N_("belongs to another request")))])
    return Response(kept.body, kept.status, {**json.loads(kept.headers), "Idempotent-Replayed": "true"})


def keep(session: WriteSession, organization_id: str, key: str, request_hash: str, answer: Response) -> None:
    """Keep the answer, and forget those that are too old to be asked for.

    Raises:
        Conflict: another process has answered the same request meanwhile; what this one did is undone.
    """
    session.connection().execute(delete(KeptAnswer).where(col(KeptAnswer.at) < now() - KEPT_FOR))
    headers = {name: answer.headers[name] for name in _KEPT_HEADERS if name in answer.headers}
    row = KeptAnswer(
        organization_id=organization_id,
        idempotency_key=key,
        request_hash=request_hash,
        status=answer.status_code,
        headers=json.dumps(headers),
        body=bytes(answer.body),
    )
    session.add(row)
    try:
        session.flush()
    except IntegrityError as fault:
        raise in_progress() from fault


def forget_answers(session: WriteSession, at: datetime) -> int:
    """Remove the answers that are too old at `at` to be given again, and return how many they were."""
    return session.connection().execute(delete(KeptAnswer).where(col(KeptAnswer.at) < at - KEPT_FOR)).rowcount


def in_progress() -> Conflict:
    """Return the refusal of a request whose twin is being worked on."""
    return Conflict(Message(N_("The same request is being worked on. Send it again in a moment to read the answer.")))
