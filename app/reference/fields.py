"""Field types for schemas: text that must be a CPV code, an area, an industry code or an organisation number."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints
from stdnum.exceptions import ValidationError
from stdnum.no import orgnr as norwegian
from stdnum.se import orgnr as swedish

from app.core.errors import Message
from app.core.i18n import N_
from app.reference.areas import parse_area, parse_one_area
from app.reference.cpv import parse_cpv


def _in_one_list(found: list[Any]) -> list[str]:
    """Return the areas that the texts of a list stand for: a NUTS 1 or 2 region is its counties."""
    return list(dict.fromkeys(area for areas in found for area in areas))


def check_organisation_number(number: str | None) -> str | None:
    """Return the organisation number in compact form.

    Swedish numbers whose third digit is below 2 are personal identity numbers (sole traders) and are never stored.

    Raises:
        ValueError: the number is not a Swedish or Norwegian organisation number, or is a personal one.
    """
    if number is None or not number.strip():
        return None
    digits = re.sub("[^0-9]", "", number)
    swedish_length = len(digits) in {10, 12}
    # A Norwegian one has nine: an import asks this ten thousand times.
    if not swedish_length and norwegian.is_valid(number):
        return str(norwegian.compact(number))
    if swedish_length and digits[-8] in "01":
        raise ValueError(Message(N_("this is a personal identity number: leave the field empty for a sole trader")))
    try:
        return str(swedish.validate(number))
    except ValidationError:
        told = Message(N_("not a Swedish or Norwegian organisation number (check the digits)"))
        raise ValueError(told) from None


def public_number(number: str | None) -> str | None:
    """Return an organisation number as it may be told to others; None for one that would be a person's."""
    try:
        return check_organisation_number(number)
    except ValueError:
        return None


CpvCode = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=10),
    AfterValidator(parse_cpv),
    Field(description="CPV 2008 code, eight digits", json_schema_extra={"example": "90910000"}),
]
AreaCode = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=8),
    AfterValidator(parse_one_area),
    Field(
        description="Country, county or municipality (`SE`, `SE-22`, `SE-2281`); a NUTS code is read as its county",
        json_schema_extra={"example": "SE-2281"},
    ),
]
# Each text is read where it stands, so that a fault names its place in the list.
AreaCodes = Annotated[
    list[
        Annotated[
            str,
            StringConstraints(strip_whitespace=True, max_length=8),
            AfterValidator(parse_area),
            Field(json_schema_extra={"example": "SE-2281"}),
        ]
    ],
    AfterValidator(_in_one_list),
]
IndustryCode = Annotated[
    str,
    StringConstraints(strip_whitespace=True, pattern="^[0-9]{2,5}$"),
    Field(description="SNI or SN code (NACE), digits only", json_schema_extra={"example": "81210"}),
]
