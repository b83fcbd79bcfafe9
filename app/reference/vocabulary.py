"""The words and limits of the reference room."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["country", "county", "municipality"]

# The lists that are not plain vocabularies: they have their own lookups and their own columns.
CPV_LIST = "cpv"
AREA_LIST = "areas"
NUTS_LIST = "nuts"


class UnknownArea(ValueError):
    """The text is no area of Sweden or Norway."""


class ForeignArea(UnknownArea):
    """The text is a well-formed country or NUTS code of another country: kept, but its place is unknown to us."""


class UnknownCpv(ValueError):
    """The text is no code of the Common Procurement Vocabulary."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A code with its label in three languages."""

    code: str
    sv: str
    nb: str
    en: str

    def label(self, language: str) -> str:
        """Return the label in `language`; English for a language we do not have."""
        if language == "sv":
            return self.sv
        return self.nb if language == "nb" else self.en


class Code(Labelled):
    """One code of a vocabulary."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Area:
    """A country, a county (län, fylke) or a municipality. `lat` and `lon` (degrees) are set for municipalities only."""

    code: str
    country: str
    level: Level
    name_sv: str
    name_nb: str
    name_en: str
    parent: str | None
    lat: float | None
    lon: float | None

    def name(self, language: str) -> str:
        """Return the plain name in `language`, without the county of its namesakes: see `area_label`."""
        return {"sv": self.name_sv, "nb": self.name_nb}.get(language, self.name_en)


@dataclass(frozen=True, slots=True)
class Region:
    """A NUTS region: level 0–3, the edition it belongs to where it is not in both 2021 and 2024, today's counties."""

    code: str
    level: int
    name: str
    edition: str | None
    counties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CpvHit:
    """A CPV code that a search found, with its label in the reader's language."""

    code: str
    label: str
