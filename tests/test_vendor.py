"""The front-end files: pinned, hashed, and copied only when every hash is right."""

import json
from pathlib import Path

import pytest

from web.vendor import WrongHash, integrity_of, vendor

ROOT = Path(__file__).resolve().parents[1]
ASSETS = json.loads((ROOT / "web" / "assets.json").read_text())["files"]
LOCK = json.loads((ROOT / "package-lock.json").read_text())["packages"]


def write_package(folder: Path, content: bytes, pinned: bytes) -> Path:
    """Write a package with one file of `content` and an assets.json that pins `pinned`; return the latter."""
    (folder / "node_modules" / "thing").mkdir(parents=True)
    (folder / "node_modules" / "thing" / "a.js").write_bytes(content)
    (folder / "node_modules" / "thing" / "LICENSE").write_text("free")
    file = {"name": "a", "package": "thing", "version": "1", "path": "a.js", "vendor": "thing/a.js"}
    assets = folder / "assets.json"
    assets.write_text(json.dumps({"files": [file | {"integrity": integrity_of(pinned)}]}))
    return assets


def test_the_hash_is_the_one_browsers_compute():
    # The example of the Subresource Integrity specification (W3C, section 3.1).
    expected = "sha384-H8BRh8j48O9oYatfu5AZzq6A9RINhZO5H16dQZngK7T62em8MUt1FLm52t+eX6xO"
    assert integrity_of(b"alert('Hello, world.');") == expected


def test_a_file_with_the_right_hash_is_copied_with_its_licence(tmp_path: Path):
    assets = write_package(tmp_path, b"good", pinned=b"good")
    copied = vendor(assets, tmp_path / "node_modules", tmp_path / "vendor")
    assert [path.read_bytes() for path in copied] == [b"good"]
    assert (tmp_path / "vendor" / "thing" / "LICENSE").read_text() == "free"


def test_a_file_with_a_wrong_hash_stops_everything(tmp_path: Path):
    assets = write_package(tmp_path, b"evil", pinned=b"good")
    with pytest.raises(WrongHash, match=r"thing 1 a\.js"):
        vendor(assets, tmp_path / "node_modules", tmp_path / "vendor")
    assert not (tmp_path / "vendor").exists()


@pytest.mark.parametrize("asset", ASSETS, ids=lambda asset: asset["name"])
def test_package_lock_file_and_cdn_name_the_same_version(asset: dict[str, str]):
    locked = LOCK[f"node_modules/{asset['package']}"]["version"]
    package = json.loads((ROOT / "package.json").read_text())["dependencies"][asset["package"]]
    assert locked == package == asset["version"]
    assert asset["cdn"].endswith(f"/npm/{asset['package']}@{asset['version']}/{asset['path']}")
