"""Base classes for what comes in and what goes out, and the texts, dates and numbers they are made of.

Tables are never used as either.
"""

import re
import unicodedata
from datetime import date, datetime
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    AnyHttpUrl,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from app.core.errors import Message
from app.core.i18n import N_
from app.core.privacy import address_without_numbers, only_a_function, without_name, without_personal_details

# NUL and the other controls but tab and line breaks, and halves of surrogate pairs.
UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
# Possessive: what is no number after all is not looked through again from every digit.
_NUMBER = re.compile(r"\s*+[-+]?\d*+\.?\d*+\s*+")
_LONGEST_ADDRESS = 2048


def readable(value: str) -> str:
    """Refuse characters that no database or page can hold: NUL, other controls, lone surrogates."""
    # Most texts hold nothing but what is printed, and a line break makes one worth a look.
    if not value.isprintable() and (found := UNSTORABLE.search(value)):
        character = f"U+{ord(found.group()):04X}"
        raise ValueError(Message(N_("contains a character that cannot be stored ({character})"), character=character))
    return value


def composed(value: Any) -> Any:
    """Return a text in one form (NFC: å is one character), whatever keyboard it comes from.

    Before anything else is looked at: it may change how long the text is.
    """
    return unicodedata.normalize("NFC", value) if isinstance(value, str) and not value.isascii() else value


def _written_out(value: Any) -> Any:
    """Refuse a number where a date belongs: Pydantic would read it as seconds since 1970."""
    if isinstance(value, int | float) or (isinstance(value, str) and _NUMBER.fullmatch(value)):
        raise ValueError(Message(N_("write a date as 2026-11-21, and an instant as 2026-11-21T12:00:00+01:00")))
    return value


def _of_our_time(value: datetime) -> datetime:
    """Refuse years that no clock shows: at the edges of the calendar a change of time zone overflows."""
    if not 1900 <= value.year <= 2200:
        raise ValueError(Message(N_("the year must be between {first} and {last}"), first=1900, last=2200))
    return value


def _public_address(value: AnyHttpUrl) -> AnyHttpUrl:
    """Refuse what an address that everybody sees may not hold: somebody's user name, password or personal number."""
    if value.username is not None or value.password is not None:
        raise ValueError(Message(N_("an address may not hold a user name or a password")))
    address_without_numbers(str(value))
    if len(str(value)) > _LONGEST_ADDRESS:
        raise ValueError(Message(N_("an address may have at most {n} characters"), n=_LONGEST_ADDRESS))
    return value


# What somebody asks with: it is read, not kept.
Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=300),
    BeforeValidator(composed),
    AfterValidator(readable),
]
Prose = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=20_000),
    BeforeValidator(composed),
    AfterValidator(readable),
]
Code = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=64),
    BeforeValidator(composed),
    AfterValidator(readable),
]
# What is stored and shown.
KeptLine = Annotated[Line, AfterValidator(without_personal_details)]
KeptProse = Annotated[Prose, AfterValidator(without_personal_details)]
FunctionName = Annotated[KeptLine, AfterValidator(without_name)]
SourceName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=2, max_length=200),
    BeforeValidator(composed),
    AfterValidator(readable),
    AfterValidator(without_personal_details),
]
# The shape that browsers ask of an address. Reserved names (`@example.invalid`) pass, so that examples reach nobody.
FunctionAddress = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        max_length=320,
        pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}$",
    ),
    AfterValidator(only_a_function),
]
WebAddress = Annotated[AnyHttpUrl, AfterValidator(_public_address)]
Day = Annotated[date, BeforeValidator(_written_out)]
Instant = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(_of_our_time)]
# A JSON number: neither a text nor `true` is read as one.
Whole = Annotated[int, Field(strict=True)]
# The form of every id; anything else is no record's.
RecordId = Annotated[
    str, StringConstraints(max_length=64), Field(json_schema_extra={"example": "5b0c1a6e-3f0e-4d0a-9d5e-2f6f0f6f7a10"})
]


class SchemaIn(BaseModel):
    """What a client sends: unknown fields are refused, so that a misspelt one is not lost in silence."""

    model_config = ConfigDict(extra="forbid")


class SentBackIn(SchemaIn):
    """What a client sends, with what it has read: `read_only` fields may come with the rest, and decide nothing."""

    read_only: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _without_read_only(cls, data: Any) -> Any:
        if isinstance(data, dict) and not cls.read_only.isdisjoint(data):
            return {name: value for name, value in data.items() if name not in cls.read_only}
        return data


class SchemaOut(BaseModel):
    """What the API answers: every field is always there, so no defaults."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class Money(SchemaIn):
    """An amount without VAT; text, so that no digit is lost to floating point."""

    amount: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,13}([.,][0-9]{1,2})?$")] = Field(
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
