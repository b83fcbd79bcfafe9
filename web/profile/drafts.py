"""What a form of the profile says: as it was written, as a change of the record, and what cannot be read of it."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import FormData

from app.core.i18n import Texts
from app.enterprises.schemas import EnterpriseRead
from app.reference.vocabulary import Area
from web.forms import LONGEST_WORD, Fault, areas_named, readable, shortened

# The texts and lists of a form by the names of its fields: what was written stays, whether or not it can be read.
Draft = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Written:
    """A form as it was sent.

    `patch` is what it changes of the record (RFC 7396). A form that only asks for help with itself (a code to be
    found, one more row) is not `final`: it is shown again, and nothing is saved.
    """

    draft: Draft
    patch: dict[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    final: bool = True


def text(form: FormData, name: str) -> str:
    """Return the last text that a form holds under a name: a button may say a field over again."""
    found = [value for value in form.getlist(name) if isinstance(value, str)]
    return found[-1].strip() if found else ""


def chosen(form: FormData, name: str) -> list[str]:
    """Return the boxes that are ticked under a name, each once."""
    return list(dict.fromkeys(value for value in form.getlist(name) if isinstance(value, str) and value))


def lines(written: str) -> list[str]:
    """Return the lines that say something."""
    return [line.strip() for line in written.splitlines() if line.strip()]


def whole(written: str) -> int | str | None:
    """Return a number as a number; what is none stays as it is, for the record's rules to refuse."""
    if not written:
        return None
    return int(written) if written.isascii() and written.isdecimal() and len(written) < 10 else written


def fields_of(enterprise: EnterpriseRead, names: Iterable[str]) -> dict[str, Any]:
    """Return some fields of a record as JSON; an offering's id is new with each version, and is left out."""
    return enterprise.model_dump(mode="json", include=set(names), exclude={"offerings": {"__all__": {"id"}}})


def tag_of(values: Mapping[str, Any]) -> str:
    """Return a short name for what fields hold: equal for equal contents."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]


def area_called(name: str, field_name: str, say: Texts) -> tuple[Area | None, list[Fault]]:
    """Return the area with a name; or a fault, with the areas that may have been meant."""
    found = areas_named(name) if readable(name) and len(name) <= LONGEST_WORD else []
    if len(found) == 1:
        return found[0], []
    if found:
        told = say.plural(
            "One municipality is called {name}. Choose it.",
            "{n} municipalities are called {name}. Choose which.",
            len(found),
            name=name,
        )
        return None, [Fault(field_name, told, tuple(found))]
    told = say("There is no municipality or county called “{name}” in Sweden or Norway.", name=shortened(name))
    return None, [Fault(field_name, told)]
