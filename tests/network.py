"""Tests reach nothing but this machine: any other address is refused before a packet leaves."""

import ipaddress
import sys
from typing import Any


class NetworkRefused(Exception):
    """A test tried to reach another machine."""


def refuse_network() -> None:
    """From now on, refuse in this process every connection and name look-up that leaves the machine."""
    # An audit hook sees what every library does, also those that keep a reference to the socket functions.
    sys.addaudithook(_check)


def _check(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        # Sockets in the file system have a path, and connected sockets no address at all.
        if isinstance(address, tuple) and not _is_here(str(address[0])):
            raise NetworkRefused(f"tests cannot reach the network: {address[0]}")
    elif event == "socket.getaddrinfo" and arguments[0] and not _is_here(_text(arguments[0])):
        raise NetworkRefused(f"tests cannot reach the network: {_text(arguments[0])}")


def _text(host: str | bytes) -> str:
    return host.decode() if isinstance(host, bytes) else host


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
