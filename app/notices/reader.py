"""Reads a notice field by field, remembers what it has read and collects what is wrong."""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal, InvalidOperation

from app.core.errors import FieldFault
from app.notices.fields import Scope, field
from app.notices.schemas import Remark
from app.notices.vocabulary import PREFERRED_LANGUAGES
from app.notices.xml import Element, find, line_of, text_of

_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(Z|[+-]\d{2}:\d{2})?")
_TIME = re.compile(r"(\d{2}:\d{2}(?::\d{2})?)(?:\.\d+)?(Z|[+-]\d{2}:\d{2})?")
_LONGEST_VALUE = 300
_LAST_MOMENT = time(23, 59, 59)


class Reader:
    """One notice while it is read. `faults` stop the import, `remarks` do not."""

    def __init__(self, root: Element) -> None:
        self.root = root
        self.faults: list[FieldFault] = []
        self.remarks: list[Remark] = []
        # Elements are kept, not only their names: lxml makes a new object for one that nobody holds.
        self.taken: set[Element] = set()
        # Languages of texts that were passed over for one in the language of this import.
        self.other_languages: dict[str, None] = {}
        self.language = self._choose_language()

    def elements(self, number: str, scope: Scope, base: Element) -> list[Element]:
        """Return the elements of a field that hold text, and count them as read."""
        found = [element for element in find(base, field(number, scope).path) if text_of(element)]
        self.taken.update(found)
        return found

    def element(self, number: str, scope: Scope, base: Element) -> Element | None:
        """Return the first element of a field, or None."""
        return next(iter(self.elements(number, scope, base)), None)

    def codes(self, number: str, scope: Scope, base: Element) -> list[str]:
        """Return the values of a field, each once."""
        return list(dict.fromkeys(text_of(element) for element in self.elements(number, scope, base)))

    def code(self, number: str, scope: Scope, base: Element) -> str:
        """Return the value of a field, "" when the notice does not have it."""
        return next(iter(self.codes(number, scope, base)), "")

    def words(self, number: str, scope: Scope, base: Element) -> Element | None:
        """Return the element of a text field in the language of this import, else in the nearest to it.

        The languages of the others are remembered.
        """
        offered = self.elements(number, scope, base)
        by_language: dict[str | None, Element] = {}
        for element in offered:
            by_language.setdefault(element.get("languageID"), element)
        wanted = next((language for language in (*self.language, None) if language in by_language), None)
        chosen = by_language.get(wanted, offered[0] if offered else None)
        others = (language for language, element in by_language.items() if language and element is not chosen)
        self.other_languages |= dict.fromkeys(language[:8] for language in others)
        return chosen

    def required(self, number: str, scope: Scope, base: Element) -> Element | None:
        """Return the first element of a field; a fault when it is missing."""
        found = self.element(number, scope, base)
        if found is None:
            self.missing(number, scope, base)
        return found

    def missing(self, number: str, scope: Scope, base: Element) -> None:
        """Note that a field which a notice must have is not there."""
        self.fault(number, base, f"{field(number, scope).name.lower()} is missing")

    def fault(self, number: str, element: Element, detail: str) -> None:
        """Note what stops the import."""
        self.faults.append(FieldFault(f"line {line_of(element)}, {number}", detail))

    def remark(self, number: str, element: Element, message: str, **values: object) -> None:
        """Note what somebody should look at. `message` is marked with `N_` where it is written."""
        said = {name: str(value)[:_LONGEST_VALUE] for name, value in values.items()}
        self.remarks.append(Remark(field=number, line=line_of(element), message=message, values=said))

    def date_of(self, number: str, element: Element) -> date | None:
        """Return a date field; a fault when it is not a date."""
        try:
            return _date_and_zone(text_of(element))[0]
        except ValueError:
            self.fault(number, element, f"{_shown(element)} is not a date")
            return None

    def instant(self, number: str, day: Element, hour: Element | None, zone: tzinfo) -> datetime | None:
        """Return a date and time as an instant; `zone` holds where the notice names none, and a day means its end."""
        try:
            on, date_zone = _date_and_zone(text_of(day))
        except ValueError:
            self.fault(number, day, f"{_shown(day)} is not a date")
            return None
        if hour is None:
            return datetime.combine(on, _LAST_MOMENT, date_zone or zone).astimezone(UTC)
        try:
            at, time_zone = _time_and_zone(text_of(hour))
        except ValueError:
            self.fault(number, hour, f"{_shown(hour)} is not a time of day")
            return None
        return datetime.combine(on, at, time_zone or date_zone or zone).astimezone(UTC)

    def number(self, number: str, element: Element) -> Decimal | None:
        """Return a number of zero or more; a fault when it is not one."""
        try:
            found = Decimal(text_of(element))
        except InvalidOperation:
            found = Decimal("NaN")
        if not found.is_finite() or found < 0 or found.adjusted() > 15:
            self.fault(number, element, f"{_shown(element)} is not an amount")
            return None
        return found

    def one_of(self, number: str, element: Element, known: frozenset[str]) -> str | None:
        """Return a code of a closed list; a fault when it is not in it."""
        code = text_of(element)
        if code in known:
            return code
        self.fault(number, element, f"{_shown(element)} is not one of {', '.join(sorted(known))}")
        return None

    def _choose_language(self) -> tuple[str, ...]:
        """Return the languages to take texts in, the best first: the notice's own unless it offers one of ours."""
        main = self.codes("BT-702(a)", "notice", self.root)[:1]
        offered = [*main, *self.codes("BT-702(b)", "notice", self.root)]
        ours = [language for language in PREFERRED_LANGUAGES if language in offered]
        best = main if main and main[0] in PREFERRED_LANGUAGES else ours[:1]
        return tuple(dict.fromkeys([*best, *main, *ours]))


def _shown(element: Element) -> str:
    return repr(text_of(element)[:40])


def _date_and_zone(text: str) -> tuple[date, tzinfo | None]:
    found = _DATE.fullmatch(text)
    if not found:
        raise ValueError(text)
    on = date.fromisoformat(found[1])
    if not 1990 <= on.year <= 2200:
        raise ValueError(text)
    return on, _zone(found[2])


def _time_and_zone(text: str) -> tuple[time, tzinfo | None]:
    found = _TIME.fullmatch(text)
    if not found:
        raise ValueError(text)
    return time.fromisoformat(found[1]), _zone(found[2])


def _zone(text: str | None) -> tzinfo | None:
    if not text:
        return None
    if text == "Z":
        return UTC
    hours, minutes = int(text[1:3]), int(text[4:6])
    offset = timedelta(hours=hours, minutes=minutes)
    if offset > timedelta(hours=14):
        raise ValueError(text)
    return timezone(-offset if text[0] == "-" else offset)
