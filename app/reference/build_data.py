"""Make the tables of `app/reference/data/` from the development data folder; run by hand when a source changes.

    python -m app.reference.build_data DIR        (DIR defaults to $SAMNOD_DATA_DIR)

The output is a selection of facts in Samnod's own layout. What is ours and has no source file (`sector_cpv.csv`,
`trade_words.csv`, `SOURCES.csv`) is written by hand and left alone.
"""

import csv
import gzip
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

OUTPUT = Path(__file__).resolve().parent / "data"

Row = dict[str, str]

# Trades that the source reports name, as a CPV prefix and the number of significant digits to go down to.
# Every code above the chosen ones is included as well, so that a label has its whole path.
TRADES = {
    "151": 3, "1581": 5, "15842": 4, "15894": 6, "1583160": 7, "0312": 4, "0321": 4, "0345": 4,  # food, plants
    "1811": 4, "1822": 4, "1833": 4, "1893": 4,  # garments, textiles, bags
    "224": 4, "228": 4, "3019": 4,  # printed matter, office goods
    "3319312": 8, "331962": 6, "33193": 5,  # assistive products
    "3443": 4,  # bicycles
    "3911": 4, "3912": 4, "3913": 4, "3914": 5, "3915": 4, "3916": 4, "3922": 4, "3929": 4,  # furniture, household
    "3951": 5, "3952": 4, "3953": 4, "3983": 4,  # textiles, cleaning products
    "4511": 4, "4521": 4, "45261": 4, "4534": 4, "4541": 4, "4542": 5, "4543": 4, "4544": 6, "4545": 5,  # building
    "5011": 5, "5031": 4, "5032": 4, "5053": 5, "507": 4, "5083": 5, "508": 4, "5085": 4,  # repair
    "5511": 4, "5512": 4, "5513": 4, "5522": 4, "5524": 4, "553": 5, "5541": 4, "555": 6,  # lodging, food service
    "6011": 4, "6016": 4, "6018": 4, "6311": 5, "6312": 5, "6412": 5, "641": 4,  # transport, storage, couriers
    "70332": 4, "72312": 5,  # property and data entry
    "772": 4, "77211": 6, "77231": 5, "773": 6, "774": 3,  # forestry, parks
    "7951": 4, "7952": 5, "7953": 4, "7954": 4, "7957": 4, "796": 4,  # office services
    "7981": 5, "7982": 5, "799": 4, "79952": 6, "79992": 5, "79993": 5, "79999": 6,  # print, pack, events
    "8041": 4, "805": 5, "80533": 6,  # training
    "8512": 4, "8514": 4, "853": 6, "85312": 7,  # care and work training
    "9051": 5, "90511": 6, "9053": 4, "906": 5, "909": 6,  # waste, snow, cleaning
    "9231": 5, "9233": 4, "925": 4, "926": 5, "9831": 6, "9833": 4, "9834": 7, "9835": 4,  # culture, laundry
    "9838": 4, "9839": 5, "9813": 6, "985": 5, "98513": 7,  # other services, households
}  # fmt: skip

# Which list of the sources becomes which list here; the others keep their names.
LIST_NAMES = {
    "eforms_reserved_participation_BT-71": "reserved_participation",
    "eforms_reserved_execution_BT-736": "reserved_execution",
    "eforms_strategic_BT-06": "strategic_procurement",
    "eforms_social_objective_BT-775": "social_objective",
}
EFORMS_LISTS = ("notice_subtype", "notice_type", "form_type", "economic_operator_size")

# Labels that carry a note to the reader of the source, as they should read on a page.
LABELS = {
    ("social_procurement_form", "iop", "sv"): "Idéburet offentligt partnerskap (IOP)",
    ("support_structure_type", "other", "en"): "Other",
    ("need_category", "other", "en"): "Other",
    ("strategic_procurement", "none", "en"): "None",
    ("social_enterprise_criterion", "democratic_eu", "sv"): "Demokratiska organisationsprinciper",
    ("social_enterprise_criterion", "democratic_eu", "nb"): "Demokratiske organisasjonsprinsipper",
    ("social_enterprise_criterion", "democratic_eu", "en"): "Democratic principles of organisation",
    ("social_enterprise_criterion", "independent", "sv"): "Organisatoriskt fristående från offentlig sektor",
    ("social_enterprise_criterion", "independent", "nb"): "Organisatorisk uavhengig av offentlig sektor",
    ("social_enterprise_criterion", "independent", "en"): "Organisationally independent of the public sector",
}

# National reservations that eForms has no code for: LOU (2016:1145) 19 kap. 25 a § and FOA § 30-2 a.
NATIONAL_RESERVATIONS = (
    ("se-ideburen", "Förbehålls idéburna organisationer (LOU 19 kap. 25 a §)",
     "Forbeholdt idébaserte organisasjoner (svensk LOU kap. 19 § 25 a)",
     "Reserved: civil-society organisations (Swedish LOU 19:25 a)"),
    ("no-ideell", "Förbehålls ideella organisationer (norska regler)", "Forbeholdt ideelle organisasjoner",
     "Reserved: non-profit organisations (Norwegian rules)"),
)  # fmt: skip

# NUTS 2013 and 2016 regions of Norway that older notices still carry, and the counties that hold them now.
OLD_NUTS = {
    "NO01": ("Oslo og Akershus", "03 32"), "NO011": ("Oslo", "03"), "NO012": ("Akershus", "32"),
    "NO021": ("Hedmark", "34"), "NO022": ("Oppland", "34"),
    "NO03": ("Sør-Østlandet", "31 33 39 40"), "NO031": ("Østfold", "31"), "NO032": ("Buskerud", "33"),
    "NO033": ("Vestfold", "39"), "NO034": ("Telemark", "40"),
    "NO04": ("Agder og Rogaland", "42 11"), "NO041": ("Aust-Agder", "42"), "NO042": ("Vest-Agder", "42"),
    "NO043": ("Rogaland", "11"),
    "NO05": ("Vestlandet", "46 15"), "NO051": ("Hordaland", "46"), "NO052": ("Sogn og Fjordane", "46"),
    "NO053": ("Møre og Romsdal", "15"),
    "NO061": ("Sør-Trøndelag", "50"), "NO062": ("Nord-Trøndelag", "50"),
}  # fmt: skip

# Municipalities that the sources name and that have since become part of another.
FORMER_NAMES = {"NO-5054": "Rissa|Leksvik"}


def build(source: Path, output: Path = OUTPUT) -> None:
    """Write every generated table from the files under `source` to `output`."""
    cpv = _read(source / "codes" / "cpv.csv")
    _write(output / "cpv.csv", ("code", "sv", "nb", "en", "public_service"), _cpv_rows(cpv, source))
    _write(output / "areas.csv", ("code", "parent", "sv", "nb", "en", "also", "lat", "lon"), _area_rows(source))
    _write(output / "nuts.csv", ("code", "level", "name", "edition", "counties"), _nuts_rows(source))
    _write(output / "vocabularies.csv", ("list", "code", "sv", "nb", "en"), _vocabulary_rows(source))


def _cpv_rows(cpv: list[Row], source: Path) -> Iterable[tuple[str, ...]]:
    official = {row["code"] for row in cpv}
    chosen = {code for code in official if _significant(code) <= 3}
    chosen |= {row["code"] for row in cpv if row["social_service"] == "1"}
    chosen |= {code for code in official for prefix, depth in TRADES.items() if _in_trade(code, prefix, depth)}
    chosen |= {row["cpv"] for row in _read(source / "sources" / "cpv_subset.csv")}
    for row in _read(source / "sources" / "enterprises.csv"):
        chosen |= {code for code in row["cpv_guess"].split(";") if code in official}
    chosen |= {code.ljust(8, "0") for row in _read(OUTPUT / "sector_cpv.csv") for code in row["cpv"].split()} & official
    chosen |= {row["cpv"] for row in _read(OUTPUT / "trade_words.csv")}
    chosen |= _codes_won_by_the_social_economy(source) & official
    chosen |= {above for code in chosen for above in _above(code) if above in official}
    for row in cpv:
        if row["code"] in chosen:
            yield (row["code"], *(row[language].strip() for language in ("sv", "nb", "en")), row["social_service"])


def _codes_won_by_the_social_economy(source: Path) -> set[str]:
    """Return the main codes that suppliers of the social economy won at least twice in the training awards."""
    with gzip.open(source / "awards" / "awards_se_train.csv.gz", "rt", encoding="utf-8", newline="") as file:
        won = Counter(row["cpv_main"] for row in csv.DictReader(file) if row["winner_social_economy"] == "1")
    return {code for code, times in won.items() if times >= 2}


def _in_trade(code: str, prefix: str, depth: int) -> bool:
    return code.startswith(prefix) and _significant(code) <= depth


def _significant(code: str) -> int:
    return max(2, len(code.rstrip("0")))


def _above(code: str) -> list[str]:
    return [code[:digits].ljust(8, "0") for digits in range(2, _significant(code))]


def _area_rows(source: Path) -> Iterable[tuple[str, ...]]:
    yield ("SE", "", "Sverige", "Sverige", "Sweden", "", "", "")
    yield ("NO", "", "Norge", "Norge", "Norway", "Noreg", "", "")
    swedish = _read(source / "geo" / "kommuner_se.csv")
    norwegian = _read(source / "geo" / "kommuner_no.csv")
    for code, name in sorted({(row["county_code"], row["county_name"]) for row in swedish}):
        short = name.removesuffix(" län").removesuffix("s")
        yield (f"SE-{code}", "SE", name, name, f"{short} County", short, "", "")
    for code, name in sorted({(row["fylke_code"], row["fylke_name"]) for row in norwegian}):
        yield (f"NO-{code}", "NO", name, name, name, "", "", "")
    for row in swedish:
        also = "" if row["name_full"] == f"{row['name']} kommun" else row["name_full"]
        yield _municipality(f"SE-{row['code']}", f"SE-{row['county_code']}", row, also)
    for row in norwegian:
        code = f"NO-{row['code']}"
        yield _municipality(code, f"NO-{row['fylke_code']}", row, FORMER_NAMES.get(code, ""))


def _municipality(code: str, parent: str, row: Row, also: str) -> tuple[str, ...]:
    lat, lon = (f"{float(row[axis]):.2f}" for axis in ("lat", "lon"))
    return (code, parent, row["name"], row["name"], row["name"], also, lat, lon)


def _nuts_rows(source: Path) -> Iterable[tuple[str, ...]]:
    """Yield the regions of NUTS 2021 and 2024 with the county codes that make them up today, and older Norwegian ones.

    A region without counties of ours (Svalbard, Jan Mayen, Extra-Regio) has none.
    """
    regions = {row["code"]: row for row in _read(source / "geo" / "nuts_se_no.csv")}
    below: dict[str, list[str]] = defaultdict(list)
    for code, row in regions.items():
        below[row["parent"]].append(code)

    def counties(code: str) -> set[str]:
        row = regions[code]
        if row["county_code"]:
            return {f"{row['country']}-{row['county_code']}"}
        parts = row["successors_2024"].split() or below[code]
        return {county for part in parts for county in counties(part)}

    for code, row in sorted(regions.items()):
        both = row["in_nuts2021"] == row["in_nuts2024"] == "1" or row["level"] == "0"
        edition = "" if both else "2021" if row["in_nuts2021"] == "1" else "2024"
        yield (code, row["level"], row["name"], edition, " ".join(sorted(counties(code))))
    for code, (name, numbers) in OLD_NUTS.items():
        yield (code, str(len(code) - 2), name, "2016", " ".join(f"NO-{number}" for number in numbers.split()))


def _vocabulary_rows(source: Path) -> Iterable[tuple[str, ...]]:
    rows = sorted(_read(source / "sources" / "vocabularies.csv"), key=lambda row: (row["list"], int(row["order"])))
    for row in rows:
        name = LIST_NAMES.get(row["list"], row["list"])
        labels = (LABELS.get((name, row["code"], language), row[language]) for language in ("sv", "nb", "en"))
        yield (name, row["code"], *labels)
    for reservation in NATIONAL_RESERVATIONS:
        yield ("reserved_participation", *reservation)
    for name in EFORMS_LISTS:
        for row in _read(source / "codes" / f"{name}.csv"):
            # Where the Norwegian list has no label, the reader gets the Swedish one rather than nothing.
            yield (name, row["code"], row["sv"] or row["en"], row["nb"] or row["sv"] or row["en"], row["en"])


def _read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _write(path: Path, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


if __name__ == "__main__":
    build(Path(sys.argv[1] if len(sys.argv) > 1 else os.environ["SAMNOD_DATA_DIR"]))
