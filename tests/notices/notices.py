"""The notices that tests read: our own made-up ones, and the development data where it is at hand."""

from pathlib import Path

import pytest

from app.settings import settings

FILES = Path(__file__).parent / "files"


def own(name: str, *changes: tuple[str, str]) -> bytes:
    """Return one of our own notices, with each text of `changes` replaced; a text that is not there is a mistake."""
    text = (FILES / name).read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, f"{name} does not hold {old!r}"
        text = text.replace(old, new)
    return text.encode()


def real(name: str) -> bytes:
    """Return a real or example notice of the development data; skip the test where the folder is absent."""
    folder = settings().data_dir / "notices"
    if not folder.is_dir():
        pytest.skip("needs the development data ($SAMNOD_DATA_DIR), which is absent")
    return (folder / name).read_bytes()


def every_real() -> list[Path]:
    """Return every notice of the development data; skip the test where the folder is absent."""
    folder = settings().data_dir / "notices"
    if not folder.is_dir():
        pytest.skip("needs the development data ($SAMNOD_DATA_DIR), which is absent")
    return sorted(folder.glob("*.xml"))
