"""The rules that keep the house in order (DESIGN, section 2), read from the source with the standard library's `ast`.

Each rule is a function that takes one module's name and syntax tree and returns complaints. Each is run over the whole
house, and over bad and good examples of its own, so that a rule which finds nothing is known to work.
"""

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# A room imports only from a lower floor.
FLOORS = [
    "core",
    "reference",
    "legal",
    "journal",
    "audit",
    "jobs",
    "mail",
    "accounts",
    "organizations",
    "enterprises",
    "claims",
    "contacts",
    "support_offers",
    "support_requests",
    "needs",
    "inventories",
    "gaps",
    "intake",
    "hsds",
    "opportunities",
    "matching",
    "responses",
    "moderation",
    "digests",
    "notices",
    "sync",
    "demo",
    "web",
]
# The roof: what assembles the house stands in app/ itself, may enter every room by any door, and is imported by none.
ROOF = {
    "api",
    "cli",
    "document",
    "health",
    "logs",
    "main",
    "metrics",
    "migrating",
    "node_api",
    "open_referral",
    "secret",
    "settings",
    "tables",
    "terminal",
    "wiring",
}
ROOF |= {"sync_jobs", "worker", "worker_commands", "audit_commands", "audit_routes", "mail_commands"}
ROOF |= {"backups", "key_commands", "registry_commands", "sync_commands", "sync_run_commands", "user_commands"}
ROOF |= {"nodes_commands"}
# The only modules that read settings, with migrations/env.py.
ENTRY_POINTS = {"app.main", "app.cli", "app.backups.commands", "app.worker_commands", "app.nodes_commands"}
# Its processes are nodes, each with settings of its own, and run the command that an operator would type.
BECOMES_THE_COMMAND = {"app.nodes_commands"}
# Run by a developer to make a room's data files; nobody imports them.
SCRIPTS = {"app.reference.build_data"}

# Inside a room a module imports only from a lower shelf. A module that is not named has no place yet: name it here.
# A room whose records travel to other nodes has `replicas`, above its service.
SHELVES = [
    {"vocabulary"},
    {"rules", "reservation"},
    {"schemas", "tables"},
    {"queries"},
    {"service"},
    {"routes", "replicas"},
]
SHELVES_OF_ROOM = {
    # The lists are read from files at start; `fields` are the types that other rooms' schemas are made of.
    # `official_files` reads what `imports` writes to the tables.
    "reference": [
        {"vocabulary"},
        {"files"},
        {"areas", "cpv", "vocabularies"},
        {"fields", "official_files"},
        {"schemas", "tables"},
        {"imports", "queries"},
        {"service"},
        {"routes", "build_data"},
    ],
    # A notice is read from the XML upwards: fields, then parts of the notice, then the whole.
    "notices": [
        {"vocabulary"},
        {"rules", "schemas", "tables"},
        {"privacy", "queries", "xml"},
        {"fields"},
        {"reader"},
        {"amounts", "identity", "places", "texts"},
        {"parties"},
        {"buyer", "lots", "results", "unmapped"},
        {"mapping"},
        {"eforms", "render"},
        {"finding", "endings"},
        {"service"},
        {"routes"},
    ],
    "legal": [{"vocabulary"}, {"parameters", "days"}, {"rules", "schemas"}, {"service"}],
    # A table is read upwards: the file, its columns and cells, its rows; what is read is written as records.
    "enterprises": [
        {"vocabulary"},
        {"rules", "spreadsheet"},
        {"schemas", "tables", "columns", "cells"},
        {"queries", "records", "reports"},
        {"drafts"},
        {"rows"},
        {"service"},
        {"importing", "exporting", "replicas"},
        {"routes"},
    ],
    # What is found is also written out as a table.
    "contacts": [
        {"vocabulary"},
        {"rules"},
        {"schemas", "tables"},
        {"queries", "exporting"},
        {"service"},
        {"routes"},
    ],
    # A request is held before anything is done with it, from one of its two sides.
    "intake": [
        {"vocabulary"},
        {"rules"},
        {"schemas", "tables"},
        {"queries"},
        {"ground", "letters"},
        {"requesting", "handling"},
        {"service"},
        {"routes"},
    ],
    # One opportunity is read, then written whole, then led through its life.
    "opportunities": [
        {"vocabulary"},
        {"rules", "reservation"},
        {"schemas", "tables"},
        {"queries", "reading"},
        {"saving"},
        {"lifecycle", "hints"},
        {"service"},
        {"routes", "replicas"},
    ],
    # One offer is written and read whole, then led through its life; `quality` judges what is read. Hiding an offer and
    # correcting it end in a step of its life or a change.
    "support_offers": [
        {"vocabulary"},
        {"rules"},
        {"schemas", "tables"},
        {"queries", "quality", "ranking", "distances"},
        {"records", "index", "wording"},
        {"lifecycle", "sifting", "supply"},
        {"searching"},
        {"corrections", "hiding", "facets", "publishing", "replicas"},
        {"service"},
        {"routes", "correction_routes"},
    ],
    # A request is held before anything is done with it; the letters know whom to write to.
    "support_requests": [
        {"vocabulary"},
        {"rules"},
        {"schemas", "tables"},
        {"queries"},
        {"ground", "letters"},
        {"sending", "answering", "experience", "jobs"},
        {"service"},
        {"routes"},
    ],
    "needs": [
        {"vocabulary"},
        {"rules"},
        {"schemas", "tables"},
        {"queries", "advice"},
        {"saying"},
        {"records"},
        {"lifecycle", "replicas"},
        {"service"},
        {"routes"},
    ],
    # What may be published is decided purely, written when a round closes, and read by all that stands above.
    "inventories": [
        {"vocabulary"},
        {"rules", "suppression"},
        {"schemas", "tables"},
        {"queries"},
        {"publishing"},
        {"rounds", "reading"},
        {"invitations", "links", "results", "importing", "replicas"},
        {"exporting"},
        {"service"},
        {"routes"},
    ],
    # Nothing is kept here: other rooms' records are said in the words of a standard, the small before the large.
    "hsds": [
        {"vocabulary"},
        {"schemas"},
        {"taxonomies"},
        {"organizations", "services"},
        {"service"},
        {"routes"},
    ],
    # `permissions` and `writing` are what other rooms' routes are made of.
    "accounts": [
        {"vocabulary"},
        {"rules", "passwords"},
        {"codes", "schemas", "tables"},
        {"queries"},
        {"sessions", "attempts", "two_step"},
        {"people"},
        {"invitations", "resets"},
        {"service"},
        {"permissions", "idempotency"},
        {"writing", "managing"},
    ],
    # An opportunity is held before anything is said about it; `reading` and `jobs` look at what has been said.
    "responses": [
        {"vocabulary"},
        {"rules"},
        {"schemas", "tables"},
        {"queries"},
        {"ground"},
        {"letters", "rows"},
        {"invitations"},
        {"answers", "questions", "shortlist", "asking"},
        {"links", "endings", "boards"},
        {"inboxes", "dialogues", "jobs"},
        {"exporting"},
        {"service"},
        {"routes"},
    ],
    "demo": [
        {"vocabulary"},
        {"organizations", "key_file"},
        {"shares"},
        {
            "logins",
            "dialogues",
            "support_offers",
            "support_requests",
            "contacts",
            "needs",
            "cooperation",
            "inventories",
        },
        {"service"},
    ],
    "journal": [
        {"vocabulary"},
        {"schemas", "tables"},
        {"queries"},
        {"copies"},
        {"service", "generations", "returning"},
        {"kept", "replicas"},
        {"routes"},
    ],
    # What is said of own records below, what is read of others' above; `service` is what pages and metrics show.
    "sync": [
        {"vocabulary"},
        {"canonical", "careful", "kinds", "limits"},
        {"tables", "schemas"},
        {"queries"},
        {"buckets", "doubles", "identity"},
        {"envelopes", "erasures", "pages"},
        {"drafting"},
        {"peers", "applying"},
        {"serving", "calling", "witnesses"},
        {"feed", "ahead"},
        {"reconciling", "leasing"},
        {"checking", "running", "trying"},
        {"pulling"},
        {"restoring", "retention", "status"},
        {"service"},
        {"routes"},
    ],
    # Offers and needs are counted side by side; `misses` holds what is written later.
    "gaps": [
        {"vocabulary"},
        {"rules", "demand"},
        {"schemas", "tables"},
        {"queries"},
        {"mapping", "pairing"},
        {"exporting"},
        {"service"},
        {"misses"},
        {"routes"},
    ],
    # `rules` says how an entry is hashed, for those who check an export; `checking` reads what `service` writes.
    "audit": [{"vocabulary"}, {"rules"}, {"schemas", "tables"}, {"queries"}, {"service", "checking"}],
    # A letter is written out, then brought to the mail server; only `smtp` speaks to it.
    "mail": [{"vocabulary"}, {"rules"}, {"writing_out"}, {"tables"}, {"queries"}, {"service"}, {"smtp"}, {"sending"}],
    # Pure rules from `profile` to `scoring`; what reads or writes a database stands above them.
    "matching": [
        {"vocabulary"},
        {"profile", "weights"},
        {"lexicon"},
        {"terms"},
        {"capacity", "eligibility", "places"},
        {"gate", "plan"},
        {"additions", "scoring"},
        {"schemas", "tables"},
        {"needs", "postings", "whereabouts", "queries", "lanes", "kept", "state", "waiting"},
        {"profiles", "ranking", "texts", "openings"},
        {"index", "reverse"},
        {"forward"},
        {"effects", "meetings"},
        {"answers"},
        {"service"},
        {"routes"},
    ],
}
# Rooms whose order is their own: core is a toolbox, web has pages above its tools (WEB_SHELVES).
UNSHELVED = {"core", "web"}

FRONT_DOOR = {"service", "schemas", "vocabulary"}
# `reservation`, and matching's `eligibility` with the `profile` it reads, are judgements without a database, which
# matching, notices and pages must make alike.
SIDE_DOORS = {
    # A table is read in one way, whatever it holds.
    "enterprises": {"spreadsheet"},
    "reference": {"fields"},
    "accounts": {
        *("permissions", "sessions", "people", "attempts", "invitations", "resets", "managing", "passwords", "writing"),
        "two_step",
    },
    # What is kept until somebody writes, and what waits to be written.
    "journal": {"copies", "generations", "kept", "replicas"},
    "gaps": {"misses"},
    "opportunities": {"reservation", "rules"},
    "matching": {"eligibility", "profile"},
    "support_offers": {"corrections", "publishing"},
    # How the node stands with its peers, for whoever looks at it.
    "sync": {"status"},
}
# These compare what other rooms hold, so they may SELECT from lower tables; only the owner writes.
READERS = {"matching", "notices", "sync"}
# What pages may use of core: the rest is the business of rooms and of the API.
WEB_CORE = {"clock", "db", "errors", "i18n", "limits", "paging", "patching", "preconditions", "schema", "text"}

NETWORK_MODULES = {"httpx", "socket", "smtplib", "ftplib", "urllib.request", "http.client", "requests", "aiohttp"}
# The only ones that speak to others: `smtp` hands letters to the mail server, and is called outside every transaction.
# `calling` asks the sync's peers, likewise.
CLIENTS = {"app.mail.smtp": {"smtplib"}, "app.sync.calling": {"httpx", "socket"}}
MAX_LINES = 500

Rule = Callable[[str, ast.Module], Iterator[str]]


def imports(module: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Give the line and full name of everything a module imports, wherever in the module it does so."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            package = module.split(".")[: -node.level] if node.level else []
            for alias in node.names:
                yield node.lineno, ".".join([*package, *filter(None, [node.module]), alias.name])


def place(name: str) -> tuple[str, str] | None:
    """Return the room and the module in it of a full name: `("enterprises", "service")`; None outside the house."""
    parts = name.split(".")
    if parts[0] == "web":
        return "web", parts[1] if len(parts) > 1 else ""
    if parts[0] == "app" and len(parts) > 1 and parts[1] not in ROOF:
        return parts[1], parts[2] if len(parts) > 2 else ""
    return None


def floors_go_down(module: str, tree: ast.Module) -> Iterator[str]:
    """Rule 1: a room imports only from lower floors, and nothing from the roof; nobody imports an entry point."""
    here = place(module)
    if here and here[0] not in FLOORS:
        yield f"{module}: {here[0]!r} has no floor; give it one in FLOORS, or a place on the ROOF"
        return
    for line, target in imports(module, tree):
        there = place(target)
        top = target.split(".")[1] if target.startswith("app.") else ""
        if here and there and there[0] not in FLOORS:
            yield f"{module}:{line}: {there[0]!r} has no floor"
        elif here and there and FLOORS.index(there[0]) > FLOORS.index(here[0]):
            yield f"{module}:{line}: {here[0]} is below {there[0]} and may not import it"
        elif here and top in ROOF:
            yield f"{module}:{line}: {here[0]} is below app.{top} and may not import it"
        # The command line starts the server, so it alone imports `main`.
        elif (top == "cli" and module not in BECOMES_THE_COMMAND) or (top == "main" and module != "app.cli"):
            yield f"{module}:{line}: nobody imports app.{top}"


def shelves_go_down(module: str, tree: ast.Module) -> Iterator[str]:
    """Rule 2: vocabulary < rules < schemas, tables < queries < service < routes, or the room's own order."""
    here = place(module)
    if not here or here[0] in UNSHELVED or here[1] in ("", "__init__"):
        return
    shelves = SHELVES_OF_ROOM.get(here[0], SHELVES)
    level = {name: height for height, shelf in enumerate(shelves) for name in shelf}
    if here[1] not in level:
        yield f"{module}: {here[1]!r} has no shelf in {here[0]}; give it one in SHELVES_OF_ROOM"
        return
    for line, target in imports(module, tree):
        there = place(target)
        if there and there[0] == here[0] and level.get(there[1], len(shelves)) >= level[here[1]]:
            yield f"{module}:{line}: {here[1]} is not above {there[1]} and may not import it"


def rooms_are_entered_by_their_doors(module: str, tree: ast.Module) -> Iterator[str]:
    """Rule 3: another room is entered by its service, schemas and vocabulary; some may read tables and queries."""
    here = place(module)
    for line, target in imports(module, tree):
        there = place(target)
        if not here or not there or there[0] in ("core", "web", here[0]):
            continue
        doors = FRONT_DOOR | SIDE_DOORS.get(there[0], set())
        if here[0] == "sync":
            # What a room says of its records that travel, and how it writes copies of others'.
            doors = doors | {"replicas"}
        if here[0] in READERS:
            doors = doors | {"tables", "queries"}
        if there[1] not in doors:
            yield f"{module}:{line}: {there[0]} is entered by {', '.join(sorted(doors))}, not by {there[1] or 'itself'}"


def only_owners_write(module: str, tree: ast.Module) -> Iterator[str]:
    """Rule 3, second half: who may read another room's tables makes no row of them and changes none."""
    tables, modules = foreign_tables(module, tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        owner = getattr(node.func.value, "id", "") if isinstance(node.func, ast.Attribute) else ""
        if owner in modules or (not owner and called in tables):
            yield f"{module}:{node.lineno}: only its own room makes a {called}"
        elif called in ("insert", "update", "delete"):
            for touched in [named for named in node.args if is_table(named, tables, modules)]:
                yield f"{module}:{node.lineno}: only its own room may {called} {ast.unparse(touched)}"


def foreign_tables(module: str, tree: ast.Module) -> tuple[set[str], set[str]]:
    """Return the names by which a module knows other rooms' table classes, and their `tables` modules."""
    here = place(module)
    classes, modules = set(), set()
    for node in ast.walk(tree):
        for alias in node.names if isinstance(node, ast.ImportFrom) else []:
            there = place(f"{node.module}.{alias.name}")
            if here and there and there[0] != here[0] and there[1] == "tables":
                (modules if alias.name == "tables" else classes).add(alias.asname or alias.name)
    return classes, modules


def is_table(named: ast.expr, tables: set[str], modules: set[str]) -> bool:
    """Tell whether an expression is a table class known by one of these names, or one out of these modules."""
    if isinstance(named, ast.Attribute):
        return getattr(named.value, "id", "") in modules
    return isinstance(named, ast.Name) and named.id in tables


def pages_use_little_of_core(module: str, tree: ast.Module) -> Iterator[str]:
    """Rule 4: web imports services, schemas, vocabularies (rule 3) and of core only what pages need."""
    for line, target in imports(module, tree):
        there = place(target)
        if module.startswith("web") and there and there[0] == "core" and there[1] not in WEB_CORE:
            yield f"{module}:{line}: pages do not use core.{there[1]}"


def only_entry_points_read_settings(module: str, tree: ast.Module) -> Iterator[str]:
    """Rule 5: only entry points read settings, and only settings read the environment."""
    if module in ENTRY_POINTS | SCRIPTS | {"app.settings"}:
        return
    for line, target in imports(module, tree):
        if target.startswith("app.settings"):
            yield f"{module}:{line}: only entry points read settings; take the value as an argument"
        if target in ("os.environ", "os.getenv"):
            yield f"{module}:{line}: only app.settings reads the environment"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv"):
            yield f"{module}:{node.lineno}: only app.settings reads the environment"


def only_the_database_commits(module: str, tree: ast.Module) -> Iterator[str]:
    """Rule 6: one request is one transaction, committed in core/db.py."""
    for node in ast.walk(tree):
        commits = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
        if commits and module != "app.core.db":
            yield f"{module}:{node.lineno}: only core/db.py commits"


def rooms_keep_off_the_network(module: str, tree: ast.Module) -> Iterator[str]:
    """Rule 6, second half: no network inside a write transaction, so nobody but `CLIENTS` has one at hand."""
    here = place(module)
    refused = NETWORK_MODULES - CLIENTS.get(module, set())
    for line, target in imports(module, tree):
        if here and any(target == name or target.startswith(f"{name}.") for name in refused):
            yield f"{module}:{line}: {target} would reach the network while a transaction waits"


RULES: list[Rule] = [
    floors_go_down,
    shelves_go_down,
    rooms_are_entered_by_their_doors,
    only_owners_write,
    pages_use_little_of_core,
    only_entry_points_read_settings,
    only_the_database_commits,
    rooms_keep_off_the_network,
]


@cache
def house() -> dict[str, ast.Module]:
    """Return every module of app/ and web/ by its full name."""
    files = sorted([*ROOT.glob("app/**/*.py"), *ROOT.glob("web/**/*.py")])
    return {_name(file): ast.parse(file.read_text(encoding="utf-8")) for file in files}


def _name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps_the_rule(rule: Rule):
    assert house(), "no module was found"
    complaints = [complaint for module, tree in house().items() for complaint in rule(module, tree)]
    assert not complaints, "\n".join(complaints)


BROKEN = [
    (floors_go_down, "app.core.text", "from app.reference import service"),
    (floors_go_down, "app.journal.service", "import app.enterprises.service"),
    (floors_go_down, "app.matching.service", "def f():\n    from app.notices.service import load"),
    (floors_go_down, "app.enterprises.routes", "from web.render import show"),
    (floors_go_down, "app.attic.service", ""),
    (floors_go_down, "app.demo.service", "from app.attic.service import find"),
    (floors_go_down, "web.site", "from app.main import create_app"),
    (floors_go_down, "app.main", "from app.cli import main"),
    (floors_go_down, "app.matching.index", "import app.tables"),
    (floors_go_down, "app.enterprises.service", "from app.wiring import wire"),
    (floors_go_down, "app.api", "from app.main import create_app"),
    (shelves_go_down, "app.enterprises.vocabulary", "from app.enterprises.tables import Enterprise"),
    (shelves_go_down, "app.enterprises.rules", "from app.enterprises import schemas"),
    (shelves_go_down, "app.enterprises.schemas", "from .tables import Enterprise"),
    (shelves_go_down, "app.enterprises.service", "from app.enterprises.routes import router"),
    (shelves_go_down, "app.enterprises.service", "from app.enterprises.helpers import anything"),
    (shelves_go_down, "app.enterprises.helpers", ""),
    (shelves_go_down, "app.matching.scoring", "from app.matching.index import Index"),
    (rooms_are_entered_by_their_doors, "app.opportunities.service", "from app.enterprises.tables import Enterprise"),
    (rooms_are_entered_by_their_doors, "app.opportunities.service", "from app.enterprises import queries"),
    (rooms_are_entered_by_their_doors, "app.matching.service", "from app.enterprises.rules import check"),
    (rooms_are_entered_by_their_doors, "app.demo.service", "import app.enterprises"),
    (rooms_are_entered_by_their_doors, "web.pages.registry", "from app.enterprises.queries import listed"),
    (rooms_are_entered_by_their_doors, "web.pages.registry", "from app.enterprises.tables import Enterprise"),
    (only_owners_write, "app.matching.index", "from app.enterprises.tables import Enterprise\nEnterprise(name='x')"),
    (only_owners_write, "app.matching.index", "from app.enterprises.tables import Enterprise\ndelete(Enterprise)"),
    (
        only_owners_write,
        "app.notices.load",
        "from app.opportunities.tables import Lot\nsqlalchemy.update(Lot).values()",
    ),
    (pages_use_little_of_core, "web.pages.registry", "from app.core.columns import new_id"),
    (pages_use_little_of_core, "web.site", "from app.core import problem"),
    (only_entry_points_read_settings, "app.enterprises.service", "from app.settings import settings"),
    (only_entry_points_read_settings, "web.site", "from app import settings"),
    (only_entry_points_read_settings, "app.api", "from app.settings import settings"),
    (only_entry_points_read_settings, "app.core.db", "import os\nos.environ['SAMNOD_NODE']"),
    (only_entry_points_read_settings, "app.core.db", "from os import getenv"),
    (only_the_database_commits, "app.enterprises.service", "session.commit()"),
    (only_the_database_commits, "app.cli", "connection.commit()"),
    (rooms_keep_off_the_network, "app.notices.service", "import httpx"),
    (rooms_keep_off_the_network, "app.mail.service", "import smtplib"),
    (rooms_keep_off_the_network, "app.mail.smtp", "import httpx"),
    (rooms_keep_off_the_network, "app.sync.pulling", "import httpx"),
    (rooms_keep_off_the_network, "app.notices.service", "from urllib.request import urlopen"),
]


@pytest.mark.parametrize(("rule", "module", "source"), BROKEN)
def test_a_broken_rule_is_found(rule: Rule, module: str, source: str):
    assert list(rule(module, ast.parse(source)))


KEPT = [
    ("app.enterprises.routes", "from app.core.db import Reads\nfrom app.enterprises import service"),
    ("app.enterprises.schemas", "from app.reference.fields import AreaCode\nfrom app.enterprises.rules import check"),
    ("app.matching.index", "from app.enterprises.tables import Enterprise\nselect(Enterprise)"),
    ("app.matching.profiles", "from app.enterprises.tables import Offering\nprofile.Offering(id='x')"),
    ("app.enterprises.service", "from app.enterprises.tables import Enterprise\nEnterprise(name='x')"),
    ("web.pages.registry", "from app.enterprises.service import listed\nfrom app.core.i18n import texts"),
    ("app.main", "from app.settings import Settings\nfrom app.enterprises.routes import router\nfrom web import site"),
    ("app.cli", "from app.main import create_app"),
    ("app.core.db", "session.commit()"),
    ("app.mail.smtp", "import smtplib"),
    ("app.sync.calling", "import httpx"),
]


@pytest.mark.parametrize(("module", "source"), KEPT)
def test_what_the_rules_allow_is_not_found(module: str, source: str):
    assert [complaint for rule in RULES for complaint in rule(module, ast.parse(source))] == []


# Folders of what nobody here wrote.
FETCHED = {"__pycache__", "node_modules", "vendor"}


def files_of(*folders: str) -> Iterator[Path]:
    """Give every file that people write in these folders of the checkout."""
    for folder in folders:
        for file in sorted((ROOT / folder).rglob("*")):
            if file.is_file() and not FETCHED & set(file.relative_to(ROOT).parts):
                yield file


def test_no_file_is_too_long_to_read():
    written = [file for file in files_of("app", "web") if file.suffix in {".py", ".html", ".css", ".js"}]
    lengths = {str(file.relative_to(ROOT)): len(file.read_text("utf-8").splitlines()) for file in written}
    assert lengths
    assert {name: length for name, length in lengths.items() if length > MAX_LINES} == {}


# Written so that this file does not hold what it looks for.
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work/|tmp/[a-z]|root/|home/\w)")
PACKAGE_HOST = re.compile(r"(?:pythonhosted|pypi|npmjs|debian)\.org")
CDN_HOST = re.compile(r"(?:jsdelivr|unpkg)\.(?:net|com)")
TEXT = {".py", ".html", ".css", ".js", ".json", ".md", ".toml", ".txt", ".ini", ".yml", ".yaml", ".cfg", ".sh", ""}


def committed_texts() -> dict[str, str]:
    """Return the text files of the checkout that people write, by name."""
    folders = ["app", "web", "migrations", "tests", "benchmarks", "docs", ".ci"]
    top = [file for file in ROOT.iterdir() if file.is_file()]
    files = [file for file in [*top, *files_of(*folders)] if file.suffix in TEXT and file.name != "package-lock.json"]
    return {str(file.relative_to(ROOT)): file.read_text("utf-8", errors="replace") for file in files}


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    """Return `file:line` of every place where the pattern is found."""
    return [
        f"{name}:{number}: {line.strip()[:120]}"
        for name, content in committed_texts().items()
        for number, line in enumerate(content.splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_file_names_a_path_of_one_machine():
    assert MACHINE_PATH.search("/".join(["see ", "work", "notes"]))
    assert not MACHINE_PATH.search("/".join(["docs", "work", "notes"]))
    assert lines_with(MACHINE_PATH) == []


def test_no_file_names_a_package_host():
    assert PACKAGE_HOST.search(".".join(["https://files", "pythonhosted", "org"]))
    assert lines_with(PACKAGE_HOST) == []
    for lock in ("package-lock.json", "tests/spectral/package-lock.json"):
        assert '"resolved"' not in (ROOT / lock).read_text(), lock


def test_the_cdn_is_named_in_one_place():
    assert {line.split(":")[0] for line in lines_with(CDN_HOST)} == {"web/assets.json"}
