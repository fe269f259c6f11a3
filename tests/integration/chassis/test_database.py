"""Migrations race and are safe; jsonb and times come through the pool as Python values."""

import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from tests.support.waiting import until

from chassis import database

RACE = "import asyncio, sys; from chassis.database import migrate; asyncio.run(migrate(sys.argv[1], 'chassis', 'a_package'))"


@pytest.fixture
def package(tmp_path, monkeypatch):
    folder = tmp_path / "a_package"
    (folder / "migrations").mkdir(parents=True)
    (folder / "__init__.py").touch()
    write(folder, "0001_make.sql", "create table made (id int); insert into made values (1)")
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    sys.modules.pop("a_package", None)


def write(folder: Path, name: str, sql: str):
    (folder / "migrations" / name).write_text(sql)


@pytest.fixture
async def url(database):
    return await database("migrating", packages=())


async def rows(url, query):
    con = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await con.fetch(query)]
    finally:
        await con.close()


async def test_processes_that_migrate_at_once_do_it_once(url, package):
    """All have begun when the first may look at what was applied before."""
    await database.migrate(url)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([*filter(None, [os.environ.get("PYTHONPATH")]), str(package.parent)])}
    gate, watch = await asyncpg.connect(url), await asyncpg.connect(url)  # a transaction sees one pg_stat_activity only
    try:
        async with gate.transaction():
            await gate.execute("lock table schema_migrations")
            running = [await asyncio.create_subprocess_exec(sys.executable, "-c", RACE, url, env=environment) for _ in range(4)]
            await until(lambda: _wait_for_locks(watch, 4), seconds=30, what="all of them wait")
    finally:
        await gate.close()
        await watch.close()
    assert [await process.wait() for process in running] == [0, 0, 0, 0]
    assert await rows(url, "select * from made") == [(1,)]
    assert await rows(url, "select number from schema_migrations where package = 'a_package'") == [(1,)]


async def _wait_for_locks(con, count):
    return await con.fetchval(
        "select count(*) = $1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'", count
    )


async def test_a_new_migration_is_applied_and_an_old_one_is_not_again(url, package):
    await database.migrate(url, "a_package")
    write(package, "0002_more.sql", "insert into made values (2)")
    await database.migrate(url, "a_package")
    await database.migrate(url, "a_package")
    assert await rows(url, "select * from made order by 1") == [(1,), (2,)]


async def test_a_migration_that_changed_after_it_was_applied_is_refused(url, package):
    await database.migrate(url, "a_package")
    write(package, "0001_make.sql", "create table made (id bigint)")
    with pytest.raises(database.MigrationChanged, match="0001_make"):
        await database.migrate(url, "a_package")


async def test_a_migration_that_fails_leaves_nothing_behind(url, package):
    write(package, "0002_broken.sql", "create table half (id int); select no_such_function()")
    with pytest.raises(asyncpg.UndefinedFunctionError):
        await database.migrate(url, "a_package")
    assert await rows(url, "select to_regclass('half') is null") == [(True,)]
    write(package, "0002_broken.sql", "create table half (id int)")
    await database.migrate(url, "a_package")


async def test_json_and_times_come_through_the_pool(url):
    assert urlsplit(url).path
    pool = await database.open_pool(url, name="test")
    value = {"a": [1, None, "ü", True], "b": {"c": 1.5}}
    at = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    try:
        assert await pool.fetchval("select $1::jsonb", value) == value
        assert await pool.fetchval("select ($1::jsonb[])[2]", [1, value]) == value
        assert await pool.fetchval("select $1::json", value) == value
        assert await pool.fetchval("select $1::timestamptz", at) == at
        assert await pool.fetchval("select null::jsonb") is None
    finally:
        await pool.close()


async def test_a_service_whose_migrations_changed_ends_instead_of_waiting(ground):
    await ground.con.execute("update schema_migrations set checksum = 'another' where number = 1")
    process = ground.process().launch()
    assert await asyncio.to_thread(process.wait, seconds=20) == 1
    assert "MigrationChanged" in process.tail()
