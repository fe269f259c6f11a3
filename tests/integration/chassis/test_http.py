"""HTTP of a service: callers and roles, problems, idempotency keys; over the real application and a real database."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import jwt
import msgspec
import pytest
from fastapi import Depends, Request, Response
from pydantic import BaseModel
from tests.support.probe import ProbeSettings, environment

from chassis import idempotency
from chassis.app import App
from chassis.http import Caller, Problem, require
from chassis.tokens import mint

KEY = "a key for tests, long enough for HS256"


class Body(BaseModel):
    quantity: int
    lines: list[int] = []


@pytest.fixture
async def app(database, tmp_path, monkeypatch, kafka_url) -> AsyncIterator[App]:
    url = await database("probe", packages=("chassis",))
    for name, value in environment(database_url=url, kafka_url=kafka_url, topic_prefix="", gates=tmp_path).items():
        monkeypatch.setenv(name, value)
    app = App("probe", ProbeSettings())
    add_routes(app)
    await app.open_database()
    await app.pool.execute("create table done (n int)")
    yield app
    await app.pool.close()


def add_routes(app):
    @app.http.get("/me")
    async def me(caller: Annotated[Caller, Depends(require())]) -> dict:
        return {"user": caller.user, "seller": caller.seller_id}

    for role in ("viewer", "decider", "admin", "fulfilment", "ops", "service"):

        @app.http.api_route(f"/{role}", methods=["GET", "POST"])
        async def only(caller: Annotated[Caller, Depends(require(role))]) -> str:
            return caller.name

    @app.http.get("/gate")
    async def gate(caller: Annotated[Caller, Depends(require("fulfilment", "viewer"))]) -> str:
        return caller.seller

    @app.http.post("/orders/{ref}")
    async def order(ref: str, body: Body, request: Request, caller: Annotated[Caller, Depends(require("decider"))]) -> Response:
        async def act(tx):
            await tx.execute("insert into done values ($1)", body.quantity)
            if ref == "slow":
                await app.gate.wait()
            if ref == "refused":
                raise Problem(409, "already-decided", "Already decided", request={"state": "approved"})
            return Response(msgspec.json.encode({"ref": ref}), 201, {"Location": f"/orders/{ref}"}, "application/json")

        return await idempotency.once(app, request, caller, act, required=ref == "strict")

    @app.http.get("/bug")
    async def bug() -> None:
        raise RuntimeError("secret detail")

    app.gate = asyncio.Event()


@pytest.fixture
async def client(app):
    transport = httpx.ASGITransport(app=app.http, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://probe") as client:
        yield client


def token(*roles, seller="seller-a", ttl=60, key=KEY, **more):
    return mint(key, sub="u1", name="Ann", seller_id=seller, roles=roles, ttl_seconds=ttl, **more)


def bearer(*roles, **more):
    return {"Authorization": f"Bearer {token(*roles, **more)}"}


async def test_roles_rise_from_viewer_to_admin_and_the_others_stand_alone(client):
    may = {
        "viewer": {"viewer"}, "decider": {"viewer", "decider"}, "admin": {"viewer", "decider", "admin"},
        "fulfilment": {"fulfilment"}, "ops": {"ops"}, "service": {"service"},
    }  # fmt: skip
    for role, allowed in may.items():
        for route in may:
            answer = await client.get(f"/{route}", headers=bearer(role))
            assert answer.status_code == (200 if route in allowed else 403), (role, route)
    refused = await client.get("/decider", headers=bearer("viewer"))
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json() == {
        "type": "/problems/role-required", "title": "This needs the role decider", "status": 403, "role": "decider", "instance": "/decider",
    }  # fmt: skip
    assert (await client.get("/gate", headers=bearer("fulfilment"))).json() == "seller-a"
    assert (await client.get("/gate", headers=bearer("admin", seller=None))).status_code == 403


async def test_a_token_that_is_not_ours_is_not_accepted(client):
    bad = [
        token("admin", key="another key that is long enough too"),
        token("admin", ttl=-60),
        token("admin", issuer="somebody"),
        token("admin", audience="something"),
        jwt.encode({"sub": "u1", "roles": ["admin"]}, KEY),
        jwt.encode({"sub": "u1", "roles": ["admin"], "iss": "zetpy", "aud": "zetpy-cancellations", "exp": 9e9}, None, algorithm="none"),
        "nonsense",
        "",
    ]
    for each in bad:
        answer = await client.get("/me", headers={"Authorization": f"Bearer {each}"})
        assert answer.status_code == 401, each
        assert answer.json()["type"] == "/problems/not-signed-in"
    assert (await client.get("/me")).status_code == 401
    assert (await client.get("/me", headers=bearer())).json() == {"user": "u1", "seller": "seller-a"}


async def test_the_cookie_counts_on_unsafe_methods_only_with_the_header_that_other_sites_cannot_send(client):
    client.cookies.set("zetpy_session", token("decider"))
    assert (await client.get("/decider")).status_code == 200
    assert (await client.post("/decider")).status_code == 401
    assert (await client.post("/decider", headers={"X-Requested-With": "zetpy"})).status_code == 200


async def test_failures_are_problems(client):
    invalid = await client.post("/orders/o1", json={"quantity": "x", "lines": [1, "y"]}, headers=bearer("decider"))
    assert invalid.status_code == 422
    assert invalid.json()["type"] == "/problems/invalid-field"
    assert [each["pointer"] for each in invalid.json()["errors"]] == ["/quantity", "/lines/1"]
    malformed = await client.post("/orders/o1", content=b"{", headers=bearer("decider") | {"content-type": "application/json"})
    assert (malformed.status_code, malformed.json()["type"]) == (400, "/problems/malformed-request")
    missing = await client.get("/nowhere")
    assert (missing.status_code, missing.json()["type"]) == (404, "/problems/not-found")
    bug = await client.get("/bug")
    assert bug.status_code == 500
    assert bug.headers["content-type"] == "application/problem+json"
    assert "secret" not in bug.text


async def post(client, ref="o1", key="k1", quantity=1, **more):
    headers = bearer("decider", **more) | ({"Idempotency-Key": key} if key else {})
    return await client.post(f"/orders/{ref}", json={"quantity": quantity}, headers=headers)


async def done(app):
    return await app.pool.fetchval("select count(*) from done")


async def test_a_key_makes_a_write_happen_once_and_gives_the_first_answer_again(app, client):
    first, again = await post(client), await post(client)
    assert (first.status_code, first.json(), first.headers["location"]) == (201, {"ref": "o1"}, "/orders/o1")
    assert (again.status_code, again.json(), again.headers["location"]) == (201, {"ref": "o1"}, "/orders/o1")
    assert again.headers["content-type"] == first.headers["content-type"]
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert await done(app) == 1
    other = await post(client, quantity=2)
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")
    assert (await post(client, seller="seller-b")).headers.get("idempotency-replayed") is None, "keys belong to a seller"
    assert (await post(client, ref="o2")).headers.get("idempotency-replayed") is None, "and to a route"
    assert (await post(client, key=None)).status_code == 201
    assert await done(app) == 4
    await app.pool.execute("update idempotency_keys set created_at = now() - interval '25 hours'")
    assert (await post(client, quantity=3)).status_code == 201, "a day later it is forgotten"
    await app.pool.execute("update idempotency_keys set created_at = now() - interval '25 hours'")
    await idempotency.clean(app.pool)
    assert await app.pool.fetchval("select count(*) from idempotency_keys") == 0


async def test_the_same_key_many_times_at_once_acts_once(app, client):
    running = asyncio.create_task(post(client, ref="slow"))
    async with asyncio.timeout(10):
        while not await app.pool.fetchval("select exists(select from pg_locks where locktype = 'advisory')"):
            pass
    meanwhile = [await post(client, ref="slow") for _ in range(5)]
    assert {(each.status_code, each.json()["type"]) for each in meanwhile} == {(409, "/problems/idempotency-in-progress")}
    app.gate.set()
    assert (await running).status_code == 201
    assert (await post(client, ref="slow")).headers["idempotency-replayed"] == "true"
    racing = await asyncio.gather(*(post(client, ref="o9", key="race") for _ in range(20)))
    assert {each.status_code for each in racing} <= {201, 409}
    assert sum(each.status_code == 201 and "idempotency-replayed" not in each.headers for each in racing) == 1
    assert await done(app) == 2


async def test_a_refusal_is_rolled_back_and_worked_out_anew(app, client):
    refused = await post(client, ref="refused")
    assert (refused.status_code, refused.json()["request"]) == (409, {"state": "approved"})
    assert (await post(client, ref="refused")).headers.get("idempotency-replayed") is None
    assert await done(app) == 0
    assert (await post(client, ref="strict", key=None)).status_code == 400
    assert (await post(client, key="x" * 256)).status_code == 400
