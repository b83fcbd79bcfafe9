"""Words and limits of the registry."""

from enum import StrEnum

RECORD_TYPE = "enterprise"
"""What the journal calls a record of this room."""


class Kind(StrEnum):
    """What sort of thing a record is. Only enterprises and associations are proposed to buyers."""

    ENTERPRISE = "enterprise"
    PROJECT = "project"
    NETWORK = "network"
    ASSOCIATION = "association"
    EVENT = "event"


class Lifecycle(StrEnum):
    """Where in its life an enterprise is. `unknown`: the source is old and nobody has confirmed it."""

    PLANNED = "planned"
    PILOT = "pilot"
    ACTIVE = "active"
    PAUSED = "paused"
    UNKNOWN = "unknown"
    CLOSED = "closed"


class OfferingKind(StrEnum):
    """An ASF has two businesses: goods and services, and work-training places."""

    GOODS = "goods"
    SERVICE = "service"
    WORK_TRAINING = "work_training"


class Ownership(StrEnum):
    """Whether a public body owns the enterprise, as Norwegian vekstbedrifter are."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Evidence(StrEnum):
    """How well a criterion is known."""

    DECLARED = "declared"
    VERIFIED = "verified"
    EXPIRED = "expired"


class EligibilityState(StrEnum):
    """What is known of the right to take part in a reserved procurement. `denied`: it says that it may not."""

    DECLARED = "declared"
    VERIFIED = "verified"
    EXPIRED = "expired"
    DENIED = "denied"


class EmployeesBand(StrEnum):
    """Number of employees."""

    NONE = "none"
    FROM_1 = "1-4"
    FROM_5 = "5-9"
    FROM_10 = "10-19"
    FROM_20 = "20-49"
    FROM_50 = "50-249"
    FROM_250 = "250-"


class TurnoverBand(StrEnum):
    """Turnover a year in millions of kronor (the currency of the country)."""

    UNDER_1 = "0-1"
    FROM_1 = "1-3"
    FROM_3 = "3-10"
    FROM_10 = "10-50"
    FROM_50 = "50-"


class Reservation(StrEnum):
    """Rules under which a contract may be reserved: eForms BT-71 codes and two national ones."""

    RES_WS = "res-ws"
    RES_PUB_SER = "res-pub-ser"
    SE_IDEBUREN = "se-ideburen"
    NO_IDEELL = "no-ideell"


class Sort(StrEnum):
    """Orders of the registry list."""

    NAME = "name"
    NAME_DESC = "-name"
    UPDATED = "updated_at"
    UPDATED_DESC = "-updated_at"


class ExportForm(StrEnum):
    """The forms in which the registry is written out."""

    CSV = "csv"
    NDJSON = "ndjson"


# Networks, projects and events do not tender themselves; they are found in the registry.
SUPPLIER_KINDS = frozenset({Kind.ENTERPRISE, Kind.ASSOCIATION})
OPEN_LIFECYCLES = frozenset({Lifecycle.ACTIVE, Lifecycle.PILOT})
