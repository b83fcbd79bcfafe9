"""What belongs to another node is changed, answered and judged there: every operation that writes says where."""

import uuid
from pathlib import Path
from typing import Any

import httpx

from app.accounts.vocabulary import Role, Scope
from app.core.db import Database
from app.sync.kinds import KINDS
from tests.document import document
from tests.engines import mostly_sqlite
from tests.keys import key_for
from tests.sync.copying import HOME, SORTS, carried, node, rows_of

API = "/api/v1"
MATCH = {"If-Match": "*"}
CSV = {"Content-Type": "text/csv"}
NOTED = {"note": "Ges inte längre."}
SOMEBODY = str(uuid.uuid4())
# The records of an address, by what their id is called in it.
TYPES = {
    "organizationId": "organization",
    "enterpriseId": "enterprise",
    "supportOfferId": "support_offer",
    "needId": "need",
    "opportunityId": "opportunity",
    "needsInventoryId": "needs_inventory",
}
# What is sent to each operation upon a record that travels; nothing, when nothing is asked for.
SENT: dict[str, Any] = {
    "change_enterprise": {"name": "Exempel Ny"},
    "claim_enterprise": {"email": "vi@example.org", "function": "Verksamhetsledare", "evidence": "Ring växeln."},
    "change_organization": {"name": "Exempelhuset Ny"},
    "change_support_offer": {"name": "Exempel Ny"},
    "return_support_offer": NOTED,
    "suspend_support_offer": NOTED,
    "archive_support_offer": NOTED,
    "correct_support_offer": {"text": "Adressen finns inte längre."},
    "accept_support_offer_correction": {"led_to": "changed"},
    "reject_support_offer_correction": NOTED,
    "change_need": {"title": "Något annat"},
    "meet_need": NOTED,
    "withdraw_need": NOTED,
    "change_needs_inventory": {"name": "Behov 2027"},
    "invite_to_needs_inventory": {"invitees": [{"name": "Exempel Sy", "email": "info@example.org"}]},
    "change_opportunity": {"title": "Ny titel"},
    "award_opportunity": {"awards": [{"winner_name": "Exempel Städ AB"}]},
    "cancel_opportunity": {"reason": "Behovet finns inte längre."},
    "report_enterprise": {"kind": "wrong", "text": "Fel ort visas."},
    "report_opportunity": {"kind": "wrong", "text": "Fel ort visas."},
    "report_support_offer": {"kind": "wrong", "text": "Fel ort visas."},
    "set_outreach": {"batch_size": 5},
    "invite_enterprises": {"enterprise_ids": [SOMEBODY]},
    "respond": {"enterprise_id": "{enterprise}", "kind": "interest"},
    "ask_question": {"enterprise_id": "{enterprise}", "text": "Vilka tider?"},
    "add_to_shortlist": {"enterprise_id": "{enterprise}"},
    "change_note": {"note": "Ring."},
}
# Operations upon records of this node that begin with another node's: the record is named in what is sent.
NAMING = {
    "register_contact": ("organization", {"organization_id": "{organization}", "function": "Inköp", "phone": "08-100"}),
    "request_support": (
        "support_offer",
        {"offer_id": "{support_offer}", "enterprise_id": "{enterprise}", "text": "Vi vill växa."},
    ),
}
# Anybody sends these, without a key.
OPEN = {"claim_enterprise", "report_enterprise", "report_opportunity", "report_support_offer", "correct_support_offer"}


def writes() -> list[tuple[str, str, str, str]]:
    """Return the operations upon a record that travels: method, path, name and the record's type."""
    found = []
    for path, item in document()["paths"].items():
        for method in {"post", "put", "patch", "delete"} & item.keys():
            name = item[method]["operationId"]
            named = [one for one in TYPES if f"{{{one}}}" in path.split("/")[2:3]]
            if named or name in NAMING:
                found.append((method, path, name, TYPES[named[0]] if named else NAMING[name][0]))
    return sorted(found)


@mostly_sqlite
def test_every_operation_upon_a_copy_is_refused_and_told_where_its_home_is(
    app_client: httpx.Client, database: Database, tmp_path: Path
):
    with node(tmp_path) as at_home:
        ids = {record_type: SORTS[record_type].write(at_home) for record_type in KINDS}
        carried(at_home, database)
    roles = [Role.ADMIN, Role.COORDINATOR, *set(Role).difference({Role.ADMIN, Role.COORDINATOR})]
    keys = [key_for(database, role, scopes=list(Scope), region="SE-22") for role in roles]
    tried = writes()
    assert set(SENT) <= {name for _, _, name, _ in tried}
    assert len(tried) > 50
    before = rows_of(database, without=_AROUND)
    for method, path, name, record_type in tried:
        home = {"node": HOME.id, "url": f"{HOME.url}/records/{record_type}/{ids[record_type]}"}
        # A role that may never do this is told so; every other one is told where it is done.
        told = []
        for key in [{}] if name in OPEN else keys:
            answer = asked(app_client, method, path, name, ids, key)
            assert answer.status_code == 403, (name, answer.text)
            told += [found] if (found := answer.json().get("home")) else []
            if told and key in keys[1:]:
                break
        assert told, name
        assert all(found == home for found in told), name
    assert rows_of(database, without=_AROUND) == before


def asked(
    client: httpx.Client, method: str, path: str, name: str, ids: dict[str, str], key: dict[str, str]
) -> httpx.Response:
    """Return the answer to one operation upon a copy."""
    for parameter, record_type in TYPES.items():
        path = path.replace(f"{{{parameter}}}", ids[record_type])
    for parameter in ("correctionId", "invitationId"):
        path = path.replace(f"{{{parameter}}}", SOMEBODY)
    _, named = NAMING.get(name, ("", None))
    sent = {
        one: ids.get(value[1:-1], value) if isinstance(value, str) and value.startswith("{") else value
        for one, value in (named or SENT.get(name, {})).items()
    }
    headers = key if name in OPEN else {**key, **MATCH}
    params = {} if name in OPEN else {"reason": "provar"}
    if name == "import_needs_inventory":
        return client.request(method, API + path, content=_survey(), headers={**headers, **CSV}, params=params)
    return client.request(method, API + path, json=sent or None, headers=headers, params=params)


def _survey() -> bytes:
    return (Path(__file__).parents[1] / "inventories" / "files" / "survey.csv").read_bytes()


# Who asked, how often, and with which key.
_AROUND = ("api_", "account", "attempt", "idempot", "request_")
