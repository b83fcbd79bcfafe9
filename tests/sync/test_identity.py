"""Keys and tokens are made of the node's secret, each time anew, and kept nowhere."""

from sqlalchemy import text

from app.core.db import Database
from app.sync import identity
from tests.engines import mostly_sqlite

SECRET, OTHER = b"the secret of a node, thirty-two characters", b"the secret of another node, also long enough"


def test_tokens_are_of_one_secret_one_peer_and_one_turn():
    said = [
        identity.token_for(secret, peer, turn)
        for secret in (SECRET, OTHER)
        for peer in ("norr", "sodra")
        for turn in ("1", identity.next_token("1"), identity.next_token("9"))
    ]
    assert len(set(said)) == len(said)
    assert {len(one) for one in said} == {43}
    assert said[0] == identity.token_for(SECRET, "norr", "1")


def test_a_token_is_known_by_any_of_its_hashes_and_by_no_other():
    first, second = (identity.token_for(SECRET, "norr", turn) for turn in ("1", "2"))
    hashes = [identity.token_hash(second), identity.token_hash(first)]
    assert identity.is_token(first, hashes)
    assert identity.is_token(second, hashes)
    assert not identity.is_token(first, hashes[:1])
    assert not identity.is_token(hashes[0], hashes)
    assert not identity.is_token("", [])


def test_a_signature_is_of_one_key_and_one_content():
    ours, theirs = identity._signer(SECRET, "a"), identity._signer(OTHER, "a")
    keys = identity.Identity([ours, theirs]).public_keys
    signature = ours.sign(b"content")
    assert identity.is_signed(b"content", signature, keys[ours.kid])
    assert not identity.is_signed(b"content", signature, keys[theirs.kid])
    assert not identity.is_signed(b"Content", signature, keys[ours.kid])
    for wrong in ("", "?", signature[:-4], "å"):
        assert not identity.is_signed(b"content", wrong, keys[ours.kid])
        assert not identity.is_signed(b"content", signature, wrong)


@mostly_sqlite
def test_a_node_that_nobody_was_introduced_to_has_no_key_and_later_always_the_same(database: Database):
    with database.reads() as session:
        assert identity.identity_of(session, SECRET).public_keys == {}
    with database.writes() as session:
        identity.begin(session)
    with database.writes() as session:
        first = identity.identity_of(session, SECRET)
        identity.begin(session)
        identity.rotate_key(session)
    with database.reads() as session:
        now = identity.identity_of(session, SECRET)
        assert now.signer.kid == first.signer.kid
        assert len(now.public_keys) == 2
        # Whoever has the database and not the secret has no key.
        other = identity.identity_of(session, OTHER).public_keys
        assert not set(other) & set(now.public_keys)
        kept = str(session.execute(text("SELECT * FROM sync_self")).all())
    assert not any(key in kept for key in now.public_keys.values())
