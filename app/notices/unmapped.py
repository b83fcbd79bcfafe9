"""Lists what a notice says and Samnod has no room for, so that nothing disappears in silence."""

from collections import Counter

from app.core.privacy import holds_personal_number
from app.notices.fields import Field, Scope, bases, fields, kind_of_purpose, organisations
from app.notices.parties import is_person
from app.notices.privacy import without_people
from app.notices.reader import Reader
from app.notices.schemas import Unmapped
from app.notices.xml import Element, find, line_of, name_of, path_of, text_of

NOT_KEPT = "(personal details are not kept)"
_LONGEST_EXCERPT = 60
_LONGEST_READ = 2_000
# Whatever stands in or under these is about a person, wherever a notice puts it.
_PERSONAL = frozenset(
    {"Contact", "Person", "TechnicalCommitteePerson", "FamilyName", "FirstName", "MiddleName", "BirthDate"}
    | {"Telephone", "Telefax", "ElectronicMail", "UltimateBeneficialOwner"}
)


def unmapped_fields(reader: Reader) -> list[Unmapped]:
    """Return each field that was not read, once, in the order of the notice, with an excerpt of its first value."""
    known = _known_elements(reader.root)
    people = _people(reader.root)
    first: dict[str, Unmapped] = {}
    counts: Counter[str] = Counter()
    for element in reader.root.iter("*"):
        if len(element) or not text_of(element) or element in reader.taken:
            continue
        label, found = known.get(element) or (path_of(element), None)
        if found is not None and found.use == "technical":
            continue
        counts[label] += 1
        if label not in first:
            private = element in people or (found is not None and found.use == "private") or _is_personal(element)
            first[label] = _unmapped(label, found, element, private=private)
    return [unmapped.model_copy(update={"count": counts[label]}) for label, unmapped in first.items()]


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
            for element in find(base, each.path):
                if each.use == "private" or element not in known:
                    known[element] = (_label(each, base), each)
    return known


def _people(root: Element) -> set[Element]:
    """Return everything that describes an organisation which is a natural person."""
    return {element for one in organisations(root) if is_person(one) for element in one.iter("*")}


def _is_personal(element: Element) -> bool:
    return name_of(element) in _PERSONAL or any(name_of(above) in _PERSONAL for above in element.iterancestors())


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
