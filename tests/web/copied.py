"""One record of each kind from another node, written here as the sync writes them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.core.db import Database
from app.journal import copies
from app.matching import service as matching
from app.opportunities import service as opportunities
from app.sync import envelopes
from tests.factories import opportunity
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


def copied(here: Database, folder: Path, **said: dict[str, Any]) -> dict[str, str]:
    """Let `here` hold a copy of one record of each kind, and return their ids by kind.

    With `said` only of the kinds that are named, and with what is said of each.
    """
    with copying.node(folder) as at_home:
        ids = {
            kind: _WRITERS.get(kind, sort.write)(at_home, **said.get(kind, {}))
            for kind, sort in copying.SORTS.items()
            if not said or kind in said
        }
        told = copying.carried(at_home, here)
    with here.writes() as session:
        copies.copying(session)
        envelopes.store(session, told, {})
    matching.index_copies(here)
    return ids


def _open_opportunity(at_home: Database, **said: Any) -> str:
    """Publish one that takes answers."""
    with at_home.writes() as session:
        data = opportunity(**{"deadline_at": SOON, **said})
        return opportunities.publish(session, data, home=FAR.id, owner_id="org-owner").id


_WRITERS: dict[str, Callable[..., str]] = {"opportunity": _open_opportunity}
