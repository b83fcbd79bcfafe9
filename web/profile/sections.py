"""The sections of the profile, each with a form of its own: which fields it holds, how it is drawn and read."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import FormData

from app.core.errors import FieldFault, NotFound, in_language
from app.core.i18n import N_, Texts
from app.enterprises.schemas import EnterpriseRead
from web.forms import Fault
from web.pages.common import PARTS
from web.profile import plain, statements
from web.profile.drafts import Draft, Written, fields_of, tag_of

_OFFERING = {
    "title": N_("What it is called"),
    "description": N_("Description"),
    "cpv": N_("CPV codes"),
    "sectors": N_("Trade"),
    "places_free": N_("Work-training places free"),
    "language": N_("Language of the text"),
}
_CERTIFICATE = {"name": N_("Name"), "valid_from": N_("Valid from"), "valid_until": N_("Valid until")}


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the profile that is saved by itself."""

    key: str
    title: str
    fields: tuple[str, ...]
    draft: Callable[[EnterpriseRead, str], Draft]
    read: Callable[[FormData, EnterpriseRead, Texts], Written]

    def tag(self, one: EnterpriseRead) -> str:
        """Return a short name for what the section holds, so that only changes of it stand in a writer's way."""
        return tag_of(fields_of(one, self.fields))


def _no_form(_form: FormData, _one: EnterpriseRead, _say: Texts) -> Written:
    """Read nothing: the offerings are each a form of their own."""
    return Written({}, final=False)


OFFERINGS: Final = Section("offerings", N_("Sells"), ("offerings",), lambda _one, _language: {}, _no_form)
TRAINING: Final = Section(
    "training", N_("Work training"), ("target_groups", "offerings"), plain.training_draft, plain.read_training
)
SECTIONS: Final = (
    Section(
        "contact",
        N_("Name and contact"),
        (
            "name",
            "aliases",
            "organisation_number",
            "contact_function",
            "contact_email",
            "area_code",
            "place",
        ),
        plain.contact_draft,
        plain.read_contact,
    ),
    OFFERINGS,
    Section("areas", N_("Where the enterprise works"), ("service_areas",), plain.areas_draft, plain.read_areas),
    TRAINING,
    Section(
        "statements",
        N_("Right to take part, and criteria"),
        ("eligibility", "criteria"),
        statements.statements_draft,
        statements.read_statements,
    ),
    Section(
        "size",
        N_("Size and form"),
        ("employees", "turnover", "founded_year", "legal_form", "public_ownership", "industry_codes"),
        plain.size_draft,
        plain.read_size,
    ),
    Section(
        "certificates",
        N_("Certificates"),
        ("certificates",),
        statements.certificates_draft,
        statements.read_certificates,
    ),
    Section(
        "words",
        N_("Description and languages"),
        ("summary", "language", "languages", "website"),
        plain.words_draft,
        plain.read_words,
    ),
    Section("life", N_("Life-cycle"), ("lifecycle",), plain.life_draft, plain.read_life),
)
_BY_KEY = {section.key: section for section in SECTIONS}


def section_called(key: str) -> Section:
    """Return a section. Raises `NotFound`."""
    if key not in _BY_KEY:
        raise NotFound(key)
    return _BY_KEY[key]


def section_of(pointer: str) -> str:
    """Return where in the profile something is added, from a pointer into the record: `offerings/0`, `size`."""
    parts = pointer.strip("/").split("/")
    if parts[0] == "offerings" and len(parts) > 1:
        return f"offerings/{parts[1]}"
    return next((section.key for section in SECTIONS if parts[0] in section.fields), "confirm")


def faults_at(found: Iterable[FieldFault], patch: dict[str, object], say: Texts) -> list[Fault]:
    """Return what the registry refuses as faults at the fields of the form, each said once."""
    told = [_fault_at(fault, patch, say) for fault in found]
    return list({(fault.field, fault.text): fault for fault in told}.values())


def _fault_at(fault: FieldFault, patch: dict[str, object], say: Texts) -> Fault:
    parts = fault.pointer.strip("/").split("/")
    field_name, label = parts[0], PARTS.get(parts[0], N_("Other"))
    if parts[0] == "offerings" and len(parts) > 2:
        field_name, label = parts[2], _OFFERING.get(parts[2], label)
    elif parts[0] == "certificates" and len(parts) > 2:
        field_name, label = "-".join(parts[:3]), _CERTIFICATE.get(parts[2], label)
    elif parts[0] in {"eligibility", "criteria"} and len(parts) > 1:
        field_name = _statement_field(parts, patch)
    return Fault(field_name, f"{say(label)}: {in_language(fault.detail, say)}")


def _statement_field(parts: list[str], patch: dict[str, object]) -> str:
    """Return the field of the statement that a pointer counts to: forms know it by its code."""
    stated = patch.get(parts[0])
    if not isinstance(stated, list) or not re.fullmatch(r"\d+", parts[1]) or int(parts[1]) >= len(stated):
        return parts[0]
    known = stated[int(parts[1])]
    code = known["reservation" if parts[0] == "eligibility" else "criterion"]
    return f"{parts[0]}-{code}-on" if parts[-1] == "on" else f"{parts[0]}-{code}"
