"""Notices with accidents and attacks in them: the same seed gives the same file, for ever.

A mutation is one of the development data's notices with one to three changes, to its bytes or to its tree. Small files
are chosen more often than large ones, so that thousands of mutations take a minute and still meet every file.
"""

import random
import re
import uuid
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

from app.notices.xml import LARGEST_BYTES, NAMESPACES

Chance = random.Random


@dataclass(frozen=True)
class Mutation:
    """A changed notice: the file it was made of, the names of what was done to it, and its bytes."""

    seed: int
    file: str
    changes: tuple[str, ...]
    content: bytes = field(repr=False)

    def __str__(self) -> str:
        """Say which mutation this is, so that a failing test can be repeated."""
        return f"seed {self.seed}: {self.file}, {', '.join(self.changes)}"


def mutation(seed: int, folder: Path) -> Mutation:
    """Return the mutation of this seed, made of the notices in `folder`."""
    chance = Chance(f"notice mutation {seed}")
    files = _files(folder)
    (file,) = chance.choices(list(files), weights=[len(content) ** -0.6 for content in files.values()])
    content, names = files[file], []
    if chance.random() < 0.6:
        content = _another_notice(content, chance)
    for _ in range(chance.choices((1, 2, 3), (6, 3, 1))[0]):
        change = chance.choice(CHANGES)
        names.append(change.__name__)
        content = _changed(content, change, chance, files)
        if not content:
            break
    return Mutation(seed, file, tuple(names), content)


def _another_notice(content: bytes, chance: Chance) -> bytes:
    """Return the same notice under an identifier and a procedure of its own, so that it is new to the database."""
    for element in (rb'(schemeName="notice-id"[^>]*>)[^<]*', rb"(ContractFolderID[^>]*>)[^<]*"):
        fresh = str(uuid.UUID(int=chance.getrandbits(128), version=4)).encode()
        content = re.sub(element, lambda found, fresh=fresh: found[1] + fresh, content)
    return content


@cache
def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.xml"))}


def _changed(content: bytes, change: "Change", chance: Chance, files: dict[str, bytes]) -> bytes:
    if change in BYTE_CHANGES:
        return change(content, chance)
    try:
        root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    except (etree.XMLSyntaxError, ValueError):
        # An earlier change has made it no XML: more bytes may fall.
        return flip_bytes(content, chance)
    if change is graft_from_another_notice:
        donor = etree.fromstring(files[chance.choice([name for name, one in files.items() if len(one) < 200_000])])
        root.append(deepcopy(_any(donor, chance)))
        return _written(root)
    return _written(change(root, chance))


def _written(root: Any) -> bytes:
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def _any(root: Any, chance: Chance) -> Any:
    """Return an element other than the root."""
    below = list(root.iterdescendants("*"))
    return chance.choice(below) if below else root


def _leaf(root: Any, chance: Chance) -> Any:
    leaves = [element for element in root.iter("*") if not len(element)]
    return chance.choice(leaves)


def _room_for(element: Any) -> int:
    """Return how often an element may be repeated before the file is far beyond what is read.

    One with a huge text, repeated a thousand times, would fill the memory of the test before anything is tried.
    """
    return max(1, 3 * LARGEST_BYTES // len(etree.tostring(element)))


# --- changes of bytes -------------------------------------------------------------------------------------------------


def flip_bytes(content: bytes, chance: Chance) -> bytes:
    """One to twenty bytes become others."""
    changed = bytearray(content)
    for _ in range(chance.randint(1, 20)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def cut_short(content: bytes, chance: Chance) -> bytes:
    """The file ends too early."""
    return content[: chance.randrange(len(content))]


def lose_a_piece(content: bytes, chance: Chance) -> bytes:
    """A piece of the file is gone."""
    at = chance.randrange(len(content))
    return content[:at] + content[at + chance.randint(1, 400) :]


def repeat_a_piece(content: bytes, chance: Chance) -> bytes:
    """A piece of the file stands there twice."""
    at = chance.randrange(len(content))
    end = at + chance.randint(1, 2_000)
    return content[:end] + content[at:end] + content[end:]


def insert_nonsense(content: bytes, chance: Chance) -> bytes:
    """Something that means something to a parser lands somewhere."""
    at = chance.randrange(len(content))
    bits = [
        b"<a>",
        b"</a>",
        b"&x;",
        b"&#0;",
        b"&#xD800;",
        b"]]>",
        b"<![CDATA[",
        b"<!--",
        b"<?x y?>",
        b'"',
        b"&lt;b&gt;",
    ]
    return content[:at] + chance.choice(bits) + content[at:]


def put_nul_in(content: bytes, chance: Chance) -> bytes:
    """A NUL or another control character is somewhere, as a byte or written out."""
    at = max(0, content.find(b"<", chance.randrange(len(content))))
    return content[:at] + chance.choice([b"\0", b"\x1b", b"\xc2\x85", b"&#1;", b"\x0c"]) + content[at:]


def lie_about_encoding(content: bytes, chance: Chance) -> bytes:
    """The file is not in the encoding that it says, or begins with a mark of another."""
    named = chance.choice([b"utf-16", b"iso-8859-1", b"utf-7", b"ebcdic-cp-us", b"x" * 100, b"UTF-8"])
    declared = re.sub(rb"^<\?xml[^>]*\?>", b"", content)
    text = b'<?xml version="1.0" encoding="' + named + b'"?>' + declared
    readable = declared.decode("utf-8", "replace")
    return chance.choice(
        [
            text,
            readable.encode("utf-16"),
            readable.encode("utf-32"),
            readable.encode("latin-1", "replace"),
            b"\xef\xbb\xbf" + content,
            b"\xff\xfe" + content,
            b'<?xml version="1.1"?>' + declared,
        ]
    )


def declare_entities(content: bytes, chance: Chance) -> bytes:
    """A document type declares entities: many small ones, one of a file, one from the network, or none."""
    root = re.search(rb"<([A-Za-z][\w:]*)", content)
    name = root[1] if root else b"a"
    laughs = b'<!ENTITY a0 "ha">' + b"".join(b'<!ENTITY a%d "%s">' % (i, b"&a%d;" % (i - 1) * 10) for i in range(1, 12))
    types = [
        b"<!DOCTYPE %s [%s]>" % (name, laughs),
        b'<!DOCTYPE %s [<!ENTITY x SYSTEM "file:///etc/passwd">]>' % name,
        b'<!DOCTYPE %s SYSTEM "http://127.0.0.1:9/x.dtd">' % name,
        b'<!DOCTYPE %s [<!ENTITY %% p SYSTEM "http://127.0.0.1:9/x"> %%p;]>' % name,
        b"<!doctype %s>" % name,
        b"<!DOCTYPE %s [<!ATTLIST %s a CDATA 'b'>]>" % (name, name),
    ]
    at = root.start() if root else 0
    body = content[at:]
    if chance.random() < 0.7:
        end = body.find(b"</", chance.randrange(len(body)))
        body = body[:end] + chance.choice([b"&a11;", b"&x;"]) + body[end:]
    return content[:at] + chance.choice(types) + body


def change_line_ends(content: bytes, chance: Chance) -> bytes:
    """All line ends are others, or none is left."""
    return content.replace(b"\r\n", b"\n").replace(b"\n", chance.choice([b"\r\n", b"\r", b" ", b"\n\n\n\n"]))


def swap_namespaces(content: bytes, chance: Chance) -> bytes:
    """The prefixes stand for something else."""
    kinds = [uri.encode() for uri in NAMESPACES.values()]
    one, other = chance.sample(kinds, 2)
    how = chance.randrange(3)
    if how == 0:
        return content.replace(one, b"\1").replace(other, one).replace(b"\1", other)
    return content.replace(one, b"urn:nobody:knows" if how == 1 else one + b" ")


def make_it_long(content: bytes, chance: Chance) -> bytes:
    """The file grows towards, or beyond, the size that is read."""
    end = content.rfind(b"</")
    room = chance.choice([LARGEST_BYTES // 4, LARGEST_BYTES - len(content) - 10, LARGEST_BYTES + 1])
    filling = chance.choice([b" ", b"<a/>", b"<!--x-->", b"<?a b?>", b"x", b"<a>1</a>", b"&#229;"])
    return content[:end] + filling * (room // len(filling)) + content[end:]


def attribute_bomb(content: bytes, chance: Chance) -> bytes:
    """An element has thousands of attributes, a very long one, or one twice."""
    tag = re.compile(rb"<[A-Za-z][\w:]*").search(content, chance.randrange(len(content)))
    at = tag.end() if tag else len(content)
    many = b"".join(b' a%d="x"' % number for number in range(chance.choice([100, 40_000])))
    bombs = [many, b' listName="%s"' % (b"y" * 1_000_000), b' languageID="SWE" languageID="NOB"']
    return content[:at] + chance.choice(bombs) + content[at:]


# --- changes of the tree ----------------------------------------------------------------------------------------------


def remove_elements(root: Any, chance: Chance) -> Any:
    """One to five elements are gone, with what is in them."""
    for _ in range(chance.randint(1, 5)):
        element = _any(root, chance)
        if element.getparent() is not None:
            element.getparent().remove(element)
    return root


def repeat_elements(root: Any, chance: Chance) -> Any:
    """An element stands there many times."""
    element = _any(root, chance)
    size = len(element.xpath(".//*")) + 1
    times = chance.choice([1, 2, 10, max(1, 3_000 // size)])
    for _ in range(min(times, _room_for(element))):
        element.addnext(deepcopy(element))
    return root


def reorder_elements(root: Any, chance: Chance) -> Any:
    """Children of one element come in another order."""
    parent = _any(root, chance).getparent()
    parent = root if parent is None else parent
    children = list(parent)
    chance.shuffle(children)
    for child in children:
        parent.remove(child)
    parent.extend(children)
    return root


def move_an_element(root: Any, chance: Chance) -> Any:
    """An element stands somewhere else."""
    element, place = _any(root, chance), _any(root, chance)
    if element is not place and element not in place.iterancestors():
        place.append(element)
    return root


def wrong_texts(root: Any, chance: Chance) -> Any:
    """One to eight fields hold something else: wrong codes, dates, numbers and words."""
    for _ in range(chance.randint(1, 8)):
        _leaf(root, chance).text = chance.choice(TEXTS)
    return root


def swap_texts(root: Any, chance: Chance) -> Any:
    """Fields hold what others should: every reference may now point anywhere, itself included."""
    leaves = [element for element in root.iter("*") if not len(element)]
    for _ in range(chance.randint(1, 10)):
        one, other = chance.choice(leaves), chance.choice(leaves)
        one.text, other.text = other.text, one.text
    return root


def huge_text(root: Any, chance: Chance) -> Any:
    """A field holds up to four million characters of what is slow to look through."""
    filling = chance.choice(["a", "en ", "+11 ", "1 ", "en mannlig ", ".", "å", "1234567890 ", "@", "a.a@", "\u200b"])
    length = chance.choice([10_000, 10_000, 10_000, 400_000, 400_000, 4_000_000])
    _leaf(root, chance).text = filling * (length // len(filling))
    return root


def wrong_attributes(root: Any, chance: Chance) -> Any:
    """Attributes hold something else: lists, languages, currencies and units that do not exist."""
    bearers = [element for element in root.iter("*") if element.attrib] or [root]
    for _ in range(chance.randint(1, 6)):
        element = chance.choice(bearers)
        name = chance.choice(list(element.attrib) or ["listName"])
        if chance.random() < 0.3:
            element.attrib.pop(name, None)
        else:
            element.set(name, chance.choice(ATTRIBUTES))
    return root


def nest_deeply(root: Any, chance: Chance) -> Any:
    """An element is in another, and so on; the deepest are deeper than a parser follows."""
    place = _any(root, chance)
    for _ in range(chance.choice([20, 70, 250, 3_000])):
        place = etree.SubElement(place, place.tag)
    place.text = chance.choice(TEXTS)
    return root


def many_of_a_kind(root: Any, chance: Chance) -> Any:
    """There are a thousand lots, organisations, tenders or parties."""
    kinds = ["Organization", "ProcurementProjectLot", "LotResult", "LotTender", "TenderingParty", "Tenderer", "Company",
             "RealizedLocation", "AdditionalCommodityClassification", "NoticeDocumentReference"]  # fmt: skip
    found = [element for element in root.iter("*") if etree.QName(element).localname in kinds] or [_any(root, chance)]
    element = chance.choice(found)
    size = len(element.xpath(".//*")) + 1
    for number in range(min(1_200, 12_000 // size, _room_for(element))):
        twin = deepcopy(element)
        for leaf in twin.iter("*"):
            if leaf.text and re.fullmatch(r"[A-Z]{3}-\d{4}", leaf.text.strip()) and chance.random() < 0.9:
                leaf.text = f"{leaf.text.strip()[:3]}-{number:04}"
        element.addnext(twin)
    return root


def other_kind_of_notice(root: Any, chance: Chance) -> Any:
    """The notice says that it is of another kind."""
    for element in root.iter("{*}NoticeTypeCode"):
        kinds = ["planning", "competition", "result", "dir-awa-pre", "cont-modif", "change", "consultation", ""]
        element.set("listName", chance.choice(kinds))
    for element in root.iter("{*}SubTypeCode"):
        element.text = chance.choice(SUBTYPES)
    if chance.random() < 0.3:
        name = chance.choice(["ContractNotice", "ContractAwardNotice", "PriorInformationNotice", "Invoice"])
        root.tag = f"{{urn:oasis:names:specification:ubl:schema:xsd:{name}-2}}{name}"
    return root


def other_identity(root: Any, chance: Chance) -> Any:
    """The notice has another version, or says that it is, changes or follows a notice that may already be here."""
    known = ["9a4b7099-142a-412a-af35-3e8feaf15ec7", "338764-2023", "2024-103933", "00338764-2023", "x" * 64, "…"]
    for element in root.iter("{*}VersionID"):
        element.text = chance.choice(["01", "02", "9999", "0", "-1", "99999999999999999999", "1.5"])
    for name in ("ID", "ContractFolderID"):
        for element in root.findall(f"{{{NAMESPACES['cbc']}}}{name}"):
            if chance.random() < 0.5:
                element.text = chance.choice(known)
    return root


def graft_from_another_notice(root: Any, chance: Chance) -> Any:
    """A piece of another notice is at the end of this one; see `_changed`."""
    raise NotImplementedError


Change = Callable[[Any, Chance], Any]
BYTE_CHANGES: list[Change] = [
    flip_bytes, cut_short, lose_a_piece, repeat_a_piece, insert_nonsense, put_nul_in, lie_about_encoding,
    declare_entities, change_line_ends, swap_namespaces, make_it_long,
    attribute_bomb,
]  # fmt: skip
TREE_CHANGES: list[Change] = [
    remove_elements, repeat_elements, reorder_elements, move_an_element, wrong_texts, swap_texts, huge_text,
    wrong_attributes, nest_deeply, many_of_a_kind, other_kind_of_notice, other_identity,
    graft_from_another_notice,
]  # fmt: skip
ATTRIBUTES = ["", "Lot", "Part", "LotsGroup", "SEK", "sek", "YEAR", "XXX", "SWE", "result", "ojs-notice-id", "tender"]
SUBTYPES = ["1", "7", "16", "20", "25", "29", "33", "36", "38", "E4", "N16", "N29", "T02", "99"]
# What happens to the tree gets past the parser, so it is tried more often.
CHANGES = [*BYTE_CHANGES, *TREE_CHANGES, *TREE_CHANGES]

TEXTS = [
    "", " ", "x", "none", "true", "false", "res-ws", "res-ws\n", "res-pub-ser", "opp", "selec-w", "clos-nw", "open-nw",
    "0", "-1", "1", "1e9", "1e400", "NaN", "Infinity", "0x10", "9" * 40, "1_000", "١٢٣", "1,5", "0.0000000000000000001",
    "2026-11-21", "2026-11-21Z", "2026-02-30", "0001-01-01", "9999-12-31+14:00", "2026-11-21+99:99", "10000-01-01",
    "24:00:00", "23:59:60", "00:00:00-14:00", "90910000", "90910000-9", "99999999", "9091", "SE", "SE123", "NO0301",
    "ZZZ", "SWE", "NOR", "XKX", "1A", "ORG-0001", "LOT-0001", "TEN-0001", "TPA-0001", "RES-0001", "CON-0001",
    "a" * 65, "b" * 301, "c" * 1_001, "d" * 21_000, "811228-9874", "15057600281", "19811228-9874", "212000-0142",
    "923609016", "per.person@example.invalid", "tlf. 73 00 00 00", "=cmd|' /C calc'!A0", "<script>alert(1)</script>",
    "{title}", "{0}", "%s%n", "'; DROP TABLE opportunity; --", "../../etc/passwd", "https://user:pw@example.invalid/",
    "javascript:alert(1)", "http://", "https://example.invalid/" + "a" * 5_000, "\u202eabc", "\ufeff", "\u200b" * 10,
    "å" * 400, "e\u0301" * 400, "\U0001f600" * 200, "\ue000", "\ufffd", "ÅÄÖ æøå", "\t\n\r",
]  # fmt: skip
