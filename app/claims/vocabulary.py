"""Words of claims: somebody says that a record is its own enterprise, and a coordinator finds out."""

from enum import StrEnum


class ClaimState(StrEnum):
    """How far a claim has come."""

    OPEN = "open"
    VERIFIED = "verified"
    REFUSED = "refused"
