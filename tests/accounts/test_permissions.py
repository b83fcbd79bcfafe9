"""Who may do what: the table of roles and actions, walked over every operation of the API.

A stranger is a key of the same role, for another organisation, with another region. What it is refused leaves no trace.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.accounts import service as accounts
from app.accounts.permissions import PERMISSIONS, Action, Reach, may
from app.accounts.vocabulary import Caller, Role, Scope
from app.claims import service as claims
from app.claims.schemas import ClaimIn
from app.contacts import service as contacts
from app.contacts.schemas import ContactCreate
from app.core.db import Database
from app.enterprises import service as enterprises
from app.intake import service as intake
from app.intake.schemas import CooperationIn, ExamineIn, ProposalIn
from app.inventories import service as inventories
from app.inventories.schemas import InventoryCreate, InviteesIn
from app.inventories.vocabulary import Verb as InventoryVerb
from app.moderation import service as moderation
from app.moderation.schemas import ReportIn
from app.moderation.vocabulary import ReportKind, Subject
from app.needs import service as needs
from app.needs.vocabulary import Status as NeedStatus
from app.opportunities import service as opportunities
from app.organizations import service as organizations
from app.organizations.schemas import OrganizationCreate
from app.responses import service as responses
from app.responses.schemas import QuestionIn, ResponseIn, ShortlistIn
from app.responses.vocabulary import AnswerKind
from app.support_offers import corrections
from app.support_offers import service as support_offers
from app.support_offers.schemas import CorrectionIn
from app.support_offers.vocabulary import Status as OfferStatus
from app.support_requests import service as support_requests
from app.support_requests.schemas import AcceptIn, SupportRequestIn
from tests.databases import copied_database, filled_template
from tests.document import document
from tests.engines import mostly_sqlite
from tests.factories import enterprise, need, opportunity, support_offer
from tests.inventories.ground import plan
from tests.keys import key_for
from tests.people import person_for

API = "/api/v1"
OWNER, STRANGER = "org-of-the-owner", "org-of-a-stranger"
FAR_AWAY = "SE-25"
NOTICES = Path(__file__).parents[1] / "notices" / "files"
CLEANING, VOID = "se_reserved_cleaning.xml", "void.xml"
XML = {"Content-Type": "application/xml"}
MATCH = {"If-Match": "*"}
NOTED = {"note": "Ges inte längre."}
OFFER = support_offer(area_code="SE-2281")
COOPERATION = {"title": "Café", "text": "Vi vill driva kaféet.", "area_code": "SE-2281"}
NEED = need(areas=["SE-2281"])


@dataclass(frozen=True)
class Attempt:
    """How one operation is tried upon a record: its action in the table, and what is sent."""

    action: Action
    record: str
    method: str
    path: str
    json: Mapping[str, Any] | None = None
    headers: Mapping[str, str] | None = None
    file: str = ""
    # A letter to the keeper changes nothing of the record.
    asks_reason: bool = True


def _organization(**overrides: Any) -> dict[str, Any]:
    told = {"name": "Exempelhuset", "country": "SE", "kind": "adviser", "area_code": "SE-2281", "source": "exempel"}
    return told | overrides


def _opportunity() -> dict[str, Any]:
    return opportunity().model_dump(mode="json", exclude={"origin", "notice"})


# Every operation that writes, by its name in the document.
WRITES = {
    "register_enterprise": Attempt(
        Action.EDIT_ENTERPRISE, "", "POST", "/enterprises", json=enterprise().model_dump(mode="json")
    ),
    "change_enterprise": Attempt(
        Action.EDIT_ENTERPRISE, "enterprise", "PATCH", "/enterprises/{id}", {"name": "Exempel Ny"}, MATCH
    ),
    "remove_enterprise": Attempt(Action.EDIT_ENTERPRISE, "enterprise", "DELETE", "/enterprises/{id}", headers=MATCH),
    "confirm_enterprise": Attempt(Action.CONFIRM_ENTERPRISE, "enterprise", "POST", "/enterprises/{id}/confirm"),
    "register_organization": Attempt(
        Action.EDIT_ORGANIZATION, "", "POST", "/organizations", _organization(name="Exempelhuset Nord")
    ),
    "change_organization": Attempt(
        Action.EDIT_ORGANIZATION, "organization", "PATCH", "/organizations/{id}", {"name": "Exempelhuset Ny"}, MATCH
    ),
    "remove_organization": Attempt(
        Action.EDIT_ORGANIZATION, "organization", "DELETE", "/organizations/{id}", headers=MATCH
    ),
    "register_contact": Attempt(
        Action.EDIT_ORGANIZATION,
        "organization",
        "POST",
        "/contacts",
        {"organization_id": "{organization}", "function": "Inköp", "email": "inkop@example.org"},
    ),
    "change_contact": Attempt(
        Action.EDIT_ORGANIZATION, "contact", "PATCH", "/contacts/{id}", {"function": "Inköp"}, MATCH
    ),
    "confirm_contact": Attempt(Action.EDIT_ORGANIZATION, "contact", "POST", "/contacts/{id}/confirm"),
    "remove_contact": Attempt(Action.EDIT_ORGANIZATION, "contact", "DELETE", "/contacts/{id}", headers=MATCH),
    "publish_opportunity": Attempt(
        Action.PUBLISH_OPPORTUNITY,
        "",
        "POST",
        "/opportunities",
        opportunity().model_dump(mode="json", exclude={"origin", "notice"}),
    ),
    "change_opportunity": Attempt(
        Action.PUBLISH_OPPORTUNITY, "opportunity", "PATCH", "/opportunities/{id}", {"title": "Ny titel"}, MATCH
    ),
    "remove_opportunity": Attempt(Action.PUBLISH_OPPORTUNITY, "draft", "DELETE", "/opportunities/{id}", headers=MATCH),
    "publish_draft_opportunity": Attempt(Action.PUBLISH_OPPORTUNITY, "draft", "POST", "/opportunities/{id}/publish"),
    "close_opportunity": Attempt(Action.PUBLISH_OPPORTUNITY, "opportunity", "POST", "/opportunities/{id}/close"),
    "award_opportunity": Attempt(
        Action.PUBLISH_OPPORTUNITY,
        "closed",
        "POST",
        "/opportunities/{id}/award",
        {"awards": [{"winner_name": "Exempel Städkompaniet", "winner_country": "SE"}]},
    ),
    "cancel_opportunity": Attempt(
        Action.PUBLISH_OPPORTUNITY,
        "opportunity",
        "POST",
        "/opportunities/{id}/cancel",
        {"reason": "Nya behov"},
    ),
    "set_outreach": Attempt(Action.INVITE, "dialogue", "PUT", "/opportunities/{id}/outreach", {"batch_size": 5}, MATCH),
    "invite_enterprises": Attempt(
        Action.INVITE, "quiet", "POST", "/opportunities/{id}/invitations", {"enterprise_ids": ["{enterprise}"]}
    ),
    "withdraw_invitation": Attempt(Action.INVITE, "invitation", "POST", "/invitations/{id}/withdraw"),
    "see_invitation": Attempt(Action.RESPOND, "invitation", "POST", "/invitations/{id}/see"),
    "respond": Attempt(
        Action.RESPOND,
        "quiet",
        "POST",
        "/opportunities/{id}/responses",
        {"enterprise_id": "{enterprise}", "kind": "interest"},
    ),
    "change_response": Attempt(
        Action.RESPOND, "response", "PUT", "/responses/{id}", {"kind": "decline", "reason": "time"}, MATCH
    ),
    "withdraw_response": Attempt(Action.RESPOND, "response", "POST", "/responses/{id}/withdraw"),
    "ask_question": Attempt(
        Action.RESPOND,
        "quiet",
        "POST",
        "/opportunities/{id}/questions",
        {"enterprise_id": "{enterprise}", "text": "Vilka tider?"},
    ),
    "answer_question": Attempt(
        Action.ANSWER_QUESTION, "question", "POST", "/questions/{id}/answer", {"answer": "Vardagar."}
    ),
    "add_to_shortlist": Attempt(
        Action.SHORTLIST, "quiet", "POST", "/opportunities/{id}/shortlist", {"enterprise_id": "{enterprise}"}
    ),
    "change_note": Attempt(
        Action.SHORTLIST, "dialogue", "PATCH", "/opportunities/{id}/shortlist/{enterprise}", {"note": "Bra."}, MATCH
    ),
    "take_off_shortlist": Attempt(
        Action.SHORTLIST, "dialogue", "DELETE", "/opportunities/{id}/shortlist/{enterprise}", headers=MATCH
    ),
    "verify_claim": Attempt(Action.MODERATE, "claim", "POST", "/claims/{id}/verify"),
    "refuse_claim": Attempt(Action.MODERATE, "claim", "POST", "/claims/{id}/refuse"),
    "hide_enterprise": Attempt(Action.MODERATE, "enterprise", "POST", "/enterprises/{id}/hide"),
    "restore_enterprise": Attempt(Action.MODERATE, "veiled", "POST", "/enterprises/{id}/restore"),
    "remind_keeper": Attempt(Action.MODERATE, "enterprise", "POST", "/enterprises/{id}/remind", asks_reason=False),
    "hide_opportunity": Attempt(Action.MODERATE, "opportunity", "POST", "/opportunities/{id}/hide"),
    "restore_opportunity": Attempt(Action.MODERATE, "veiled_need", "POST", "/opportunities/{id}/restore"),
    "hide_support_offer": Attempt(Action.MODERATE, "offer", "POST", "/support-offers/{id}/hide"),
    "restore_support_offer": Attempt(Action.MODERATE, "veiled_offer", "POST", "/support-offers/{id}/restore"),
    "accept_support_offer_correction": Attempt(
        Action.EDIT_SUPPORT_OFFER,
        "correction",
        "POST",
        "/support-offers/{offer}/corrections/{id}/accept",
        {"led_to": "changed"},
    ),
    "reject_support_offer_correction": Attempt(
        Action.EDIT_SUPPORT_OFFER, "correction", "POST", "/support-offers/{offer}/corrections/{id}/reject", NOTED
    ),
    "dismiss_report": Attempt(Action.MODERATE, "report", "POST", "/reports/{id}/dismiss"),
    "undo_moderation_act": Attempt(Action.MODERATE, "act", "POST", "/moderation-acts/{id}/undo"),
    "register_support_offer": Attempt(
        Action.EDIT_SUPPORT_OFFER, "", "POST", "/support-offers", OFFER.model_dump(mode="json")
    ),
    "change_support_offer": Attempt(
        Action.EDIT_SUPPORT_OFFER, "offer", "PATCH", "/support-offers/{id}", {"name": "Exempel Ny"}, MATCH
    ),
    "remove_support_offer": Attempt(
        Action.EDIT_SUPPORT_OFFER, "offer_draft", "DELETE", "/support-offers/{id}", headers=MATCH
    ),
    "submit_support_offer": Attempt(Action.EDIT_SUPPORT_OFFER, "offer_draft", "POST", "/support-offers/{id}/submit"),
    "return_support_offer": Attempt(
        Action.EDIT_SUPPORT_OFFER, "offer_review", "POST", "/support-offers/{id}/return", NOTED
    ),
    "publish_support_offer": Attempt(
        Action.REVIEW_SUPPORT_OFFER, "offer_review", "POST", "/support-offers/{id}/publish"
    ),
    "reconfirm_support_offer": Attempt(Action.EDIT_SUPPORT_OFFER, "offer", "POST", "/support-offers/{id}/reconfirm"),
    "suspend_support_offer": Attempt(Action.EDIT_SUPPORT_OFFER, "offer", "POST", "/support-offers/{id}/suspend", NOTED),
    "archive_support_offer": Attempt(Action.EDIT_SUPPORT_OFFER, "offer", "POST", "/support-offers/{id}/archive", NOTED),
    "reopen_support_offer": Attempt(Action.EDIT_SUPPORT_OFFER, "offer_archived", "POST", "/support-offers/{id}/reopen"),
    "register_need": Attempt(Action.EDIT_NEED, "", "POST", "/needs", NEED.model_dump(mode="json")),
    "change_need": Attempt(Action.EDIT_NEED, "need", "PATCH", "/needs/{id}", {"title": "Exempel Ny"}, MATCH),
    "remove_need": Attempt(Action.EDIT_NEED, "need_draft", "DELETE", "/needs/{id}", headers=MATCH),
    "publish_need": Attempt(Action.EDIT_NEED, "need_draft", "POST", "/needs/{id}/publish"),
    "reconfirm_need": Attempt(Action.EDIT_NEED, "need", "POST", "/needs/{id}/reconfirm"),
    "meet_need": Attempt(Action.EDIT_NEED, "need", "POST", "/needs/{id}/met", NOTED),
    "withdraw_need": Attempt(Action.EDIT_NEED, "need", "POST", "/needs/{id}/withdraw", NOTED),
    "reopen_need": Attempt(Action.EDIT_NEED, "need_withdrawn", "POST", "/needs/{id}/reopen"),
    "request_support": Attempt(
        Action.REQUEST_SUPPORT,
        "",
        "POST",
        "/support-requests",
        {"offer_id": "{offer}", "enterprise_id": "{enterprise}", "text": "Vi vill växa."},
    ),
    "acknowledge_support_request": Attempt(
        Action.ANSWER_SUPPORT_REQUEST, "request", "POST", "/support-requests/{id}/acknowledge"
    ),
    "accept_support_request": Attempt(
        Action.ANSWER_SUPPORT_REQUEST, "request", "POST", "/support-requests/{id}/accept", {"text": "Ring växeln."}
    ),
    "decline_support_request": Attempt(
        Action.ANSWER_SUPPORT_REQUEST, "request", "POST", "/support-requests/{id}/decline", {"reason": "full"}
    ),
    "withdraw_support_request": Attempt(Action.REQUEST_SUPPORT, "request", "POST", "/support-requests/{id}/withdraw"),
    "tell_support_outcome": Attempt(
        Action.REQUEST_SUPPORT, "request_accepted", "POST", "/support-requests/{id}/outcome", {"helped": "partly"}
    ),
    "request_cooperation": Attempt(Action.REQUEST_COOPERATION, "", "POST", "/cooperation-requests", COOPERATION),
    "supplement_cooperation_request": Attempt(
        Action.REQUEST_COOPERATION, "cooperation", "POST", "/cooperation-requests/{id}/supplement", NOTED
    ),
    "withdraw_cooperation_request": Attempt(
        Action.REQUEST_COOPERATION, "cooperation", "POST", "/cooperation-requests/{id}/withdraw"
    ),
    "examine_cooperation_request": Attempt(
        *(Action.HANDLE_COOPERATION, "cooperation", "POST", "/cooperation-requests/{id}/examine", {}),
        asks_reason=False,
    ),
    "check_cooperation_request": Attempt(
        *(Action.HANDLE_COOPERATION, "cooperation_examined", "POST", "/cooperation-requests/{id}/checklist"),
        {"rules": {"no_market": "no"}},
        asks_reason=False,
    ),
    "propose_cooperation_decision": Attempt(
        *(Action.HANDLE_COOPERATION, "cooperation_examined", "POST", "/cooperation-requests/{id}/propose"),
        {"route": "iop", "proposal": "Ett partnerskap.", "reason": "Ingen marknad."},
        asks_reason=False,
    ),
    "return_cooperation_proposal": Attempt(
        *(Action.HANDLE_COOPERATION, "cooperation_proposed", "POST", "/cooperation-requests/{id}/return", NOTED),
        asks_reason=False,
    ),
    "decide_cooperation_request": Attempt(
        *(Action.HANDLE_COOPERATION, "cooperation_proposed", "POST", "/cooperation-requests/{id}/decide"),
        {"outcome": "agreed", "decision": "Enligt förslaget.", "reason": "Protokoll 14."},
        asks_reason=False,
    ),
    "import_notice": Attempt(Action.PUBLISH_OPPORTUNITY, "notice", "POST", "/notices", file=VOID, headers=XML),
    "create_needs_inventory": Attempt(Action.HOLD_INVENTORY, "", "POST", "/needs-inventories", plan()),
    "change_needs_inventory": Attempt(
        *(Action.HOLD_INVENTORY, "round_draft", "PATCH", "/needs-inventories/{id}", {"name": "Behov 2027"}, MATCH),
        asks_reason=False,
    ),
    "remove_needs_inventory": Attempt(
        *(Action.HOLD_INVENTORY, "round_draft", "DELETE", "/needs-inventories/{id}", None, MATCH), asks_reason=False
    ),
    "open_needs_inventory": Attempt(
        Action.HOLD_INVENTORY, "round_draft", "POST", "/needs-inventories/{id}/open", asks_reason=False
    ),
    "close_needs_inventory": Attempt(
        Action.HOLD_INVENTORY, "round_open", "POST", "/needs-inventories/{id}/close", asks_reason=False
    ),
    "archive_needs_inventory": Attempt(
        Action.HOLD_INVENTORY, "round_closed", "POST", "/needs-inventories/{id}/archive", asks_reason=False
    ),
    "import_needs_inventory": Attempt(
        *(Action.HOLD_INVENTORY, "round_draft", "POST", "/needs-inventories/{id}/import"),
        headers={"Content-Type": "text/csv"},
        file="../../inventories/files/survey.csv",
        asks_reason=False,
    ),
    "invite_to_needs_inventory": Attempt(
        *(Action.HOLD_INVENTORY, "round_open", "POST", "/needs-inventories/{id}/invitations"),
        {"invitees": [{"name": "Exempel Sy", "email": "info@example.org"}]},
        asks_reason=False,
    ),
    "withdraw_survey_invitation": Attempt(
        *(Action.HOLD_INVENTORY, "round_open", "POST"),
        "/needs-inventories/{id}/invitations/{survey_invitation}/withdraw",
        asks_reason=False,
    ),
}
# What a stranger is not told of: whoever may do this to records of its own finds nothing here.
TALKED = {"dialogue", "quiet", "invitation", "response", "question"}
HIDDEN = {"draft", "private", "offer_draft", "offer_review", *TALKED, "claim", "veiled", "veiled_need", "report", "act"}
HIDDEN |= {"veiled_offer"}
HIDDEN |= {"need_draft", "need_withdrawn"}
HIDDEN |= {"request", "request_accepted"}
HIDDEN |= {"round_draft", "round_open"}
HIDDEN |= {"cooperation", "cooperation_examined", "cooperation_proposed"}
# What an administrator may edit, whoever keeps it.
OF_EVERYBODYS_KEEPER = {"private", "offer_draft", "need_draft"}
OF_EVERYBODYS_KEEPER |= {"round_draft"}
# And what it answers, where the provider has nobody here who could.
OF_EVERYBODYS_KEEPER |= {"request_accepted"}
OF_EVERYBODYS_KEEPER |= {"cooperation"}
IN_LISTS_OF_ADMINS = {"cooperation", "round_draft", "offer_review", "need_draft", "request_accepted"}
# Every operation that reads what is never public: who may, its path, and whose record it reads; none: one's own.
KEYED_READS = {
    "read_needs_inventory_response_rate": (
        *(Action.HOLD_INVENTORY, "/needs-inventories/{round_open}/response-rate"),
        "round_open",
    ),
    "read_needs_inventory_invitations": (
        *(Action.HOLD_INVENTORY, "/needs-inventories/{round_open}/invitations"),
        "round_open",
    ),
    "read_needs_inventory_comments": (
        *(Action.HOLD_INVENTORY, "/needs-inventories/{round_closed}/comments"),
        "round_closed",
    ),
    "read_audit": (Action.READ_AUDIT, "/audit", ""),
    "list_reports": (Action.MODERATE, "/reports", ""),
    "list_moderation_acts": (Action.MODERATE, "/moderation-acts", ""),
    "list_claims": (Action.MODERATE, "/claims", ""),
    "list_support_offer_corrections": (
        Action.EDIT_SUPPORT_OFFER,
        "/support-offers/{offer_draft}/corrections",
        "offer_draft",
    ),
    "read_desk": (Action.SHORTLIST, "/desk", ""),
    "read_inbox": (Action.RESPOND, "/inbox", ""),
    "read_board": (Action.SHORTLIST, "/opportunities/{dialogue}/board", "dialogue"),
    "read_outreach": (Action.INVITE, "/opportunities/{dialogue}/outreach", "dialogue"),
    "read_invitations": (Action.INVITE, "/opportunities/{dialogue}/invitations", "dialogue"),
    "read_responses": (Action.SHORTLIST, "/opportunities/{dialogue}/responses", "dialogue"),
    "read_shortlist": (Action.SHORTLIST, "/opportunities/{dialogue}/shortlist", "dialogue"),
    "read_dialogue": (Action.SHORTLIST, "/opportunities/{dialogue}/dialogue", "dialogue"),
    "export_dialogue": (Action.SHORTLIST, "/opportunities/{dialogue}/dialogue/export", "dialogue"),
}
# What anybody may send: see tests/claims and tests/moderation.
OPEN = {"claim_enterprise", "report_enterprise", "report_opportunity", "report_support_offer", "correct_support_offer"}
# The link in an e-mail is a key of its own: see tests/responses/test_links.py.
LINKS = {"read_reply", "reply", "ask_by_link"}
# And tests/inventories/test_rounds.py.
LINKS |= {"read_survey", "answer_survey"}
# Every operation that reads what may be private: its path, and the record that is.
PRIVATE_READS = {
    "read_organization": ("/organizations/{id}", "private"),
    "read_organization_history": ("/organizations/{id}/history", "private"),
    "read_opportunity": ("/opportunities/{id}", "draft"),
    "read_opportunity_history": ("/opportunities/{id}/history", "draft"),
    "read_opportunity_hints": ("/opportunities/{id}/hints", "draft"),
    "read_support_offer": ("/support-offers/{id}", "offer_draft"),
    "read_support_offer_history": ("/support-offers/{id}/history", "offer_draft"),
    "read_support_offer_quality": ("/support-offers/{id}/quality", "offer_draft"),
    "read_needs_inventory": ("/needs-inventories/{id}", "round_draft"),
    "read_need": ("/needs/{id}", "need_draft"),
    "read_need_history": ("/needs/{id}/history", "need_draft"),
    "match_need": ("/needs/{id}/offers", "need_draft"),
    "match_support_offer": ("/support-offers/{id}/needs", "offer_draft"),
    "match_opportunity": ("/opportunities/{id}/matches", "draft"),
    "read_response": ("/responses/{id}", "response"),
    "read_support_request": ("/support-requests/{id}", "request_accepted"),
    "read_cooperation_request": ("/cooperation-requests/{id}", "cooperation"),
    "read_support_offer_experience": ("/support-offers/{id}/experience", "offer_draft"),
}
# Lists that show a key more than they show a visitor: the query, and the record that is not for strangers.
PRIVATE_LISTS = {
    "search_organizations": ("/organizations", "private"),
    "search_opportunities": ("/opportunities?status=draft", "draft"),
    "search_support_offers": ("/support-offers?status=in_review", "offer_review"),
    "list_needs_inventories": ("/needs-inventories?status=draft", "round_draft"),
    "search_needs": ("/needs?status=draft&status=withdrawn", "need_draft"),
    "read_questions": ("/opportunities/{dialogue}/questions", "question"),
    "search_support_requests": ("/support-requests", "request_accepted"),
    "search_cooperation_requests": ("/cooperation-requests", "cooperation"),
}
# What is said of public records, to everybody alike; the history of an enterprise is looked at below.
PUBLIC = {
    "api_info",
    "compare_needs_inventories",
    "count_enterprises",
    "count_needs",
    "read_gap_map",
    "export_gap_map",
    "count_support_offers",
    "enterprise_completeness",
    "export_enterprises",
    "export_needs_inventory_results",
    "match_enterprise",
    "preview_matches",
    "preview_opportunity_hints",
    # The contacts of a private organisation are looked at in tests/contacts.
    "read_contact",
    "read_changes",
    "read_codes",
    "read_enterprise",
    "read_enterprise_history",
    "read_needs_inventory_results",
    "search_contacts",
    "search_enterprises",
}


# The state that each support offer is in.
OFFERS = {
    "offer": OfferStatus.PUBLISHED,
    "offer_draft": OfferStatus.DRAFT,
    "offer_review": OfferStatus.IN_REVIEW,
    "offer_archived": OfferStatus.ARCHIVED,
}
# And each need.
NEEDS = {"need": NeedStatus.PUBLISHED, "need_draft": NeedStatus.DRAFT, "need_withdrawn": NeedStatus.WITHDRAWN}


class Records:
    """One record of each kind, kept by one organisation in Sundsvall."""

    def __init__(self, ids: dict[str, str]) -> None:
        self.ids = ids

    @classmethod
    def made(cls, database: Database) -> "Records":
        """Write one record of each kind."""
        records = cls({})
        records._register(database)
        records._talk(database)
        records._ask(database)
        records._survey(database)
        records._cooperate(database)
        records._claim(database)
        records._moderate(database)
        return records

    def _register(self, database: Database) -> None:
        with database.writes() as session:
            owned: dict[str, Any] = {"home": "here", "owner_id": OWNER}
            self.ids |= {
                "enterprise": enterprises.register(session, enterprise(), **owned).id,
                "organization": organizations.register(
                    session, OrganizationCreate.model_validate(_organization()), **owned
                ).id,
                "private": organizations.register(
                    session,
                    OrganizationCreate.model_validate(_organization(name="Exempelrum", visibility="private")),
                    **owned,
                ).id,
                "opportunity": opportunities.publish(session, opportunity(), **owned).id,
                "draft": opportunities.publish(session, opportunity(status="draft"), **owned).id,
                "closed": opportunities.publish(session, opportunity(status="closed"), **owned).id,
            }
            switchboard = {"organization_id": self.ids["organization"], "function": "Växeln", "phone": "060-19 10 00"}
            self.ids["contact"] = contacts.register(session, ContactCreate.model_validate(switchboard), home="here").id
            for name, status in OFFERS.items():
                self.ids[name] = support_offers.register(session, OFFER, status=status, **owned).id
            for name, need_status in NEEDS.items():
                self.ids[name] = needs.register(session, NEED, status=need_status, **owned).id

    def _moderate(self, database: Database) -> None:
        """Let a coordinator hide an enterprise and an opportunity of the same organisation, and another be reported."""
        by = replace(caller(Role.COORDINATOR, "SE-22"), organization_id="org-coordinator", reason="Finns inte längre")
        told = ReportIn(kind=ReportKind.WRONG, text="Fel ort visas.")
        with database.writes() as session:
            owned: dict[str, Any] = {"home": "here", "owner_id": OWNER}
            self.ids["veiled"] = enterprises.register(session, enterprise(), **owned).id
            self.ids["veiled_need"] = opportunities.publish(session, opportunity(), **owned).id
            self.ids["act"] = moderation.hide(session, Subject.ENTERPRISE, self.ids["veiled"], by=by).id
            moderation.hide(session, Subject.OPPORTUNITY, self.ids["veiled_need"], by=by)
            self.ids["veiled_offer"] = support_offers.register(session, OFFER, status=OfferStatus.PUBLISHED, **owned).id
            moderation.hide(session, Subject.SUPPORT_OFFER, self.ids["veiled_offer"], by=by)
            wrong = CorrectionIn(text="Adressen finns inte längre.")
            self.ids["correction"] = corrections.propose(session, self.ids["offer"], wrong).id
            self.ids["report"] = moderation.report(session, Subject.ENTERPRISE, self.ids["enterprise"], told).id

    def _ask(self, database: Database) -> None:
        """Let the enterprise ask for support twice; its provider, who has only a key here, has taken one."""
        firm, provider = caller(Role.ENTERPRISE), caller(Role.SUPPORT_PROVIDER)
        with database.writes() as session:
            for name in ("request", "request_accepted"):
                offer = support_offers.register(
                    session, OFFER, status=OfferStatus.PUBLISHED, home="here", owner_id=OWNER
                )
                told = SupportRequestIn(
                    offer_id=offer.id, enterprise_id=self.ids["enterprise"], text="Vi vill växa i Sundsvall."
                )
                self.ids[name] = support_requests.send(session, told, by=firm).id
            support_requests.accept(session, self.ids["request_accepted"], AcceptIn(), by=provider)

    def _cooperate(self, database: Database) -> None:
        """Let the enterprise ask for cooperation three times, and the coordinator take two of them on."""
        firm, handler = caller(Role.ENTERPRISE), caller(Role.COORDINATOR, "SE-22")
        handler = replace(handler, organization_id="org-coordinator")
        secret = b"secret"
        with database.writes() as session:
            for name in ("cooperation", "cooperation_examined", "cooperation_proposed"):
                told = CooperationIn.model_validate(COOPERATION)
                one = self.ids[name] = intake.submit(session, told, by=firm, secret=secret).id
                if name != "cooperation":
                    intake.examine(session, one, ExamineIn(), by=handler, secret=secret)
            proposal = ProposalIn(route="iop", proposal="Ett partnerskap.", reason="Ingen marknad.")
            intake.propose(session, self.ids["cooperation_proposed"], proposal, by=handler, secret=secret)

    def _survey(self, database: Database) -> None:
        """Hold three rounds of a survey: one that is planned, one that asks a function, one that is closed."""
        asked = InviteesIn.model_validate({"invitees": [{"name": "Exempel Kök", "email": "kok@example.org"}]})
        with database.writes() as session:
            for name in ("round_draft", "round_open", "round_closed"):
                self.ids[name] = inventories.create(session, InventoryCreate.model_validate(plan()), home="here").id
                if name != "round_draft":
                    inventories.step(session, self.ids[name], InventoryVerb.OPEN)
            invited = inventories.invite(session, self.ids["round_open"], asked, secret=b"secret").invited
            self.ids["survey_invitation"] = invited[0].id
            inventories.step(session, self.ids["round_closed"], InventoryVerb.CLOSE)

    def _claim(self, database: Database) -> None:
        """Let somebody say that the enterprise is its own."""
        told = ClaimIn(email="vi@example.org", function="Verksamhetsledare", evidence="Ring växeln.")
        with database.writes() as session:
            claims.submit(session, self.ids["enterprise"], told)
            newest = "SELECT id FROM enterprise_claim WHERE enterprise_id = :id"
            self.ids["claim"] = session.execute(text(newest), {"id": self.ids["enterprise"]}).scalar_one()

    def _talk(self, database: Database) -> None:
        """Let the enterprise be invited to one opportunity, and take part in the dialogue about another."""
        buyer, firm = caller(Role.BUYER), caller(Role.ENTERPRISE)
        one = self.ids["enterprise"]
        with database.writes() as session:
            owned: dict[str, Any] = {"home": "here", "owner_id": OWNER}
            talked = opportunities.publish(session, opportunity(), **owned).id
            quiet = opportunities.publish(session, opportunity(), **owned).id
            invited = responses.invite(session, quiet, [one], by=buyer, secret=b"secret")
            answer = ResponseIn(enterprise_id=one, kind=AnswerKind.INTEREST)
            question = QuestionIn(enterprise_id=one, text="Vilka tider?")
            responses.add_to_shortlist(session, talked, ShortlistIn(enterprise_id=one), by=buyer)
            self.ids |= {
                "dialogue": talked,
                "quiet": quiet,
                "invitation": invited.no_address[0].id,
                "response": responses.respond(session, talked, answer, by=firm).id,
                "question": responses.ask(session, talked, question, by=firm).id,
            }

    def path(self, template: str, record: str) -> str:
        """Return the address of a record."""
        return API + self.filled(template.replace("{id}", self.ids.get(record, "")))

    def filled(self, text: str) -> str:
        """Return a text with the ids of the records that it names."""
        for name, record_id in self.ids.items():
            text = text.replace(f"{{{name}}}", record_id)
        return text


def _filled(kind: str) -> tuple[str, list[dict[str, str]]]:
    """Return the template of this file's databases, and the ids of its sets of records: one for each role."""

    def fill(url: str) -> list[dict[str, str]]:
        database = Database(url)
        sets = [Records.made(database).ids for _ in Role]
        # Somebody to remind; only now, so that the invitations before have no address.
        person_for(database, Role.ENTERPRISE, OWNER, email="keeper@example.org")
        database.close()
        return sets

    return filled_template(kind, "permissions", fill)


@pytest.fixture
def database_url(database_kind: str, tmp_path: Path) -> Iterator[str]:
    """Give the URL of a database of the test's own that holds the records."""
    with copied_database(database_kind, _filled(database_kind)[0], tmp_path) as url:
        yield url


@pytest.fixture
def all_records(database_kind: str) -> list[Records]:
    """Give the sets of records."""
    return [Records(ids) for ids in _filled(database_kind)[1]]


@pytest.fixture
def records(all_records: list[Records]) -> Records:
    """Give one record of each kind."""
    return all_records[0]


def tried(
    client: httpx.Client, records: Records, attempt: Attempt, key: Mapping[str, str], reason: str = ""
) -> httpx.Response:
    """Return the answer to an attempt with a key."""
    content = (NOTICES / attempt.file).read_bytes() if attempt.file else None
    return client.request(
        attempt.method,
        records.path(attempt.path, attempt.record),
        json=attempt.json and json.loads(records.filled(json.dumps(attempt.json))),
        content=content,
        headers={**(attempt.headers or {}), **key},
        params={"reason": reason} if reason else None,
    )


def contents(database: Database) -> dict[str, int]:
    """Return how many changes the journal knows, and how many records there are."""
    tables = (
        "journal_entry",
        "enterprise",
        "organization",
        "opportunity",
        "support_offer",
        "journal_revision",
        "dialogue_step",
        "moderation_act",
        "support_request_event",
        "cooperation_step",
    )
    with database.reads() as session:
        return {table: session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() for table in tables}


def import_cleaning(client: httpx.Client, database: Database) -> None:
    """Import the notice that `VOID` withdraws, for the owner."""
    key = key_for(database, "buyer", OWNER)
    sent = client.post(f"{API}/notices", content=(NOTICES / CLEANING).read_bytes(), headers={**XML, **key})
    assert sent.status_code == 201, sent.text


def operations() -> set[str]:
    """Return the name of every operation of the document."""
    return {
        operation["operationId"]
        for item in document()["paths"].values()
        for method, operation in item.items()
        if method in {"get", "post", "put", "patch", "delete"}
    }


def test_every_operation_is_in_one_table():
    tables = [set(WRITES), set(KEYED_READS), set(PRIVATE_READS), set(PRIVATE_LISTS), PUBLIC, LINKS, OPEN]
    assert operations() == set().union(*tables)
    assert sum(map(len, tables)) == len(operations())


def test_every_operation_that_needs_a_key_is_a_write_or_reads_what_is_never_public():
    keyed = {
        operation["operationId"]
        for item in document()["paths"].values()
        for method, operation in item.items()
        if method != "parameters" and operation["security"] == [{"apiKey": []}]
    }
    assert keyed == set(WRITES) | set(KEYED_READS)


@mostly_sqlite
@pytest.mark.parametrize("role", Role)
def test_a_stranger_writes_nothing_of_another_organisation(
    app_client: httpx.Client, database: Database, records: Records, role: Role
):
    import_cleaning(app_client, database)
    stranger = key_for(database, role, STRANGER, scopes=list(Scope), region=FAR_AWAY)
    before = contents(database)
    for name, attempt in WRITES.items():
        reach = PERMISSIONS[attempt.action][role]
        if reach is Reach.ALL or (reach is Reach.OWN and not attempt.record):
            continue
        answer = tried(app_client, records, attempt, stranger, reason="provar")
        hidden = attempt.record in HIDDEN and reach is not Reach.NONE
        assert answer.status_code == (404 if hidden else 403), (name, answer.text)
        assert contents(database) == before, name


@pytest.mark.parametrize("name", WRITES)
def test_the_table_opens_what_it_says(
    app_client: httpx.Client, database: Database, all_records: list[Records], name: str
):
    attempt = WRITES[name]
    for fresh, (role, reach) in zip(all_records, PERMISSIONS[attempt.action].items(), strict=True):
        if reach is Reach.NONE:
            continue
        if attempt.record == "notice":
            _forget_notices(database)
            import_cleaning(app_client, database)
        key = key_for(database, role, OWNER if reach is Reach.OWN else "", scopes=list(Scope))
        if reach is not Reach.OWN and attempt.record and attempt.asks_reason:
            silent = tried(app_client, fresh, attempt, key)
            assert silent.status_code == 400, (role, silent.text)
            assert silent.json()["errors"][0]["pointer"] == "reason"
        answer = tried(app_client, fresh, attempt, key, reason="" if reach is Reach.OWN else "på begäran")
        assert answer.is_success, (role, answer.status_code, answer.text)


def _forget_notices(database: Database) -> None:
    with database.writes() as session:
        session.execute(text("DELETE FROM journal_revision"))
        session.execute(text("DELETE FROM opportunity WHERE notice_id IS NOT NULL"))


@mostly_sqlite
@pytest.mark.parametrize("role", Role)
def test_no_key_an_old_key_and_a_narrow_key_open_nothing(
    app_client: httpx.Client, database: Database, records: Records, role: Role
):
    import_cleaning(app_client, database)
    revoked = key_for(database, role, OWNER)
    with database.writes() as session:
        accounts.revoke_key(session, accounts.list_keys(session, OWNER)[0].id)
    expired = key_for(database, role, OWNER)
    with database.writes() as session:
        session.execute(text("UPDATE api_key SET expires_at = created_at WHERE revoked_at IS NULL"))
    narrow = key_for(database, role, OWNER, scopes=[Scope.MATCHES_READ])
    before = contents(database)
    for name, attempt in WRITES.items():
        if PERMISSIONS[attempt.action][role] is Reach.NONE:
            continue
        for key, status in [({}, 401), (revoked, 401), (expired, 401), (narrow, 403)]:
            answer = tried(app_client, records, attempt, key)
            assert answer.status_code == status, (name, answer.text)
    assert contents(database) == before


@pytest.mark.parametrize("role", Role)
def test_a_stranger_reads_nothing_private(app_client: httpx.Client, database: Database, records: Records, role: Role):
    stranger = key_for(database, role, STRANGER, scopes=list(Scope), region=FAR_AWAY)
    sees_all = PERMISSIONS[Action.READ_LOG][role] is Reach.ALL
    for name, (template, record) in PRIVATE_READS.items():
        assert app_client.get(records.path(template, record)).status_code == 404, name
        answer = app_client.get(records.path(template, record), headers=stranger)
        assert answer.status_code == (200 if sees_all and record in OF_EVERYBODYS_KEEPER else 404), name
    for name, (template, record) in PRIVATE_LISTS.items():
        answer = app_client.get(records.path(template, record), headers=stranger)
        assert (records.ids[record] in answer.text) == (sees_all and record in IN_LISTS_OF_ADMINS), name
        assert records.ids[record] not in app_client.get(records.path(template, record)).text, name


def test_what_is_never_public_is_read_by_whom_the_table_says(
    app_client: httpx.Client, database: Database, records: Records
):
    strangers = {role: key_for(database, role, STRANGER, scopes=list(Scope), region=FAR_AWAY) for role in Role}
    narrow = {role: key_for(database, role, OWNER, scopes=[Scope.MATCHES_READ]) for role in Role}
    owners = {role: key_for(database, role, OWNER, scopes=list(Scope)) for role in Role}
    unbound = {role: key_for(database, role, "", scopes=list(Scope)) for role in Role}
    for name, (action, template, record) in KEYED_READS.items():
        where = records.path(template, record)
        assert app_client.get(where).status_code == 401, name
        for role, reach in PERMISSIONS[action].items():
            stranger = app_client.get(where, headers=strangers[role])
            refused = 403 if reach is Reach.NONE else 404 if record and reach is not Reach.ALL else 200
            assert stranger.status_code == refused, (name, role)
            everything = reach is Reach.ALL
            told = set() if everything else {one for one in HIDDEN - {record} if records.ids[one] in stranger.text}
            assert told == set(), (name, role)
            if reach is not Reach.NONE:
                assert app_client.get(where, headers=narrow[role]).status_code == 403, (name, role)
                key = owners[role] if reach is Reach.OWN else unbound[role]
                assert app_client.get(where, headers=key).status_code == 200, (name, role)


def test_an_answer_is_read_by_both_its_sides(app_client: httpx.Client, database: Database, records: Records):
    for role in (Role.BUYER, Role.ENTERPRISE):
        answer = app_client.get(records.path("/responses/{id}", "response"), headers=key_for(database, role, OWNER))
        assert answer.status_code == 200, role
        asked = app_client.get(
            records.path("/opportunities/{dialogue}/questions", ""), headers=key_for(database, role, OWNER)
        )
        assert records.ids["question"] in asked.text, role


def test_the_owner_reads_what_is_its_own(app_client: httpx.Client, database: Database, records: Records):
    for role, name in [(Role.BUYER, "draft"), (Role.SUPPORT_PROVIDER, "private")]:
        key = key_for(database, role, OWNER)
        for template, record in [*PRIVATE_READS.values(), *PRIVATE_LISTS.values()]:
            if record == name and not template.endswith("/matches"):
                answer = app_client.get(records.path(template, record), headers=key)
                assert answer.status_code == 200, template
                assert "history" in template or "hints" in template or records.ids[record] in answer.text


@pytest.mark.parametrize("role", Role)
def test_a_stranger_is_not_told_what_a_record_said_before(
    app_client: httpx.Client, database: Database, records: Records, role: Role
):
    owner = key_for(database, "enterprise", OWNER)
    assert tried(app_client, records, WRITES["change_enterprise"], owner).is_success
    where = records.path("/enterprises/{id}/history", "enterprise")
    stranger = key_for(database, role, STRANGER, region=FAR_AWAY)
    told = app_client.get(where, headers=stranger).json()["items"][0]
    assert told["fields"] == ["name"]
    assert (told["before"] is None) == (PERMISSIONS[Action.READ_LOG][role] is not Reach.ALL)
    assert app_client.get(where, headers=owner).json()["items"][0]["before"] == {"name": "Exempel Städ"}


def caller(role: Role, region: str | None = None) -> Caller:
    """Return a caller of the owner's organisation."""
    return Caller("key", OWNER, role, frozenset(Scope), region)


REACHES: list[tuple[Caller, str | None, str | None, bool]] = [
    (caller(Role.ENTERPRISE), OWNER, None, True),
    (caller(Role.ENTERPRISE), None, None, False),
    (caller(Role.ENTERPRISE), STRANGER, "SE-2281", False),
    (caller(Role.COORDINATOR, "SE-22"), STRANGER, "SE-2281", True),
    (caller(Role.COORDINATOR, "SE-22"), None, "SE-22", True),
    (caller(Role.COORDINATOR, "SE-22"), STRANGER, "SE-2380", False),
    (caller(Role.COORDINATOR, "SE-22"), STRANGER, None, False),
    (caller(Role.COORDINATOR, "SE"), STRANGER, "SE-2380", True),
    (caller(Role.COORDINATOR, "SE"), STRANGER, "NO-5001", False),
    (caller(Role.COORDINATOR, None), STRANGER, "SE-2281", False),
    (caller(Role.ADMIN), STRANGER, None, True),
    (caller(Role.BUYER), OWNER, "SE-2281", False),
]


@pytest.mark.parametrize(("who", "owner", "area", "allowed"), REACHES)
def test_how_far_each_role_reaches(who: Caller, owner: str | None, area: str | None, allowed: bool):
    assert may(who, Action.EDIT_ENTERPRISE, owner_id=owner, area=area) is allowed


def test_a_visitor_may_nothing():
    assert not any(may(None, action, owner_id=None, area=None) for action in Action)


def test_every_action_has_a_row_for_every_role():
    assert set(PERMISSIONS) == set(Action)
    assert all(set(row) == set(Role) for row in PERMISSIONS.values())
