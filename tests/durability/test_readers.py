"""More readers at once than there are connections: each waits its turn, and nobody waits for one who waits for him."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx

from app.core.db import Database
from app.enterprises import service as enterprises
from tests import factories

READERS = 60


def test_many_readers_of_one_record_are_all_answered(app_client: httpx.Client, database: Database):
    with database.writes() as session:
        record = enterprises.register(session, factories.enterprise(), home="test").id
    with ThreadPoolExecutor(READERS) as pool:
        answers = list(pool.map(lambda _: app_client.get(f"/api/v1/enterprises/{record}"), range(READERS)))
    assert Counter(answer.status_code for answer in answers) == {200: READERS}
