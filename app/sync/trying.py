"""Before a node calls a peer by its next token it is tried: an operator may have handed it over, or not yet."""

from dataclasses import replace

from app.core.db import Database
from app.sync import identity, peers
from app.sync.calling import Line, calling
from app.sync.leasing import contact_of


def try_next_token(database: Database, secret: bytes, own: str, peer_id: str, line: Line | None = None) -> None:
    """Ask a peer for its digest by the token that comes next; nothing is changed, there or here.

    Raises:
        NotFound: there is no such peer.
        CallFault: it does not answer, or does not take the token.
    """
    with database.reads() as session:
        row = peers.require_known(session, peer_id)
        token = identity.token_for(secret, peer_id, identity.next_token(row.token_seed))
        contact = replace(contact_of(row, secret), token=token)
    with calling(contact, own, line) as caller:
        caller.digest()
