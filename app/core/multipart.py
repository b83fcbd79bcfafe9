"""Reads the one file of a `multipart/form-data` body (RFC 7578) that is in memory already."""

from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from app.core.errors import BadRequest, FieldFault, Message
from app.core.i18n import N_

_MOST_PARTS = 10


@dataclass
class _Part:
    headers: dict[bytes, bytes] = field(default_factory=dict)
    content: bytearray = field(default_factory=bytearray)

    @property
    def name(self) -> str:
        _, options = parse_options_header(self.headers.get(b"content-disposition"))
        return options.get(b"name", b"").decode("utf-8", "replace")[:100]


@dataclass
class _Parts:
    """What has been read: whole parts, and whether the last boundary came."""

    parts: list[_Part] = field(default_factory=list)
    header: bytearray = field(default_factory=bytearray)
    value: bytearray = field(default_factory=bytearray)
    ended: bool = False

    def begin(self) -> None:
        if len(self.parts) >= _MOST_PARTS:
            raise FormParserError("too many parts")
        self.parts.append(_Part())

    def end_header(self) -> None:
        self.parts[-1].headers[bytes(self.header).lower()] = bytes(self.value)
        self.header.clear()
        self.value.clear()

    def end(self) -> None:
        self.ended = True


def only_file(body: bytes, content_type: str, name: str) -> bytes:
    """Return the content of the part called `name`, which has to be the only one.

    Raises:
        BadRequest: the body is not what its content type says, or has other parts or none.
    """
    _, options = parse_options_header(content_type.encode("latin-1", "replace"))
    read = _Parts()
    try:
        parser = MultipartParser(
            options.get(b"boundary", b""),
            {
                "on_part_begin": read.begin,
                "on_part_data": lambda data, start, end: read.parts[-1].content.extend(data[start:end]),
                "on_header_field": lambda data, start, end: read.header.extend(data[start:end]),
                "on_header_value": lambda data, start, end: read.value.extend(data[start:end]),
                "on_header_end": read.end_header,
                "on_end": read.end,
            },
        )
        parser.write(body)
        parser.finalize()
    except FormParserError as fault:
        raise _unreadable() from fault
    if not read.ended:
        raise _unreadable()
    if [part.name for part in read.parts] != [name]:
        told = Message(N_("Send one part, called {name}, with the file."), name=name)
        raise BadRequest(told, [FieldFault(f"/{part.name}", told) for part in read.parts if part.name != name])
    return bytes(read.parts[0].content)


def _unreadable() -> BadRequest:
    return BadRequest(Message(N_("The body is not multipart/form-data, or was cut short.")))
