"""Words of the contacts: functions that answer for an organisation, never people. Roles are those of organisations."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from app.core.i18n import N_
from app.organizations.vocabulary import Part

RECORD_TYPE: Final = "contact"
"""What the journal calls a record of this room."""

REVIEW_MONTHS: Final = 12
"""How long a contact counts as confirmed."""


class TermKind(StrEnum):
    """What a contact may say several of."""

    ROLE = "role"
    AREA = "area"


class Sort(StrEnum):
    """Orders of the list: by organisation and function, by the last change, or those first that wait for a review."""

    NAME = "name"
    UPDATED_DESC = "-updated_at"
    DUE = "due_on"


ROLE_LABELS: Final[Mapping[Part, str]] = {
    Part.BUYER: N_("Buyer"),
    Part.SUPPORT_PROVIDER: N_("Support provider"),
    Part.AUTHORITY: N_("Authority"),
    Part.FUNDER: N_("Funder"),
    Part.PARTNER: N_("Partner"),
    Part.ENTERPRISE: N_("Enterprise"),
    Part.COORDINATOR: N_("Coordinator"),
    Part.INTEGRATOR: N_("Integrator"),
}
