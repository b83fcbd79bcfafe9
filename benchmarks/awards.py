"""Real awards as profiles and questions: the winners' side from one period, the notices of a later one."""

import csv
import gzip
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from app.core.text import fold
from app.matching.profile import Lot, Offering, Profile
from app.reference.service import parse_area

Row = dict[str, str]
_WORD = re.compile(r"[^\W_]+")
_SIZES = {"Mikroföretag": "micro", "Små företag": "small", "Medelstora företag": "medium", "Stora företag": "large"}


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice as a question: what is asked, where, and who won."""

    id: str
    title: str
    """Without the buyer's name."""
    cpv: str
    area: str | None
    """Municipality, else county, else None."""
    value: int | None
    buyer: str
    winners: frozenset[str]


def read(path: Path) -> list[Row]:
    """Return the rows of an award file, in order."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def plain_title(row: Row) -> str:
    """Return the title without the words of the buyer's name, also in the genitive."""
    return _without(row["title"], row["buyer_name"])


@lru_cache(maxsize=50_000)
def _without(title: str, name: str) -> str:
    """Return `title` without the words of `name`."""
    banned = {fold(word).removesuffix("s") for word in _WORD.findall(name)}
    return " ".join(word for word in _WORD.findall(title) if fold(word).removesuffix("s") not in banned)


def area_of(row: Row) -> str | None:
    """Return the area code of the place: the buyer's municipality, else the county of the region."""
    if row["buyer_municipality"]:
        return f"{row['country']}-{row['buyer_municipality']}"
    return county_of_nuts(row["region"]) if row["region"] else None


@lru_cache(maxsize=256)
def county_of_nuts(region: str) -> str:
    """Return the county that a NUTS 3 region is."""
    return parse_area(region)[0]


def notices(rows: Iterable[Row]) -> list[Notice]:
    """Return the notices in the order they first appear."""
    by_id: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_id[row["notice_id"]].append(row)
    return [_notice(found) for found in by_id.values()]


def _notice(rows: list[Row]) -> Notice:
    """Return one notice from its award rows."""
    first = rows[0]
    value = int(float(first["value"])) if first["value"] else None
    winners = frozenset(row["winner_id"] for row in rows)
    return Notice(
        first["notice_id"],
        plain_title(first),
        first["cpv_main"],
        area_of(first),
        value or None,
        first["buyer_id"],
        winners,
    )


def lot_of(notice: Notice) -> Lot:
    """Return the notice as the lot that the scorer reads."""
    return Lot(
        notice.id,
        notice.title,
        cpv_main=notice.cpv,
        area_codes=(notice.area,) if notice.area else (),
        country="SE",
        value_minor=notice.value * 100 if notice.value else None,
    )


def profiles(rows: Iterable[Row]) -> list[Profile]:
    """Return one profile per winner: distinct titles with their codes, where it delivered, its industry and size.

    How often it won is not in the profile: the same title, code or place counts once.
    """
    by_winner: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_winner[row["winner_id"]].append(row)
    return [_profile(winner, by_winner[winner]) for winner in sorted(by_winner)]


def _profile(winner: str, rows: list[Row]) -> Profile:
    """Return one winner's profile."""
    codes: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        codes[plain_title(row)].add(row["cpv_main"])
    offerings = tuple(
        Offering(f"{winner}:{number}", title, cpv=tuple(sorted(codes[title])))
        for number, title in enumerate(sorted(codes))
    )
    return Profile(
        winner,
        rows[0]["winner_name"],
        "SE",
        offerings=offerings,
        service_areas=tuple(sorted({area for row in rows if (area := area_of(row))})),
        industry_codes=tuple(sorted({row["winner_activity"] for row in rows if row["winner_activity"]})),
        employees_band=next((_SIZES[row["winner_size"]] for row in rows if row["winner_size"]), None),
    )
