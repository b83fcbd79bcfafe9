"""From which other node a record is: said on its page and in lists, with the way to it at its home.

Asked when a page is drawn, once for a whole list; a node that knows no other asks for nothing but that.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

from fastapi import Request

from app.core.db import Database
from app.journal import copies
from app.journal.schemas import NodeRead
from app.sync import status

# What the addresses of pages call a record, and what nodes call it among themselves.
_TYPES: Final = {
    "enterprise_id": "enterprise",
    "opportunity_id": "opportunity",
    "organization_id": "organization",
    "support_offer_id": "support_offer",
    "need_id": "need",
    "inventory_id": "needs_inventory",
}
_PLACES: Final = {"enterprises": "enterprise", "opportunities": "opportunity", "support-offers": "support_offer"}
# What the addresses of forms hold after the record's id: all that can only be done at its home.
_FORMS: Final = (
    *("/ask", "/claim", "/contacts", "/correct", "/edit", "/report"),
    *("/step", "/{moving}", "/{need_step}"),
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Another node, and a record's address there, which chooses the reader's language."""

    node: NodeRead
    url: str

    @property
    def name(self) -> str:
        """What the node is called."""
        return self.node.name


@dataclass(slots=True)
class Origins:
    """What is known in one request of where records are from."""

    database: Database
    own: str
    nodes: dict[str, NodeRead] | None = None
    homes: dict[tuple[str, str], str | None] = field(default_factory=dict)

    def at(self, home: str, record_type: str, record_id: str) -> Origin | None:
        """Return the origin of a record whose home is known; None for this node's own."""
        node = self._nodes().get(home) if home != self.own else None
        return Origin(node, copies.address_at_home(node, record_type, record_id)) if node else None

    def told(self, home: str, url: str) -> Origin | None:
        """Return the origin that a refusal names."""
        node = self._nodes().get(home)
        return Origin(node, url) if node else None

    def expect(self, record_type: str, record_ids: Iterable[str]) -> None:
        """Ask for many at once, before each is asked for."""
        wanted = [one for one in record_ids if (record_type, one) not in self.homes]
        if wanted and self._nodes():
            with self.database.reads() as session:
                found = status.homes(session, record_type, wanted)
            self.homes |= {(record_type, one): found.get(one) for one in wanted}

    def of(self, record_type: str, record_id: str) -> Origin | None:
        """Return the origin of a record; None for this node's own."""
        self.expect(record_type, [record_id])
        home = self.homes.get((record_type, record_id))
        return self.at(home, record_type, record_id) if home else None

    def _nodes(self) -> dict[str, NodeRead]:
        if self.nodes is None:
            with self.database.reads() as session:
                self.nodes = copies.nodes(session)
        return self.nodes


def origins_of(request: Request) -> Origins:
    """Return what this request knows of where records are from."""
    if not hasattr(request.state, "origins"):
        request.state.origins = Origins(request.app.state.database, request.app.state.home)
    found: Origins = request.state.origins
    return found


def answer_at(origin: Origin, enterprise_id: str = "") -> str:
    """Return where another node's opportunity is answered, without an account, by an enterprise that is known there."""
    asked = {"answer": "1"} | ({"enterprise": enterprise_id} if enterprise_id else {})
    return f"{origin.url}?{urlencode(asked)}"


def own_only(request: Request) -> None:
    """Refuse the forms that change another node's record, or send something about it.

    Raises:
        Forbidden: with the record's address at its home.
    """
    template: str = request.scope["route"].path
    named = [(kind, request.path_params[name]) for name, kind in _TYPES.items() if name in request.path_params]
    if "record_id" in request.path_params and request.path_params.get("place") in _PLACES:
        named.append((_PLACES[request.path_params["place"]], request.path_params["record_id"]))
    if not named or not any(form in template for form in _FORMS):
        return
    for record_type, record_id in named:
        origin = origins_of(request).of(record_type, record_id)
        if origin is not None:
            database: Database = request.app.state.database
            with database.reads() as session:
                copies.refuse_copy(session, origin.node.id, record_type, record_id)
