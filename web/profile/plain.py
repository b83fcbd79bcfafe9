"""The sections of the profile that are plain fields: contact, areas, training, size, words and life-cycle."""

import re
from typing import Any

from starlette.datastructures import FormData

from app.core.i18n import Texts
from app.enterprises.schemas import EnterpriseRead
from app.reference.service import area as area_with
from app.reference.service import area_label
from web.forms import Fault
from web.profile.drafts import Draft, Written, area_called, chosen, lines, text, whole

# The languages that are offered to be ticked, with those that a record holds already.
LANGUAGES_SPOKEN = ("sv", "nb", "nn", "en", "se", "fi", "ar", "so", "ti", "fa", "uk", "pl")
_CONTACT = ("name", "organisation_number", "contact_function", "contact_email", "place")
_SIZE = ("employees", "turnover", "legal_form", "public_ownership")


def contact_draft(one: EnterpriseRead, language: str) -> Draft:
    """Return the contact section as its form writes it."""
    return {
        **{name: getattr(one, name) or "" for name in _CONTACT},
        "aliases": "\n".join(one.aliases),
        "area_code": area_label(one.area_code, language) if one.area_code else "",
    }


def read_contact(form: FormData, _one: EnterpriseRead, say: Texts) -> Written:
    """Read name, numbers, seat, and how somebody gets in touch."""
    draft: Draft = {name: text(form, name) for name in (*_CONTACT, "aliases", "area_code")}
    patch: dict[str, Any] = {name: draft[name] or None for name in _CONTACT}
    patch |= {"aliases": lines(draft["aliases"]), "area_code": None}
    faults: list[Fault] = []
    if draft["area_code"]:
        seat, faults = area_called(draft["area_code"], "area_code", say)
        patch["area_code"] = seat.code if seat else None
    return Written(draft, patch, faults)


def areas_draft(one: EnterpriseRead, _language: str) -> Draft:
    """Return the areas served as the form writes them."""
    return {"service_areas": list(one.service_areas), "more": ""}


def read_areas(form: FormData, _one: EnterpriseRead, say: Texts) -> Written:
    """Read the areas that are ticked, and the one that is written beside them."""
    draft: Draft = {"service_areas": chosen(form, "service_areas"), "more": text(form, "more")}
    adds = text(form, "do") == "add" and bool(draft["more"])
    faults: list[Fault] = []
    if draft["more"]:
        found, faults = area_called(draft["more"], "more", say)
        if found:
            draft["service_areas"] = list(dict.fromkeys([*draft["service_areas"], found.code]))
            draft["more"] = ""
    # A code that nobody knows has no name to show.
    draft["service_areas"] = [code for code in draft["service_areas"] if area_with(code)]
    return Written(draft, {"service_areas": draft["service_areas"]}, faults, final=not adds)


def training_draft(one: EnterpriseRead, _language: str) -> Draft:
    """Return whom the enterprise works with."""
    return {"target_groups": list(one.target_groups)}


def read_training(form: FormData, _one: EnterpriseRead, _say: Texts) -> Written:
    """Read whom the enterprise works with."""
    draft: Draft = {"target_groups": chosen(form, "target_groups")}
    return Written(draft, dict(draft))


def size_draft(one: EnterpriseRead, _language: str) -> Draft:
    """Return size and form as the form writes them."""
    return {
        **{name: getattr(one, name) or "" for name in _SIZE},
        "founded_year": str(one.founded_year or ""),
        "industry_codes": " ".join(one.industry_codes),
    }


def read_size(form: FormData, _one: EnterpriseRead, _say: Texts) -> Written:
    """Read size, legal form, ownership, year and industry codes."""
    draft: Draft = {name: text(form, name) for name in (*_SIZE, "founded_year", "industry_codes")}
    patch: dict[str, Any] = {name: draft[name] or None for name in _SIZE}
    patch["public_ownership"] = draft["public_ownership"] or "unknown"
    patch["founded_year"] = whole(draft["founded_year"])
    # As the authorities write them: 81.210.
    codes = [code.replace(".", "") for code in re.split(r"[\s,;]+", draft["industry_codes"]) if code]
    patch["industry_codes"] = list(dict.fromkeys(codes))
    return Written(draft, patch)


def words_draft(one: EnterpriseRead, _language: str) -> Draft:
    """Return description, languages and website as the form writes them."""
    return {
        "summary": one.summary,
        "language": one.language,
        "languages": list(one.languages),
        "website": one.website or "",
    }


def read_words(form: FormData, _one: EnterpriseRead, _say: Texts) -> Written:
    """Read description, languages and website."""
    draft: Draft = {name: text(form, name) for name in ("summary", "language", "website")}
    draft["languages"] = chosen(form, "languages")
    return Written(draft, {**draft, "language": draft["language"] or "sv", "website": _web_address(draft["website"])})


def life_draft(one: EnterpriseRead, _language: str) -> Draft:
    """Return where in its life the enterprise is."""
    return {"lifecycle": one.lifecycle}


def read_life(form: FormData, _one: EnterpriseRead, _say: Texts) -> Written:
    """Read where in its life the enterprise is."""
    draft: Draft = {"lifecycle": text(form, "lifecycle")}
    return Written(draft, {"lifecycle": draft["lifecycle"] or "unknown"})


def _web_address(written: str) -> str | None:
    """Return an address as people write it (`example.org`) with the beginning that it needs."""
    if not written:
        return None
    return written if "://" in written or " " in written else f"https://{written}"
