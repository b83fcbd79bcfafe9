"""Files that are either whole or not there: written beside their place, forced to the disk, then renamed."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from app.backups.contents import Refused


class Format(StrEnum):
    """What a backup file is, by its first bytes."""

    SQLITE = "SQLite"
    POSTGRESQL = "PostgreSQL"


_FIRST_BYTES = {b"SQLite format 3\0": Format.SQLITE, b"PGDMP": Format.POSTGRESQL}


def format_of(file: Path) -> Format:
    """Return what kind of database the backup is of. Raises Refused for any other file."""
    with file.open("rb") as opened:
        beginning = opened.read(max(map(len, _FIRST_BYTES)))
    for first, found in _FIRST_BYTES.items():
        if beginning.startswith(first):
            return found
    raise Refused(f"{file} is no backup: neither a SQLite file nor one of pg_dump in its custom format.")


@contextmanager
def new_file(place: Path) -> Iterator[Path]:
    """Give a new empty file in the folder of `place`, which only its owner may read; it is gone after the block."""
    descriptor, name = tempfile.mkstemp(prefix=f".{place.name}.", suffix=".part", dir=place.parent)
    os.close(descriptor)
    part = Path(name)
    try:
        yield part
    finally:
        for leftover in (part, *beside(part)):
            leftover.unlink(missing_ok=True)


def beside(database_file: Path) -> list[Path]:
    """Return the names of what SQLite keeps beside a database file."""
    return [database_file.with_name(f"{database_file.name}{end}") for end in ("-wal", "-shm", "-journal")]


def put_in_place(part: Path, place: Path) -> None:
    """Let `part` be `place`, whatever was there; after a power cut it is there whole, or what was before it."""
    _to_disk(part)
    part.replace(place)
    _to_disk(place.parent)


def checksum_of(file: Path) -> Path:
    """Return the name of the file beside `file` that holds its checksum, in the form that `sha256sum -c` reads."""
    return file.with_name(f"{file.name}.sha256")


def write_checksum(file: Path) -> None:
    """Write the checksum of `file` beside it: SQLite itself does not see a changed letter in a text."""
    with new_file(checksum_of(file)) as part:
        part.write_text(f"{_sha256(file)}  {file.name}\n", encoding="utf-8")
        put_in_place(part, checksum_of(file))


def require_unchanged(file: Path) -> bool:
    """Refuse a file that is not what its checksum says; return whether there was a checksum to compare with."""
    checksum = checksum_of(file)
    if not checksum.exists():
        return False
    if checksum.read_text(encoding="utf-8").split()[:1] != [_sha256(file)]:
        raise Refused(f"{file} is not as it was saved: its SHA-256 is not the one in {checksum.name}.")
    return True


def like_its_predecessor(part: Path, place: Path) -> None:
    """Give `part` the owner of what it will replace, or of its folder: a server that is not root must open it."""
    model = (place if place.exists() else place.parent).stat()
    if os.geteuid() == 0:
        os.chown(part, model.st_uid, model.st_gid)
    if place.exists():
        part.chmod(model.st_mode & 0o777)


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
