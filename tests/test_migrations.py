"""Migrations run up and down on both databases, lose no row on the way, and make what the table classes describe."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, Enum, inspect, text
from sqlmodel import SQLModel, select

import app.tables
from app.core.db import Database
from app.core.text import sort_key
from app.enterprises.tables import Enterprise, EnterpriseAlias
from app.enterprises.vocabulary import Kind, Lifecycle, Ownership
from tests.databases import ROOT, empty_database, migrated_database

assert app.tables, "imported for the tables that it brings along"


def alembic_config(url: str, *more_versions: Path) -> Config:
    """Return Alembic's configuration for the database at `url`, with throwaway migrations from other folders."""
    config = Config(ROOT / "alembic.ini")
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    if more_versions:
        folders = [ROOT / "migrations" / "versions", *more_versions]
        config.set_main_option("version_locations", ":".join(map(str, folders)))
    return config


@pytest.fixture
def empty_url(database_kind: str, tmp_path: Path) -> Iterator[str]:
    """Give the URL of a database without tables."""
    with empty_database(database_kind, tmp_path) as url:
        yield url


@pytest.fixture
def engine(database: Database) -> Engine:
    """Give an engine on a migrated database."""
    return database.write_engine


def tables_of(url: str) -> set[str]:
    """Return the names of the tables in the database."""
    database = Database(url)
    names = set(inspect(database.write_engine).get_table_names())
    database.close()
    return names - {"alembic_version"}


def test_up_down_and_up_again(empty_url: str):
    config = alembic_config(empty_url)
    command.upgrade(config, "head")
    made = tables_of(empty_url)
    assert made >= set(SQLModel.metadata.tables)
    command.downgrade(config, "base")
    assert tables_of(empty_url) == set()
    command.upgrade(config, "head")
    assert tables_of(empty_url) == made


def test_every_step_down_and_up(empty_url: str):
    config = alembic_config(empty_url)
    for script in reversed(list(ScriptDirectory.from_config(config).walk_revisions())):
        command.upgrade(config, script.revision)
        command.downgrade(config, "-1")
        command.upgrade(config, script.revision)


def test_migrations_and_table_classes_agree(empty_url: str):
    config = alembic_config(empty_url)
    command.upgrade(config, "head")
    command.check(config)


def test_there_is_one_head():
    assert len(ScriptDirectory.from_config(Config(ROOT / "alembic.ini")).get_heads()) == 1


def test_every_foreign_key_is_in_the_database(engine: Engine):
    found = inspect(engine)
    for table in SQLModel.metadata.sorted_tables:
        made = {
            (tuple(key["constrained_columns"]), key["referred_table"], key["options"].get("ondelete"))
            for key in found.get_foreign_keys(table.name)
        }
        meant = {
            (tuple(key.column_keys), key.referred_table.name, key.ondelete) for key in table.foreign_key_constraints
        }
        assert made == meant, table.name


# `alembic check` sees neither a new word of an enum nor a changed CHECK: both are written by hand.
def test_every_word_of_an_enum_is_allowed_by_the_database(engine: Engine):
    found = inspect(engine)
    checked = 0
    for table in SQLModel.metadata.sorted_tables:
        rules = " ".join(rule["sqltext"] for rule in found.get_check_constraints(table.name))
        for column in table.columns:
            if isinstance(column.type, Enum):
                checked += 1
                assert [word for word in column.type.enums if f"'{word}'" not in rules] == [], f"{table}.{column.name}"
    assert checked


def add_enterprise_with_alias(database: Database) -> None:
    """Write an enterprise and a row that belongs to it."""
    enterprise = Enterprise(
        home="test",
        source="test",
        name="Exempel Städ",
        name_sort=sort_key("Exempel Städ"),
        country="SE",
        kind=Kind.ENTERPRISE,
        lifecycle=Lifecycle.ACTIVE,
        public_ownership=next(iter(Ownership)),
        language="sv",
    )
    with database.writes() as session:
        session.add(enterprise)
        session.flush()
        session.add(EnterpriseAlias(enterprise_id=enterprise.id, name="Städarna"))


def write_migration(folder: Path, body: str) -> Path:
    """Write a throwaway migration that follows the last real one; return its folder."""
    head = ScriptDirectory.from_config(Config(ROOT / "alembic.ini")).get_current_head()
    (folder / "more").mkdir()
    (folder / "more" / "throwaway.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n"
        f"revision = 'throwaway'\ndown_revision = {head!r}\n"
        f"def upgrade():\n    {body}\n"
        "def downgrade():\n    pass\n"
    )
    return folder / "more"


# On SQLite a changed table is copied and the old one dropped, and with foreign keys on its children go with it.
def test_a_changed_parent_table_keeps_its_children(database: Database, database_url: str, tmp_path: Path):
    add_enterprise_with_alias(database)
    more = write_migration(
        tmp_path,
        "with op.batch_alter_table('enterprise') as batch:\n        batch.alter_column('name', type_=sa.String(400))",
    )
    command.upgrade(alembic_config(database_url, more), "head")
    with database.reads() as session:
        assert [alias.name for alias in session.exec(select(EnterpriseAlias))] == ["Städarna"]
        assert session.exec(select(Enterprise)).one().name == "Exempel Städ"


# PostgreSQL keeps its foreign keys on while it migrates and needs no such check.
def test_a_migration_that_leaves_orphans_changes_nothing_on_sqlite(tmp_path: Path):
    with migrated_database("sqlite", tmp_path) as url:
        database = Database(url)
        add_enterprise_with_alias(database)
        more = write_migration(tmp_path, "op.execute('DELETE FROM enterprise')")
        with pytest.raises(RuntimeError, match="nothing was changed"):
            command.upgrade(alembic_config(url, more), "head")
        with database.reads() as session:
            assert session.connection().execute(text("SELECT count(*) FROM enterprise")).scalar() == 1
        database.close()
