"""Base classes for what comes in and what goes out. Tables are never used as either."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

_ALLOWED_CONTROLS = {"\n", "\r", "\t"}


def _readable(value: str) -> str:
    """Refuse characters that no database or page can hold: NUL, other controls, lone surrogates."""
    for character in value:
        if unicodedata.category(character) in {"Cc", "Cs"} and character not in _ALLOWED_CONTROLS:
            raise ValueError(f"contains a character that cannot be stored (U+{ord(character):04X})")
    return value


Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300), AfterValidator(_readable)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, max_length=20_000), AfterValidator(_readable)]
Code = Annotated[str, StringConstraints(strip_whitespace=True, max_length=64), AfterValidator(_readable)]
# The shape that browsers ask of an address. Reserved names (`@example.invalid`) pass, so that examples reach nobody.
FunctionAddress = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        max_length=320,
        pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}$",
    ),
]


class SchemaIn(BaseModel):
    """What a client sends: unknown fields are refused, so that a misspelt one is not lost in silence."""

    model_config = ConfigDict(extra="forbid")


class SchemaOut(BaseModel):
    """What the API answers: every field is always there, so no defaults."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class Money(SchemaIn):
    """An amount without VAT; text, so that no digit is lost to floating point."""

    amount: Annotated[str, StringConstraints(pattern=r"^\d{1,13}([.,]\d{1,2})?$")] = Field(
        description="Amount without VAT, in whole or hundredths", json_schema_extra={"example": "600000"}
    )
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = Field(
        description="ISO 4217", json_schema_extra={"example": "SEK"}
    )

    @property
    def minor(self) -> int:
        """The amount in hundredths."""
        whole, _, hundredths = self.amount.replace(",", ".").partition(".")
        return int(whole) * 100 + int(hundredths.ljust(2, "0"))
