"""Three nodes with a few records each, whose operators have met: what three real processes need at the least.

The demo split by county takes seconds a node to load, and introductions by command a second more; both are done at
length in the long tests.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from app.core.db import Database
from app.enterprises import service as enterprises
from app.journal.schemas import NodeRead
from app.needs import service as needs
from app.needs.vocabulary import Status as NeedStatus
from app.opportunities import service as opportunities
from app.organizations import service as organizations
from app.organizations.schemas import OrganizationCreate
from app.support_offers import service as support_offers
from app.support_offers.vocabulary import Status as OfferStatus
from app.sync import peers
from app.wiring import wire
from tests.databases import migrated_database
from tests.factories import enterprise, lot, need, offering, opportunity, support_offer
from tests.sync.nodes import COUNTIES, IDS, NAMES, Node, all_started, new_node
from tests.sync.processes import Starter

# One municipality of each county.
PLACES = {"SE-22": "SE-2281", "SE-23": "SE-2380", "NO-50": "NO-5001"}


@contextmanager
def few_nodes(starter: Starter, folder: Path, kinds: Sequence[str]) -> Iterator[list[Node]]:
    """Give running nodes, one a county, on databases of these kinds, that know each other and have read nothing."""
    wire()
    with ExitStack() as opened:
        nodes = []
        for county, kind in zip(COUNTIES, kinds, strict=True):
            own = folder / IDS[county]
            own.mkdir(parents=True)
            url = opened.enter_context(migrated_database(kind, own))
            nodes.append(opened.enter_context(new_node(starter, own, IDS[county], NAMES[county], url)))
        with ExitStack() as databases:
            known = {node: databases.enter_context(node.database()) for node in nodes}
            for county, node in zip(COUNTIES, nodes, strict=True):
                _fill(known[node], node.id, "NO" if county.startswith("NO") else "SE", PLACES[county])
            for node in nodes:
                for other in nodes:
                    if other is not node:
                        _introduce(node, known[node], other, known[other])
        all_started(nodes)
        yield nodes


def _introduce(node: Node, database: Database, other: Node, others: Database) -> None:
    """Let the operator of `other` write `node` down, as the commands do."""
    own = NodeRead(id=node.id, name=node.name, url=node.proxy.url)
    with database.writes() as session:
        told = peers.introduction(session, own, node.secret, other.id)
    with others.writes() as session:
        peers.add(session, told, own_id=other.id, may_be_private=True)


def _fill(database: Database, home: str, country: str, area: str) -> None:
    """Write a few records of each kind that is asked for."""
    at = {"country": country, "area_code": area}
    words: dict[str, Any] = {"name": f"Exempelkommunen {home}", "kind": "municipality", "source": "exempel"}
    with database.writes() as session:
        organizations.register(session, OrganizationCreate.model_validate(at | words), home=home)
        for number, title in enumerate(("Städning av skolor", "Kantine og catering", "Städning")):
            said = {"name": f"Exempel {title} {number}", "offerings": [offering(title=title)], "eligibility": []}
            enterprises.register(session, enterprise(**at, **said, service_areas=[area], place=None), home=home)
        support_offers.register(
            session, support_offer(**at, service_areas=[area]), home=home, status=OfferStatus.PUBLISHED
        )
        needs.register(session, need(country=country, areas=[area]), home=home, status=NeedStatus.PUBLISHED)
        places = {"country": country, "buyer_area": area, "lots": [lot(area_codes=[area])]}
        opportunities.publish(session, opportunity(**places), home=home)
