"""What stands before and around the routes: sessions, origins, odd input, documentation."""

import json
import re
import string
import time
import uuid
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from tests.support.decision_api import bearer, token

from chassis import pages
from chassis.http import COOKIE
from decision.api.pages import PROBLEMS

PAGE_HEADERS = {"X-Requested-With": "zetpy"}


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


async def test_a_token_becomes_a_cookie_that_no_script_can_read(running, http, seller):
    given_token = token("decider", seller=seller.id, ttl=900)
    answer = await http.post(f"{running.url}/v1/session", json={"token": given_token})
    assert (answer.status_code, answer.content) == (204, b"")
    cookie = answer.headers["set-cookie"].lower()
    assert COOKIE in cookie
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "secure" not in cookie, "on this machine there is no TLS"
    assert "expires=" in cookie
    assert (await http.get(f"{running.url}/v1/me")).json() == {
        "user": "u1", "name": "Aina", "seller": {"id": seller.id, "name": seller.id}, "roles": ["decider"], "locale": "en",
    }  # fmt: skip
    elsewhere = await http.post(f"{running.url}/v1/session", json={"token": given_token}, headers={"Host": "cancel.zetpy.example"})
    assert "secure" in elsewhere.headers["set-cookie"].lower()


async def test_writing_with_the_cookie_needs_what_other_sites_cannot_send(running, http, seller):
    asked = await seller.asks()
    await http.post(f"{running.url}/v1/session", json={"token": token("decider", seller=seller.id)})
    path = f"{running.url}/v1{asked.path}/approve"
    assert problem(await http.post(path)) == (401, "not-signed-in")
    assert problem(await http.post(path, headers={"X-Requested-With": "XMLHttpRequest"})) == (401, "not-signed-in")
    assert (await asked.now())["state"] == "pending"
    assert (await http.post(path, headers=PAGE_HEADERS)).status_code == 200
    out = await http.delete(f"{running.url}/v1/session", headers=PAGE_HEADERS)
    assert out.status_code == 204
    assert "max-age=0" in out.headers["set-cookie"].lower()
    assert problem(await http.get(f"{running.url}/v1/me")) == (401, "not-signed-in")


@pytest.mark.parametrize("bad", ["", "x", "a.b.c", "é", "\x00", "eyJhbGciOiJub25lIn0.e30.", "x" * 8000])
async def test_what_is_no_token_opens_nothing(running, http, bad):
    answer = await http.post(f"{running.url}/v1/session", json={"token": bad})
    assert problem(answer) == (401, "not-signed-in")
    assert "set-cookie" not in answer.headers


async def test_an_expired_token_opens_nothing(running, http):
    old = token("decider", ttl=-60)
    assert problem(await http.post(f"{running.url}/v1/session", json={"token": old})) == (401, "not-signed-in")
    assert problem(await http.get(f"{running.url}/v1/me", headers={"Authorization": f"Bearer {old}"})) == (401, "not-signed-in")


async def test_only_listed_origins_may_call(running, http, seller):
    def ask(origin: str) -> dict[str, str]:
        return seller.headers("viewer") | {"Origin": origin}

    ours = await http.get(f"{running.url}/v1/me", headers=ask("https://app.zetpy.example"))
    assert (ours.headers["access-control-allow-origin"], ours.headers["access-control-allow-credentials"]) == (
        "https://app.zetpy.example",
        "true",
    )
    for origin in ("https://evil.example", "null", "https://app.zetpy.example.evil.example"):
        theirs = await http.get(f"{running.url}/v1/me", headers=ask(origin))
        assert "access-control-allow-origin" not in theirs.headers
        asks = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        preflight = await http.options(f"{running.url}/v1/cancel-requests/bulk-decisions", headers=asks)
        assert preflight.status_code >= 400
        assert "access-control-allow-origin" not in preflight.headers
    asks = {
        "Origin": "https://app.zetpy.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "X-Requested-With, Idempotency-Key",
    }
    assert (await http.options(f"{running.url}/v1/cancel-requests/bulk-decisions", headers=asks)).status_code == 200


async def test_the_documentation_asks_no_other_host(running, http):
    page = await http.get(f"{running.url}/docs")
    assert page.status_code == 200
    assert not re.findall(r"https?://|['\"]//", page.text), page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert re.search(r"script-src 'self' 'sha256-[^']+';", policy), "only the one script that is in the page"
    assert "http" not in policy
    for asset in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        assert (await http.get(f"{running.url}{asset}")).status_code == 200, asset
    assert "validatorUrl" in page.text
    for method in ("GET", "POST"):
        assert problem(await http.request(method, f"{running.url}/docs/try")) == (404, "not-found")


async def test_every_problem_has_a_page_that_explains_it(running, http):
    for slug in (*pages.PROBLEMS, *PROBLEMS):
        page = await http.get(f"{running.url}/problems/{slug}")
        assert page.status_code == 200
        assert slug in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]
    for slug in ("nothing", "<script>", "%00"):
        assert problem(await http.get(f"{running.url}/problems/{slug}"))[0] == 404


async def test_each_operation_is_described(running, http):
    document = (await http.get(f"{running.url}/openapi.json")).json()
    operations = {(method, path): operation for path, routes in document["paths"].items() for method, operation in routes.items()}
    assert len(operations) == 21
    for (_, path), operation in operations.items():
        assert operation["summary"], path
        assert operation["description"], path
        assert {"401", "403", "503"} <= operation["responses"].keys(), path
        for status, answer in operation["responses"].items():
            if status >= "400":
                assert list(answer["content"]) == ["application/problem+json"], (path, status)
        assert operation.get("security") or path == "/v1/session"
        if "requestBody" in operation and path != "/v1/session":
            reference = json.dumps(operation["requestBody"])
            (name,) = re.findall(r"schemas/(\w+)", reference)
            assert document["components"]["schemas"][name]["examples"], name
    text = json.dumps(document)
    assert "HTTPValidationError" not in text
    assert set(re.findall(r"#/components/schemas/(\w+)", text)) == document["components"]["schemas"].keys(), (
        "nothing is missing, nothing left over"
    )


def test_whatever_the_document_allows_is_no_500(running, seller):
    """Requests made up from the document, the stream and signing out left aside."""
    schema = schemathesis.openapi.from_url(f"{running.url}/openapi.json", timeout=10).exclude(path_regex="stream$|/session$")
    schema.validate()
    headers = bearer("admin", "fulfilment", seller=seller.id)
    ends = time.monotonic() + 8
    counts: dict[str, int] = {}
    for result in schema.get_all_operations():
        operation = result.ok()
        counts[operation.label] = _attack(operation, headers, ends)
    assert len(counts) == 17
    assert min(counts.values()) >= 2, counts


def _attack(operation: Any, headers: dict[str, str], ends: float) -> int:
    sent = 0

    @settings(max_examples=8, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def attack(case: Any) -> None:
        nonlocal sent
        if sent >= 2 and time.monotonic() > ends:
            return
        sent += 1
        case.headers = {**(case.headers or {}), **headers}
        answer = case.call(timeout=10)
        assert answer.status_code < 500 or answer.status_code == 503, (case.as_curl_command(), answer.text)

    attack()
    return sent


UNKNOWN = str(uuid.uuid4())
ODD = ["\x00", "a\x00b", "x" * 70_000, "\u202e\ufffe\U0010ffff", "'; select 1; --", "%00", "-1", "1e999999", "9" * 400, "NaN",
       "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "{}", "[]", "null", "true"]  # fmt: skip
QUERIES = ["tab", "channel", "shop_id", "region", "state", "sync", "reason", "alert", "parcel_state", "requested_from",
           "requested_to", "respond_from",
           "respond_to", "amount_from", "amount_to", "currency", "order_ref", "q", "sort", "limit", "cursor", "unheard_of"]  # fmt: skip


def fine(answer: httpx.Response, what: Any) -> None:
    assert answer.status_code < 500, (what, answer.text)
    if answer.status_code >= 400:
        assert answer.headers["content-type"] in {"application/problem+json", "text/plain; charset=utf-8"}, (what, answer.text)


async def test_odd_query_values_are_no_500(seller):
    for name in QUERIES:
        for value in ODD:
            answer = await seller.get("/cancel-requests", **{name: value[:2_000]})
            fine(answer, (name, value[:40]))
            if "\x00" in value:
                assert 400 <= answer.status_code < 500, (name, value)
    for path in ("/cancel-requests/summary", "/cancel-requests/export"):
        for name in ("q", "reason", "channel", "currency", "amount_from", "requested_from"):
            for value in ODD:
                fine(await seller.get(path, **{name: value[:20_000]}), (path, name, value[:40]))


async def test_times_without_a_zone_are_refused(seller):
    answer = await seller.get("/cancel-requests", requested_from="2026-11-20T00:00:00")
    assert problem(answer) == (422, "invalid-field")
    assert answer.json()["errors"][0]["pointer"] == "query/requested_from"
    assert (await seller.get("/cancel-requests", requested_from="2026-11-20T00:00:00Z")).status_code == 200


async def test_odd_paths_are_no_500(running, http, seller):
    for part in ("%00", "a%00b", "%ff%fe", "x" * 5000, "%F0%9F%92%A9", "..%2f..", "null", "00000000-0000-0000-0000-000000000000"):
        for path in (
            f"cancel-requests/{part}",
            f"cancel-requests/{part}/timeline",
            f"orders/{part}/1/SN1/fulfilment",
            f"orders/shopee/1/{part}/fulfilment",
        ):
            answer = await http.get(f"{running.url}/v1/{path}", headers=seller.headers("viewer"))
            fine(answer, path)
            if "%00" in path:
                assert 400 <= answer.status_code < 500, path


def spoilt(body: Any) -> list[bytes]:
    """The body with each of its texts and numbers in turn replaced by something odd."""
    values = [
        *(json.dumps(each) for each in ODD),
        '"\\ud800"',
        '"\\udfff\\ud800"',
        "9" * 300,
        "9" * 5000,
        "-1",
        "1e400",
        "NaN",
        "null",
        "[]",
        "{}",
        "true",
    ]
    text = json.dumps(body)
    found = [text]
    for leaf in {json.dumps(each) for each in _leaves(body)}:
        found += [text.replace(leaf, value, 1) for value in values]
    return [each.encode() for each in found]


def _leaves(body: Any) -> list[Any]:
    if isinstance(body, dict):
        return [leaf for each in body.values() for leaf in _leaves(each)]
    if isinstance(body, list):
        return [leaf for each in body for leaf in _leaves(each)]
    return [body]


async def test_odd_bodies_are_no_500_and_nothing_unstorable_is_taken(running, http, seller):
    async def fresh() -> str:
        return (await seller.asks(seller.order(channel="tiktok"), reject_reason="optional")).id

    bodies: list[tuple[str, Any]] = [
        ("approve", {"revision": 1, "note": "a note", "lines": [{"line_id": "L1", "stock": "sellable"}]}),
        ("reject", {"revision": 1, "reason": {"name": "a reason"}, "comment": "a comment"}),
        ("acknowledge", {"alert": "refused", "note": "a note"}),
    ]
    headers = seller.headers() | {"content-type": "application/json"}
    for verb, body in bodies:
        for content in spoilt(body):
            request_id = await fresh() if b"u0000" in content else UNKNOWN
            answer = await http.post(f"{running.url}/v1/cancel-requests/{request_id}/{verb}", content=content, headers=headers)
            fine(answer, (verb, content[:200]))
            if b"u0000" in content or b"ud800" in content:
                assert 400 <= answer.status_code < 500, (verb, content[:200])
    more: list[tuple[str, Any]] = [
        (
            "cancel-requests/bulk-decisions",
            {"decision": "reject", "items": [{"id": await fresh(), "revision": 1, "reason": {"name": "own"}}], "comment": "c", "note": "n"},
        ),
        ("fulfilment-checks", {"orders": [{"channel": "shopee", "shop_id": "1", "order_ref": "SN1"}]}),
        ("session", {"token": "x"}),
    ]
    for path, body in more:
        for content in spoilt(body):
            fine(await http.post(f"{running.url}/v1/{path}", content=content, headers=headers), (path, content[:200]))


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[" * 100_000, b'{"note": ' * 50_000, b"\xff\xfe", b"null", b"7", b'"x"', b"[]", b'{"revision": 1e', b"\x00"]
)
async def test_what_is_no_json_is_malformed(running, http, seller, content):
    for path in (f"cancel-requests/{UNKNOWN}/approve", "cancel-requests/bulk-decisions", "fulfilment-checks", "session"):
        for kind in ("application/json", "text/plain", "application/x-www-form-urlencoded"):
            answer = await http.post(f"{running.url}/v1/{path}", content=content, headers=seller.headers() | {"content-type": kind})
            fine(answer, (path, kind, content[:20]))
            if path != f"cancel-requests/{UNKNOWN}/approve":
                assert 400 <= answer.status_code < 500


async def test_a_body_over_a_mebibyte_is_too_large_whether_it_says_so_or_not(running, http, seller):
    asked = await seller.asks()
    body = b'{"note": "n"' + b" " * 1024 * 1024 + b"}"

    async def pieces():
        for at in range(0, len(body), 60_000):
            yield body[at : at + 60_000]

    headers = seller.headers() | {"content-type": "application/json"}
    for path in (f"{asked.path}/approve", "/cancel-requests/bulk-decisions", "/session"):
        for content in (body, pieces()):
            answer = await http.post(f"{running.url}/v1{path}", content=content, headers=headers)
            assert problem(answer) == (413, "too-large"), path
    just = b'{"note": "n"' + b" " * (1024 * 1024 - 13) + b"}"
    assert (await http.post(f"{running.url}/v1{asked.path}/approve", content=just, headers=headers)).status_code == 200


async def test_odd_headers_are_no_500(running, http, seller):
    asked = await seller.asks()
    for key in ("\u00e9", "'; --", "x" * 255, string.punctuation):
        answer = await http.post(
            f"{running.url}/v1{asked.path}/approve",
            headers={**seller.headers(), "Idempotency-Key": key.encode("latin-1")},  # type: ignore[dict-item]
        )
        fine(answer, key)
    for name, value in (
        ("Authorization", "Bearer \u00e9"),
        ("Authorization", "Bearer"),
        ("Authorization", "Basic x"),
        ("Cookie", f"{COOKIE}=\u00e9"),
    ):
        answer = await http.get(f"{running.url}/v1/me", headers={name: value.encode("latin-1")})  # type: ignore[dict-item]
        assert problem(answer) == (401, "not-signed-in")
