"""What other nodes ask: an application of its own beside the API, at /sync/v1 and /.well-known/samnod-node."""

from typing import Any, Final

from fastapi import APIRouter, FastAPI

from app.core import problem
from app.core.limits import Limited
from app.core.traffic import HeadAsGet, NoSniffing
from app.sync.routes import peer_holder, router


def _operations() -> APIRouter:
    found = APIRouter()
    found.include_router(router)
    return found


# Once for the process, as the API's own.
_OPERATIONS: Final = _operations()


def create_node_api(state: dict[str, Any], *, node_name: str = "", base_url: str = "") -> FastAPI:
    """Return the application; `state` is what its routes read (`database`, `home`, `secret`).

    Its addresses are whole ones. It has no document: nodes of one version of the protocol know each other.
    """
    app = FastAPI(
        telemetry={"tracing": False, "metrics": False, "logs": False},
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    for name, value in {**state, "node_name": node_name, "base_url": base_url}.items():
        setattr(app.state, name, value)
    problem.install(app)
    app.router.routes.extend(_OPERATIONS.routes)
    # The last one added is the first to see a request.
    app.add_middleware(HeadAsGet)
    app.add_middleware(NoSniffing)
    app.add_middleware(Limited, limits=state["limits"], key_of=peer_holder, previews=frozenset())
    return app
