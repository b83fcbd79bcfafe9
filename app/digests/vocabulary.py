"""Words of digests."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who is due a digest of one organisation, and since when it tells."""

    person_id: str
    email: str
    language: str
    organization_id: str
    since: datetime
