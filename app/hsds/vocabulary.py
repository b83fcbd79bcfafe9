"""Words of the Human Services Data Specification (HSDS) 3.0, and which of our code lists are its taxonomies."""

from enum import StrEnum
from typing import Final

from app.core.i18n import N_
from app.support_offers.vocabulary import NEED_LIST, STRUCTURE_LIST, TARGET_GROUP_LIST, TYPE_LIST

VERSION: Final = "3.0"
PROFILE: Final = "https://docs.openreferral.org/en/3.0/"
"""The standard as it is: we leave fields out and add none."""
LONGEST_PAGE: Final = 100
DEEPEST_PAGE: Final = 100_000

# The names and descriptions of the taxonomies, by code list.
TAXONOMIES: Final = {
    NEED_LIST: (N_("Needs"), N_("What support helps with; needs and offers share these words.")),
    TYPE_LIST: (N_("Types of support"), N_("What sort of support it is.")),
    STRUCTURE_LIST: (N_("Support structures"), N_("What sort of structure gives the support.")),
    TARGET_GROUP_LIST: (N_("Groups that it is for"), N_("The people whose work and inclusion it is all for.")),
}
# Schemes of org-id.guide, by country.
IDENTIFIER_SCHEMES: Final = {"SE": "SE-ON", "NO": "NO-BRC"}


class ServiceStatus(StrEnum):
    """The states of a service; `temporarily closed`, the standard's fourth, is none that we have."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    DEFUNCT = "defunct"
