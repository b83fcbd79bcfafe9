"""What the form of a need says: as it was written, and as a change of the record."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from starlette.datastructures import FormData

from app.core.errors import FieldFault, in_language
from app.core.i18n import N_, Texts
from app.needs.schemas import NeedRead
from app.reference.service import area_label
from web.forms import Fault
from web.profile.drafts import area_called, chosen, lines, text, whole

# A field of the form holds a text, or the codes that are ticked.
Draft = dict[str, Any]

FIELDS: Final[Mapping[str, str]] = {
    "title": N_("What is needed"),
    "description": N_("More about it"),
    "categories": N_("What kind of support"),
    "areas": N_("Where it is needed"),
    "urgency": N_("How urgent it is"),
    "sides": N_("Who needs it"),
    "holder_name": N_("Who has the need"),
    "support_areas": N_("Areas of support"),
    "language": N_("Language of the text"),
}
"""The fields of the form, in its order, and what each is called."""

MANY: Final = ("categories", "sides", "support_areas")


def blank(language: str, side: str) -> Draft:
    """Return the form of a new need."""
    draft: Draft = {name: [] if name in MANY else "" for name in FIELDS}
    return draft | {"language": language, "sides": [side] if side else []}


def draft_of(one: NeedRead, language: str) -> Draft:
    """Return the form filled in from a need; `language` is that of the names of places."""
    record = one.model_dump(mode="json")
    draft: Draft = {name: record[name] for name in FIELDS}
    draft["areas"] = "\n".join(area_label(code, language) for code in one.areas)
    draft["urgency"] = "" if one.urgency is None else str(one.urgency)
    return draft


def read(form: FormData) -> Draft:
    """Return the form as it was sent."""
    # A browser ends the lines of a text as letters do (RFC 5322), a record does not.
    return {name: chosen(form, name) if name in MANY else text(form, name).replace("\r\n", "\n") for name in FIELDS}


def record_of(draft: Draft, say: Texts) -> tuple[dict[str, Any], list[Fault]]:
    """Return the form as JSON that the needs take, and what cannot be read of it."""
    codes: list[str] = []
    faults: list[Fault] = []
    for line in lines(draft["areas"]):
        area, wrong = area_called(line, "areas", say)
        codes += [area.code] if area else []
        faults += [Fault(one.field, one.text) for one in wrong]
    if len(draft["title"]) < len("ab"):
        faults.insert(0, Fault("title", say("Write in a few words what is needed.")))
    return {**draft, "areas": codes, "urgency": whole(draft["urgency"])}, faults[:5]


def faults_at(refused: Iterable[FieldFault], say: Texts) -> list[Fault]:
    """Return what the needs refuse, each at its field of the form and once."""
    found: dict[str, Fault] = {}
    for fault in refused:
        name = fault.pointer.strip("/").split("/")[0]
        at = name if name in FIELDS else "title"
        found.setdefault(at, Fault(at, f"{say(FIELDS[at])}: {in_language(fault.detail, say)}"))
    return list(found.values())


def differences(mine: Draft, theirs: Draft, named: Mapping[str, list[tuple[str, str]]]) -> list[tuple[str, str, str]]:
    """Return each field that somebody else wrote differently meanwhile: its name, one's own, and the other's words."""

    def said(draft: Draft, field: str) -> str:
        known = dict(named.get(field, []))
        held = draft[field] if isinstance(draft[field], list) else [draft[field]]
        return ", ".join(known.get(code, code) for code in held)

    return [
        (field, said(mine, field), said(theirs, field))
        for field in FIELDS
        if (sorted(mine[field]) if field in MANY else mine[field])
        != (sorted(theirs[field]) if field in MANY else theirs[field])
    ]
