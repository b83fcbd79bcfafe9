"""The one file of a multipart body: read whole, or refused."""

import random

import pytest

from app.core.errors import BadRequest
from app.core.multipart import only_file

KIND = 'multipart/form-data; boundary="x y"'
HEAD = b'--x y\r\nContent-Disposition: form-data; name="file"; filename="a.xml"\r\nContent-Type: text/xml\r\n\r\n'
END = b"\r\n--x y--\r\n"


@pytest.mark.parametrize("content", [b"", b"<a/>", b"\r\n--x\r\n\0\xff", b"<a>\r\r--x y--</a>", b"a" * 3_000_000])
def test_a_file_comes_out_as_it_went_in(content: bytes):
    assert only_file(HEAD + content + END, KIND, "file") == content


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<a/>",
        HEAD + b"<a/>",
        HEAD + b"<a/>" + END[:-4],
        HEAD + b"<a/>" + END.replace(b"--\r\n", b"\r\n") + HEAD[7:] + b"<b/>" + END,
        HEAD.replace(b'"file"', b'"other"') + b"<a/>" + END,
        b"--x y\r\n\r\n<a/>" + END,
        (HEAD + b"\r\n") * 50 + END,
    ],
)
def test_anything_else_is_refused(body: bytes):
    with pytest.raises(BadRequest):
        only_file(body, KIND, "file")


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "multipart/form-data; boundary=", "text/plain", "å; boundary=å"]
)
def test_a_type_without_the_right_boundary_is_refused(kind: str):
    with pytest.raises(BadRequest):
        only_file(HEAD + b"<a/>" + END, kind, "file")


def test_damaged_bodies_are_read_or_refused_and_nothing_else():
    chance = random.Random(7)
    whole = HEAD + b"<a>" + b"x" * 200 + b"</a>" + END
    refused = 0
    for _ in range(2_000):
        body = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            body[chance.randrange(len(body))] = chance.randrange(256)
        try:
            only_file(bytes(body), KIND, "file")
        except BadRequest:
            refused += 1
    assert 0 < refused < 2_000
