"""Who follows whose changes. Entry points call `wire` once, before anything is written."""

from app.audit import service as audit
from app.contacts import service as contacts
from app.journal import service as journal
from app.matching import service as matching
from app.responses import service as responses
from app.support_requests import service as support_requests
from app.sync import envelopes, erasures


def wire() -> None:
    """Let higher rooms follow the changes of lower ones, in the same transaction."""
    journal.subscribe(journal.EVERY, audit.follow)
    journal.subscribe(journal.EVERY, erasures.follow)
    journal.subscribe("organization", contacts.follow_organization)
    journal.subscribe("enterprise", matching.follow_enterprise)
    journal.subscribe("enterprise", support_requests.follow_enterprise)
    journal.subscribe("opportunity", matching.follow_opportunity)
    journal.subscribe("opportunity", responses.follow_opportunity)
    journal.subscribe_numbered(envelopes.follow)
