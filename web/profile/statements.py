"""What an enterprise states of itself, one by one and dated: the right to take part, criteria, and certificates."""

import re
from collections.abc import Iterable
from typing import Any

from starlette.datastructures import FormData

from app.core.clock import today
from app.core.i18n import Texts
from app.enterprises.schemas import EnterpriseRead
from app.enterprises.vocabulary import Reservation
from app.reference.service import codes
from web.profile.drafts import Draft, Written, text

_MOST_CERTIFICATES = 20
_RULES_OF = {
    "SE": (Reservation.RES_WS, Reservation.SE_IDEBUREN, Reservation.RES_PUB_SER),
    "NO": (Reservation.RES_WS, Reservation.NO_IDEELL, Reservation.RES_PUB_SER),
}


def rules_for(one: EnterpriseRead) -> list[str]:
    """Return the rules of the enterprise's country, and those that the record names already."""
    named = [known.reservation.value for known in one.eligibility]
    return list(dict.fromkeys([*(rule.value for rule in _RULES_OF[one.country]), *named]))


def criteria_for(one: EnterpriseRead) -> list[str]:
    """Return the criteria of the definitions, each once, and those that the record names already."""
    listed = [code.code for name in ("asf_criterion", "social_enterprise_criterion") for code in codes(name)]
    return list(dict.fromkeys([*listed, *(known.criterion for known in one.criteria)]))


def statements_draft(one: EnterpriseRead, _language: str) -> Draft:
    """Return the statements as the form writes them: a state and a day each, empty where nothing is said."""
    draft: Draft = {}
    for known in one.eligibility:
        draft |= _said("eligibility", known.reservation.value, known.state.value, known.on)
    for criterion in one.criteria:
        draft |= _said("criteria", criterion.criterion, criterion.state.value, criterion.on)
    return draft


def read_statements(form: FormData, one: EnterpriseRead, _say: Texts) -> Written:
    """Read the statements; one that is new and has no day is made today."""
    draft: Draft = {
        name: text(form, name)
        for kind, wanted in (("eligibility", rules_for(one)), ("criteria", criteria_for(one)))
        for code in wanted
        for name in (f"{kind}-{code}", f"{kind}-{code}-on")
    }
    held = one.model_dump(mode="json", include={"eligibility", "criteria"})
    patch = {
        "eligibility": _stated(draft, "eligibility", "reservation", rules_for(one), held["eligibility"], one.country),
        "criteria": _stated(draft, "criteria", "criterion", criteria_for(one), held["criteria"], one.country),
    }
    return Written(draft, patch)


def certificates_draft(one: EnterpriseRead, _language: str) -> Draft:
    """Return the certificates as rows, and an empty one to fill in."""
    return {"rows": _with_room([certificate.model_dump(mode="json") for certificate in one.certificates])}


def read_certificates(form: FormData, _one: EnterpriseRead, _say: Texts) -> Written:
    """Read the rows; one whose name has been emptied is taken away."""
    numbers = sorted({int(found[1]) for name in form if (found := re.fullmatch(r"certificates-(\d{1,3})-name", name))})
    rows = [_row(form, number) for number in numbers]
    kept = [row for row in rows if any(row.values())]
    patch = {"certificates": [{name: value or None for name, value in row.items()} for row in kept]}
    return Written({"rows": _with_room(kept)}, patch, final=text(form, "do") != "add")


def _row(form: FormData, number: int) -> dict[str, str]:
    row = {name: text(form, f"certificates-{number}-{name}") for name in ("name", "valid_from", "valid_until")}
    # Whoever empties the name takes the certificate away, with the days that belonged to it.
    return row if row["name"] or not text(form, f"certificates-{number}-held") else dict.fromkeys(row, "")


def _with_room(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows as texts, and an empty one after them while there is room."""
    written = [{name: value or "" for name, value in row.items()} for row in rows]
    empty = {"name": "", "valid_from": "", "valid_until": ""}
    return [*written, empty] if len(written) < _MOST_CERTIFICATES else written


def _said(kind: str, code: str, state: str, on: Any) -> Draft:
    return {f"{kind}-{code}": state, f"{kind}-{code}-on": on.isoformat() if on else ""}


def _stated(
    draft: Draft, kind: str, key: str, wanted: Iterable[str], held: list[dict[str, Any]], country: str
) -> list[dict[str, Any]]:
    """Return the statements that say something; one that nobody touched stays exactly as it was."""
    before = {known[key]: known for known in held}
    found = []
    for code in wanted:
        state, on = draft[f"{kind}-{code}"], draft[f"{kind}-{code}-on"] or None
        known = before.get(code, {})
        if known and (state, on) == (known["state"], known["on"]):
            found.append(known)
        elif state:
            found.append({key: code, "state": state, "on": on or today(country).isoformat()})
    return found
