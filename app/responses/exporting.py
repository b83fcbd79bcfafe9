"""The dialogue written out as CSV that a spreadsheet program opens: a row a step, in the order of time."""

import csv
import io
from datetime import datetime
from typing import Final

from app.core.clock import zone
from app.core.i18n import N_, Texts, texts
from app.core.text import neutral
from app.responses.schemas import Dialogue, DialogueStepRead
from app.responses.vocabulary import DECLINE_LABELS, STEP_LABELS

# Excel reads a CSV file as UTF-8 only when it begins with this mark, and parts it at ; in Sweden and Norway.
_BOM: Final = "\ufeff"
_DELIMITER: Final = ";"
_HEADINGS: Final = (N_("Time"), N_("What"), N_("Enterprise"), N_("Rank"), N_("Points"), N_("Reason"), N_("Text"))


def as_csv(dialogue: Dialogue, language: str = "sv") -> bytes:
    """Return the steps of a dialogue as CSV in UTF-8, in the reader's language; no cell is taken for a formula."""
    say = texts(language)
    written = io.StringIO()
    rows = csv.writer(written, delimiter=_DELIMITER)
    rows.writerow([say(heading) for heading in _HEADINGS])
    for step in dialogue.steps:
        rows.writerow([neutral(cell) for cell in _cells(step, dialogue.opportunity.country, say)])
    return (_BOM + written.getvalue()).encode()


def _cells(step: DialogueStepRead, country: str, say: Texts) -> list[str]:
    return [
        _local(step.at, country),
        say(STEP_LABELS[step.kind]),
        step.enterprise_name or "",
        "" if step.rank is None else str(step.rank),
        "" if step.score is None else str(step.score),
        say(DECLINE_LABELS[step.reason]) if step.reason else "",
        step.text,
    ]


def _local(moment: datetime, country: str) -> str:
    return moment.astimezone(zone(country)).strftime("%Y-%m-%d %H:%M:%S")
