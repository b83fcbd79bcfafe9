"""Pure decisions of the registry."""

import re

from stdnum.no import orgnr as norwegian
from stdnum.se import orgnr as swedish

from app.core.errors import Message
from app.core.i18n import N_


def check_organisation_number(number: str | None) -> str | None:
    """Return the organisation number in compact form.

    Swedish numbers whose third digit is below 2 are personal identity numbers (sole traders) and are never stored.

    Raises:
        ValueError: the number is not a Swedish or Norwegian organisation number, or is a personal one.
    """
    if number is None or not number.strip():
        return None
    if norwegian.is_valid(number):
        return str(norwegian.compact(number))
    digits = re.sub("[^0-9]", "", number)
    if len(digits) in {10, 12} and digits[-8] in "01":
        raise ValueError(Message(N_("this is a personal identity number: leave the field empty for a sole trader")))
    if swedish.is_valid(number):
        return str(swedish.compact(number))
    raise ValueError(Message(N_("not a Swedish or Norwegian organisation number (check the digits)")))
