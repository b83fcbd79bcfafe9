"""Learn the shipped tables from award data: rarity of codes and word pieces, title hints, industries by code.

    python -m benchmarks.fit_weights TRAIN.csv.gz [FOLDER]

Each supplier and each notice counts once for a code or a piece, however often it recurs; no supplier, buyer or title
is in what is written.
"""

import csv
import gzip
import math
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from io import StringIO
from pathlib import Path

from app.matching.lexicon import pieces, significant, words
from app.matching.profile import Profile
from app.matching.terms import code_terms, industry_terms
from app.matching.weights import DATA
from benchmarks.awards import Notice, Row, notices, profiles, read

LEAST_SUPPLIERS_OF_PIECE = 3
LEAST_NOTICES_OF_PIECE = 3
LEAST_SHARE = 0.2
HINT_LEVELS = (3, 4)


def main() -> None:
    """Fit on the file named first and write the tables to the shipped folder, or to the folder named second."""
    rows = read(Path(sys.argv[1]))
    fit(rows, Path(sys.argv[2]) if len(sys.argv) > 2 else DATA)


def fit(rows: list[Row], folder: Path) -> None:
    """Write the four tables learnt from `rows` to `folder`."""
    suppliers = profiles(rows)
    asked = notices(rows)
    write(folder / "code_rarity.csv.gz", ("prefix", "rarity"), code_rarity(suppliers))
    write(folder / "piece_rarity.csv.gz", ("piece", "rarity"), piece_rarity(suppliers))
    write(folder / "title_hints.csv.gz", ("piece", "prefix", "strength"), title_hints(asked))
    write(folder / "code_industries.csv.gz", ("prefix", "industry", "strength"), code_industries(suppliers))


def write(path: Path, heading: tuple[str, ...], rows: Iterable[tuple[str | int, ...]]) -> None:
    """Write a table, the same bytes for the same rows."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heading)
    writer.writerows(sorted(rows, key=lambda row: tuple(map(str, row))))
    path.write_bytes(gzip.compress(text.getvalue().encode(), mtime=0))


def _rarity(count: int, held: int) -> int:
    """Return 100 · ln(count / held)."""
    return round(100 * math.log(count / held))


def code_rarity(suppliers: list[Profile]) -> list[tuple[str | int, ...]]:
    """Return how rare each CPV level and code is among suppliers."""
    held = Counter(
        term.split(":")[1]
        for supplier in suppliers
        for term in {term for offering in supplier.offerings for code in offering.cpv for term in code_terms(code)}
    )
    return [(prefix, _rarity(len(suppliers), count)) for prefix, count in held.items()]


def piece_rarity(suppliers: list[Profile]) -> list[tuple[str | int, ...]]:
    """Return how rare each word piece is among suppliers' texts."""
    held = Counter(piece for supplier in suppliers for piece in _pieces_of(o.title for o in supplier.offerings))
    enough = {piece: count for piece, count in held.items() if count >= LEAST_SUPPLIERS_OF_PIECE}
    return [(piece, _rarity(len(suppliers), count)) for piece, count in enough.items()]


def _pieces_of(titles: Iterable[str]) -> set[str]:
    """Return the pieces of the words of some titles."""
    return {piece for title in titles for word in words(title) for piece in pieces(word)}


def title_hints(asked: list[Notice]) -> list[tuple[str | int, ...]]:
    """Return which CPV groups and classes the titles that hold a piece are bought under, with the share in per cent."""
    seen: Counter[str] = Counter()
    under: dict[str, Counter[str]] = defaultdict(Counter)
    for notice in asked:
        prefix = significant(notice.cpv)
        for piece in _pieces_of([notice.title]):
            seen[piece] += 1
            under[piece].update(prefix[:level] for level in HINT_LEVELS if len(prefix) >= level)
    return [
        (piece, prefix, round(100 * share))
        for piece, found in under.items()
        if seen[piece] >= LEAST_NOTICES_OF_PIECE
        for prefix, count in found.items()
        if (share := (count - 0.5) / (seen[piece] + 1)) >= LEAST_SHARE
    ]


def code_industries(suppliers: list[Profile]) -> list[tuple[str | int, ...]]:
    """Return the industries that stand out among those who supply a CPV level, 1–100 by how much they do."""
    industries = {s.enterprise_id: {t[2:] for c in s.industry_codes for t in industry_terms(c)} for s in suppliers}
    known = [supplier for supplier in suppliers if industries[supplier.enterprise_id]]
    everywhere = Counter(industry for supplier in known for industry in industries[supplier.enterprise_id])
    of_prefix: dict[str, list[set[str]]] = defaultdict(list)
    for supplier in known:
        prefixes = {t.split(":")[1] for o in supplier.offerings for c in o.cpv for t in code_terms(c)}
        for prefix in prefixes:
            if len(prefix) < 6:
                of_prefix[prefix].append(industries[supplier.enterprise_id])
    rows: list[tuple[str | int, ...]] = []
    for prefix, held in of_prefix.items():
        if len(held) >= 5:
            counts = Counter(industry for one in held for industry in one)
            rows.extend(_standing_out(prefix, counts, len(held), everywhere, len(known)))
    return rows


def _standing_out(
    prefix: str, counts: Counter[str], suppliers: int, everywhere: Counter[str], known: int
) -> Iterable[tuple[str | int, ...]]:
    """Yield the industries of one prefix that are at least thrice as common there as among all."""
    for industry, count in counts.items():
        lift = (count - 0.5) / (suppliers + 2) / (everywhere[industry] / known)
        if count >= 2 and lift >= 3:
            yield prefix, industry, min(100, round(100 * math.log(lift) / math.log(100)))


if __name__ == "__main__":
    main()
