"""What an enterprise sells and the training places it offers: one offering's form, and the list to put in order."""

import re
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError
from starlette.datastructures import FormData

from app.core.i18n import Texts
from app.enterprises.schemas import EnterpriseRead, OfferingIn
from app.enterprises.vocabulary import OfferingKind
from app.matching import service as matching
from app.matching.schemas import MatchQuestion
from app.reference.service import cpv_label, search_cpv
from app.reference.vocabulary import CpvHit
from web.forms import LONGEST_WORD, Fault, parsed_code, readable, shortened
from web.profile.drafts import Draft, Written, chosen, fields_of, text, whole

NEW: Final = "new"
_SUGGESTIONS = 6
_TEXTS = ("title", "description", "kind", "language", "places_free", "cpv")
Offerings = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Removed:
    """An offering that has just been taken away, and where it stood: what "Undo" puts back."""

    position: int
    offering: dict[str, Any]

    @property
    def as_json(self) -> str:
        """The offering, as a hidden field holds it."""
        return OfferingIn.model_validate(self.offering).model_dump_json()


# The offerings in their new order, and what was taken away.
Arranged = tuple[Offerings, Removed | None]


def offerings_of(one: EnterpriseRead) -> Offerings:
    """Return the offerings as JSON, in their order."""
    found: Offerings = fields_of(one, ("offerings",))["offerings"]
    return found


def is_training(offering: dict[str, Any]) -> bool:
    """Tell whether an offering is a kind of work-training place."""
    return bool(offering["kind"] == OfferingKind.WORK_TRAINING)


def offering_draft(one: EnterpriseRead, position: int | None, language: str, *, training: bool, code: str) -> Draft:
    """Return one offering as its form writes it, or an empty form; `code` is a code that somebody proposes."""
    kind = OfferingKind.WORK_TRAINING if training else OfferingKind.SERVICE
    blank: dict[str, Any] = {
        "title": "",
        "description": "",
        "kind": kind.value,
        "language": language,
        "cpv": [],
        "sectors": [],
    }
    held = offerings_of(one)[position] if position is not None else blank
    draft: Draft = {name: held.get(name) or "" for name in _TEXTS}
    free = held.get("places_free")
    draft |= {
        "codes": list(held["cpv"]),
        "cpv": "",
        "sectors": list(held["sectors"]),
        "places_free": "" if free is None else str(free),
        "guessed": bool(held.get("cpv_is_guess")),
    }
    draft["suggestions"] = _proposed(code, language) or _by_words(draft, language)
    return draft


def read_offering(form: FormData, one: EnterpriseRead, position: int | None, say: Texts) -> Written:
    """Read one offering. A word in the code field is looked up: the form comes back with codes to tick."""
    draft: Draft = {name: text(form, name) for name in _TEXTS}
    draft |= {"codes": chosen(form, "codes"), "sectors": chosen(form, "sectors"), "suggestions": [], "guessed": False}
    looks_up = bool(draft["cpv"]) and text(form, "do") == "add"
    faults = _read_code(draft, say, looks_up=looks_up) if draft["cpv"] else []
    offering = {
        "title": draft["title"],
        "description": draft["description"],
        "kind": draft["kind"] or OfferingKind.SERVICE.value,
        "language": draft["language"] or say.language,
        "cpv": draft["codes"],
        # Whoever saves the form has seen the codes.
        "cpv_is_guess": False,
        "sectors": draft["sectors"],
        "places_free": whole(draft["places_free"]),
    }
    offerings = offerings_of(one)
    if position is None:
        offerings.append(offering)
    else:
        offerings[position] = offering
    return Written(draft, {"offerings": offerings}, faults, final=not looks_up)


def arranged(one: EnterpriseRead, do: str) -> Arranged | None:
    """Return the offerings after a button of the list (`up:3`, `down:0`, `remove:2`), and what was taken away.

    None: the button asks for nothing that can be done.
    """
    said = re.fullmatch(r"(up|down|remove):(\d{1,3})", do)
    offerings = offerings_of(one)
    if said is None or int(said[2]) >= len(offerings):
        return None
    verb, position = said[1], int(said[2])
    if verb == "remove":
        removed = Removed(position, offerings.pop(position))
        return offerings, removed
    # Goods and services are one list and training places another, though the record holds them as one.
    alike = [n for n, other in enumerate(offerings) if is_training(other) == is_training(offerings[position])]
    place = alike.index(position) + (1 if verb == "down" else -1)
    if 0 <= place < len(alike):
        other = alike[place]
        offerings[position], offerings[other] = offerings[other], offerings[position]
    return offerings, None


def put_back(one: EnterpriseRead, form: FormData) -> Arranged | None:
    """Return the offerings with the one that was taken away where it stood; None when the form holds none."""
    try:
        offering = OfferingIn.model_validate_json(text(form, "offering"))
    except ValidationError:
        return None
    offerings = offerings_of(one)
    position = whole(text(form, "position"))
    offerings.insert(position if isinstance(position, int) else len(offerings), offering.model_dump(mode="json"))
    return offerings, None


def taken_away(before: Any, one: EnterpriseRead) -> Removed | None:
    """Return the one offering that was in the list `before` and no longer is; None when more than that has changed."""
    now_there = offerings_of(one)
    if not isinstance(before, list) or len(before) != len(now_there) + 1:
        return None
    position = next((n for n, (a, b) in enumerate(zip(before, now_there, strict=False)) if a != b), len(now_there))
    return Removed(position, before[position]) if before[position + 1 :] == now_there[position:] else None


def codes_for(words: str, language: str) -> list[CpvHit]:
    """Return the CPV codes that words suggest, best first."""
    if not words.strip() or not readable(words):
        return []
    inferred = matching.inferred_codes(MatchQuestion(title=words[:300], language=language))
    hits = [CpvHit(code, label) for code in inferred if (label := cpv_label(code, language))]
    known = {hit.code for hit in hits}
    found = search_cpv(words[:LONGEST_WORD], language, _SUGGESTIONS)
    return [*hits, *(hit for hit in found if hit.code not in known)][:_SUGGESTIONS]


def _by_words(draft: Draft, language: str) -> list[CpvHit]:
    return [] if draft["codes"] else codes_for(draft["title"], language)


def _proposed(code: str, language: str) -> list[CpvHit]:
    found = parsed_code(code) if code else None
    return [CpvHit(found, cpv_label(found, language) or "")] if found else []


def _read_code(draft: Draft, say: Texts, *, looks_up: bool) -> list[Fault]:
    """Add the code that was typed, or suggest codes for the words that were."""
    words = draft["cpv"]
    if not readable(words) or len(words) > LONGEST_WORD:
        return [Fault("cpv", say("Write at most {n} characters.", n=LONGEST_WORD))]
    if code := parsed_code(words.split(" ", 1)[0]):
        draft["codes"] = list(dict.fromkeys([*draft["codes"], code]))
        draft["cpv"] = ""
        return []
    hits = search_cpv(words, say.language, _SUGGESTIONS)
    draft["suggestions"] = [hit for hit in hits if hit.code not in draft["codes"]]
    if not draft["suggestions"]:
        return [Fault("cpv", say("No CPV code was found for “{words}”. Try another word.", words=shortened(words)))]
    return [] if looks_up else [Fault("cpv", say("Tick the codes that you mean, or empty the field."))]
