"""The words of support offers on pages: what each choice of a filter or a form is called."""

from collections.abc import Callable, Mapping
from typing import Final

from app.core.i18n import N_, Texts
from app.reference.service import area_label, code_list, label
from app.support_offers.vocabulary import (
    NEED_LIST,
    STRUCTURE_LIST,
    TARGET_GROUP_LIST,
    TYPE_LIST,
    Capacity,
    Cost,
    Delivery,
    Side,
    Stage,
)

Named = list[tuple[str, str]]

LISTS: Final = {
    "need": NEED_LIST,
    "offer_type": TYPE_LIST,
    "structure_type": STRUCTURE_LIST,
    "target_group": TARGET_GROUP_LIST,
}
WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "side": {Side.ENTERPRISE: N_("Social enterprises"), Side.PUBLIC: N_("Public bodies")},
    "stage": {
        Stage.IDEA: N_("Has an idea"),
        Stage.START: N_("Is starting"),
        Stage.RUNNING: N_("Is running"),
        Stage.GROWTH: N_("Wants to grow"),
    },
    "cost": {Cost.FREE: N_("Free of charge"), Cost.PAID: N_("Costs something"), Cost.UNKNOWN: N_("Price not stated")},
    "capacity": {
        Capacity.OPEN: N_("There is room"),
        Capacity.LIMITED: N_("Few places"),
        Capacity.FULL: N_("Full"),
        Capacity.UNKNOWN: N_("Room not stated"),
    },
    "delivery": {
        Delivery.ON_SITE: N_("On site"),
        Delivery.REMOTE: N_("At a distance"),
        Delivery.HYBRID: N_("On site and at a distance"),
    },
    "remote": {"true": N_("Wholly or partly at a distance")},
    "unstated": {"need": N_("What it helps with"), "area": N_("Where it is given")},
}
# The vocabularies and words that the fields of the form hold codes of, by field.
_FIELDS: Final = {
    "needs": "need",
    "target_groups": "target_group",
    "stages": "stage",
    "sides": "side",
    "delivery": "delivery",
    "offer_type": "offer_type",
    "structure_type": "structure_type",
    "cost": "cost",
    "capacity": "capacity",
}
COUNTRIES: Final = {"SE": N_("Sweden"), "NO": N_("Norway"), "EU": N_("The EU"), "INT": N_("Several countries")}
LANGUAGES: Final = {
    "sv": N_("Swedish"),
    "nb": N_("Norwegian Bokmål"),
    "nn": N_("Norwegian Nynorsk"),
    "en": N_("English"),
    "se": N_("Northern Sami"),
    "fi": N_("Finnish"),
}
_ANSWERS: Final = {"yes": N_("Yes"), "no": N_("No")}


def word(group: str, code: str, language: str, say: Texts) -> str:
    """Return what a code of one of the filters is called."""
    if group == "area":
        return area_label(code, language)
    if group in LISTS:
        return label(LISTS[group], code, language)
    return say(WORDS[group][code])


def choices(language: str, say: Texts) -> dict[str, Named]:
    """Return what can be chosen in each field of the form, with what it is called."""
    found: dict[str, Named] = {}
    for field, group in _FIELDS.items():
        codes = [one.code for one in code_list(LISTS[group])] if group in LISTS else list(WORDS[group])
        found[field] = [(str(code), word(group, code, language, say)) for code in codes]
    found["country"] = [(code, say(name)) for code, name in COUNTRIES.items()]
    found["language"] = [(code, say(name)) for code, name in LANGUAGES.items()]
    return found


def spelling(language: str, say: Texts) -> Callable[[str, str], str]:
    """Return what says in words what a field of the form holds."""
    named = {field: dict(pairs) for field, pairs in choices(language, say).items()}
    named["de_minimis"] = {code: say(name) for code, name in _ANSWERS.items()}
    return lambda field, held: named.get(field, {}).get(held, held)
