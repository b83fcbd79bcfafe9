"""One record of each kind from another node, written here as the sync writes them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.core.db import Database
from app.journal import copies
from app.matching import service as matching
from app.sync import envelopes
from tests.sync import copying

FAR = copying.HOME
SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(days=20)
# Where the page of each kind begins.
PLACES = {
    "enterprise": "enterprises",
    "opportunity": "opportunities",
    "organization": "organizations",
    "support_offer": "support-offers",
    "need": "needs",
    "needs_inventory": "needs-inventories",
}


def copied(here: Database, folder: Path, *kinds: str) -> dict[str, str]:
    """Let `here` hold a copy of one record of each of these kinds, or of all, and return their ids by kind."""
    with copying.node(folder) as at_home:
        ids = {
            kind: sort.write(at_home, **({"deadline_at": SOON} if kind == "opportunity" else {}))
            for kind, sort in copying.SORTS.items()
            if not kinds or kind in kinds
        }
        told = copying.carried(at_home, here)
    with here.writes() as session:
        copies.copying(session)
        envelopes.store(session, told, {})
    with here.writes() as session:
        matching.catch_up(session)
    return ids
