"""Completeness over HTTP."""

import httpx

from app.core.db import Database
from app.enterprises import service as enterprises
from tests import factories


def test_completeness_is_public_and_in_the_readers_language(app_client: httpx.Client, database: Database):
    with database.writes() as session:
        enterprises.register(session, factories.enterprise(), home="test", record_id="cleaner")
    answer = app_client.get("/api/v1/enterprises/cleaner/completeness", headers={"accept-language": "nb"})
    assert answer.status_code == 200
    assert answer.json() == {
        "matches": 0,
        "meets": 0,
        "effects": [
            {
                "field": "confirmation",
                "pointer": "/confirmed_on",
                "value": None,
                "label": None,
                "text": "Bekreft at opplysningene fortsatt gjelder",
                "gain": {
                    "opportunities": 0,
                    "raised": 0,
                    "points": 0,
                    "at_most": False,
                    "text": "Ingen flere poeng, men én usikkerhet mindre.",
                },
            }
        ],
    }


def test_nobodys_completeness_is_not_found(app_client: httpx.Client):
    answer = app_client.get("/api/v1/enterprises/nobody/completeness")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("application/problem+json")
