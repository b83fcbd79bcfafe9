"""The words of needs on pages: what each choice of a filter or a form is called."""

from collections.abc import Mapping
from typing import Final

from app.core.i18n import N_, Texts
from app.needs.vocabulary import CATEGORY_LIST, PUBLIC_AREAS, SUPPORT_AREA_LISTS, Side, Verb
from app.reference.service import area_label, code_list, has_code, label

Named = list[tuple[str, str]]

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "side": {
        Side.ENTERPRISE: N_("Social enterprises"),
        Side.PUBLIC: N_("Public bodies"),
        Side.LABOUR_MARKET: N_("The labour market"),
    },
    "urgency": {"3": N_("At once"), "2": N_("Soon"), "1": N_("Within a year"), "0": N_("Not now")},
    "unstated": {
        "category": N_("What kind of support"),
        "area": N_("Where it is needed"),
        "side": N_("Who needs it"),
        "urgency": N_("How urgent it is"),
    },
}
STEPS: Final[Mapping[Verb, str]] = {
    Verb.PUBLISH: N_("Publish"),
    Verb.RECONFIRM: N_("It is still needed"),
    Verb.MEET: N_("It has been met"),
    Verb.WITHDRAW: N_("Withdraw it"),
    Verb.REOPEN: N_("Take it up again"),
    Verb.REMOVE: N_("Remove it"),
}
"""The steps of a need's life that somebody takes on a page, and what the button says."""


def word(group: str, code: str, language: str, say: Texts) -> str:
    """Return what a code of one of the filters is called."""
    if group == "area":
        return area_label(code, language)
    if group == "category":
        return label(CATEGORY_LIST, code, language)
    if group == "support_area":
        return _support_area(code, language, say)
    return say(WORDS[group][code])


def _support_area(code: str, language: str, say: Texts) -> str:
    """Return what a support area is called; both sides have one of training, so the public one says whose it is."""
    name = next(name for name in SUPPORT_AREA_LISTS if has_code(name, code))
    called = label(name, code, language)
    return f"{called} ({say(WORDS['side'][Side.PUBLIC]).lower()})" if name == PUBLIC_AREAS else called


def choices(language: str, say: Texts) -> dict[str, Named]:
    """Return what can be chosen in each field of the form, with what it is called."""
    codes = {
        "categories": ("category", [one.code for one in code_list(CATEGORY_LIST)]),
        "support_areas": ("support_area", [one.code for name in SUPPORT_AREA_LISTS for one in code_list(name)]),
        "sides": ("side", [side.value for side in Side]),
        "urgency": ("urgency", list(WORDS["urgency"])),
    }
    return {
        field: [(code, word(group, code, language, say)) for code in found] for field, (group, found) in codes.items()
    }
