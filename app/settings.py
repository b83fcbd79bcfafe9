"""The environment, read once into one frozen object. Only entry points read it."""

from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from app.mail.smtp import server_of
from app.mail.vocabulary import ADDRESS

_DATABASES = {"sqlite", "sqlite+pysqlite", "postgresql+psycopg"}
# How others write the address of a PostgreSQL database.
_SHORT_FORMS = ("postgresql://", "postgres://")
_DATABASE_WANTED = "must begin with sqlite:///, followed by a file, or with postgresql+psycopg://"


def _database_url(url: str) -> str:
    """Return the URL of a database that Samnod can use; `postgresql://` and `postgres://` are read as psycopg's."""
    for short in _SHORT_FORMS:
        if url.startswith(short):
            url = f"postgresql+psycopg://{url.removeprefix(short)}"
    try:
        known = not url or make_url(url).drivername in _DATABASES
    except (ArgumentError, ValueError):
        known = False
    if not known:
        raise ValueError(_DATABASE_WANTED)
    return url


def _mail_server(url: str) -> str:
    """Refuse what names no mail server."""
    if url:
        server_of(url)
    return url


def _mail_address(address: str) -> str:
    """Refuse what is no address: it would be found out when the first letter is sent."""
    if address and not ADDRESS.fullmatch(address):
        raise ValueError("must be an e-mail address, such as samnod@example.org")
    return address


def _exempt(names: str) -> str:
    """Refuse what looks like an address or a network and is none; ids of keys hold neither dots nor colons."""
    for name in names.split(","):
        if "." in name or ":" in name:
            ip_network(name.strip(), strict=False)
    return names


def _networks(names: str) -> str:
    """Refuse what is no address and no network."""
    for name in filter(None, (one.strip() for one in names.split(","))):
        ip_network(name, strict=False)
    return names


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


class Settings(BaseSettings):
    """Every setting of Samnod; each is the environment variable `SAMNOD_` + its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="SAMNOD_", frozen=True, extra="ignore")

    database_url: Annotated[str, AfterValidator(_database_url)] = Field(
        default="", description="sqlite:///file or postgresql+psycopg://…; empty: a file in var"
    )
    var_dir: Path = Field(default=Path("var"), description="Where the node keeps its files")
    node: str = Field(default="local", max_length=64, description="Name of this node, written as home of its records")
    node_name: str = Field(default="", description="The region this node serves, shown at the foot of every page")
    base_url: str = Field(default="", description="Public address of this node, for links in feeds and documents")
    secret_key: str = Field(
        default="", repr=False, description="What keys are hashed with, 32 characters or more; empty: a file in var"
    )
    contact_email: str = Field(default="", description="Whom to ask about the API, named in its document: a function")
    assets: Annotated[Literal["auto", "vendor", "cdn"], BeforeValidator(_lower)] = Field(
        default="auto", description="Where front-end files come from"
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = Field(
        default="info", description="Least level logged"
    )
    rate_limits: Annotated[bool, BeforeValidator(_lower)] = Field(
        default=True, description="Limit how often an address or a key may ask; off for measurements"
    )
    rate_limit_exempt: Annotated[str, AfterValidator(_exempt)] = Field(
        default="", description="Who is not limited, by commas: addresses, networks, ids of keys"
    )
    smtp_url: Annotated[str, AfterValidator(_mail_server)] = Field(
        default="", repr=False, description="smtp://user:password@host:587 or smtps://…:465; empty: no mail is sent"
    )
    mail_from: Annotated[str, AfterValidator(_mail_address)] = Field(
        default="", description="Whom letters come from: the address of a function"
    )
    trusted_proxies: str = Field(
        default="",
        description="Addresses or networks of proxies whose X-Forwarded-For is believed, by commas; empty: nobody's",
    )
    metrics_from: Annotated[str, AfterValidator(_networks)] = Field(
        default="127.0.0.1,::1", description="Addresses or networks that may read /metrics, by commas; empty: nobody"
    )
    data_dir: Path = Field(default=Path("../shared/data"), description="Development data, for tests and benchmarks")

    @property
    def database(self) -> str:
        """The database URL: the one set, or a SQLite file in the var folder."""
        return self.database_url or f"sqlite:///{self.var_dir / 'samnod.db'}"


@cache
def settings() -> Settings:
    """Return the settings of this process."""
    return Settings()
