"""What the room asks the database. Each function returns a Select; nothing runs here."""

from typing import Any

from sqlalchemy import Select, select
from sqlmodel import col

from app.reference.tables import Postcode, ReferenceCode


def all_codes() -> Select[Any]:
    """Select every imported code: list, code and the three labels, in order."""
    columns: list[Any] = [getattr(ReferenceCode, name) for name in ("list", "code", "sv", "nb", "en")]
    return select(*columns).order_by(col(ReferenceCode.list), col(ReferenceCode.code))


def postcodes(country: str, postcode: str) -> Select[Any]:
    """Select the municipality of one postcode."""
    return select(col(Postcode.municipality)).where(
        col(Postcode.country) == country, col(Postcode.postcode) == postcode
    )
