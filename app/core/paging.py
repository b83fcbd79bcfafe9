"""Pages of a list: `page` from 1, `limit` up to 100, links to the next and the previous."""

from typing import Generic, TypeVar
from urllib.parse import quote, urlencode

from fastapi import Request, Response
from pydantic import Field, ValidationInfo, field_validator

from app.core.errors import Message
from app.core.i18n import N_
from app.core.schema import SchemaIn, SchemaOut

Item = TypeVar("Item")
DEEPEST = 10_000


class PageQuery(SchemaIn):
    """The part of a list's parameters that says which page."""

    page: int = Field(default=1, ge=1, le=DEEPEST, description="Page number, from one")
    limit: int = Field(default=20, ge=1, le=100, validate_default=True, description="Rows a page, at most one hundred")

    @field_validator("limit")
    @classmethod
    def not_too_deep(cls, limit: int, info: ValidationInfo) -> int:
        """Refuse what would make the database count past its rows: walk `/changes` for that."""
        if info.data.get("page", 1) * limit > DEEPEST:
            raise ValueError(Message(N_("page × limit may be at most {n}"), n=DEEPEST))
        return limit

    @property
    def offset(self) -> int:
        """How many rows come before this page."""
        return (self.page - 1) * self.limit


class Links(SchemaOut):
    """Addresses of this page and its neighbours, relative to the server."""

    self: str
    next: str | None
    prev: str | None


class Page(SchemaOut, Generic[Item]):
    """One page of a list."""

    items: list[Item]
    page: int
    limit: int
    total: int
    total_is_capped: bool
    links: Links


def page_of(items: list[Item], total: int, query: PageQuery, request: Request, response: Response) -> Page[Item]:
    """Wrap `items` as the page that `query` asked for, and set the `Link` header."""

    def address(number: int) -> str:
        pairs = [(k, v) for k, v in request.query_params.multi_items() if k not in {"page", "limit"} and v]
        path = quote(request.scope["path"])
        return f"{path}?{urlencode([*pairs, ('page', number), ('limit', query.limit)])}"

    more = query.offset + len(items) < total and (query.page + 1) * query.limit <= DEEPEST
    links = Links(
        self=address(query.page),
        next=address(query.page + 1) if more else None,
        prev=address(query.page - 1) if query.page > 1 else None,
    )
    header = [f'<{url}>; rel="{rel}"' for rel, url in (("next", links.next), ("prev", links.prev)) if url]
    if header:
        response.headers["Link"] = ", ".join(header)
    return Page(items=items, page=query.page, limit=query.limit, total=total, total_is_capped=False, links=links)
