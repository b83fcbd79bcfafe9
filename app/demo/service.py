"""Loads the demo: the enterprises that the source reports name, made-up ones beside them, and made-up opportunities.

The records lie in `data/*.json` in the shape of the rooms' own schemas. A moment in them is written `{"days": -30}` for
a date and `{"days": 21, "at": "23:59"}` for an instant in the record's country, counted from the day of loading.
"""

import json
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from app.core.clock import zone
from app.core.db import ReadSession, WriteSession
from app.demo import contacts as functions
from app.demo import cooperation, dialogues, key_file
from app.demo import inventories as surveys
from app.demo import logins as people_of_demo
from app.demo import needs as needs_of_demo
from app.demo import organizations as actors
from app.demo import support_offers as offers
from app.demo import support_requests as requests
from app.demo.shares import WHOLE, Share, owner_of
from app.demo.vocabulary import EXAMPLE_SOURCE, enterprise_id, opportunity_id
from app.enterprises import service as enterprises
from app.enterprises.schemas import EnterpriseCreate
from app.opportunities import service as opportunities
from app.opportunities.schemas import AwardIn, CancelIn, OpportunityCreate
from app.opportunities.vocabulary import Status
from app.organizations.schemas import OrganizationCreate

_DATA = Path(__file__).resolve().parent / "data"


class DemoReport(NamedTuple):
    """How many records were written, by room, and how many were there already and left as they are."""

    organizations: int
    enterprises: int
    opportunities: int
    support_offers: int
    needs: int
    already_there: int


def load(session: WriteSession, *, home: str, today: date, share: Share = WHOLE) -> DemoReport:
    """Write the demo's records into the node `home`, with dates counted from `today`; what is there stays untouched.

    `share` is what the node has of the demo when several split it.
    """
    own_organizations = {
        key: data
        for key, data in (named_organizations() | actors.example_organizations()).items()
        if share.holds(data.country, [data.area_code])
    }
    own_enterprises = {
        key: data
        for key, data in (named_enterprises() | example_enterprises(today)).items()
        if share.holds(data.country, [data.area_code])
    }
    own_opportunities = {
        key: data for key, data in example_opportunities(today).items() if share.holds(data.country, [data.buyer_area])
    }
    new_organizations = actors.load(session, own_organizations, home=home)
    if share.holds_actors:
        functions.load(session, home=home, today=today)
    new_enterprises = _load_enterprises(session, own_enterprises, home, share)
    new_opportunities = _load_opportunities(session, own_opportunities, home, share, today)
    new_offers, own_offers = offers.load(session, home=home, share=share)
    new_needs, own_needs = needs_of_demo.load(session, home=home, share=share)
    written = new_organizations + new_enterprises + new_opportunities + new_offers + new_needs
    size = len(own_organizations) + len(own_enterprises) + len(own_opportunities) + own_offers + own_needs
    return DemoReport(
        organizations=new_organizations,
        enterprises=new_enterprises,
        opportunities=new_opportunities,
        support_offers=new_offers,
        needs=new_needs,
        already_there=size - written,
    )


def keys(session: WriteSession, folder: Path, *, secret: bytes) -> tuple[Path, dict[str, str]]:
    """Return the demo's keys by their variables, and the file in `folder` that holds them; what lacks is made.

    `secret` is what the node hashes its keys with.
    """
    path = folder / key_file.NAME
    known = key_file.read(path)
    found = actors.load_keys(session, known, secret=secret)
    if found != known:
        key_file.write(path, found)
    return path, found


def logins(session: WriteSession, folder: Path) -> tuple[Path, dict[str, str]]:
    """Return the passwords of the demo's logins by their variables, and the file in `folder` that holds them.

    For a node that nobody but this machine reaches: whoever runs another makes no such people.
    """
    path = folder / key_file.LOGINS
    known = key_file.read(path, is_sound=bool)
    found = people_of_demo.load(session, known)
    if found != known:
        key_file.write(path, found)
    return path, found


def dialogue(session: WriteSession, *, secret: bytes) -> int:
    """Let the demo's buyer and enterprises talk about one opportunity, once; return how many were invited."""
    return dialogues.load(session, secret=secret)


def support_requested(session: WriteSession) -> int:
    """Let the demo's enterprises ask its provider for support, once; return how many requests were sent."""
    return requests.load(session)


def cooperation_requested(session: WriteSession, *, secret: bytes) -> int:
    """Let others ask the demo's coordinator for cooperation, once; return how many requests were sent."""
    return cooperation.load(session, secret=secret)


def surveyed(session: WriteSession, *, home: str, today: date, secret: bytes) -> int:
    """Hold the demo's needs inventories, once; return how many rounds were written."""
    return surveys.load(session, home=home, today=today, secret=secret)


def is_loaded(session: ReadSession | WriteSession) -> bool:
    """Tell whether example records are here, so that every page can say so."""
    return enterprises.exists(session, enterprise_id(next(iter(_records("example_enterprises")))), hidden_too=True)


def named_organizations() -> dict[str, OrganizationCreate]:
    """Return the actors that the reports name, by their number there; only what the reports say of them."""
    return {key: OrganizationCreate.model_validate(record) for key, record in _records("organizations").items()}


def named_enterprises() -> dict[str, EnterpriseCreate]:
    """Return the enterprises that the reports name, by their number there; only what the reports say of them."""
    return {key: EnterpriseCreate.model_validate(record) for key, record in _records("named_enterprises").items()}


def example_enterprises(today: date) -> dict[str, EnterpriseCreate]:
    """Return the made-up enterprises by key, with their dates counted from `today`."""
    return {
        key: EnterpriseCreate.model_validate(_example(record, today))
        for key, record in _records("example_enterprises").items()
    }


def example_opportunities(today: date) -> dict[str, OpportunityCreate]:
    """Return the opportunities of made-up buyers by key, with their dates counted from `today`."""
    return {
        key: OpportunityCreate.model_validate(_example(record, today))
        for key, record in _records("opportunities").items()
    }


def example_outcomes(today: date) -> dict[str, AwardIn | CancelIn]:
    """Return how some of them ended, by key: with a contract, or cancelled."""
    told = {key: _dated(record, today, "SE") for key, record in _records("outcomes").items()}
    return {key: (AwardIn if "awards" in said else CancelIn).model_validate(said) for key, said in told.items()}


def _load_enterprises(session: WriteSession, own: dict[str, EnterpriseCreate], home: str, share: Share) -> int:
    new = {
        key: data for key, data in own.items() if not enterprises.exists(session, enterprise_id(key), hidden_too=True)
    }
    for key, data in new.items():
        owner = owner_of(share, actors.OWNER_OF_ENTERPRISE.get(key))
        enterprises.register(session, data, home=home, record_id=enterprise_id(key), owner_id=owner)
    return len(new)


def _load_opportunities(
    session: WriteSession, own: dict[str, OpportunityCreate], home: str, share: Share, today: date
) -> int:
    new = {key: data for key, data in own.items() if not opportunities.exists(session, opportunity_id(key))}
    outcomes = example_outcomes(today)
    for key, data in new.items():
        owner = owner_of(share, actors.OWNER_OF_BUYER.get(data.buyer_name))
        # What has ended ended as others do, from closed.
        status = Status.CLOSED if key in outcomes else data.status
        planned = data.model_copy(update={"status": status})
        opportunities.publish(session, planned, home=home, record_id=opportunity_id(key), owner_id=owner)
    for key, outcome in outcomes.items():
        if key in new:
            _end(session, opportunity_id(key), outcome)
    return len(new)


def _end(session: WriteSession, record_id: str, outcome: AwardIn | CancelIn) -> None:
    if isinstance(outcome, AwardIn):
        opportunities.award(session, record_id, outcome)
    else:
        opportunities.cancel(session, record_id, outcome)


def _example(record: dict[str, Any], today: date) -> dict[str, Any]:
    dated: dict[str, Any] = _dated(record, today, record["country"])
    return {**dated, "source": EXAMPLE_SOURCE}


def _dated(value: Any, today: date, country: str) -> Any:
    """Return `value` with every moment in it resolved, however deep it lies."""
    if isinstance(value, list):
        return [_dated(item, today, country) for item in value]
    if not isinstance(value, dict):
        return value
    if "days" in value:
        return _moment(today + timedelta(days=value["days"]), value.get("at"), country)
    return {name: _dated(item, today, country) for name, item in value.items()}


def _moment(day: date, at: str | None, country: str) -> date | datetime:
    return day if at is None else datetime.combine(day, time.fromisoformat(at), tzinfo=zone(country))


@cache
def _records(name: str) -> dict[str, dict[str, Any]]:
    records: dict[str, dict[str, Any]] = json.loads((_DATA / f"{name}.json").read_text(encoding="utf-8"))
    return records
