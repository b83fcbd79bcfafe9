"""Reads the rows of a table into enterprises; what is wrong is told cell by cell, and no row hinders another."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from app.core.errors import FieldFault, InvalidContent, Message
from app.core.halves import by_two
from app.core.i18n import N_
from app.core.wording import plainly
from app.enterprises import cells
from app.enterprises.columns import Column
from app.enterprises.drafts import Drafted, drafted
from app.enterprises.records import require_sound
from app.enterprises.schemas import EnterpriseCreate
from app.enterprises.spreadsheet import Cell, CellFault, Doubt, Row, Table
from app.enterprises.vocabulary import EligibilityState, OfferingKind
from app.reference import service as reference

_TEXTS = {"SE": "sv", "NO": "nb"}
# "Lokalvård [90910000 cleaning]": what stands in brackets after a title belongs to it.
_BRACKETED = re.compile(r"^(.*?)\s*\[([^\]]*)\]$|^(.*?)\s*\(([\d\s,;-]{8,})\)$", re.S)
_PARTS = re.compile(r"[;|\n]")
_LONGEST_TITLE = 300
_DOUBTS = {
    Doubt.ERROR: N_("the formula in this cell gives an error: mend it, or write the value"),
    Doubt.NO_VALUE: N_("this formula has no stored value: open the file in a spreadsheet program and save it"),
}
# Where people add a remark in brackets to what is one of a few words.
_REMARKED = frozenset({"kind", "lifecycle", "legal_form", "public_ownership"})


@dataclass(frozen=True, slots=True)
class Defaults:
    """What counts for each row that does not say it itself; `home` and `owner_id` are those of every new record."""

    source: str
    country: str = ""
    language: str = ""
    home: str = "local"
    owner_id: str | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """A row that cannot be written, and why."""

    row: int
    faults: list[CellFault]


def read_rows(table: Table, columns: Sequence[Column], defaults: Defaults) -> Iterator[Drafted | Broken]:
    """Yield each row of a table as a record, or as its faults."""
    by_field = {(one.field, one.number): one for one in columns}

    def read(rows: Sequence[tuple[int, Row]]) -> list[Drafted | Broken]:
        return [_Reading(table, by_field, defaults, row, values).read() for row, values in rows]

    return by_two(read, table.rows)


class _Fault(Exception):
    """Something is wrong in the column of a field."""

    def __init__(self, field: str, detail: str, number: int = 0) -> None:
        super().__init__(detail)
        self.field, self.detail, self.number = field, detail, number


class _Reading:
    """One row while it is read."""

    def __init__(
        self,
        table: Table,
        columns: Mapping[tuple[str, int], Column],
        defaults: Defaults,
        row: int,
        values: Row,
    ) -> None:
        self._table, self._columns, self._defaults, self._row = table, columns, defaults, row
        self._faults: list[CellFault] = []
        self._values: dict[tuple[str, int], Cell] = {}
        self._notes: list[str] = []
        for key, column in self._columns.items():
            value = values[column.index] if column.index < len(values) else None
            if (doubt := table.unsure.get((row, column.index))) is not None:
                self._complain(*key, Message(_DOUBTS[doubt]))
            elif value not in (None, ""):
                self._values[key] = value

    def read(self) -> Drafted | Broken:
        """Return the record, or every fault that was found."""
        found = self._record()
        if not self._faults:
            try:
                data = EnterpriseCreate.model_validate(found)
                require_sound(data)
                return self._drafted(data, frozenset(self._stated(found)))
            except ValidationError as fault:
                for error in fault.errors():
                    self._complain(*_column_of(error["loc"]), plainly(dict(error)))
            except InvalidContent as fault:
                for wrong in fault.faults:
                    self._complain(*_column_of(_parts(wrong)), wrong.detail)
        return Broken(self._row, self._faults)

    def _drafted(self, data: EnterpriseCreate, stated: frozenset[str]) -> Drafted:
        defaults = self._defaults
        return drafted(
            self._row, self._place("name"), data, stated, tuple(self._notes), defaults.home, defaults.owner_id
        )

    def _record(self) -> dict[str, Any]:
        """Return what the row states, as far as it can be read."""
        found: dict[str, Any] = {"source": self._text("source") or self._defaults.source}
        country = self._country()
        found |= {"country": country, "language": self._text("language") or self._defaults.language or _TEXTS[country]}
        for field in ("name", "place", "summary", "contact_function", "contact_email", "organisation_number"):
            if self._has(field):
                found[field] = self._text(field)
        if not self._has("name") and not self._faults:
            self._complain("name", 0, Message(N_("every row needs a name")))
        if not found["source"]:
            told = N_("where do the facts come from? Add a column “source”, or run with --source")
            self._complain("source" if ("source", 0) in self._columns else "name", 0, Message(told))
        for field, read in self._readers(country).items():
            if not self._has(field):
                continue
            value = self._try_without_remark(field, read) if field in _REMARKED else self._try(field, read)
            if value is not None:
                found[field] = value
        if offerings := self._offerings(found["language"]):
            found["offerings"] = offerings
        if eligibility := self._eligibility(found.get("confirmed_on")):
            found["eligibility"] = eligibility
        return found

    def _readers(self, country: str) -> Mapping[str, Callable[[Cell], Any]]:
        heading = self._columns[("turnover", 0)].heading if ("turnover", 0) in self._columns else ""
        return {
            "aliases": lambda value: cells.several(value, ";|\n"),
            "kind": cells.kind,
            "lifecycle": cells.lifecycle,
            "legal_form": lambda value: cells.legal_form(value, country),
            "area_code": lambda value: cells.seat(value, country, self._text("county")),
            "founded_year": cells.whole,
            "public_ownership": cells.ownership,
            "service_areas": lambda value: cells.areas(value, country),
            "target_groups": lambda value: cells.codes(value, "target_group"),
            "industry_codes": cells.industry_codes,
            "employees": cells.employees,
            "turnover": lambda value: cells.turnover(value, heading),
            "languages": cells.several,
            "website": cells.website,
            "source_year": cells.whole,
            "confirmed_on": cells.day,
        }

    def _stated(self, found: dict[str, Any]) -> set[str]:
        """Return the fields that the row, or whoever runs the import, states: a country's language is our own guess."""
        guessed = not self._has("language") and not self._defaults.language
        return set(found) - ({"language"} if guessed else set())

    def _country(self) -> str:
        """Return the country that the row says, or that its municipality's code or name lies in, or the default."""
        if self._has("country"):
            return self._try("country", cells.country) or "SE"
        if self._defaults.country:
            return self._defaults.country
        said = self._text("area_code")
        if re.fullmatch(r"(SE|NO)-\d+", said):
            return said[:2]
        found = {area.country for area in reference.municipality_named(said)} if said else set()
        if len(found) == 1:
            return found.pop()
        field = "country" if ("country", 0) in self._columns else "name"
        told = N_("of which country? Add a column “country”, or run with --country SE or --country NO")
        self._complain(field, 0, Message(told))
        return "SE"

    def _offerings(self, language: str) -> list[dict[str, Any]]:
        """Return the offerings of the unnumbered columns, then of each number."""
        numbers = sorted({number for field, number in self._columns if field in ("offerings", "cpv", "sectors")})
        found = [one for number in numbers for one in self._offerings_of(number, language)]
        if self._has("cpv_is_guess") and self._try("cpv_is_guess", cells.yes):
            found = [{**one, "cpv_is_guess": bool(one["cpv"])} for one in found]
        places = self._try("places_free", cells.whole) if self._has("places_free") else None
        if places is not None:
            training = next((one for one in found if one["kind"] == OfferingKind.WORK_TRAINING), None)
            if training is None:
                training = _offering(reference.label("sector", "work_training", language), [], ["work_training"])
                found.append(training)
            training["places_free"] = places
        return [{**one, "language": language} for one in found]

    def _offerings_of(self, number: int, language: str) -> list[dict[str, Any]]:
        codes = self._try("cpv", cells.cpv, number) or []
        sectors = self._try("sectors", lambda value: cells.codes(value, "sector"), number) or []
        said = self._text("offerings", number)
        titles = [part.strip() for part in _PARTS.split(said) if part.strip()]
        bracketed = [_BRACKETED.match(title) for title in titles]
        if any(bracketed):
            # The columns beside repeat what the brackets say, or an export would not be read as it was written.
            return [self._bracketed(title, found, number) for title, found in zip(titles, bracketed, strict=True)]
        if len(titles) > 1 and (codes or sectors):
            return self._shared(said, titles, codes, sectors)
        if titles:
            return [_offering(title, codes, sectors) for title in titles]
        if codes or sectors:
            title = reference.cpv_label(codes[0], language) if codes else None
            return [_offering(title or reference.label("sector", (sectors or ["other"])[0], language), codes, sectors)]
        return []

    def _bracketed(self, title: str, found: re.Match[str] | None, number: int) -> dict[str, Any]:
        if found is None:
            return _offering(title, [], [])
        inside = re.split(r"[\s,;]+", (found[2] or found[4] or "").strip())
        codes = [one for one in inside if re.fullmatch(r"[\d-]+", one)]
        try:
            read = cells.cpv("; ".join(codes)) if codes else []
            sectors = [cells.code(one, "sector") for one in inside if one and one not in codes]
        except ValueError as fault:
            self._complain("offerings", number, _detail(fault))
            return _offering(title, [], [])
        return _offering(found[1] or found[3], read, sectors)

    def _shared(self, said: str, titles: list[str], codes: list[str], sectors: list[str]) -> list[dict[str, Any]]:
        """Return several titles with codes beside them: one each when there are as many, else all in one offering.

        Which code goes with which title is not guessed: a wrong code would be said of a named enterprise.
        """
        if {len(codes) or len(titles), len(sectors) or len(titles)} == {len(titles)}:
            parted = zip(titles, codes or [""] * len(titles), sectors or [""] * len(titles), strict=True)
            return [_offering(title, [code] if code else [], [one] if one else []) for title, code, one in parted]
        told = N_("{n} offerings and {codes} codes: kept as one offering. Part them as “title [code]; title [code]”")
        self._notes.append(Message(told, n=len(titles), codes=len(codes) or len(sectors)))
        title = ", ".join(titles)
        if len(title) <= _LONGEST_TITLE:
            return [_offering(title, codes, sectors)]
        return [_offering(f"{titles[0][: _LONGEST_TITLE - 2]} …", codes, sectors) | {"description": said}]

    def _eligibility(self, confirmed: Any) -> list[dict[str, Any]]:
        if not self._has("reserved"):
            return []
        said = self._try("reserved", cells.reserved) or {}
        on = self._try("reserved_on", cells.day) if self._has("reserved_on") else confirmed
        return [
            {
                "reservation": rule,
                "state": EligibilityState.DECLARED if may else EligibilityState.DENIED,
                "on": on,
            }
            for rule, may in said.items()
        ]

    def _has(self, field: str, number: int = 0) -> bool:
        return (field, number) in self._values

    def _text(self, field: str, number: int = 0) -> str:
        return cells.text(self._values.get((field, number)))

    def _try(self, field: str, read: Callable[[Cell], Any], number: int = 0) -> Any:
        """Return what a cell says; None when it is empty, or wrong, which is then among the faults."""
        if not self._has(field, number):
            return None
        try:
            return read(self._values[field, number])
        except ValueError as fault:
            self._complain(field, number, _detail(fault))
            return None

    def _try_without_remark(self, field: str, read: Callable[[Cell], Any]) -> Any:
        """Read "AB (according to the list)" as AB, and say so, when the whole is nothing that we know."""
        said = self._text(field)
        plain = said.partition("(")[0].strip() if said.endswith(")") else ""
        with suppress(ValueError):
            return read(said)
        with suppress(ValueError):
            value = read(plain) if plain else None
            if value is not None:
                told = N_("“{said}” is read as {value}: what stands in brackets is not kept")
                self._notes.append(Message(told, said=said[:60], value=str(value)))
                return value
        return self._try(field, read)

    def _complain(self, field: str, number: int, detail: str) -> None:
        column = self._columns.get((field, number)) or self._columns["name", 0]
        fault = CellFault(self._row, self._place(field, number), column.heading, detail)
        if fault not in self._faults:
            self._faults.append(fault)

    def _place(self, field: str, number: int = 0) -> str:
        column = self._columns.get((field, number)) or self._columns["name", 0]
        return self._table.place(self._row, column.index)


def _offering(title: str, codes: list[str], sectors: list[str]) -> dict[str, Any]:
    of_training = sectors == ["work_training"]
    return {
        "title": title,
        "cpv": codes,
        "sectors": sectors,
        "kind": OfferingKind.WORK_TRAINING if of_training else OfferingKind.SERVICE,
    }


def _detail(fault: ValueError) -> str:
    told = fault.args[0] if fault.args else ""
    return told if isinstance(told, Message) else str(told)


def _parts(fault: FieldFault) -> tuple[str, ...]:
    return tuple(fault.pointer.strip("/").split("/"))


def _column_of(loc: Sequence[int | str]) -> tuple[str, int]:
    """Return the field, as a column is called, that a fault's place in the record belongs to."""
    names = [str(part) for part in loc if not str(part).isdigit()]
    first = names[0] if names else "name"
    if first == "offerings" and len(names) > 1:
        return {"cpv": ("cpv", 0), "sectors": ("sectors", 0), "places_free": ("places_free", 0)}.get(
            names[1], ("offerings", 0)
        )
    return {"eligibility": "reserved"}.get(first, first), 0
