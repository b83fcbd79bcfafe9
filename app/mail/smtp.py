"""The way to the mail server: the only module that speaks to it, outside every transaction."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from ipaddress import ip_address
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

# A server that is silent for so long is taken to be gone.
PATIENCE_SECONDS: Final = 15.0
_PORTS: Final = {"smtp": 587, "smtps": 465}


class Unreachable(Exception):
    """The mail server cannot be reached, or will have nothing from us: no letter's fault, so all of them wait."""


class PutOff(Exception):
    """The mail server will not have this letter now (4xx): it is tried again later."""


class Refused(Exception):
    """The mail server will never have this letter (5xx)."""


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server, as the setting names it.

    `smtp://user:password@host:587` begins in the open and goes on under TLS (STARTTLS), which it must unless the server
    is on this machine; `smtps://host:465` is under TLS from the first byte.
    """

    scheme: str
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    starttls: bool = True


def server_of(url: str) -> Server:
    """Return the server that a setting names.

    Raises:
        ValueError: it does not name one.
    """
    parts = urlsplit(url)
    asked = parse_qs(parts.query).get("starttls", [""])[-1]
    if parts.scheme not in _PORTS or not parts.hostname or parts.path not in {"", "/"} or asked not in {"", "no"}:
        raise ValueError("must be smtp://user:password@host:587 or smtps://user:password@host:465")
    return Server(
        scheme=parts.scheme,
        host=parts.hostname,
        port=parts.port or _PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        starttls=parts.scheme == "smtp" and asked != "no" and not _is_here(parts.hostname),
    )


class Post:
    """A connection that is open: letters are handed over one by one."""

    def __init__(self, connection: smtplib.SMTP) -> None:
        self._connection = connection

    def send(self, message: EmailMessage) -> None:
        """Hand a letter over; when this returns, the server has taken it.

        Raises:
            PutOff, Refused: this letter.
            Unreachable: the connection is gone, or the server will have nothing from us.
        """
        try:
            self._connection.send_message(message)
        except smtplib.SMTPRecipientsRefused as fault:
            # There is one recipient.
            code, said = next(iter(fault.recipients.values()))
            raise _judged(code, said) from fault
        except smtplib.SMTPDataError as fault:
            raise _judged(fault.smtp_code, fault.smtp_error) from fault
        except smtplib.SMTPNotSupportedError as fault:
            raise Refused("the mail server cannot write to this address") from fault
        except (OSError, smtplib.SMTPException) as fault:
            # Also when it refuses the sender: that is a matter of settings, and the next letter would fare no better.
            raise Unreachable(_told(fault)) from fault


@contextmanager
def connected(server: Server, *, own_name: str) -> Iterator[Post]:
    """Open a connection for some letters, and close it after them. `own_name` is how we greet the server.

    Raises:
        Unreachable: there is no connection, no TLS, or the user name or the password is wrong.
    """
    try:
        connection = _opened(server, own_name)
    except (OSError, smtplib.SMTPException) as fault:
        raise Unreachable(_told(fault)) from fault
    try:
        yield Post(connection)
    finally:
        with suppress(OSError, smtplib.SMTPException):
            connection.quit()
        connection.close()


def _opened(server: Server, own_name: str) -> smtplib.SMTP:
    tls = ssl.create_default_context()
    if server.scheme == "smtps":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, local_hostname=own_name, timeout=PATIENCE_SECONDS, context=tls
        )
    else:
        connection = smtplib.SMTP(server.host, server.port, local_hostname=own_name, timeout=PATIENCE_SECONDS)
    try:
        if server.starttls:
            connection.starttls(context=tls)
        if server.user:
            connection.login(server.user, server.password)
    except BaseException:
        connection.close()
        raise
    return connection


def _judged(code: int, said: bytes | str) -> Exception:
    told = f"{code} {said.decode(errors='replace') if isinstance(said, bytes) else said}"[:300]
    if code == 421:
        # RFC 5321, 3.8: the server is closing, whatever the letter.
        return Unreachable(told)
    return Refused(told) if 500 <= code < 600 else PutOff(told)


def _told(fault: Exception) -> str:
    code = f"{fault.smtp_code} " if isinstance(fault, smtplib.SMTPResponseException) else ""
    return f"{type(fault).__name__}: {code}{fault}"[:300]


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
