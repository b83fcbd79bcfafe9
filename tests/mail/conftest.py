"""A mail server for the tests of this folder, and letters to send."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import free_port
from tests.mail.mail_server import MailServer, running_mail_server


@pytest.fixture(scope="session")
def shared_mail_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailServer]:
    """Give one server for the whole run: it takes half a second to start."""
    folder: Path = tmp_path_factory.mktemp("mail")
    with running_mail_server(free_port(), folder) as server:
        yield server


@pytest.fixture
def mail_server(shared_mail_server: MailServer) -> Iterator[MailServer]:
    """Give the server, which answers and has taken nothing."""
    shared_mail_server.be_silent(False)
    shared_mail_server.forget()
    yield shared_mail_server
    shared_mail_server.be_silent(False)
