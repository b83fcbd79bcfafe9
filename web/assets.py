"""Front-end files: our own under `static/`, other people's from `static/vendor/` or the CDN, as `assets.json` pins."""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, TypedDict
from urllib.parse import urlsplit

STATIC = Path(__file__).resolve().parent / "static"
_PINNED = Path(__file__).resolve().parent / "assets.json"

Mode = Literal["auto", "vendor", "cdn"]


class _File(TypedDict):
    name: str
    vendor: str
    cdn: str
    integrity: str


class MissingAssets(Exception):
    """The setting says that front-end files are served from here, and one of them is not here."""


@dataclass(frozen=True, slots=True)
class Asset:
    """Where a page finds one of the pinned files; `integrity` is set only when another machine serves it."""

    href: str
    integrity: str | None


@dataclass(frozen=True, slots=True)
class Assets:
    """The pinned files by name, and the one foreign origin that pages then need (None when there is none)."""

    files: dict[str, Asset]
    origin: str | None


def assets(mode: str) -> Assets:
    """Return where each pinned file is: `vendor` our own copy, `cdn` the CDN, `auto` our copy when it is complete.

    Raises MissingAssets when `vendor` is asked for and a file is missing.
    """
    pinned: list[_File] = json.loads(_PINNED.read_text(encoding="utf-8"))["files"]
    missing = [file["vendor"] for file in pinned if not (STATIC / "vendor" / file["vendor"]).is_file()]
    if mode == "vendor" and missing:
        raise MissingAssets(f"Not in web/static/vendor: {', '.join(missing)}. Run make setup or set SAMNOD_ASSETS=cdn")
    if mode == "cdn" or missing:
        first = urlsplit(pinned[0]["cdn"])
        linked = {file["name"]: Asset(file["cdn"], file["integrity"]) for file in pinned}
        return Assets(linked, f"{first.scheme}://{first.netloc}")
    return Assets({file["name"]: Asset(static_address(f"vendor/{file['vendor']}"), None) for file in pinned}, None)


@cache
def static_address(name: str) -> str:
    """Return the address of a file under `static/`, with a piece of its hash, so that browsers may keep it for ever."""
    content = (STATIC / name).read_bytes()
    return f"/static/{name}?v={hashlib.sha256(content).hexdigest()[:12]}"
