"""What can happen to an answer on its way, each fault between real processes, and each ends with equal digests.

Two nodes live as long as this file; each fault meets a change of its own. All of it is among the long tests. Two faults
are drawn each day (`DRAWN`) for test_between_nodes.py, which runs each time.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count

import pytest

from tests.session import day_of_run
from tests.sync import faulty, homework
from tests.sync.faulty import Proxy
from tests.sync.nodes import Node, acquaint, empty_nodes
from tests.sync.processes import Starter

# A process of ours is this large before it has read anything; limits must keep it from growing by what a peer sends.
MOST_GROWTH_KIB = 60 * 2**10


@dataclass(frozen=True)
class Wire:
    """A fault: how it is ordered, whether a run survives it by asking again, and what is said when it does not."""

    order: Callable[[Proxy], None]
    survives: bool = True
    said: str = ""
    harm: tuple[str, ...] = ("hasty",)


def once(fault: faulty.Fault) -> Callable[[Proxy], None]:
    """Harm one page."""
    return lambda proxy: proxy.harm(fault)


def always(fault: faulty.Fault) -> Callable[[Proxy], None]:
    """Harm every page."""
    return lambda proxy: proxy.harm(fault, times=1_000)


FAULTS: dict[str, Wire] = {
    "connection reset": Wire(once(faulty.reset)),
    "connection reset within a page": Wire(once(faulty.cut_connection)),
    "503": Wire(once(faulty.status(503))),
    "500 four times": Wire(lambda proxy: proxy.harm(faulty.status(500), times=4)),
    "429 with Retry-After": Wire(once(faulty.status(429, retry_after="1"))),
    "truncated gzip": Wire(once(faulty.truncated_gzip)),
    "missing trailer": Wire(once(faulty.missing_trailer)),
    "flipped byte": Wire(once(faulty.flipped_byte)),
    "record twice": Wire(once(faulty.record_twice)),
    "records in another order": Wire(once(faulty.reordered)),
    "replay of an older page": Wire(once(faulty.replayed)),
    "the page before once more": Wire(once(faulty.page_twice)),
    "wrong nonce": Wire(once(faulty.wrong_nonce)),
    "page of another cursor": Wire(once(faulty.another_page)),
    "zip bomb": Wire(once(faulty.zip_bomb(line=2**19))),
    "line of 5 MiB": Wire(once(faulty.long_line)),
    "deep JSON": Wire(once(faulty.deep_json)),
    "acknowledgement lost": Wire(lambda proxy: proxy.harm(faulty.answered_and_reset, path="/sync/v1/ack")),
    "503 for ever": Wire(always(faulty.status(503)), survives=False, said="503"),
    "zip bomb for ever": Wire(always(faulty.zip_bomb(line=2**19)), survives=False, said="larger than"),
    "zip bomb of one line for ever": Wire(always(faulty.zip_bomb(line=2**28)), survives=False, said="longer than"),
    "wrong nonce for ever": Wire(always(faulty.wrong_nonce), survives=False, said="another question"),
    "410": Wire(once(faulty.status(410))),
    "409": Wire(once(faulty.status(409))),
    "403": Wire(once(faulty.status(403)), survives=False, said="403"),
    "redirect": Wire(once(faulty.status(307, location="http://127.0.0.1:1/")), survives=False, said="elsewhere"),
    "slow drip": Wire(once(faulty.slow_drip), survives=False, said="2 seconds", harm=("hasty", "patience:2")),
}
DRAWN = random.Random(day_of_run()).sample(sorted(FAULTS), 2)
KINDS = (("sqlite", "postgresql"), ("postgresql", "sqlite"))
_numbers = count(1)


@pytest.fixture(scope="module")
def pair(
    request: pytest.FixtureRequest, starter: Starter, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Node]]:
    """Give a home and a reader that has read it once."""
    home, reader = request.param
    with empty_nodes(starter, tmp_path_factory.mktemp("pair"), {"north": home, "south": reader}) as nodes:
        acquaint(nodes)
        homework.write(nodes[0], range(1_000, 1_020))
        homework.write(nodes[1], [1])
        nodes[1].do("sync", "run")
        yield nodes


@pytest.mark.deep
@pytest.mark.parametrize("pair", KINDS, ids="-".join, indirect=True)
@pytest.mark.parametrize("name", sorted(FAULTS))
def test_every_fault_on_the_wire_is_survived(pair: list[Node], name: str):
    survive(pair, name)


def survive(pair: list[Node], name: str) -> None:
    """Let a change of the home travel through a fault: at once, or with the next run after one that fails loudly."""
    home, reader = pair
    fault = FAULTS[name]
    number = next(_numbers)
    homework.write(home, [number])
    # There is an older answer to be replayed, and a usual size to compare with.
    usual = reader.run("sync", "run")
    assert usual.code == 0, usual.text
    homework.write(home, [number], summary="Ändrad.")
    fault.order(home.proxy)
    done = reader.run("sync", "run", harm=fault.harm)
    assert home.proxy.has_harmed, "the fault was never met"
    home.proxy.heal()
    assert (done.code == 0) is fault.survives, done.text
    assert fault.said in done.text
    assert done.peak < usual.peak + MOST_GROWTH_KIB
    if not fault.survives:
        assert homework.summary_at(reader, home, number) == "Skriven hemma.", "what was not proved was written"
        reader.do("sync", "run")
    assert homework.summary_at(reader, home, number) == "Ändrad."
    require_same(home, reader)


def require_same(home: Node, reader: Node) -> None:
    """Check that both hold the same of the home."""
    assert home.digest(home.id)
    assert reader.digest(home.id) == home.digest(home.id)
