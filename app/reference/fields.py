"""Field types for schemas: text that must be a CPV code, an area or an industry code."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints

from app.reference.areas import parse_area, parse_one_area
from app.reference.cpv import parse_cpv


def _in_one_list(found: list[Any]) -> list[str]:
    """Return the areas that the texts of a list stand for: a NUTS 1 or 2 region is its counties."""
    return list(dict.fromkeys(area for areas in found for area in areas))


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
