"""Contacts written out as CSV that a spreadsheet program opens: a row a contact, in the reader's language."""

import csv
import io
from collections.abc import Iterable
from typing import Final

from app.contacts.schemas import ContactRead
from app.contacts.vocabulary import ROLE_LABELS
from app.core.i18n import N_, Texts, texts
from app.core.text import neutral
from app.reference import service as reference

# Excel reads a CSV file as UTF-8 only when it begins with this mark, and parts it at ; in Sweden and Norway.
_BOM: Final = "\ufeff"
_DELIMITER: Final = ";"
_HEADINGS: Final = (
    N_("Organisation"),
    N_("Function"),
    N_("Answers for"),
    N_("E-mail"),
    N_("Telephone"),
    N_("Website"),
    N_("Where"),
    N_("Languages"),
    N_("Confirmed"),
    N_("Confirm by"),
    N_("Source"),
)


def as_csv(contacts: Iterable[ContactRead], language: str = "sv") -> bytes:
    """Return contacts as CSV in UTF-8, in the reader's language; no cell is taken for a formula."""
    say = texts(language)
    written = io.StringIO()
    rows = csv.writer(written, delimiter=_DELIMITER)
    rows.writerow([say(heading) for heading in _HEADINGS])
    for one in contacts:
        rows.writerow([neutral(cell) for cell in _cells(one, language, say)])
    return (_BOM + written.getvalue()).encode()


def _cells(one: ContactRead, language: str, say: Texts) -> list[str]:
    return [
        one.organization_name,
        one.function,
        ", ".join(say(ROLE_LABELS[role]) for role in one.roles),
        one.email or "",
        one.phone or "",
        one.website or "",
        ", ".join(reference.area_label(code, language) for code in one.areas),
        ", ".join(one.languages),
        one.assured_on.isoformat(),
        one.due_on.isoformat(),
        one.source,
    ]
