"""The shipped tables are what the script makes of the sources."""

from pathlib import Path

import pytest

from app.reference import build_data
from app.settings import settings


def test_the_shipped_tables_are_what_the_script_makes(tmp_path: Path) -> None:
    source = settings().data_dir
    if not source.is_dir():
        pytest.skip("needs the development data ($SAMNOD_DATA_DIR), which is absent")
    build_data.build(source, tmp_path)
    made = sorted(path.name for path in tmp_path.iterdir())
    assert made == ["areas.csv", "cpv.csv", "nuts.csv", "vocabularies.csv"]
    for name in made:
        assert (tmp_path / name).read_text() == (build_data.OUTPUT / name).read_text(), f"{name}: run build_data again"
