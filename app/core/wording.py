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
    "string_pattern_mismatch": N_("does not have the right form: {pattern}"),
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


def plainly(fault: dict[str, Any]) -> str:
    """Return what one of Pydantic's errors says to the reader; a text of our own validators stays as it is."""
    values = fault.get("ctx", {})
    if isinstance(error := values.get("error"), ValueError) and error.args:
        return error.args[0] if isinstance(error.args[0], Message) else str(error.args[0])
    # A limit that is checked after our own validators counts characters as items.
    counted = fault["type"] in {"too_short", "too_long"} and isinstance(fault["input"], str)
    words = _WORDS.get(f"string_{fault['type']}" if counted else fault["type"])
    return Message(words, **values) if words else str(fault["msg"])
