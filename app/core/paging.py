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
LONGEST = 100


class PageQuery(SchemaIn):
    """The part of a list's parameters that says which page."""

    page: int = Field(default=1, ge=1, le=DEEPEST, description="Page number, from one")
    limit: int = Field(
        default=20, ge=1, le=LONGEST, validate_default=True, description="Rows a page, at most one hundred"
    )

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


def is_within_reach(page: int, limit: int) -> bool:
    """Tell whether there may be such a page: from one, of at most a hundred rows, and not too deep."""
    return page >= 1 and 1 <= limit <= LONGEST and page * limit <= DEEPEST


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses of a list's pages: all they have in common, up to the number of the page."""

    common: str

    @classmethod
    def of(cls, request: Request) -> Self:
        """Return those of the list that `request` asks for, with its other parameters."""
        pairs = [(k, v) for k, v in request.query_params.multi_items() if k not in {"page", "limit"} and v]
        return cls(f"{quote(request.scope['path'])}?{urlencode([*pairs, ('page', '')])}")

    def links(self, page: int, limit: int, *, rows_until_here: int, total: int) -> dict[str, str | None]:
        """Return the fields of `Links` for a page, when `total` rows are found and so many up to the page's last."""

        def address(number: int) -> str:
            return f"{self.common}{number}&limit={limit}"

        more = rows_until_here < total and is_within_reach(page + 1, limit)
        return {
            "self": address(page),
            "next": address(page + 1) if more else None,
            "prev": address(page - 1) if page > 1 else None,
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
    addresses = Addresses.of(request)
    if listing is not None:
        request.state.listed = listing, query, addresses
    links = addresses.links(query.page, query.limit, rows_until_here=query.offset + len(items), total=total)
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
