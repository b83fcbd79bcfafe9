"""The demo's needs inventories: labelled as made up, with numbers that are shown and numbers that are hidden."""

from datetime import date

from app.core.clock import today
from app.core.db import Database
from app.demo import service as demo
from app.demo.vocabulary import inventory_id
from app.inventories import service as inventories
from app.inventories.vocabulary import Status
from app.wiring import wire
from tests.engines import mostly_sqlite


@mostly_sqlite
def test_the_demo_holds_rounds_once_with_something_shown_and_something_hidden(database: Database):
    wire()
    for day, written in ((today(), 3), (date(2027, 5, 1), 0)):
        with database.writes() as session:
            assert demo.surveyed(session, home="here", today=day, secret=b"secret") == written
    with database.reads() as session:
        found = inventories.results(session, inventory_id("later"))
        both = inventories.compare(session, [inventory_id("earlier"), inventory_id("later")])
    assert (found.inventory.is_demo, found.inventory.status, found.answered) == (True, Status.CLOSED, 56)
    assert found.inventory.name.startswith("Exempel")
    assert [row.area for row in found.rows] == ["SE-22", "SE-25", None]
    needing = [row.needing for question in found.questions for row in question.rows]
    assert None in needing
    assert any(needing)
    assert any(None not in row.needing for question in both.questions for row in question.rows if row.area)
