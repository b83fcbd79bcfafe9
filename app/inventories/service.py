"""The needs inventories' front door: rounds, who is asked, answers by link, and what is published of closed rounds."""

from app.inventories.exporting import (
    TYPES,
    area_name,
    category_name,
    comparison_file,
    question_name,
    results_file,
    value_name,
)
from app.inventories.importing import bring_in, read_upload
from app.inventories.invitations import all_of as invitations
from app.inventories.invitations import invite, remind, response_rate, withdraw
from app.inventories.links import answer
from app.inventories.links import read as read_survey
from app.inventories.results import Needing, aggregate_by, comments, compare, results
from app.inventories.rounds import (
    change,
    close_overdue,
    create,
    exists,
    find,
    may_hold,
    own,
    remove,
    search,
    step,
)

__all__ = [
    "TYPES",
    "Needing",
    "aggregate_by",
    "answer",
    "area_name",
    "bring_in",
    "category_name",
    "change",
    "close_overdue",
    "comments",
    "compare",
    "comparison_file",
    "create",
    "exists",
    "find",
    "invitations",
    "invite",
    "may_hold",
    "own",
    "question_name",
    "read_survey",
    "read_upload",
    "remind",
    "remove",
    "response_rate",
    "results",
    "results_file",
    "search",
    "step",
    "value_name",
    "withdraw",
]
