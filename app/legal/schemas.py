"""Legal hints as the API answers them."""

from datetime import date

from pydantic import Field

from app.core.schema import SchemaOut
from app.legal.vocabulary import HintCode, Severity


class FigureRead(SchemaOut):
    """A number, an amount or a day that a hint rests on."""

    name: str = Field(json_schema_extra={"example": "days"})
    value: str = Field(json_schema_extra={"example": "35"})
    unit: str = Field(
        description="`day`, `date`, `month`, `year`, `%`, or a currency", json_schema_extra={"example": "day"}
    )


class HintRead(SchemaOut):
    """What the law says about an opportunity. It warns and never blocks: the buyer decides."""

    code: HintCode
    severity: Severity
    pointer: str = Field(
        description="The field it is about, as a JSON pointer", json_schema_extra={"example": "/deadline_at"}
    )
    text: str = Field(
        description="What it says, in the language of the answer",
        json_schema_extra={"example": "Vid eller över EU:s tröskelvärde ska ett öppet förfarande ge minst 35 dagar."},
    )
    legal_basis: str | None = Field(
        description="Null where the law is silent", json_schema_extra={"example": "LOU 11 kap. 2 §"}
    )
    source: str = Field(description="Where Samnod has the figure from", json_schema_extra={"example": "LOU text"})
    valid_from: date | None = Field(description="Since when the figure holds")
    valid_to: date | None = Field(description="Until when the figure holds")
    figures: list[FigureRead]


class Hints(SchemaOut):
    """The hints on one opportunity, warnings first."""

    items: list[HintRead]
