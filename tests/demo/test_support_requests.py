"""The demo's requests for support: something in each list, and nothing twice."""

from app.accounts.vocabulary import Role
from app.core.clock import today
from app.core.db import Database
from app.demo import service as demo
from app.demo.organizations import organization_id
from app.support_requests import service
from app.support_requests.schemas import SupportRequestFilters
from app.support_requests.vocabulary import RequestState
from app.wiring import wire
from tests.engines import mostly_sqlite
from tests.support_requests.ground import caller


@mostly_sqlite
def test_the_demo_asks_once(database: Database) -> None:
    wire()
    with database.writes() as session:
        assert demo.support_requested(session) == 0
        demo.load(session, home="here", today=today())
    for asked in (4, 0):
        with database.writes() as session:
            assert demo.support_requested(session) == asked
    firm = caller(Role.ENTERPRISE, organization_id("enterprise"))
    provider = caller(Role.SUPPORT_PROVIDER, organization_id("support_provider"))
    with database.reads() as session:
        mine, _, _ = service.search(session, SupportRequestFilters(), firm)
        assert [(one.state, one.is_outcome_asked) for one in mine] == [
            (RequestState.SENT, False),
            (RequestState.ACCEPTED, True),
        ]
        theirs, total, _ = service.search(session, SupportRequestFilters(), provider)
        assert (total, {one.days_waited for one in theirs}) == (4, {9, 2, 3})
        assert service.waiting(session, provider).to_answer == 2
