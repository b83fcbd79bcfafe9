"""The files of the demo's keys and passwords: `NAME=smn_…`, a line each, for whoever started the demo alone."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from app.accounts.service import is_key

NAME: Final = "demo-keys.env"
LOGINS: Final = "demo-logins.env"


def read(path: Path, is_sound: Callable[[str], bool] = is_key) -> dict[str, str]:
    """Return the keys by their variables; what is not sound is left out, and a file that is not there holds none."""
    if not path.is_file():
        return {}
    pairs = (line.partition("=") for line in path.read_text(encoding="utf-8").splitlines())
    return {name.strip(): key.strip() for name, _, key in pairs if is_sound(key.strip())}


def write(path: Path, keys: Mapping[str, str]) -> None:
    """Write the keys whole or not at all, readable by their owner alone."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text("".join(f"{name}={key}\n" for name, key in keys.items()), encoding="utf-8")
    draft.replace(path)
