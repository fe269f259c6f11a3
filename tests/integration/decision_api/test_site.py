"""The seller page as browsers get it: files, addresses, what they may do there; logging in to the demo."""

import asyncio
import gzip
import json
import os
import subprocess
import sys

import httpx
import pytest
from tests.support.decision_api import token

NAVIGATION = {"Accept": "text/html,application/xhtml+xml", "Sec-Fetch-Mode": "navigate"}
CALL = {"Accept": "*/*", "Sec-Fetch-Mode": "cors"}
SCRIPT = "console.log('page')\n" * 50


@pytest.fixture
def built(running):
    """A page as its build leaves it."""
    files = {
        "index.html": "<!doctype html><title>page</title>",
        "favicon.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
        "assets/index-a1b2c3.js": SCRIPT,
        ".secret": "hidden",
    }
    for name, text in files.items():
        (running.page / name).parent.mkdir(exist_ok=True)
        (running.page / name).write_text(text)
    (running.page.parent / "outside.txt").write_text("it is outside")
    yield running.page
    for name in files:
        (running.page / name).unlink()


async def test_a_page_that_is_not_built_says_how(running, http):
    answer = await http.get(running.url)
    assert answer.status_code == 200
    assert "make web" in answer.text
    assert "/docs" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    elsewhere = await http.get(f"{running.url}/orders", headers=NAVIGATION)
    assert elsewhere.status_code == 404


@pytest.mark.parametrize("path", ["/", "/?tab=cancelled", "/orders", "/requests/abc/def", "/v1x"])
async def test_navigating_anywhere_opens_the_page(running, built, http, path):
    answer = await http.get(f"{running.url}{path}", headers=NAVIGATION)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "<title>page</title>" in answer.text
    assert answer.headers["cache-control"] == "no-cache"
    again = await http.get(f"{running.url}{path}", headers=NAVIGATION | {"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_the_page_may_run_and_load_only_what_is_served_here(running, built, http):
    headers = (await http.get(running.url, headers=NAVIGATION)).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy.pop("img-src") == "'self' data: https: http://127.0.0.1:9"
    assert set(policy.values()) == {"'self'", "'none'"}, "nothing inline, no other host"
    assert {"default-src", "base-uri", "form-action", "frame-ancestors"} <= {name for name, value in policy.items() if value == "'none'"}


@pytest.mark.parametrize(
    "path", ["/", "/v1/me", "/v1/cancel-requests", "/nowhere", "/docs", "/problems/not-found", "/openapi.json", "/health/live"]
)
async def test_no_answer_may_be_framed_sniffed_or_told_of(running, built, http, path):
    headers = (await http.get(f"{running.url}{path}")).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    if path.startswith("/v1/"):
        assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/v1/nothing", NAVIGATION),
        ("/problems/nothing", NAVIGATION),
        ("/assets/index-old.js", NAVIGATION),
        ("/orders", CALL),
        ("/orders", {"Accept": "application/json"}),
        ("/favicon.ico", {"Accept": "image/*", "Sec-Fetch-Mode": "no-cors"}),
    ],
)
async def test_what_is_no_address_of_the_page_is_not_found(running, built, http, path, headers):
    answer = await http.get(f"{running.url}{path}", headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


async def test_only_reading_opens_the_page(running, built, http):
    assert (await http.post(f"{running.url}/orders", headers=NAVIGATION)).status_code in {404, 405}
    assert (await http.head(f"{running.url}/orders", headers=NAVIGATION)).status_code == 200
    assert (await http.put(f"{running.url}/v1/session", headers=NAVIGATION)).status_code == 405


async def test_a_file_named_by_its_content_is_kept_for_ever_and_others_are_asked_for_again(running, built, http):
    script = await http.get(f"{running.url}/assets/index-a1b2c3.js", headers={"Accept-Encoding": "gzip"})
    assert script.text == SCRIPT
    assert script.headers["content-encoding"] == "gzip"
    assert int(script.headers["content-length"]) == len(gzip.compress(SCRIPT.encode(), 9)) < len(SCRIPT)
    assert script.headers["content-type"].startswith("text/javascript")
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "Accept-Encoding" in script.headers["vary"]
    plain = await http.get(f"{running.url}/assets/index-a1b2c3.js", headers={"Accept-Encoding": "identity"})
    assert (plain.text, plain.headers.get("content-encoding")) == (SCRIPT, None)
    icon = await http.get(f"{running.url}/favicon.svg")
    assert (icon.headers["content-type"], icon.headers["cache-control"]) == ("image/svg+xml", "no-cache")


async def test_a_new_build_is_seen_at_once(running, built, http):
    index = built / "index.html"
    first = await http.get(running.url)
    index.write_text("<!doctype html><title>newer</title>")
    os.utime(index, ns=(1, 1))  # an older time is a change too: a build may keep the times of its sources
    second = await http.get(running.url, headers={"If-None-Match": first.headers["etag"]})
    assert (second.status_code, "newer" in second.text) == (200, True)


@pytest.mark.parametrize(
    "path",
    ["/.secret", "/../outside.txt", "/..%2foutside.txt", "/%2e%2e/outside.txt", "/assets/../../outside.txt", "//etc/passwd", "/assets//",
     "/a%00b", "/" + "x" * 300, "/index.html", "/assets", "/..\\outside.txt"],
)  # fmt: skip
async def test_nothing_but_the_build_is_served(running, built, path):
    """Over a bare connection: clients tidy such paths up before they send them."""
    host = httpx.URL(running.url)
    reader, writer = await asyncio.open_connection(host.host, host.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host.host}\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    status, body = answer.split(b" ", 2)[1], answer.split(b"\r\n\r\n", 1)[1]
    assert status in {b"404", b"400"}, answer
    assert b"it is outside" not in body
    assert b"hidden" not in body


async def test_the_demo_lets_its_users_in_without_a_token(running, http):
    nobody = (await http.get(f"{running.url}/v1/session", headers={"Authorization": "Bearer made-up"})).json()
    assert nobody["me"] is None
    (offered,) = nobody["demo"]
    assert offered == {"user": "ann", "name": "Ann", "seller": {"id": "seller-ann", "name": "Ann's Shop"}, "roles": ["decider"]}
    answer = await http.post(f"{running.url}/v1/session", json={"user": "ann"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert "httponly" in answer.headers["set-cookie"].lower()
    me = (await http.get(f"{running.url}/v1/me")).json()
    assert me == {"user": "ann", "name": "Ann", "seller": offered["seller"], "roles": ["decider"], "locale": "en"}
    assert (await http.get(f"{running.url}/v1/session")).json() == {"me": me, "demo": [offered]}
    for body in ({"user": "bob"}, {"user": ""}):
        assert (await http.post(f"{running.url}/v1/session", json=body)).status_code == 401
    for body in ({}, {"user": "ann", "token": "x"}, {"user": None}):
        assert (await http.post(f"{running.url}/v1/session", json=body)).status_code == 422


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
async def test_a_form_of_another_site_logs_nobody_in(running, http, kind):
    """What another site's form can send; JSON it can't send without asking first."""
    answer = await http.post(f"{running.url}/v1/session", content=b'{"user": "ann", "x": "="}', headers={"Content-Type": kind})
    assert 400 <= answer.status_code < 500
    assert "set-cookie" not in answer.headers


async def test_a_token_says_its_sellers_name(running, http):
    named = token("viewer", seller="seller-x", seller_name="Aster Trading")
    me = (await http.get(f"{running.url}/v1/me", headers={"Authorization": f"Bearer {named}"})).json()
    assert me["seller"] == {"id": "seller-x", "name": "Aster Trading"}


def test_the_document_is_written_without_a_service(running):
    made = subprocess.run([sys.executable, "-m", "decision.api.openapi"], capture_output=True, text=True, check=True, env={})
    assert json.loads(made.stdout) == httpx.get(f"{running.url}/openapi.json", trust_env=False).json()
