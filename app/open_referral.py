"""The projection that Open Referral's readers know: its own application, mounted at /hsds, read by everybody."""

from typing import Any, Final

from fastapi import APIRouter, FastAPI

from app.api import key_holder, operation_name
from app.core import openapi, problem
from app.core.limits import Limited
from app.core.traffic import Compression, HeadAsGet, NoSniffing, OpenToAll, Revalidation
from app.document import MORE_ABOUT, about, key_of
from app.hsds.routes import router
from app.hsds.vocabulary import PROFILE, VERSION

_ABOUT: Final = f"""
Support for social enterprises, and for the public bodies that meet them, as Open Referral's Human Services Data
Specification (HSDS) {VERSION}: {PROFILE}. Reads only, without a key, for pages of any site. A field that is not known
is left out. What else Samnod tells, and how to write, is in the API under `/api/v1`.
"""


def _operations() -> APIRouter:
    found = APIRouter(generate_unique_id_function=operation_name)
    found.include_router(router)
    return found


# Once for the process, as the API's own.
_OPERATIONS: Final = _operations()


def create_projection(state: dict[str, Any], *, base_url: str = "", contact_email: str = "") -> FastAPI:
    """Return the application; `state` is what its routes read (`database`), `base_url` the node's public address."""
    told = about(base_url, contact_email)
    site = told["servers"][0]["url"].removesuffix("/api/v1")
    told |= {
        "title": "Samnod as HSDS",
        "summary": "Support offers in the form of Open Referral",
        "description": _ABOUT,
        "servers": [{"url": f"{site}/hsds", "description": "This node"}],
        "openapi_tags": [],
        "openapi_external_docs": {"description": "The standard", "url": PROFILE},
    }
    app = FastAPI(
        telemetry={"tracing": False, "metrics": False, "logs": False},
        **told,
        root_path_in_servers=False,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=operation_name,
        redirect_slashes=False,
    )
    for name, value in {**state, "base_url": base_url}.items():
        setattr(app.state, name, value)
    problem.install(app)
    app.router.routes.extend(_OPERATIONS.routes)
    openapi.install(app, {}, key_of, MORE_ABOUT)
    # The last one added is the first to see a request.
    app.add_middleware(Revalidation)
    app.add_middleware(Compression, minimum_size=2048, compresslevel=4)
    app.add_middleware(HeadAsGet)
    app.add_middleware(NoSniffing)
    app.add_middleware(Limited, limits=state["limits"], key_of=key_holder, previews=frozenset())
    app.add_middleware(OpenToAll)
    return app
