"""What an import tells whoever started it."""

from typing import Self

from pydantic import Field

from app.core.i18n import texts
from app.core.schema import SchemaOut
from app.notices.vocabulary import Outcome
from app.opportunities.vocabulary import Status


class Remark(SchemaOut):
    """Something in the notice that a person should look at; it stops nothing."""

    field: str
    line: int
    message: str
    values: dict[str, str]

    def text(self, language: str = "en") -> str:
        """Return the remark in `language`."""
        return texts(language)(self.message, **self.values)


class Unmapped(SchemaOut):
    """A field of the notice that Samnod has no room for: shown once, with how many times it stands there."""

    field: str = Field(
        description="Number of the field in eForms, else where it stands", json_schema_extra={"example": "BT-23-Lot"}
    )
    name: str = Field(
        description="The field's name; empty when it is not known",
        json_schema_extra={"example": "Main nature of the contract"},
    )
    line: int = Field(description="Line of the first, from 1", json_schema_extra={"example": 88})
    value: str = Field(
        description="The beginning of the first; nothing of what is about people",
        json_schema_extra={"example": "services"},
    )
    count: int = Field(description="How often it stands there", json_schema_extra={"example": 2})


class NoticeReport(SchemaOut):
    """What became of one file.

    `created` is True for a new opportunity, False for one that was changed, None when nothing needed to be written.
    """

    file: str
    outcome: Outcome
    opportunity_id: str
    rev: int
    created: bool | None
    status: Status
    title: str
    notice_id: str
    version: str
    lots: int
    unmapped: list[Unmapped]
    warnings: list[Remark]


class Warned(SchemaOut):
    """Something in the notice that a person should look at, in the reader's language."""

    field: str = Field(description="Number of the field in eForms", json_schema_extra={"example": "BT-71"})
    line: int = Field(description="Line of the file, from 1", json_schema_extra={"example": 112})
    text: str = Field(json_schema_extra={"example": "LOT-0002: ingen vinnare är utsedd ännu."})


class NoticeAnswer(SchemaOut):
    """What became of a notice that was sent. `created` says whether the opportunity is new."""

    opportunity_id: str = Field(json_schema_extra={"example": "5b0c1a6e-3f0e-4d0a-9d5e-2f6f0f6f7a10"})
    status: Status
    outcome: Outcome
    created: bool
    title: str
    notice_id: str = Field(json_schema_extra={"example": "0b1f7a52-4a1b-4e0f-9a43-5d0c4b1d2e01"})
    version: str = Field(json_schema_extra={"example": "01"})
    lots: int = Field(description="How many lots the opportunity has", json_schema_extra={"example": 2})
    unmapped: list[Unmapped]
    warnings: list[Warned]

    @classmethod
    def of(cls, report: NoticeReport, language: str) -> Self:
        """Return the report as it is answered, in `language`."""
        return cls(
            **report.model_dump(include=set(cls.model_fields) - {"created", "unmapped", "warnings"}),
            created=report.created is True,
            unmapped=report.unmapped,
            warnings=[
                Warned(field=warning.field, line=warning.line, text=warning.text(language))
                for warning in report.warnings
            ],
        )
