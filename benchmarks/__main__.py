"""`make bench`: how good the matching is, and how fast, printed as tables and written as JSON to benchmarks/results.

python -m benchmarks                          quality, speed at 10,000 and 100,000, and throughput
python -m benchmarks speed --sizes 1000       only speed, at other sizes
python -m benchmarks quality --dev FILE       only quality, on other award data of the same form
python -m benchmarks support                  only the search for support and the gap map
python -m benchmarks sync --records 10000     only reading another node, with fewer records
python -m benchmarks throughput --seconds 3   only requests a second, in shorter rounds
"""

import argparse
import json
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks import quality, speed, support, sync, throughput, timing

RESULTS = Path(__file__).parent / "results"
SIZES = "10000,100000"
DATABASES = "sqlite,postgresql"


def machine() -> dict[str, str]:
    """Return what the figures were measured on, without the machine's name."""
    cpu = next(
        (line.partition(":")[2].strip() for line in _lines(Path("/proc/cpuinfo")) if line.startswith("model name")),
        platform.processor(),
    )
    cores = sum(line.startswith("processor") for line in _lines(Path("/proc/cpuinfo")))
    return {
        "cpu": cpu,
        "cores": str(cores),
        "python": platform.python_version(),
        "sqlalchemy": version("sqlalchemy"),
        "numpy": version("numpy"),
    }


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def run_speed(train: Path, dev: Path, sizes: str, databases: str, out: Path) -> None:
    """Measure speed, print it and write it."""
    found = speed.run(train, dev, [int(size) for size in sizes.split(",")], databases.split(","))
    print(timing.report(found))
    timing.write(found, out)


def run_support(databases: str, out: Path) -> None:
    """Measure the search for support and the gap map, print it and write it."""
    found = support.run(databases.split(","))
    print(timing.report(found))
    timing.write(found, out)


def run_sync(databases: str, records: int, out: Path) -> None:
    """Measure the reading of another node, print it and write it."""
    found = sync.run(databases.split(","), records, min(sync.FEW, records))
    print(sync.report(found))
    sync.write(found, out)


def run_throughput(train: Path, databases: str, seconds: int, out: Path) -> None:
    """Measure throughput, print it and write it; without wrk say how to get it."""
    try:
        found = throughput.run(train, databases.split(","), seconds=seconds)
    except RuntimeError as fault:
        print(fault)
        return
    print(throughput.report(found))
    throughput.write(found, out)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "what", nargs="?", choices=["all", "quality", "speed", "support", "sync", "throughput"], default="all"
    )
    parser.add_argument("--train", type=Path, default=quality.data_file("awards_se_train.csv.gz"))
    parser.add_argument("--dev", type=Path, default=quality.data_file("awards_se_dev.csv.gz"))
    parser.add_argument("--sizes", default=SIZES, help="sizes of the synthetic registry, by commas")
    parser.add_argument("--databases", default=DATABASES)
    parser.add_argument("--seconds", type=int, default=10, help="how long each round of throughput takes")
    parser.add_argument("--records", type=int, default=sync.RECORDS, help="how many records another node has")
    chosen = parser.parse_args(arguments)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "machine.json").write_text(json.dumps(machine(), indent=1) + "\n", encoding="utf-8")
    if chosen.what in {"all", "quality"}:
        quality.main(["--train", str(chosen.train), "--dev", str(chosen.dev)])
    if chosen.what in {"all", "speed"}:
        run_speed(chosen.train, chosen.dev, chosen.sizes, chosen.databases, RESULTS / "speed.json")
    if chosen.what in {"all", "support"}:
        run_support(chosen.databases, RESULTS / "support.json")
    if chosen.what in {"all", "sync"}:
        run_sync(chosen.databases, chosen.records, RESULTS / "sync.json")
    if chosen.what in {"all", "throughput"}:
        run_throughput(chosen.train, chosen.databases, chosen.seconds, RESULTS / "throughput.json")


if __name__ == "__main__":
    main()
