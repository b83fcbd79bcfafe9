"""What Pydantic finds wrong, in our own words and in three languages."""

from typing import Any

from app.core.errors import Message
from app.core.i18n import N_

_WORDS = {
    "missing": N_("is required"),
    "extra_forbidden": N_("there is no such field"),
    "string_type": N_("must be a text"),
    "string_unicode": N_("holds half of a character (a lone surrogate)"),
    "string_too_short": N_("must have at least {min_length} characters"),
    "string_too_long": N_("may have at most {max_length} characters"),
    "string_pattern_mismatch": N_("does not have the right form"),
    "enum": N_("must be one of {expected}"),
    "literal_error": N_("must be one of {expected}"),
    "int_type": N_("must be a whole number"),
    "int_parsing": N_("must be a whole number"),
    "int_parsing_size": N_("is too large a number"),
    "int_from_float": N_("must be a whole number"),
    "finite_number": N_("is too large a number"),
    "bool_type": N_("must be true or false"),
    "bool_parsing": N_("must be true or false"),
    "greater_than_equal": N_("must be at least {ge}"),
    "less_than_equal": N_("may be at most {le}"),
    "list_type": N_("must be a list"),
    "too_short": N_("must have at least {min_length} items"),
    "too_long": N_("may have at most {max_length} items"),
    "model_type": N_("must be an object"),
    "model_attributes_type": N_("must be an object"),
    "dict_type": N_("must be an object"),
    "date_type": N_("must be a date, such as 2026-11-21"),
    "date_parsing": N_("must be a date, such as 2026-11-21"),
    "date_from_datetime_parsing": N_("must be a date, such as 2026-11-21"),
    "date_from_datetime_inexact": N_("must be a date, such as 2026-11-21"),
    "datetime_type": N_("must be an instant, such as 2026-11-21T12:00:00+01:00"),
    "datetime_parsing": N_("must be an instant, such as 2026-11-21T12:00:00+01:00"),
    "datetime_from_date_parsing": N_("must be an instant, such as 2026-11-21T12:00:00+01:00"),
    "timezone_aware": N_("must say its time zone, such as 2026-11-21T12:00:00+01:00"),
    "url_type": N_("must be a web address"),
    "url_parsing": N_("must be a web address"),
    "url_scheme": N_("must be a web address that begins with http:// or https://"),
}

# What a text of each form looks like, since few people read regular expressions.
_FORMS = {
    "^(SE|NO)$": N_("must be SE or NO"),
    "^(SE|NO|EU|INT)$": N_("must be SE, NO, EU or INT"),
    "^[A-Z]{2}$": N_("must be a country code of two capital letters, such as SE"),
    "^[A-Z]{3}$": N_("must be a currency code of three capital letters, such as SEK"),
    "^[a-z]{2,3}$": N_("must be a language code of two or three small letters, such as sv"),
    r"^\+?[0-9][0-9 ()/-]{4,28}[0-9]$": N_("must be a telephone number: digits, with blanks and a + first if need be"),
    "^[0-9]{2,5}$": N_("must be an industry code of two to five digits, such as 81210"),
    r"^[0-9]{1,13}([.,][0-9]{1,2})?$": N_("must be an amount with at most two decimals, such as 600000 or 600000.50"),
}
_ADDRESS = N_("must be an e-mail address, such as info@example.org")


def plainly(fault: dict[str, Any]) -> str:
    """Return what one of Pydantic's errors says to the reader; a text of our own validators stays as it is."""
    values = fault.get("ctx", {})
    if isinstance(error := values.get("error"), ValueError) and error.args:
        return error.args[0] if isinstance(error.args[0], Message) else str(error.args[0])
    # A limit that is checked after our own validators counts characters as items.
    counted = fault["type"] in {"too_short", "too_long"} and isinstance(fault["input"], str)
    words = _WORDS.get(f"string_{fault['type']}" if counted else fault["type"])
    if fault["type"] in {"enum", "literal_error"}:
        # Pydantic writes 'a', 'b' or 'c', in English.
        values = {"expected": values["expected"].replace("' or '", "', '").replace("'", "")}
    if fault["type"] == "string_pattern_mismatch":
        words = _ADDRESS if "@" in values["pattern"] else _FORMS.get(values["pattern"], words)
    return Message(words, **values) if words else str(fault["msg"])
