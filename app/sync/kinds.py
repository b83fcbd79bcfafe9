"""Which records travel: those of the rooms that say what of them may leave the node, in the order they are written."""

from typing import Final

from app.enterprises import replicas as enterprises
from app.inventories import replicas as inventories
from app.needs import replicas as needs
from app.opportunities import replicas as opportunities
from app.organizations import replicas as organizations
from app.support_offers import replicas as support_offers
from app.sync.vocabulary import RecordKind

_ALL: Final[tuple[RecordKind, ...]] = (
    organizations,
    enterprises,
    support_offers,
    needs,
    opportunities,
    inventories,
)
KINDS: Final[dict[str, RecordKind]] = {kind.RECORD_TYPE: kind for kind in _ALL}


def major_of(dataschema: str) -> tuple[str, str]:
    """Return the name and the major version of a shape: `("enterprise", "1")` of `enterprise/1.4`."""
    name, _, version = dataschema.partition("/")
    return name, version.partition(".")[0]


def is_understood(record_type: str, dataschema: str) -> bool:
    """Tell whether this program can keep such a record: a minor version newer than its own only adds fields."""
    kind = KINDS.get(record_type)
    return kind is not None and major_of(dataschema) == major_of(kind.SCHEMA)
