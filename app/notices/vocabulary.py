"""The words of the notices room."""

from enum import StrEnum


class Outcome(StrEnum):
    """What became of a notice that could be read; one that could not raises `InvalidContent`."""

    CREATED = "created"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"


# eForms BT-03. A contract notice or planning notice becomes an opportunity.
OPEN_FORM_TYPES = frozenset({"planning", "consultation", "competition"})
EARLY_FORM_TYPES = frozenset({"planning", "consultation"})
# These tell how it ended: a contract awarded after competition, or one that is to be awarded without any.
DIRECT_AWARD_FORM_TYPE = "dir-awa-pre"
RESULT_FORM_TYPES = frozenset({"result", DIRECT_AWARD_FORM_TYPE})
# eForms BT-142.
WINNER, NO_WINNER, NOT_DECIDED = "selec-w", "clos-nw", "open-nw"
WINNER_STATUSES = frozenset({WINNER, NO_WINNER, NOT_DECIDED})
# eForms BT-71 and BT-736.
NOT_RESERVED = "none"
RESERVED_PARTICIPATION = frozenset({NOT_RESERVED, "res-ws", "res-pub-ser"})
RESERVED_EXECUTION = frozenset({"yes", "no", "not-known"})
# eForms BT-06: the code for social aims.
SOCIAL_AIM = "soc-obj"
# eForms BT-140: the change that withdraws a notice.
VOIDS = frozenset({"cancel"})
# Our areas of socially responsible procurement for the objectives (BT-775) that mean the same thing.
AREA_OF_OBJECTIVE = {
    "opp": "employment_opportunities",
    "acc-all": "accessibility",
    "gen-eq": "gender_equality",
    "work-cond": "workers_rights",
}
# Publications Office language codes; those we have, in the order we prefer them when the main language is another.
PREFERRED_LANGUAGES = ("SWE", "NOB", "NOR", "NNO", "ENG")
LANGUAGES = {
    "BUL": "bg", "CES": "cs", "DAN": "da", "DEU": "de", "ELL": "el", "ENG": "en", "EST": "et", "FIN": "fi",
    "FRA": "fr", "GLE": "ga", "HRV": "hr", "HUN": "hu", "ISL": "is", "ITA": "it", "LAV": "lv", "LIT": "lt",
    "MLT": "mt", "NLD": "nl", "NNO": "nn", "NOB": "nb", "NOR": "nb", "POL": "pl", "POR": "pt", "RON": "ro",
    "SLK": "sk", "SLV": "sl", "SME": "se", "SPA": "es", "SWE": "sv",
}  # fmt: skip
