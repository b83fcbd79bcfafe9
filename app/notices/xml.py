"""Reads XML that a stranger sent: small, plain and without anything that points outside the file.

OWASP ASVS 5.0 on uploads, and the eForms rule that a notice is UTF-8 without a document type definition. Everything
that a bomb needs (a DOCTYPE, an entity, endless depth) is refused before or while reading, and nothing is fetched.
"""

import re
from functools import cache
from typing import Any

from lxml import etree

from app.core.errors import FieldFault, InvalidContent

# lxml carries no types of its own: an element is passed on, and read through the functions below only.
Element = Any

LARGEST_BYTES = 5 * 1024 * 1024
MOST_ELEMENTS = 250_000
DEEPEST = 64

NAMESPACES = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
    "ext": "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2",
    "efext": "http://data.europa.eu/p27/eforms-ubl-extensions/1",
    "efac": "http://data.europa.eu/p27/eforms-ubl-extension-aggregate-components/1",
    "efbc": "http://data.europa.eu/p27/eforms-ubl-extension-basic-components/1",
}

# What eForms puts around everything that it adds to UBL.
WRAPPERS = frozenset({"UBLExtensions", "UBLExtension", "ExtensionContent", "EformsExtension"})

_DECLARED = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_ENCODING = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_PLAIN_ENCODINGS = {b"utf-8", b"utf8", b"us-ascii", b"ascii"}


def parse(content: bytes) -> Element:
    """Return the root element of a document.

    Raises:
        InvalidContent: it is too large, too deep, not UTF-8, not well-formed, or declares a DOCTYPE or an entity; the
            fault says where.
    """
    _check_bytes(content)
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        no_network=True,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )
    try:
        root = etree.fromstring(content.removeprefix(b"\xef\xbb\xbf"), parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        raise _refusal("The file is not well-formed XML.", f"line {line}, column {column}", str(error.msg)) from error
    except ValueError as error:
        raise _refusal("The file is not well-formed XML.", "line 1", str(error)) from error
    if root.getroottree().docinfo.doctype:
        raise _refusal("The file declares a document type, which a notice never does.", "line 1", "remove it")
    _check_depth(root)
    return root


def find(element: Element, path: str) -> list[Element]:
    """Return the elements at an XPath from `element`, with the prefixes of `NAMESPACES`."""
    return list(_compiled(path)(element))


def text_of(element: Element) -> str:
    """Return the text of an element without the white space around it; "" when there is none."""
    return (element.text or "").strip()


def line_of(element: Element) -> int:
    """Return the line on which an element begins, counted from 1."""
    return int(element.sourceline or 0)


def name_of(element: Element) -> str:
    """Return an element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def namespace_of(element: Element) -> str:
    """Return an element's namespace, "" when it has none."""
    return str(element.tag).rpartition("}")[0].lstrip("{")


@cache
def _compiled(path: str) -> Any:
    return etree.XPath(path, namespaces=NAMESPACES)


def _check_bytes(content: bytes) -> None:
    if len(content) > LARGEST_BYTES:
        raise _refusal("The file is larger than 5 MB.", "the file", f"it has more than {LARGEST_BYTES} bytes")
    if not content.strip():
        raise _refusal("The file is empty.", "line 1", "there is nothing to read")
    if b"\0" in content:
        raise _refusal("The file is not UTF-8 text.", f"line {_line_at(content, content.index(0))}", "it holds NUL")
    if declared := _DECLARED.search(content):
        where = f"line {_line_at(content, declared.start())}"
        raise _refusal("The file declares a DOCTYPE or an entity, which a notice never does.", where, "remove it")
    encoding = _ENCODING.match(content.removeprefix(b"\xef\xbb\xbf"))
    if encoding and encoding[1].lower() not in _PLAIN_ENCODINGS:
        raise _refusal("The file is not UTF-8.", "line 1", f"it says that it is {encoding[1].decode('ascii')}")
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        where = f"line {_line_at(content, error.start)}"
        raise _refusal("The file is not UTF-8.", where, "a character cannot be read") from error
    if content.count(b"<") > MOST_ELEMENTS:
        raise _refusal("The file has too many elements.", "the file", f"more than {MOST_ELEMENTS} tags")


def _check_depth(root: Element) -> None:
    depth = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > DEEPEST:
            where = f"line {line_of(element)}"
            raise _refusal("The file is nested too deeply.", where, f"more than {DEEPEST} levels")


def _line_at(content: bytes, position: int) -> int:
    return content.count(b"\n", 0, position) + 1


def _refusal(detail: str, pointer: str, what: str) -> InvalidContent:
    return InvalidContent(detail, [FieldFault(pointer, what)])
