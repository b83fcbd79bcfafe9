"""Pages of a list: `page` from 1, `limit` up to 100, links to the next and the previous."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, Self, TypeVar
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


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a page and both its neighbours would be."""

    here: str
    following: str
    preceding: str

    @classmethod
    def of(cls, request: Request, query: PageQuery) -> Self:
        """Return the addresses around the page that `request` asks for, with its other parameters."""
        path = quote(request.scope["path"])
        pairs = [(k, v) for k, v in request.query_params.multi_items() if k not in {"page", "limit"} and v]

        def address(number: int) -> str:
            return f"{path}?{urlencode([*pairs, ('page', number), ('limit', query.limit)])}"

        return cls(address(query.page), address(query.page + 1), address(query.page - 1))

    def links(self, query: PageQuery, shown: int, total: int) -> dict[str, str | None]:
        """Return the fields of `Links` for a page with `shown` of `total` items."""
        more = query.offset + shown < total and (query.page + 1) * query.limit <= DEEPEST
        return {
            "self": self.here,
            "next": self.following if more else None,
            "prev": self.preceding if query.page > 1 else None,
        }


def link_header(links: Mapping[str, str | None]) -> str:
    """Return the value of the `Link` header (RFC 8288) that says what `links` says; empty for an only page."""
    return ", ".join(f'<{links[rel]}>; rel="{rel}"' for rel in ("next", "prev") if links[rel])


def page_of(
    items: list[Item],
    total: int,
    query: PageQuery,
    request: Request,
    response: Response,
    *,
    listing: object | None = None,
) -> Page[Item]:
    """Wrap `items` as the page that `query` asked for, and set the `Link` header.

    With its `listing` the same question is answered faster the next time (core/lists.py).
    """
    addresses = Addresses.of(request, query)
    if listing is not None:
        request.state.listed = listing, query, addresses
    links = addresses.links(query, len(items), total)
    if header := link_header(links):
        response.headers["Link"] = header
    return Page(
        items=items,
        page=query.page,
        limit=query.limit,
        total=total,
        total_is_capped=False,
        links=Links.model_validate(links),
    )
