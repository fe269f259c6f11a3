"""Connections over a bare socket, as no client makes them: slow, silent, or endless."""

import asyncio
import contextlib

import pytest
import uvicorn
from fastapi import FastAPI, Request
from tests.support.waiting import until

from chassis import bodies, patience
from chassis.http import install_problems

HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"
BODY = b"POST /said HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@pytest.fixture
async def server(monkeypatch):
    monkeypatch.setattr(patience, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(bodies, "MOST_SECONDS", 0.3)
    http = FastAPI()
    install_problems(http)
    bodies.limit_bodies(http)

    @http.get("/")
    async def slow():
        await asyncio.sleep(0.6)
        return "here"

    @http.post("/said")
    async def said(request: Request):
        return len(await request.body())

    server = uvicorn.Server(uvicorn.Config(http, port=0, http=patience.Patient, ws="none", log_config=None, lifespan="off"))
    server.capture_signals = contextlib.nullcontext
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    yield server
    server.should_exit = True
    await serving


@pytest.fixture
async def connect(server):
    async with contextlib.AsyncExitStack() as stack:

        async def connect(said=b""):
            reader, writer = await asyncio.open_connection(*server.servers[0].sockets[0].getsockname())
            stack.callback(writer.close)
            writer.write(said)
            return reader, writer

        yield connect


async def ended(reader):
    """What came before the connection was closed."""
    async with asyncio.timeout(5):
        try:
            return await reader.read()
        except ConnectionResetError:
            return b""


@pytest.mark.parametrize("said", [b"", b"\r\n", b"GET", HEAD, HEAD + b"X-A: b"])
async def test_a_head_that_does_not_come_is_not_waited_for(connect, said):
    reader, _ = await connect(said)
    assert await ended(reader) == b""


async def test_between_two_requests_a_connection_is_not_kept_open_by_crumbs(connect):
    reader, writer = await connect(BODY + b"Content-Length: 1\r\n\r\n1")
    assert b"200 OK" in await reader.readuntil(b"\r\n")
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"\r\n")
    assert await ended(reader) == b"1"


async def test_an_answer_may_take_longer_than_a_head(connect):
    reader, _ = await connect(HEAD + b"Connection: close\r\n\r\n")
    assert (await ended(reader)).endswith(b'"here"')


@pytest.mark.parametrize("said", [HEAD + b"X-A: " + b"a" * 70_000, HEAD + b"X-A: b\r\n" * 10_000, b"GET /" + b"a" * 70_000])
async def test_an_endless_head_is_cut(connect, monkeypatch, said):
    monkeypatch.setattr(patience, "HEAD_SECONDS", 60)
    reader, _ = await connect(said)
    assert await ended(reader) == b""


async def test_trailers_without_end_are_cut(connect, monkeypatch):
    monkeypatch.setattr(patience, "REQUEST_BYTES", 100_000)
    monkeypatch.setattr(bodies, "MOST_SECONDS", 60)
    reader, writer = await connect(BODY + b"Transfer-Encoding: chunked\r\n\r\n0\r\n")
    writer.write(b"X-A: b\r\n" * 20_000)
    assert await ended(reader) == b""


async def test_a_body_that_does_not_come_is_not_waited_for(connect):
    reader, _ = await connect(BODY + b"Content-Length: 100\r\n\r\n{")
    assert b" 408 " in await reader.readuntil(b"\r\n")


async def test_a_service_cuts_an_endless_head(ground):
    process = ground.process()
    process.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", process.port)
    writer.write(HEAD + b"X-A: b\r\n" * 10_000)
    assert await ended(reader) == b""
    writer.close()
