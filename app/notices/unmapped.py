"""Lists what a notice says and Samnod has no room for, so that nothing disappears in silence."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from app.core.privacy import holds_personal_number
from app.notices.fields import EVERYTHING_BELOW, Field, Scope, bases, fields, kind_of_purpose, organisations
from app.notices.parties import is_person
from app.notices.privacy import without_people
from app.notices.reader import Reader
from app.notices.schemas import Unmapped
from app.notices.xml import WRAPPERS, Element, find, line_of, name_of, text_of

NOT_KEPT = "(personal details are not kept)"
_LONGEST_EXCERPT = 60
_LONGEST_READ = 2_000
_LONGEST_NAME = 80
_MOST_FIELDS = 500
# Whatever stands in or under these is about a person, wherever a notice puts it.
_PERSONAL = frozenset(
    {"Contact", "Person", "TechnicalCommitteePerson", "FamilyName", "FirstName", "MiddleName", "BirthDate"}
    | {"Telephone", "Telefax", "ElectronicMail", "UltimateBeneficialOwner"}
)


def unmapped_fields(reader: Reader) -> list[Unmapped]:
    """Return each field that was not read, once, in the order of the notice, with an excerpt of its first value.

    A notice that somebody made to have thousands of kinds of field is not answered at length: the first ones stand for
    the others.
    """
    known = _known_elements(reader.root)
    people = _people(reader.root)
    first: dict[str, Unmapped] = {}
    counts: Counter[str] = Counter()
    for leaf in _leaves(reader.root):
        if leaf.element in reader.taken:
            continue
        label, found = known.get(leaf.element) or (leaf.path, None)
        if found is not None and found.use == "technical":
            continue
        if label not in first and len(first) < _MOST_FIELDS:
            private = leaf.is_personal or leaf.element in people or (found is not None and found.use == "private")
            first[label] = _unmapped(label, found, leaf.element, private=private)
        if label in first:
            counts[label] += 1
    return [unmapped.model_copy(update={"count": counts[label]}) for label, unmapped in first.items()]


@dataclass(frozen=True, slots=True)
class _Leaf:
    """An element that holds text: where it stands below the root, without wrappers, and whether it is about a person.

    Its path reads `TenderingTerms/PaymentTerms/Note`.
    """

    element: Element
    path: str
    is_personal: bool


def _leaves(root: Element) -> Iterator[_Leaf]:
    """Give the elements that hold text and no others; each step down is looked at once, however many leaves follow."""
    above: list[tuple[str, bool]] = []
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "end":
            above.pop()
            continue
        name = name_of(element)[:_LONGEST_NAME]
        path, is_personal = above[-1] if above else ("", False)
        if above and name not in WRAPPERS:
            path = f"{path}/{name}" if path else name
        is_personal = is_personal or name in _PERSONAL
        above.append((path, is_personal))
        if not len(element) and text_of(element):
            yield _Leaf(element, path, is_personal)


def _unmapped(label: str, found: Field | None, element: Element, *, private: bool) -> Unmapped:
    # What is far beyond the excerpt is not even looked at.
    stated = text_of(element)[:_LONGEST_READ]
    kept = not private and not holds_personal_number(stated)
    text = " ".join(without_people(stated)[0].split()) if kept else NOT_KEPT
    excerpt = text if len(text) <= _LONGEST_EXCERPT else text[: _LONGEST_EXCERPT - 1] + "…"
    return Unmapped(field=label, name=found.name if found else "", line=line_of(element), value=excerpt, count=1)


def _known_elements(root: Element) -> dict[Element, tuple[str, Field]]:
    starts = bases(root)
    known: dict[Element, tuple[str, Field]] = {}
    for each in fields():
        for base in starts[each.scope]:
            for element in _elements(each, base):
                already = known.get(element)
                # What is private for one reason is; the first one names it.
                if already is None or (each.use == "private" and already[1].use != "private"):
                    known[element] = (_label(each, base), each)
    return known


def _elements(each: Field, base: Element) -> list[Element]:
    """Return the elements of a field; a path that ends in `//*` is of everything below."""
    if not each.path.endswith(EVERYTHING_BELOW):
        return find(base, each.path)
    # XPath itself compares each of these with all the others.
    owners = find(base, each.path.removesuffix(EVERYTHING_BELOW))
    return [element for owner in owners for element in owner.iter("*") if not len(element)]


def _people(root: Element) -> set[Element]:
    """Return everything that describes an organisation which is a natural person."""
    return {element for one in organisations(root) if is_person(one) for element in one.iter("*")}


def _label(found: Field, base: Element) -> str:
    """Return a field's number with where it belongs, as the regulation writes it: `BT-21-Lot`."""
    if found.number.count("-") > 1:
        return found.number
    scope: Scope = found.scope
    if scope == "place":
        base = base.getparent().getparent()
        scope = "procedure" if base.getparent() is None else "lot"
    where = {"procedure": "Procedure", "organisation": "Organization", "notice": "notice", "result": "LotResult"}
    where |= {"tender": "Tender", "contract": "Contract", "party": "TenderingParty"}
    return f"{found.number}-{where.get(scope) or kind_of_purpose(base) or 'Lot'}"
