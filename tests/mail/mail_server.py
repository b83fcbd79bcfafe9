"""A real mail server in a process of its own, which keeps every letter and can be told to misbehave.

Run as a program it serves until it is killed: `mail_server.py PORT FOLDER`. What it takes is a file in the folder.
Addresses say how it answers: `later@` is put off (451), `never@` refused (550). While there is a file `silent` in the
folder it keeps the letter and does not answer.
"""

import asyncio
import json
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from socket import create_connection
from typing import Any

from aiosmtpd.smtp import SMTP

_PATIENCE_SECONDS = 30


class _Keeper:
    """What is asked of a letter: aiosmtpd calls these."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if address.startswith("later@"):
            return "451 come back later"
        if address.startswith("never@"):
            return "550 nobody lives here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        kept = {"to": envelope.rcpt_tos, "from": envelope.mail_from, "content": envelope.content.decode("latin-1")}
        draft = self._folder / f".{uuid.uuid4().hex}"
        draft.write_text(json.dumps(kept))
        draft.rename(self._folder / f"{time.time_ns()}.json")
        while (self._folder / "silent").exists():
            await asyncio.sleep(0.02)
        return "250 taken"


async def _serve(port: int, folder: Path) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(_Keeper(folder), hostname="mail.example.org"), "127.0.0.1", port)
    await server.serve_forever()


class MailServer:
    """The server as tests see it: started, stopped, and asked what it has taken."""

    def __init__(self, port: int, folder: Path) -> None:
        self.port = port
        self.folder = folder
        self.url = f"smtp://127.0.0.1:{port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._process = subprocess.Popen([sys.executable, __file__, str(self.port), str(self.folder)])
        until = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < until:
            try:
                create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError("the mail server did not start")

    def stop(self) -> None:
        """Kill it, with whatever it is doing."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def be_silent(self, silent: bool = True) -> None:
        """Let it keep letters without answering, or answer again."""
        file = self.folder / "silent"
        file.touch() if silent else file.unlink(missing_ok=True)

    def taken(self) -> list[EmailMessage]:
        """Return the letters that came to its hands, oldest first."""
        files = sorted(self.folder.glob("*.json"))
        return [_read(json.loads(file.read_text())["content"]) for file in files]

    def wait_for(self, number: int) -> list[EmailMessage]:
        """Wait until so many letters have come, and return them all."""
        until = time.monotonic() + _PATIENCE_SECONDS
        while len(self.taken()) < number:
            assert time.monotonic() < until, f"{len(self.taken())} letters of {number} came"
            time.sleep(0.02)
        return self.taken()

    def forget(self) -> None:
        """Throw away what it has taken."""
        for file in self.folder.glob("*.json"):
            file.unlink()


@contextmanager
def running_mail_server(port: int, folder: Path) -> Iterator[MailServer]:
    """Give a mail server; it is killed after the block."""
    server = MailServer(port, folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _read(content: str) -> EmailMessage:
    message = message_from_bytes(content.encode("latin-1"), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), Path(sys.argv[2])))
