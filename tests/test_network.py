"""The guard of network.py is itself guarded: without it, tests would pass here and fail on a closed machine."""

import socket

import pytest

from tests.network import NetworkRefused


def test_a_connection_to_another_machine_is_refused():
    with pytest.raises(NetworkRefused, match=r"192\.0\.2\.1"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)


def test_a_name_of_another_machine_is_not_looked_up():
    with pytest.raises(NetworkRefused, match=r"example\.org"):
        socket.getaddrinfo("example.org", 443)


def test_a_datagram_to_another_machine_is_refused():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender, pytest.raises(NetworkRefused):
        sender.sendto(b"?", ("198.51.100.7", 53))


def test_this_machine_is_reached():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername()[0] == "127.0.0.1"
