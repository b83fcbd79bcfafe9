"""Field types for schemas: text that must be a CPV code, an area or an industry code."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from app.reference.areas import parse_area, parse_one_area
from app.reference.cpv import parse_cpv
from app.reference.vocabulary import UnknownArea


def _areas(value: Any) -> Any:
    """Read each text of a list as the areas it stands for: a NUTS 1 or 2 region is its counties."""
    if not isinstance(value, list):
        return value
    expanded: list[Any] = []
    for position, item in enumerate(value):
        if not isinstance(item, str) or len(item) > 8:
            return value
        try:
            expanded.extend(parse_area(item.strip()))
        except UnknownArea as fault:
            raise UnknownArea(f"item {position}: {fault}") from fault
    return list(dict.fromkeys(expanded))


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
        description="Country, county or municipality (`SE`, `SE-22`, `SE-2281`); a NUTS code is read as its county or country",
        json_schema_extra={"example": "SE-2281"},
    ),
]
AreaCodes = Annotated[
    list[Annotated[str, StringConstraints(max_length=8), Field(json_schema_extra={"example": "SE-2281"})]],
    BeforeValidator(_areas),
]
IndustryCode = Annotated[
    str,
    StringConstraints(strip_whitespace=True, pattern=r"^\d{2,5}$"),
    Field(description="SNI or SN code (NACE), digits only", json_schema_extra={"example": "81210"}),
]
