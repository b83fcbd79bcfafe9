"""The report of one import as lines for a person at a terminal."""

from collections.abc import Iterator

from app.core.i18n import N_, texts
from app.notices.schemas import NoticeReport
from app.notices.vocabulary import Outcome

_OUTCOMES = {
    Outcome.CREATED: N_("new opportunity"),
    Outcome.REPLACED: N_("opportunity replaced"),
    Outcome.UNCHANGED: N_("already here, unchanged"),
    Outcome.WITHDRAWN: N_("opportunity withdrawn"),
    Outcome.ENDED: N_("its outcome is told"),
}
_STATUSES = {
    "published": N_("published"),
    "closed": N_("closed"),
    "cancelled": N_("cancelled"),
    "awarded": N_("awarded"),
    "draft": N_("draft"),
}


def render(report: NoticeReport, language: str) -> str:
    """Return the report as text in `language`: what became of the file, warnings, what was not mapped."""
    return "\n".join(_lines(report, language))


def _lines(report: NoticeReport, language: str) -> Iterator[str]:
    say = texts(language)
    lots = say.plural("{n} lot", "{n} lots", report.lots)
    yield f"{report.file}: {say(_OUTCOMES[report.outcome])}, {say(_STATUSES[report.status])}, {lots}: {report.title}"
    yield f"    {report.opportunity_id}"
    for warning in report.warnings:
        where = say("line {line}, {field}", line=warning.line, field=warning.field)
        yield f"    {where}: {warning.text(language)}"
    if report.unmapped:
        number = len(report.unmapped)
        yield "    " + say.plural("{n} field is not mapped:", "{n} fields are not mapped:", number)
    for field in report.unmapped:
        where = say("line {line}, {field}", line=field.line, field=field.field)
        times = f" (× {field.count})" if field.count > 1 else ""
        yield f"        {where}: {field.name + ': ' if field.name else ''}{field.value}{times}"
