"""Two versions of one offer: what two people wrote at once, side by side, and which of them is to stand."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.datastructures import FormData

from app.core.i18n import Texts
from web.support.draft import FIELDS, MANY, Draft

MINE, THEIRS = "mine", "theirs"


@dataclass(frozen=True, slots=True)
class Differing:
    """One field that two versions hold differently, in words; `pick` is which of them is proposed."""

    field: str
    name: str
    mine: str
    theirs: str
    pick: str


def differences(mine: Draft, theirs: Draft, base: Draft, say: Texts, spell: Callable[..., str]) -> list[Differing]:
    """Return each field in which the versions differ, in the form's order.

    Where whoever writes has changed nothing since `base`, the other's is proposed; else one's own. `spell` names codes.
    """
    return [
        Differing(
            field=field,
            name=say(name),
            mine=_said(mine, field, spell),
            theirs=_said(theirs, field, spell),
            pick=THEIRS if mine[field] == base[field] else MINE,
        )
        for field, name in FIELDS.items()
        if mine[field] != theirs[field]
    ]


def chosen_of(mine: Draft, theirs: Draft, shown: Draft, form: FormData) -> Draft:
    """Return one's own version with the fields that were chosen from the other's.

    What was written in a field after both had been `shown` is newer than the choice, and stands.
    """
    whole = form.get("do") == MINE
    return {
        field: theirs[field]
        if not whole and form.get(f"pick-{field}") == THEIRS and mine[field] == shown[field]
        else mine[field]
        for field in FIELDS
    }


def _said(draft: Draft, field: str, spell: Callable[..., str]) -> str:
    held = draft[field]
    if field in MANY:
        return ", ".join(spell(field, code) for code in held)
    return spell(field, str(held)) if held else ""
