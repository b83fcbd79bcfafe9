"""The OpenAPI document as a whole application makes it, without a database behind it."""

import json
from functools import cache
from typing import Any

from fastapi import FastAPI
from starlette.routing import Mount

from app.main import create_app
from app.settings import Settings


def api_of(**settings: Any) -> FastAPI:
    """Return the API of an application with these settings; its database is never opened."""
    site = create_app(Settings(database_url="sqlite://", secret_key="x" * 32, **settings))
    api = next(route.app for route in site.routes if isinstance(route, Mount) and route.path == "/api/v1")
    assert isinstance(api, FastAPI)
    return api


@cache
def document() -> dict[str, Any]:
    """Return the document as the program makes it today, as a reader gets it; not to be changed."""
    made: dict[str, Any] = json.loads(json.dumps(api_of().openapi()))
    return made
