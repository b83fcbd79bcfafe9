"""The node's secret, which keys are hashed with: from the setting, or a file of its own on one's own machine."""

import os
import secrets
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

SHORTEST: Final = 32
FILE: Final = "secret-key"


def secret_of(secret_key: str, var_dir: Path) -> bytes:
    """Return the secret: the setting, or what the file in `var_dir` holds, which is made (0600) when it is not there.

    Raises:
        ValueError: the setting is shorter than 32 characters.
    """
    if secret_key:
        if len(secret_key) < SHORTEST:
            raise ValueError(f"SAMNOD_SECRET_KEY must have at least {SHORTEST} characters; it has {len(secret_key)}.")
        return secret_key.encode()
    path = var_dir / FILE
    try:
        return path.read_bytes().strip()
    except FileNotFoundError:
        var_dir.mkdir(parents=True, exist_ok=True)
        return _made(path)


def is_needed_for(host: str, base_url: str) -> bool:
    """Tell whether a server on `host`, known as `base_url`, is for others than whoever started it."""
    return not (_is_loopback(host) and (not base_url or _is_loopback(urlsplit(base_url).hostname or "")))


def is_open_to_listeners(host: str, base_url: str) -> bool:
    """Tell whether people would sign in over plain http from other machines, where anybody on the way reads it."""
    return is_needed_for(host, base_url) and not base_url.startswith("https://")


def _made(path: Path) -> bytes:
    # Written whole under another name, and linked only where nothing is: two processes that start at once agree.
    secret = secrets.token_urlsafe(48).encode()
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_bytes(secret)
    try:
        os.link(draft, path)
    except FileExistsError:
        return path.read_bytes().strip()
    finally:
        draft.unlink()
    return secret


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
