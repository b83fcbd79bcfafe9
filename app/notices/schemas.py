"""What an import tells whoever started it."""

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

    field: str
    name: str
    line: int
    value: str
    count: int


class NoticeReport(SchemaOut):
    """What became of one file.

    `created` is True for a new opportunity, False for one that was changed, None when nothing needed to be written.
    """

    file: str
    outcome: Outcome
    opportunity_id: str
    created: bool | None
    status: Status
    title: str
    notice_id: str
    version: str
    lots: int
    unmapped: list[Unmapped]
    warnings: list[Remark]
