"""The choices that the profile's forms offer, in the reader's language."""

from collections.abc import Callable
from dataclasses import dataclass

from app.accounts import permissions
from app.accounts.permissions import Action
from app.accounts.vocabulary import Caller
from app.core.i18n import LANGUAGES, N_, texts
from app.enterprises.schemas import EnterpriseRead
from app.enterprises.vocabulary import EmployeesBand, Lifecycle, TurnoverBand
from app.reference.service import codes, label
from web.pages.common import RULES
from web.profile.plain import LANGUAGES_SPOKEN
from web.profile.statements import criteria_for, rules_for

Named = list[tuple[str, str]]
_LIFECYCLES = {
    Lifecycle.ACTIVE: N_("Active"),
    Lifecycle.PILOT: N_("Pilot"),
    Lifecycle.PLANNED: N_("Planned"),
    Lifecycle.PAUSED: N_("Paused"),
    Lifecycle.CLOSED: N_("Closed"),
    Lifecycle.UNKNOWN: N_("Not confirmed that it is running"),
}
_STATES = {
    "declared": N_("Yes, we declare it"),
    "denied": N_("No"),
    "verified": N_("Verified"),
    "expired": N_("Expired"),
}


@dataclass(frozen=True, slots=True)
class Lists:
    """What can be chosen in the forms of one profile."""

    sectors: Named
    target_groups: Named
    legal_forms: Named
    legal_form_list: str
    employees: Named
    turnover: Named
    lifecycles: Named
    languages: list[str]
    spoken: list[str]
    rules: Named
    criteria: Named
    states: Callable[[str, str], Named]


def lists_for(one: EnterpriseRead, by: Caller, language: str) -> Lists:
    """Return the choices of one enterprise's forms, for somebody who keeps it or looks after its region."""
    say = texts(language)
    forms = f"legal_form_{one.country.lower()}"
    verifies = permissions.may(by, Action.VERIFY_ENTERPRISE, owner_id=one.owner_id, area=one.area_code)

    def states(kind: str, held: str) -> Named:
        # Nobody verifies itself; what is verified or expired already can be left as it is.
        offered = ["declared", *(["denied"] if kind == "eligibility" else [])]
        offered += ["verified", "expired"] if verifies else []
        return [(code, say(_STATES[code])) for code in dict.fromkeys([*offered, *([held] if held in _STATES else [])])]

    return Lists(
        sectors=_named("sector", language),
        target_groups=_named("target_group", language),
        legal_forms=[(code.code, code.label(language)) for code in codes(forms)],
        legal_form_list=forms,
        employees=[(band.value, say(N_("None")) if band == "none" else _band(band)) for band in EmployeesBand],
        turnover=[(band.value, _band(band)) for band in TurnoverBand],
        lifecycles=[(state.value, say(name)) for state, name in _LIFECYCLES.items()],
        languages=list(dict.fromkeys([*LANGUAGES, one.language, *(o.language for o in one.offerings)])),
        spoken=list(dict.fromkeys([*LANGUAGES_SPOKEN, *one.languages])),
        rules=[(rule.value, say(RULES[rule])) for code in rules_for(one) for rule in RULES if rule == code],
        criteria=[(code, _criterion(code, language)) for code in criteria_for(one)],
        states=states,
    )


def _named(name: str, language: str) -> Named:
    return sorted(((code.code, code.label(language)) for code in codes(name)), key=lambda pair: pair[1].casefold())


def _band(band: str) -> str:
    """Return a band as it is read: "10–19", and "250–" for the last."""
    return band.replace("-", "–")


def _criterion(code: str, language: str) -> str:
    found = label("asf_criterion", code, language)
    return found if found != code else label("social_enterprise_criterion", code, language)
