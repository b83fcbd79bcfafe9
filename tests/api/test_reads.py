"""What the API answers: lists by pages, records whole, HEAD, and answers that a client has already."""

from datetime import UTC, datetime

import httpx
import pytest

from tests.api.conftest import API, Served

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_a_list_is_walked_by_its_links(served: Served):
    address: str | None = f"{API}/enterprises?limit=10&kind=enterprise&words="
    seen: list[str] = []
    pages = 0
    while address:
        answer = served.client.get(address)
        assert answer.status_code == 200
        page = answer.json()
        assert (page["page"], page["limit"], page["total"], page["total_is_capped"]) == (pages + 1, 10, 25, False)
        assert "kind=enterprise" in page["links"]["self"]
        assert (page["links"]["prev"] is None) == (pages == 0)
        assert ('rel="next"' in answer.headers["link"]) == (page["links"]["next"] is not None)
        seen += [item["id"] for item in page["items"]]
        address, pages = page["links"]["next"], pages + 1
    assert (pages, len(seen), len(set(seen))) == (3, 25, 25)


def test_a_record_is_read_whole(served: Served):
    enterprise = served.client.get(f"{API}/enterprises/{served.enterprise}").json()
    assert (enterprise["id"], enterprise["offerings"][0]["cpv"]) == (served.enterprise, ["90910000"])
    opportunity = served.client.get(f"{API}/opportunities/{served.opportunity}").json()
    assert (opportunity["id"], opportunity["lots"][0]["cpv_main"]) == (served.opportunity, "90910000")
    assert datetime.fromisoformat(opportunity["deadline_at"]) == datetime(2199, 1, 1, 12, tzinfo=UTC)


def test_lists_hold_what_the_public_may_see(served: Served):
    found = served.client.get(f"{API}/opportunities").json()
    assert [item["id"] for item in found["items"]] == [served.opportunity]
    matches = served.client.get(f"{API}/enterprises/{served.enterprise}/matches").json()
    assert [item["opportunity"]["id"] for item in matches["items"]] == [served.opportunity]


def test_a_need_is_matched(served: Served):
    need = {"title": "städning", "lots": [{"area_codes": ["SE-2281"], "reserved_participation": ["res-ws"]}]}
    found = served.client.post(f"{API}/matches/preview?limit=5", json=need).json()
    assert (len(found["items"]), found["total"]) == (5, 25)
    for item in found["items"]:
        assert item["score"] == sum(reason["points"] for reason in item["reasons"])
    same = served.client.get(f"{API}/opportunities/{served.opportunity}/matches?limit=5").json()
    assert len(same["items"]) == 5


@pytest.mark.parametrize("path", ["/enterprises", "/opportunities", "/codes/cpv", "/api-info", "/openapi.json"])
def test_head_is_get_without_the_body(served: Served, path: str):
    get = served.client.get(API + path)
    head = served.client.head(API + path)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "etag", "cache-control", "link"):
        assert head.headers.get(name) == get.headers.get(name)
    assert served.client.head(f"{API}/enterprises/nothing").status_code == 404


@pytest.mark.parametrize("path", ["/enterprises", "/enterprises/{enterprise}", "/codes/areas?words=sundsvall"])
def test_what_a_client_has_already_is_not_sent_again(served: Served, path: str):
    address = API + path.replace("{enterprise}", served.enterprise)
    first = served.client.get(address)
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "public, no-cache"
    assert "Accept-Language" in first.headers["vary"]
    for known in (tag, f'"other", {tag}', "*"):
        again = served.client.get(address, headers={"if-none-match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert served.client.get(address, headers={"if-none-match": '"other"'}).status_code == 200


def test_a_refusal_has_no_tag(served: Served):
    answer = served.client.get(f"{API}/enterprises/nothing", headers={"if-none-match": "*"})
    assert (answer.status_code, answer.headers.get("etag")) == (404, None)


def test_long_answers_are_compressed_when_asked(served: Served):
    plain = served.client.get(f"{API}/codes/cpv?limit=100", headers={"accept-encoding": "identity"})
    packed = served.client.get(f"{API}/codes/cpv?limit=100", headers={"accept-encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(plain.content) / 4
    assert packed.json() == plain.json()


def test_empty_parameters_say_nothing(served: Served):
    form = "words=&cpv=&area=&located_in=&reserved=&sector=&target_group=&kind=&page=&limit=&sort="
    assert served.client.get(f"{API}/enterprises?{form}").json()["total"] == 25
    assert served.client.get(f"{API}/enterprises?words=%20&page=%20%20").json()["total"] == 25


def test_letters_may_be_sent_as_they_are_or_escaped(served: Served):
    for words in ("lokalvård", "lokalv%C3%A5rd", "LOKALV%C3%85RD", "lokalva%CC%8Ard"):
        assert served.client.get(f"{API}/enterprises?words={words}").json()["total"] == 25, words


@pytest.mark.parametrize(
    ("sent", "echoed"),
    [
        (TRACE, TRACE),
        ("", None),
        ("nonsense", None),
        (TRACE.replace("b7ad6b7169203331", "0" * 16), None),
        (TRACE + "\tx", None),
    ],
)
def test_a_trace_is_carried_through(served: Served, sent: str, echoed: str | None):
    for path in ("/api-info", "/nothing"):
        answer = served.client.get(API + path, headers={"traceparent": sent})
        assert answer.headers.get("traceparent") == echoed
        assert len(answer.headers["x-request-id"]) == 32


def test_about_the_api(served: Served):
    about = served.client.get(f"{API}/api-info").json()
    assert set(about) == {"apiName", "apiVersion", "apiReleased", "apiDocumentation", "apiStatus"}
    assert served.client.get(about["apiDocumentation"]).json()["info"]["version"] == about["apiVersion"]


def test_no_answer_may_be_taken_for_something_else(served: Served):
    for path in ("/enterprises", "/openapi.json", "/enterprises/nothing", "/nowhere", "/enterprises?page=x"):
        assert served.client.get(API + path).headers.get_list("x-content-type-options") == ["nosniff"], path


def test_a_match_says_its_language_and_a_preview_is_kept_by_nobody(served: Served):
    def asked(path: str, language: str) -> httpx.Headers:
        headers = {"accept-language": language}
        if path.endswith("preview"):
            return served.client.post(API + path, json={"title": "städning"}, headers=headers).headers
        return served.client.get(API + path, headers=headers).headers

    for language, told in (("nn, sv;q=0.5", "nb"), ("en", "en"), ("fr", "sv")):
        preview = asked("/matches/preview", language)
        assert preview["content-language"] == told
        assert preview["cache-control"] == "no-store"
        assert "Accept-Language" in preview["vary"]
        matches = asked(f"/opportunities/{served.opportunity}/matches", language)
        assert matches["content-language"] == told
        assert matches["cache-control"] == "public, no-cache"
    # A record is in its own language, whatever the reader prefers.
    assert "content-language" not in asked("/enterprises", "en")


@pytest.mark.parametrize("language", ["sv-SE", "nb-NO", "EN", "sv"])
def test_the_language_of_a_need_may_be_a_tag(served: Served, language: str):
    need = {"title": "städning", "language": language}
    assert served.client.post(f"{API}/matches/preview", json=need).status_code == 200
