"""The front door of the dialogue between buyers and enterprises: invite, answer, ask, shortlist, and read it all."""

from app.responses.answers import all_to as responses
from app.responses.answers import change as change_response
from app.responses.answers import find as find_response
from app.responses.answers import respond
from app.responses.answers import withdraw as withdraw_response
from app.responses.asking import send_link
from app.responses.boards import board, desk, outcomes_due
from app.responses.dialogues import dialogue
from app.responses.endings import follow_opportunity
from app.responses.exporting import as_csv
from app.responses.inboxes import inbox, news_for
from app.responses.invitations import all_of as invitations
from app.responses.invitations import invite, plan, see, set_plan
from app.responses.invitations import withdraw as withdraw_invitation
from app.responses.jobs import expire, pace, remind, remind_of_outcomes
from app.responses.links import ask as ask_by_link
from app.responses.links import read as read_reply
from app.responses.links import reply
from app.responses.questions import all_of as questions
from app.responses.questions import answer as answer_question
from app.responses.questions import ask
from app.responses.shortlist import add as add_to_shortlist
from app.responses.shortlist import all_of as shortlist
from app.responses.shortlist import change as change_note
from app.responses.shortlist import remove as take_off_shortlist

__all__ = [
    "add_to_shortlist",
    "answer_question",
    "as_csv",
    "ask",
    "ask_by_link",
    "board",
    "change_note",
    "change_response",
    "desk",
    "dialogue",
    "expire",
    "find_response",
    "follow_opportunity",
    "inbox",
    "invitations",
    "invite",
    "news_for",
    "outcomes_due",
    "pace",
    "plan",
    "questions",
    "read_reply",
    "remind",
    "remind_of_outcomes",
    "reply",
    "respond",
    "responses",
    "see",
    "send_link",
    "set_plan",
    "shortlist",
    "take_off_shortlist",
    "withdraw_invitation",
    "withdraw_response",
]
