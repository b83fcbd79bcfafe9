"""Peers are written down by operators. Whoever leaves takes its records along from every table, or leaves them all."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest

from app.core.db import Database
from app.core.errors import Conflict, Forbidden, Unauthorized
from app.journal import copies, generations
from app.sync import applying, buckets, envelopes, identity, peers
from app.sync.canonical import hash_of
from app.sync.kinds import KINDS
from app.sync.vocabulary import Envelope, PeerState
from app.wiring import wire
from tests.engines import mostly_sqlite
from tests.sync.copying import HOME, SORTS, carried, node, rows_of
from tests.sync.neighbours import NEIGHBOUR, introduce, said
from tests.sync.peering import NORR, SECRET_OF_SODRA, SODRA, introduction_of, organization
from tests.sync.waiting import only_postgresql, until_somebody_waits

# What tells of the past, or only ever grows.
_STAYS = ("journal_entry", "journal_counter", "match_whereabouts", "sync_self", "audit")


@mostly_sqlite
def test_a_peer_that_leaves_takes_all_its_records_along(database: Database, tmp_path: Path):
    with node(tmp_path) as at_home:
        own = organization(database)
        before = rows_of(database, without=_STAYS)
        for sort in SORTS.values():
            sort.write(at_home)
        told = [
            *carried(at_home, database),
            Envelope(HOME.id, "new", "x", 99, 1, "PUT", "new/2.0", hash_of("{}"), "2026", "{}"),
        ]
    with database.writes() as session:
        envelopes.store(session, told, {})
        peers.add(session, introduction_of(HOME, SECRET_OF_SODRA), own_id="norr")
    assert {name for name, number in rows_of(database, without=_STAYS).items() if number > before[name]} >= set(KINDS)
    with database.writes() as session:
        assert peers.remove(session, HOME.id, keep_copies=False) == len(told) - 1
    assert rows_of(database, without=_STAYS) == before
    with database.reads() as session:
        assert buckets.held(session, HOME.id) == {}
        assert copies.nodes(session) == {}
        assert list(KINDS["organization"].REPLICAS.own_ids(session, "norr")) == [own]


@only_postgresql
def test_a_page_that_is_written_meanwhile_goes_with_its_peer(database: Database):
    wire()
    lease = introduce(database)

    def remove() -> int:
        with database.writes() as session:
            return peers.remove(session, NEIGHBOUR, keep_copies=False)

    with ThreadPoolExecutor(1) as operator:
        with database.writes() as session:
            applying.hold(session, lease)
            applying.write(session, NEIGHBOUR, [said(1, 1), said(2, 2)])
            removed = operator.submit(remove)
            until_somebody_waits(database)
        assert removed.result() == 2
    with database.reads() as session:
        assert list(KINDS["organization"].REPLICAS.own_ids(session, NEIGHBOUR)) == []
        assert buckets.held(session, NEIGHBOUR) == {}


@mostly_sqlite
def test_copies_that_are_kept_still_belong_to_whom_they_came_from(database: Database, tmp_path: Path):
    with node(tmp_path) as at_home:
        record_id = SORTS["organization"].write(at_home)
        carried(at_home, database)
    with database.writes() as session:
        peers.add(session, introduction_of(HOME, SECRET_OF_SODRA), own_id="norr")
    with database.writes() as session:
        assert peers.remove(session, HOME.id, keep_copies=True) == 0
        assert peers.listed(session) == []
    with database.reads() as session:
        assert list(KINDS["organization"].REPLICAS.own_ids(session, HOME.id)) == [record_id]
        with pytest.raises(Forbidden):
            copies.refuse_copy(session, HOME.id, "organization", record_id)


@mostly_sqlite
def test_two_tokens_are_live_while_they_are_rotated_and_never_three(database: Database):
    tokens = [identity.token_for(SECRET_OF_SODRA, "norr", turn) for turn in ("1", "2", "3")]
    for turn in ("1", "2", "3", "3"):
        with database.writes() as session:
            peers.add(session, introduction_of(SODRA, SECRET_OF_SODRA, token=turn), own_id="norr")
    with database.reads() as session:
        used = [peers.caller_with(session, token).token_hash for token in tokens[1:]]
        assert used == [identity.token_hash(token) for token in tokens[1:]]
        with pytest.raises(Unauthorized):
            peers.caller_with(session, tokens[0])


@mostly_sqlite
def test_an_older_introduction_brings_back_no_token(database: Database):
    def add(issue: int, token: str, **options: bool) -> list[str]:
        told = introduction_of(SODRA, SECRET_OF_SODRA, token=token).model_copy(update={"issue": issue})
        with database.writes() as session:
            peers.add(session, told, own_id="norr", **options)
            return peers.require_known(session, "sodra").token_hashes

    first, second, third = (identity.token_hash(identity.token_for(SECRET_OF_SODRA, "norr", n)) for n in "123")
    # A node of an older version has no numbers.
    assert add(0, "1") == [first]
    assert add(2, "2") == [second, first]
    # The token before still counts. That it is named once more brings nothing back, and does not end the newest.
    assert add(1, "1") == [second, first]
    assert add(3, "3") == [third, second]
    for issue in (0, 1, 2):
        with pytest.raises(Conflict):
            add(issue, "1")
    assert add(1, "1", may_be_older=True) == [first, third]
    # From then on its numbers are counted anew.
    assert add(2, "2") == [second, first]


@mostly_sqlite
def test_introductions_are_numbered_by_keys_tokens_and_generations(database: Database):
    def numbers() -> list[int]:
        with database.writes() as session:
            told = [peers.introduction(session, NORR, b"secret", "sodra", next_token=one) for one in (False, True)]
            return [one.issue for one in told]

    with database.writes() as session:
        peers.add(session, introduction_of(SODRA, SECRET_OF_SODRA), own_id="norr")
    seen = [numbers()]
    assert numbers() == seen[0]
    for act in (
        lambda session: peers.rotate_token(session, "sodra"),
        identity.rotate_key,
        identity.drop_keys,
        lambda session: generations.begin_generation(session, at_least=8191),
    ):
        with database.writes() as session:
            act(session)
        seen.append(numbers())
    # What was announced by `next_token` is what the token is after its rotation.
    assert seen[0][1] == seen[1][0]
    assert [one[0] for one in seen] == sorted({one[0] for one in seen})
    assert all(before[1] < after[0] for before, after in pairwise(seen[1:]))
    assert max(seen[-1]) < 2**53


@mostly_sqlite
def test_an_introduction_that_comes_again_keeps_what_was_read_and_whether_it_is_paused(database: Database):
    with database.writes() as session:
        assert peers.add(session, introduction_of(SODRA, SECRET_OF_SODRA), own_id="norr")
        peers.set_state(session, "sodra", PeerState.PAUSED)
    moved = SODRA.model_copy(update={"url": "https://skane.example", "name": "Skåne län"})
    with database.writes() as session:
        assert not peers.add(session, introduction_of(moved, b"another secret of theirs"), own_id="norr")
    with database.reads() as session:
        (peer,) = peers.listed(session)
        assert (peer.url, peer.name, peer.state) == ("https://skane.example", "Skåne län", PeerState.PAUSED)
        assert peer.keys == list(introduction_of(moved, b"another secret of theirs").keys)
        assert copies.nodes(session)["sodra"].name == "Skåne län"
