"""The demo split between nodes by county: each of its records has one home among them."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from app.accounts.vocabulary import Role
from app.demo import organizations
from app.reference import service as reference


class Share(NamedTuple):
    """What one of several nodes has of the demo: the county that it is for, among those of all of them, in order.

    A record belongs to the node of its county. What lies in none of the counties, or has no place, belongs to the first
    node of its country, and what is of neither country to the first of all.
    """

    county: str
    among: tuple[str, ...]

    def holds(self, country: str | None, areas: Iterable[str | None]) -> bool:
        """Tell whether a record of this country, whose places these are, belongs to this node: the first place says."""
        place = next((area for area in areas if area), None)
        homes = [county for county in self.among if place and reference.covers(county, place)]
        land = [county for county in self.among if country and reference.covers(country, county)]
        return self.county == next(iter([*homes, *land, *self.among]))

    @property
    def holds_actors(self) -> bool:
        """Tell whether the made-up organisations, whose keys and logins people try, are at this node."""
        return self.holds("SE", [organizations.REGION])


WHOLE: Final = Share(organizations.REGION, (organizations.REGION,))
"""All of it: a node that is alone."""


def owner_of(share: Share, role: Role | None) -> str | None:
    """Return the made-up organisation that keeps a record of this node; nobody where that one is at another node."""
    return organizations.organization_id(role.value) if role and share.holds_actors else None
