"""Copy the front-end files of `assets.json` from node_modules to static/vendor, each checked against its SRI hash.

Run by `make setup` and by the container's build, after `npm ci`. Standard library only, so that it needs no packages.
Where it has not run, the pages link the CDN with the same hashes instead.
"""

import base64
import hashlib
import json
import shutil
import sys
from pathlib import Path

_WEB = Path(__file__).resolve().parent


class WrongHash(Exception):
    """A file is not the one that `assets.json` pins."""


def integrity_of(content: bytes) -> str:
    """Return the Subresource Integrity value (W3C SRI, sha384) of a file's content."""
    return "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()


def vendor(assets: Path, node_modules: Path, target: Path) -> list[Path]:
    """Copy every pinned file, with its package's licence beside it, into `target`; return the files copied.

    Every hash is checked before the first file is written. Raises WrongHash, or FileNotFoundError for a package that
    is not installed.
    """
    files = json.loads(assets.read_text(encoding="utf-8"))["files"]
    contents = {file["name"]: _checked(node_modules / file["package"] / file["path"], file) for file in files}
    copied = []
    for file in files:
        place = target / file["vendor"]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(contents[file["name"]])
        shutil.copyfile(node_modules / file["package"] / "LICENSE", place.parent / "LICENSE")
        copied.append(place)
    return copied


def _checked(source: Path, file: dict[str, str]) -> bytes:
    content = source.read_bytes()
    found = integrity_of(content)
    if found != file["integrity"]:
        raise WrongHash(f"{file['package']} {file['version']} {file['path']}: {found} is not {file['integrity']}")
    return content


def main() -> int:
    """Copy from the checkout's node_modules and say what was done; the exit code is 1 when a hash is wrong."""
    try:
        copied = vendor(_WEB / "assets.json", _WEB.parent / "node_modules", _WEB / "static" / "vendor")
    except (WrongHash, FileNotFoundError) as problem:
        sys.stderr.write(f"Front-end files not copied: {problem}\n")
        return 1
    sys.stdout.write(f"Front-end files served from this machine: {', '.join(path.name for path in copied)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
