"""What is written to and read from the directory of contacts."""

from datetime import date, datetime
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from app.contacts.vocabulary import Sort
from app.core.errors import Message
from app.core.i18n import N_
from app.core.keyset import KeysetQuery
from app.core.patching import all_optional
from app.core.privacy import without_personal_numbers
from app.core.schema import (
    FunctionAddress,
    FunctionName,
    Line,
    RecordId,
    SchemaIn,
    SchemaOut,
    SourceName,
    WebAddress,
    Whole,
    composed,
)
from app.organizations.vocabulary import Part
from app.reference.fields import AreaCodes

LanguageCode = Annotated[str, StringConstraints(pattern="^[a-z]{2,3}$")]
# A switchboard or the number of a function, as it is dialled.
Telephone = Annotated[
    str,
    StringConstraints(strip_whitespace=True, pattern=r"^\+?[0-9][0-9 ()/-]{4,28}[0-9]$"),
    BeforeValidator(composed),
    AfterValidator(without_personal_numbers),
    Field(json_schema_extra={"example": "0660-880 00"}),
]


class ContactContent(SchemaIn):
    """What a contact says: a function that answers, and at least one way to reach it."""

    function: FunctionName = Field(
        min_length=2,
        description="The function that answers, never a person",
        json_schema_extra={"example": "Upphandlingsenheten"},
    )
    roles: list[Part] = Field(
        default=[], max_length=len(Part), description="What it answers for; without any, what its organisation does"
    )
    email: FunctionAddress | None = Field(default=None, description="An address of the function, never a person's")
    phone: Telephone | None = Field(default=None, description="A switchboard or the number of the function")
    website: WebAddress | None = None
    areas: AreaCodes = Field(
        default=[], max_length=400, description="Where it answers; without any, where its organisation works"
    )
    languages: list[LanguageCode] = Field(default=[], max_length=20, description="Languages that it answers in")
    language: LanguageCode = Field(default="sv", description="Language of the function's name")
    source: SourceName | None = Field(default=None, description="Without one: the organisation itself")
    source_year: Whole | None = Field(default=None, ge=1900, le=2200)

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if self.email is None and self.phone is None and self.website is None:
            raise ValueError(Message(N_("give an e-mail address, a telephone number or a page: one will do")))
        return self


class ContactCreate(ContactContent):
    """A new contact of an organisation."""

    organization_id: RecordId = Field(description="The organisation that it answers for")


@all_optional
class ContactPatch(ContactContent):
    """A merge patch (RFC 7396) of a contact: what is left out stays, null removes, a list is replaced whole."""


class ContactChoices(SchemaIn):
    """The filters: AND between parameters, OR within a repeated one."""

    words: Line = Field(
        default="", description="Every word, or its beginning: of the function, the organisation or the place"
    )
    role: list[Part] = Field(default=[], max_length=len(Part), description="What it answers for")
    area: AreaCodes = Field(
        default=[],
        max_length=50,
        description="Where it answers: one for a county answers for its municipalities, one for a country for all",
    )
    organization_id: RecordId | None = Field(default=None, description="The organisation that it answers for")
    overdue: bool = Field(default=False, description="Only those that nobody has confirmed in time")


class ContactFilters(ContactChoices, KeysetQuery):
    """The filters of the list, with its order and where the page begins."""

    sort: Sort = Field(default=Sort.NAME, description="The order; `-` descends")


class ContactRead(SchemaOut):
    """A contact."""

    id: str
    home: str
    rev: int
    organization_id: str
    organization_name: str
    owner_id: str = Field(description="The organisation whose people keep it")
    organization_area: str | None = Field(description="Where the organisation works")
    country: str
    function: str
    roles: list[Part]
    email: str | None
    phone: str | None
    website: str | None
    areas: list[str]
    languages: list[str]
    language: str
    source: str
    source_year: int | None
    assured_on: date = Field(description="When somebody last said that it holds")
    due_on: date = Field(description="By when it is to be confirmed again")
    is_overdue: bool = Field(description="That day has passed: ask before you rely on it")
    updated_at: datetime
