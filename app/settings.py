"""The environment, read once into one frozen object. Only entry points read it."""

from functools import cache
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Every setting of Samnod; each is the environment variable `SAMNOD_` + its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="SAMNOD_", frozen=True, extra="ignore")

    database_url: str = Field(default="", description="sqlite:///file or postgresql+psycopg://…; empty: a file in var")
    var_dir: Path = Field(default=Path("var"), description="Where the node keeps its files")
    node: str = Field(default="local", max_length=64, description="Name of this node, written as home of its records")
    node_name: str = Field(default="", description="The region this node serves, shown at the foot of every page")
    base_url: str = Field(default="", description="Public address of this node, for links in feeds and documents")
    assets: str = Field(default="auto", pattern="^(auto|vendor|cdn)$", description="Where front-end files come from")
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$", description="Least level logged")
    data_dir: Path = Field(default=Path("../shared/data"), description="Development data, for tests and benchmarks")

    @property
    def database(self) -> str:
        """The database URL: the one set, or a SQLite file in the var folder."""
        return self.database_url or f"sqlite:///{self.var_dir / 'samnod.db'}"


@cache
def settings() -> Settings:
    """Return the settings of this process."""
    return Settings()
