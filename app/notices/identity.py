"""Which notice this is, which others it belongs to, and whether it is one that is read here."""

import re
from dataclasses import dataclass

from app.core.errors import FieldFault, InvalidContent
from app.core.i18n import N_
from app.notices import rules
from app.notices.reader import Reader
from app.notices.vocabulary import RESULT_FORM_TYPES, VOIDS
from app.notices.xml import Element, line_of, name_of, namespace_of, text_of

_UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
_OPEN_ROOTS = frozenset({"ContractNotice", "PriorInformationNotice"})
_RESULT_ROOT = "ContractAwardNotice"
_ROOTS = _OPEN_ROOTS | {_RESULT_ROOT, "BusinessRegistrationInformationNotice"}
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_NOTICE_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}")
_VERSION = re.compile(r"\d{1,4}")
# A publication number in the Official Journal, with or without zeros before it.
_PUBLICATION = re.compile(r"0*(\d{1,8}-(?:19|20)\d{2})")
_CHANGED = re.compile(r"(.+)-(\d{1,4})")
_NORWEGIAN = "anskaffelser.no"
_MOST_EARLIER = 20


@dataclass(frozen=True)
class Identity:
    """A notice's own identity.

    `source` is whose numbering `notice_id` belongs to. `changes` names the notice that this one changes, which may be
    numbered by another (`changes_source`); `withdraws` says that it takes it back. `previous` are earlier notices of
    the same procurement, each with whose numbering it belongs to; `previous_numbers` are such by publication number.
    """

    source: str
    notice_id: str
    version: str
    subtype: str
    form_type: str
    system: str
    number: str | None
    changes: str | None
    changes_source: str
    withdraws: bool
    procedure_id: str | None
    previous: tuple[tuple[str, str], ...]
    previous_numbers: tuple[str, ...]

    @property
    def is_result(self) -> bool:
        """Whether it tells how a procurement ended, and not that one begins."""
        return self.form_type in RESULT_FORM_TYPES


def read_identity(reader: Reader) -> Identity:
    """Return the identity of the notice; what it lacks is noted as faults.

    Raises:
        InvalidContent: this is no notice, or none that is read here: a modification, a completion.
    """
    _check_root(reader.root)
    form_type = _form_type(reader)
    notice_id = reader.required("BT-701", "notice", reader.root)
    version = reader.required("BT-757", "notice", reader.root)
    subtype = reader.required("OPP-070", "notice", reader.root)
    if notice_id is not None and not _NOTICE_ID.fullmatch(text_of(notice_id)):
        reader.fault("BT-701", notice_id, "this is not a notice identifier")
    if version is not None and not _VERSION.fullmatch(text_of(version)):
        reader.fault("BT-757", version, "this is not a version: two digits are expected")
    return _identity(reader, _stated(notice_id), _stated(version), _stated(subtype), form_type)


def _identity(reader: Reader, notice_id: str, version: str, subtype: str, form_type: str) -> Identity:
    norwegian = _NORWEGIAN in reader.code("OPT-002", "notice", reader.root)
    number = reader.code("OPP-010", "notice", reader.root)
    # "n.a." and the like stand for no number.
    number = number if re.fullmatch(r"\d[\d/-]{3,30}", number) else ""
    changed = reader.code("BT-758", "notice", reader.root)
    changes = _without_version(changed)
    earlier = reader.codes("OPP-090", "notice", reader.root)[:_MOST_EARLIER]
    numbers = [found[1] for found in map(_PUBLICATION.fullmatch, earlier) if found]
    ids = [_without_version(text)[:64] for text in earlier if not _PUBLICATION.fullmatch(text)]
    return Identity(
        source=_numbering(notice_id),
        notice_id=_as_numbered(notice_id),
        version=version,
        subtype=subtype[:8],
        form_type=form_type,
        system="Doffin" if norwegian else "TED" if number else "eForms",
        number=number or None,
        changes=_as_numbered(changes) or None,
        changes_source=_numbering(changes),
        withdraws=bool(changed and VOIDS & set(reader.codes("BT-140", "notice", reader.root))),
        procedure_id=_procedure(reader),
        previous=tuple((_numbering(notice), _as_numbered(notice)) for notice in ids),
        previous_numbers=tuple(numbers),
    )


def _procedure(reader: Reader) -> str | None:
    element = reader.element("BT-04", "notice", reader.root)
    if element is None:
        return None
    if not _NOTICE_ID.fullmatch(text_of(element)):
        reader.remark("BT-04", element, N_("The procedure identifier is left out: it is not one."))
        return None
    return _as_numbered(text_of(element))


def _numbering(notice_id: str) -> str:
    """Return `eforms` for a UUID, which is one notice wherever it is fetched from, else `doffin`."""
    return "eforms" if _UUID.fullmatch(notice_id) else "doffin"


def _as_numbered(notice_id: str) -> str:
    """Return the identifier as it is kept: only a UUID is the same in capitals."""
    return notice_id.lower() if _UUID.fullmatch(notice_id) else notice_id


def _without_version(changed: str) -> str:
    """Return which notice is changed (BT-758), which is stated with its version, two digits, or without."""
    found = _CHANGED.fullmatch(changed)
    # The end of a national number, 2026-1234, is no version.
    is_version = found is not None and (len(found[2]) == 2 or _UUID.fullmatch(found[1]))
    return found[1] if found and is_version else changed


def _stated(element: Element | None) -> str:
    return "" if element is None else text_of(element)


def _check_root(root: Element) -> None:
    name, namespace = name_of(root), namespace_of(root)
    if namespace != f"{_UBL}{name}-2" or name not in _ROOTS:
        raise _refusal(root, "line 1", "This is not an eForms notice.", f"the document is a {name[:60]!r}")


def _form_type(reader: Reader) -> str:
    """Return the form type (BT-03); refuse a notice that neither calls for anything nor tells how it ended."""
    root = reader.root
    element = reader.required("BT-02", "notice", root)
    form_type = str(element.get("listName") or "").strip() if element is not None else ""
    subtype = reader.element("OPP-070", "notice", root)
    if element is not None and (why := rules.why_refused(form_type)):
        raise _refusal(element, "BT-03", f"This is {why}." if "notice" in why else f"Refused: {why}.", text_of(element))
    if reader.element("BT-1501", "notice", root) is not None:
        raise _refusal(
            root, "BT-1501", "This is a notice about a contract that is being modified.", "nothing to answer"
        )
    is_result = form_type in RESULT_FORM_TYPES
    fits = rules.is_result_subtype if is_result else rules.is_open_subtype
    if subtype is not None and not fits(text_of(subtype)):
        what = "result" if is_result else "call for competition and no planning notice"
        detail = f"Subtype {text_of(subtype)[:8]} is no {what}."
        raise _refusal(subtype, "OPP-070", detail, f"the form type (BT-03) is {form_type[:40]!r}")
    if (name_of(root) == _RESULT_ROOT) is not is_result or name_of(root) not in {*_OPEN_ROOTS, _RESULT_ROOT}:
        detail = f"A notice of form type {form_type[:40]!r} does not stand in a {name_of(root)}."
        raise _refusal(root, "BT-03", detail, name_of(root))
    return form_type


def _refusal(element: Element, where: str, detail: str, what: str) -> InvalidContent:
    pointer = where if where.startswith("line") else f"line {line_of(element)}, {where}"
    return InvalidContent(detail, [FieldFault(pointer, what[:200])])
