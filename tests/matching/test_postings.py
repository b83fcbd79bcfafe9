"""Postings made part by part are those made at once."""

from app.matching.postings import build, joined


def test_the_postings_of_parts_are_joined_in_order_across_chunks():
    documents = [(slot, {f"g:{slot % 3}": 1 + slot, "k:cleaning": 1}) for slot in range(25)]
    parts = [documents[first : first + 4] for first in range(0, 25, 4)]
    whole = build(documents, 10)
    assert whole["k:cleaning", 1] == (b"".join(bytes([offset, 0]) for offset in range(10)), bytes([1] * 10))
    assert joined(build(part, 10) for part in parts) == whole
