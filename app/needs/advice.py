"""What would help a need to be met sooner: pure judgements of a record as it is read. They stop nothing."""

from collections.abc import Callable
from typing import Final, NamedTuple

from app.core.i18n import N_, Texts
from app.needs.schemas import NeedAdvice, NeedRead


class _Asked(NamedTuple):
    """What a good need says: the field that says it, and the advice while it is missing."""

    field: str
    is_said: Callable[[NeedRead], bool]
    advice: str


_WANTED: Final = (
    _Asked(
        "categories",
        lambda one: bool(one.categories),
        N_("Choose what kind of support it is: offers are found by it, and it counts where support is missing."),
    ),
    _Asked("areas", lambda one: bool(one.areas), N_("Say where: a municipality or county.")),
    _Asked("sides", lambda one: bool(one.sides), N_("Say who needs it: enterprises, public bodies or both.")),
    _Asked("urgency", lambda one: one.urgency is not None, N_("Say how urgent it is.")),
    _Asked("description", lambda one: bool(one.description), N_("Tell in a sentence or two what it is for.")),
)


def advice_on(one: NeedRead, say: Texts) -> list[NeedAdvice]:
    """Return what is missing of a need, what matters most first, in the language of `say`."""
    return [NeedAdvice(field=asked.field, text=say(asked.advice)) for asked in _WANTED if not asked.is_said(one)]
