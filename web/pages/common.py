"""What several pages need: the language in the address, boxes to tick, names of rules, and how many days are left."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from fastapi import Path

from app.core.clock import today, zone
from app.core.i18n import N_
from app.enterprises.vocabulary import Reservation

Language = Annotated[Literal["sv", "nb", "en"], Path(description="Language of the page")]

RULES = {
    Reservation.RES_WS: N_("Social and professional integration"),
    Reservation.RES_PUB_SER: N_("Public service mission"),
    Reservation.SE_IDEBUREN: N_("Civil-society organisations (Sweden)"),
    Reservation.NO_IDEELL: N_("Non-profit organisations (Norway)"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One box to tick in a list of filters."""

    code: str
    name: str
    count: int | None
    chosen: bool


@dataclass(frozen=True, slots=True)
class ChoiceGroup:
    """The boxes of one filter: those shown at once, and the rest behind "more"."""

    field: str
    name: str
    first: list[Choice]
    rest: list[Choice]


@dataclass(frozen=True, slots=True)
class Looser:
    """A filter less, and how many that finds."""

    name: str
    total: int
    link: str


def days_left(deadline: datetime | str | None, country: str = "SE") -> int | None:
    """Return the days from today to the deadline's day, both in `country`; None without a deadline or after it."""
    if not deadline:
        return None
    moment = datetime.fromisoformat(deadline) if isinstance(deadline, str) else deadline
    left = (moment.astimezone(zone(country)).date() - today(country)).days
    return left if left >= 0 else None
