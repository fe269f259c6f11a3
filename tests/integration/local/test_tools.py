"""The tools that the other tests stand on: they must be able to fail."""

import asyncio

import asyncpg
import pytest
from tests.support.waiting import until, until_sync

from local_stack import kafka, postgres
from local_stack.settings import Stack


async def test_a_database_is_fresh_and_gone_afterwards(database, postgres_url):
    first, second = await database("inventory"), await database("inventory")
    assert first != second
    connection = await asyncpg.connect(first)
    await connection.execute("create table mine ()")
    await connection.close()
    connection = await asyncpg.connect(second)
    assert await connection.fetchval("select to_regclass('mine')") is None
    await connection.close()


async def test_a_killed_kafka_and_a_killed_postgres_come_back(breakable_stack):
    await asyncio.to_thread(breakable_stack.kill, "kafka")
    await asyncio.to_thread(breakable_stack.kill, "postgres")
    assert kafka.answers(breakable_stack.kafka_url)
    assert await postgres.answers(breakable_stack.postgres_url)


async def test_what_is_stopped_stays_stopped_until_it_is_started(breakable_stack):
    breakable_stack.stop("postgres")
    assert not await postgres.answers(breakable_stack.postgres_url)
    breakable_stack.start("postgres")
    assert await postgres.answers(breakable_stack.postgres_url)


def test_a_frozen_kafka_answers_nothing_until_it_thaws(breakable_stack):
    breakable_stack.pause("kafka")
    assert not kafka.answers(breakable_stack.kafka_url)
    breakable_stack.resume("kafka")
    until_sync(lambda: kafka.answers(breakable_stack.kafka_url))


async def test_waiting_gives_up_with_what_it_waited_for():
    with pytest.raises(AssertionError, match=r"not within 0\.05 s: rain; last value: 0"):
        await until(lambda: 0, seconds=0.05, what="rain")


def test_a_process_can_be_frozen_killed_and_started_again(service):
    server = service("inventory", {}, argv=["-u", "-c", SERVER], ready_path="/")
    server.start()
    server.pause()
    assert not server.is_ready()
    server.resume()
    until_sync(server.is_ready)
    first = server.pid
    server.kill()
    assert server.returncode == -9
    assert server.start().pid != first
    assert server.stop() < 5
    assert "GET /" in server.tail()


def test_a_process_that_ends_before_it_is_ready_shows_its_last_words(service):
    with pytest.raises(AssertionError, match="no settings"):
        service("inventory", {}, argv=["-c", "raise SystemExit('no settings')"]).start()


SERVER = """
import http.server, os
port = int(os.environ["INVENTORY_PORT"])
http.server.ThreadingHTTPServer(("127.0.0.1", port), http.server.SimpleHTTPRequestHandler).serve_forever()
"""


def test_kafka_can_be_formatted_wherever_the_clone_lies(tmp_path):
    """A cluster id is derived from the folder, and one in 64 begins with a dash."""
    homes = (tmp_path / str(number) for number in range(10_000))
    home = next(home for home in homes if kafka.cluster_id(home / "stack" / "kafka").startswith("-"))
    kafka.prepare(Stack(home=home, given_kafka_url=None, given_database_url=None))
    assert (home / "stack" / "kafka" / "data" / "meta.properties").is_file()
