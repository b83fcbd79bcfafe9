"""Small enterprises and lots for the matching tests; all made up."""

from datetime import date

from app.matching.profile import Lot, Offering, Profile, Statement

TODAY = date(2026, 11, 21)


def profile(enterprise_id: str = "e1", *, title: str = "", cpv: tuple[str, ...] = (), **changes: object) -> Profile:
    """Return an active Swedish enterprise with one offering, or the offerings given."""
    values: dict[str, object] = {
        "name": "Exempel",
        "country": "SE",
        "offerings": (Offering("o1", title, cpv=cpv),) if title or cpv else (),
    }
    return Profile(enterprise_id, **{**values, **changes})  # type: ignore[arg-type]  # the caller names real fields


def lot(title: str = "", **changes: object) -> Lot:
    """Return a lot in Sweden."""
    return Lot("lot1", title, **{"country": "SE", **changes})  # type: ignore[arg-type]  # as above


def verified(on: date) -> Statement:
    """Return a verified statement."""
    return Statement("verified", on)
