"""What the API says about itself in its OpenAPI document: who, for what, within which limits, with which examples."""

from collections.abc import Sequence
from typing import Any

from app.accounts.permissions import Knows, Requires
from app.core.openapi import KeyNeed
from app.matching.vocabulary import MAX_POINTS, Criterion

VERSION = "1.0.0"
RELEASED = "2026-11-21"
ABOUT = """
Samnod joins public buyers and social enterprises in Sweden and Norway: a registry of social enterprises, procurement
opportunities, and matches between them, ranked with every point explained. It is made for registers that push
enterprises, procurement systems that push opportunities and notices, and everybody who reads.

Public data is read without a key; writing needs one. Errors are RFC 9457 problem documents. Texts follow
`Accept-Language` (sv, nb, en). Limits: see `x-limitations`. Samnod is a signpost, not a registered notice database.

Samnod kopplar samman offentliga köpare och sociala företag i Sverige och Norge: ett register, affärsmöjligheter och
matchningar, rangordnade med varje poäng förklarad. Det är till för register som lämnar uppgifter om företag,
upphandlingssystem som lämnar affärsmöjligheter och annonser, och alla som läser.

Öppna data läses utan nyckel; att skriva kräver en nyckel. Fel är problemdokument enligt RFC 9457. Texter följer
`Accept-Language` (sv, nb, en). Begränsningar: se `x-limitations`. Samnod är en vägvisare, inte en registrerad
annonsdatabas.
"""
# Where the document leads when the node has no public address of its own: a name that nobody can own (RFC 6761).
_NOBODY = "https://samnod.example"
_LEVEL = {
    "availability": "Best effort: the operator of the node promises more, or less, in its terms",
    "responseTime": "A page of a list within 100 ms and a preview of matches within 200 ms are aimed at, not promised",
    "support": "By the contact of this document, in office hours of the node's region",
}
_LIMITS = [
    "600 requests a minute with a key and 300 a minute from an address; then 429 with Retry-After",
    "A body of at most 1 MiB, or 5 MiB for a notice; then 413",
    "A list is walked to its 10,000th row",
    "A notice is read into what Samnod matches by; what it does not hold is named in the answer, and is in the notice",
    "No personal data is taken: texts with personal identity numbers are refused",
]


def about(base_url: str, contact_email: str) -> dict[str, Any]:
    """Return what FastAPI is told of the API: title, version, description, contact, licence, terms and server."""
    site = base_url.rstrip("/") or _NOBODY
    return {
        "title": "Samnod",
        "version": VERSION,
        "description": ABOUT,
        "summary": "Public buyers meet social enterprises",
        "servers": [{"url": f"{site}/api/v1", "description": "This node"}],
        "contact": {
            "name": "The operator of this node",
            "url": f"{site}/en/about",
            "email": contact_email or f"api@{_NOBODY.partition('//')[2]}",
        },
        "license_info": {"name": "CC BY 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"},
        "terms_of_service": f"{site}/en/about",
        "openapi_tags": [{"name": name, "description": told} for name, told in _TAGS.items()],
        "openapi_external_docs": {
            "description": "What Samnod is, how points are counted, where facts come from, and the service level",
            "url": f"{site}/en/about",
        },
    }


_TAGS = {
    "matches": "Who fits a need, and which needs fit an enterprise, with every point explained",
    "enterprises": "The registry of social enterprises",
    "claims": "Who says that an enterprise is its own, and what the coordinator found out",
    "organizations": "Buyers, support providers and other actors",
    "contacts": "Functions that answer for organisations: never people, each with a day of review",
    "support-offers": "Support for social enterprises and the public bodies that meet them: advice, training, networks",
    "opportunities": "What public buyers show: needs, dialogues, partnerships and procurements, in lots",
    "responses": "The dialogue: invitations, answers, questions, shortlist, inbox and desk",
    "moderation": "What is wrong with a public record, and what the coordinator of the region did about it",
    "notices": "eForms notices, read into opportunities",
    "codes": "The code lists that the records are written in",
    "changes": "What has changed, in order",
    "audit": "Who did what, in a chain of hashes",
    "about": "What this API is",
}
MORE_ABOUT = {"x-sla": _LEVEL, "x-limitations": _LIMITS}


def key_of(calls: Sequence[Any]) -> KeyNeed:
    """Return what a route wants of a key; `calls` is all that is called to answer it, its dependencies included."""
    scopes = [call.scope.value for call in calls if isinstance(call, Requires)]
    accepted = any(isinstance(call, Requires | Knows) for call in calls)
    return KeyNeed(accepted=accepted, scope=scopes[0] if scopes else "")


# Examples for the document, by the field's name (or `Schema.field`) where the schema gives none.
EXAMPLES = {
    "ApiInfo.apiName": "Samnod",
    "ApiInfo.apiVersion": VERSION,
    "ApiInfo.apiReleased": RELEASED,
    "ApiInfo.apiDocumentation": "/api/v1/openapi.json",
    "ApiInfo.apiStatus": "active",
    "Gap.criterion": "capacity",
    "Gap.text": "Omsättning: uppgift saknas",
    "Labels.en": "Cleaning services",
    "Labels.nb": "Rengjøringstjenester",
    "Labels.sv": "Städtjänster",
    "Links.next": "/api/v1/enterprises?page=2&limit=20",
    "Links.prev": None,
    "Links.self": "/api/v1/enterprises?page=1&limit=20",
    "MatchedOpportunity.deadline_at": "2026-12-21T22:59:00Z",
    "MatchedOpportunity.title": "Städning av skolor",
    "AwardIn.reason": "Bäst förhållande mellan pris och kvalitet.",
    "AwardRead.reason": "Lägst pris av dem som uppfyller kraven.",
    "CancelIn.reason": "Behovet har ändrats.",
    "LotAwardIn.reason": "Lägst pris av dem som uppfyller kraven.",
    "OpportunityRead.description": "Daglig städning av fyra skolor.",
    "OpportunityRead.title": "Städning av skolor",
    "OpportunitySummary.title": "Städning av skolor",
    "AuditEntryRead.actor": "7d0f3b52-1c8e-4a3b-9a57-0f6f2a1c9d34",
    "AuditEntryRead.after_hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "AuditEntryRead.before_hash": None,
    "AuditEntryRead.hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "AuditEntryRead.object_id": "0e4c1d2b-6a77-4f0e-8f43-5d3b8a9c7e21",
    "AuditEntryRead.previous": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
    "AuditEntryRead.request_id": "4bf92f3577b34da6a3ce929d0e0e4736",
    "ClaimRead.email": "namn@example.org",
    "ClaimRead.evidence": "Organisationsnumret står på vår webbplats; ring växeln.",
    "ClaimRead.function": "Verksamhetsledare",
    "ClaimRead.kept_by": None,
    "Relaxation.change": "remove-reservation",
    "Relaxation.text": "Ta bort reservationen",
    "AnswerIn.text": "Vi städar gärna skolorna.",
    "DialogueStepRead.text": "Vi städar gärna skolorna.",
    "QuestionAnswerIn.answer": "Vardagar mellan 06 och 09.",
    "QuestionAnswerIn.shown_text": None,
    "QuestionIn.text": "Vilka tider ska skolorna städas?",
    "QuestionRead.answer": "Vardagar mellan 06 och 09.",
    "QuestionRead.text": "Vilka tider ska skolorna städas?",
    "ResponseChange.text": "Vi städar gärna skolorna.",
    "ResponseIn.text": "Vi städar gärna skolorna.",
    "ResponseRead.text": "Vi städar gärna skolorna.",
    "SupportOfferCreate.name": "Exempelrådgivning",
    "SupportOfferCreate.summary": "Råd till den som vill starta ett socialt företag.",
    "SupportOfferCreate.description": "Fem samtal om affärsidén, formen och pengarna.",
    "SupportOfferCreate.amount": "5 timmar om året",
    "SupportOfferCreate.eligibility": "Sociala företag och den som vill starta ett",
    "SupportOfferPatch.name": "Exempelrådgivning",
    "SupportOfferPatch.summary": "Råd till den som vill starta ett socialt företag.",
    "SupportOfferPatch.description": "Fem samtal om affärsidén, formen och pengarna.",
    "SupportOfferPatch.amount": "5 timmar om året",
    "SupportOfferPatch.eligibility": "Sociala företag och den som vill starta ett",
    "SupportOfferRead.name": "Exempelrådgivning",
    "SupportOfferRead.summary": "Råd till den som vill starta ett socialt företag.",
    "SupportOfferRead.description": "Fem samtal om affärsidén, formen och pengarna.",
    "SupportOfferRead.amount": "5 timmar om året",
    "SupportOfferRead.eligibility": "Sociala företag och den som vill starta ett",
    "SupportOfferSummary.name": "Exempelrådgivning",
    "SupportOfferSummary.summary": "Råd till den som vill starta ett socialt företag.",
    "SupportOfferSummary.amount": "5 timmar om året",
    "Improvement.field": "needs",
    "Improvement.text": "Säg vad det hjälper med: annars hittar ingen det utifrån sitt behov.",
    "OfferFacet.code": "advice",
    "OfferFacetGroup.name": "need",
    "OfferWarning.code": "individual-aid",
    "OfferWarning.legal_basis": "KL (2017:725) 2 kap. 8 §",
    "OfferWarning.text": "En svensk kommun får inte ge ett enskilt företag hyra eller pengar utan synnerliga skäl.",
    "PageLinks.next": None,
    "PageLinks.self": "/api/v1/support-offers?need=advice&area=SE-25",
    "Reasoned.note": "Ges inte längre.",
    "CorrectionIn.field": "contact_email",
    "CorrectionIn.text": "Adressen finns inte längre, breven kommer tillbaka.",
    "CorrectionIn.proposed": "info@example.org",
    "CorrectionAccept.led_to": "applied",
    "CorrectionAccept.note": "Adressen är ändrad.",
    "CorrectionRead.field": "contact_email",
    "CorrectionRead.text": "Adressen finns inte längre, breven kommer tillbaka.",
    "CorrectionRead.proposed": "info@example.org",
    "CorrectionRead.offer_name": "Exempelrådgivning",
    "CorrectionRead.state": "accepted",
    "CorrectionRead.led_to": "applied",
    "CorrectionRead.note": "Adressen är ändrad.",
    "CorrectionReceipt.state": "open",
    "SupportOfferPage.next": None,
    "ActRead.reason": "Verksamheten lades ned i våras.",
    "ActRead.role": "coordinator",
    "ActRead.undoes": None,
    "ReportRead.kind": "outdated",
    "ReportRead.text": "Verksamheten lades ned i våras.",
    "ContactRead.email": "upphandling@example.org",
    "ContactRead.function": "Upphandlingsenheten",
    "ContactRead.phone": "0660-880 00",
    "KeysetLinks.next": None,
    "KeysetLinks.self": "/api/v1/contacts?role=buyer&area=SE-22",
    "KeysetPage_ContactRead_.next": None,
    "email": "upphandling@example.org",
    "organization_area": "SE-22",
    "organization_name": "Exempelkommunen",
    "funding_source": "Regionen",
    "how_to_apply": "Ring växeln och fråga efter företagsrådgivningen.",
    "licence": "CC-BY-4.0",
    "needs": "advice",
    "offer_type": "advisory",
    "provider_id": "0e4c1d2b-6a77-4f0e-8f43-5d3b8a9c7e21",
    "provider_name": "Exempel Rådgivning",
    "slug": "exempelradgivning-5b0c1a6e",
    "status_at_source": None,
    "status_note": None,
    "structure_type": "business_development",
    "area": "SE-2281",
    "subject_id": "5b0c1a6e-3f0e-4d0a-9d5e-2f6f0f6f7a10",
    "subject_name": "Exempel Städkompaniet",
    "already": "5b0c1a6e-3f0e-4d0a-9d5e-2f6f0f6f7a10",
    "enterprise_id": "5b0c1a6e-3f0e-4d0a-9d5e-2f6f0f6f7a10",
    "enterprise_name": "Exempel Städkompaniet",
    "note": "Har städat åt oss förut.",
    "opportunity_id": "9a1d2c3b-4e5f-4a6b-8c7d-0e1f2a3b4c5d",
    "partner_ids": "7f3e2d1c-0b9a-4887-9665-544332211000",
    "aliases": "Exempel Städ",
    "amount": "600000",
    "area_code": "SE-2281",
    "area_codes": "SE-2281",
    "buyer_area": "SE-2281",
    "buyer_name": "Exempelstads kommun",
    "buyer_number": None,
    "code": "cleaning",
    "contact_email": "info@example.invalid",
    "contact_function": "Kundtjänst",
    "country": "SE",
    "cpv": "90910000",
    "cpv_additional": "90911200",
    "cpv_main": "90910000",
    "criterion": "what",
    "CriterionRead.criterion": "democratic_eu",
    "currency": "SEK",
    "description": "Daglig städning av kontor och skolor.",
    "duration_months": 24,
    "eligibility": "eligible",
    "fields": "summary",
    "foreign_areas": "FI1D",
    "founded_year": 2015,
    "home": "local",
    "id": "5b0c1a6e-3f0e-4d0a-9d5e-2f6f0f6f7a10",
    "industry_codes": "81210",
    "kind": "cpv",
    "language": "sv",
    "languages": "sv",
    "legal_basis": "LOU 4 kap. 18 §",
    "legal_form": "ek_for",
    "lifecycle": "active",
    "lot": "LOT-0001",
    "lot_number": "LOT-0001",
    "max_points": MAX_POINTS[Criterion.WHAT],
    "name": "Exempel Städkompaniet",
    "CertificateRead.name": "Exempelintyg",
    "notice_id": None,
    "notice_number": None,
    "notice_source": None,
    "notice_subtype": None,
    "notice_version": None,
    "number": "LOT-0001",
    "objectives": "opp",
    "official_url": "https://www.example.org/",
    "organisation_number": None,
    "organization_id": "0e4c1d2b-6a77-4f0e-8f43-5d3b8a9c7e21",
    "other_buyers": "Exempelregionen",
    "owner_id": "0e4c1d2b-6a77-4f0e-8f43-5d3b8a9c7e21",
    "parent": "90900000",
    "place": "Sundsvall",
    "places_free": 2,
    "places_wanted": 2,
    "pointer": "/lots/0/estimated_value",
    "points": 30,
    "procedure_id": "7c9d2a30-1b8e-4c55-9a0f-3f1e2d4c5b6a",
    "procedure_type": "open",
    "reason": None,
    "reserved_participation": "res-ws",
    # The sum of its reasons, of which the example has one.
    "role": "enterprise",
    "score": 30,
    "sectors": "cleaning",
    "service_areas": "SE-22",
    "source": "exempel",
    "source_year": 2026,
    "srpp_areas": "employment_opportunities",
    "status": "published",
    "summary": "Ett påhittat företag som städar.",
    "target_groups": "far_from_labour_market",
    "text": "Erbjuder städtjänster (90910000)",
    "title": "Kontorsstädning",
    "unit": "SEK",
    "value": "90910000",
    "value_minor": 60_000_000,
    "website": "https://www.example.org/",
    "winner_country": "SE",
    "winner_name": "Exempel Städkompaniet",
    "winner_number": None,
    "winner_source": None,
}
