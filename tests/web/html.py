"""Read a page as a browser would, as far as the tests need: links, elements and their text."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Element:
    """One element with its attributes and the text inside."""

    tag: str
    attributes: dict[str, str]
    text: str = ""


@dataclass
class Document:
    """The elements of a page, in order."""

    elements: list[Element] = field(default_factory=list)

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """Return the elements of a tag that carry these attributes (`class_` for class)."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            element
            for element in self.elements
            if element.tag == tag and all(element.attributes.get(name) == value for name, value in wanted.items())
        ]

    def with_id(self, element_id: str) -> Element | None:
        """Return the element with this id."""
        return next((element for element in self.elements if element.attributes.get("id") == element_id), None)

    def links(self) -> list[str]:
        """Return where every link and every form of the page leads."""
        places = {"a": "href", "form": "action", "link": "href", "script": "src"}
        return [e.attributes[places[e.tag]] for e in self.elements if e.attributes.get(places.get(e.tag, ""))]


_VOID = {"meta", "link", "input", "br", "img", "hr", "option", "rect", "path", "circle", "use"}


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.document = Document()
        self.open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.document.elements.append(element)
        if tag not in _VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.document.elements.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if any(element.tag == tag for element in self.open):
            while self.open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data


def parsed(html: str) -> Document:
    """Return the page as elements."""
    parser = _Parser()
    parser.feed(html)
    return parser.document
