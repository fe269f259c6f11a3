"""Postgres: the pool, the migrations, the named queries."""

import hashlib
import importlib.resources
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

import asyncpg
import msgspec
from asyncpg.pool import PoolConnectionProxy

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

Transaction: TypeAlias = PoolConnectionProxy | asyncpg.Connection

KEEPALIVE = {"tcp_keepalives_idle": "5", "tcp_keepalives_interval": "2", "tcp_keepalives_count": "3"}
"""A vanished host frees its locks after about 11 s."""

_MIGRATION = re.compile(r"(\d{4})_(\w+)\.sql")
_QUERY = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)
_LOCK = 0x7A657470  # one lock per database for all migrations


async def open_pool(url: str, *, name: str, min_size: int = 1, max_size: int = 8) -> asyncpg.Pool:
    """Open a pool whose connections speak jsonb as Python values and timestamptz as aware datetimes.

    Inside jsonb: what msgspec decodes without a type (no datetimes).
    `name` is shown in pg_stat_activity. A connection that waits 60 s inside a transaction is cut by the server: it holds locks.
    """
    return await asyncpg.create_pool(
        url,
        min_size=min_size,
        max_size=max_size,
        init=_speak_json,
        timeout=10,
        command_timeout=60,
        server_settings={"application_name": name, "idle_in_transaction_session_timeout": "60s", **KEEPALIVE},
    )


async def connect(url: str, *, name: str) -> asyncpg.Connection:
    """Open one connection outside any pool, for locks that belong to a session: a pool's reset would unlock them."""
    connection = await asyncpg.connect(url, timeout=10, server_settings={"application_name": name, **KEEPALIVE})
    await _speak_json(connection)
    return connection


async def _speak_json(connection: asyncpg.Connection) -> None:
    # Binary jsonb is a version byte followed by the text: no str in between.
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        format="binary",
        encoder=lambda value: b"\x01" + msgspec.json.encode(value),
        decoder=lambda value: msgspec.json.decode(memoryview(value)[1:]),
    )
    await connection.set_type_codec("json", schema="pg_catalog", format="binary", encoder=msgspec.json.encode, decoder=msgspec.json.decode)


class MigrationChanged(Exception):
    """A migration that was applied before reads differently now: write a new one instead."""


async def migrate(url: str, *packages: str) -> None:
    """Bring the tables of these packages up to date, in this order; several processes may try at once, one does it.

    Forward only. Each migration runs in a transaction of its own; one that changed after it was applied raises MigrationChanged.
    """
    connection = await asyncpg.connect(url, timeout=10)
    try:
        await connection.execute("select pg_advisory_lock($1)", _LOCK)
        await connection.execute(
            """create table if not exists schema_migrations(
                 package text, number int, name text not null, checksum text not null,
                 applied_at timestamptz not null default now(), primary key (package, number))"""
        )
        for package in packages:
            await _migrate_package(connection, package)
    finally:
        await connection.close()


async def _migrate_package(connection: asyncpg.Connection, package: str) -> None:
    rows = await connection.fetch("select number, checksum from schema_migrations where package = $1", package)
    applied = {row["number"]: row["checksum"] for row in rows}
    for number, name, sql in _migrations(package):
        checksum = hashlib.sha256(sql.encode()).hexdigest()
        if number in applied:
            if applied[number] != checksum:
                raise MigrationChanged(f"{package} {number:04}_{name}.sql was changed after it was applied")
            continue
        async with connection.transaction():
            await connection.execute(sql)
            await connection.execute(
                "insert into schema_migrations(package, number, name, checksum) values ($1, $2, $3, $4)", package, number, name, checksum
            )


def _migrations(package: str) -> Iterator[tuple[int, str, str]]:
    folder = importlib.resources.files(package) / "migrations"
    if not folder.is_dir():
        return
    found: dict[int, tuple[str, Traversable]] = {}
    for file in folder.iterdir():
        if match := _MIGRATION.fullmatch(file.name):
            number = int(match[1])
            if number in found:
                raise ValueError(f"{package} has two migrations with number {number}")
            found[number] = (match[2], file)
    for number in sorted(found):
        name, file = found[number]
        yield number, name, file.read_text()


class Queries:
    """The named queries of `<package>/queries.sql`: `QUERIES["claim_due_deliveries"]` or `QUERIES.claim_due_deliveries`.

    Each begins with `-- name: verb_object`. An unknown name raises, so take the queries at import time.
    """

    def __init__(self, package: str, file: str = "queries.sql") -> None:
        text = (importlib.resources.files(package) / file).read_text()
        parts = _QUERY.split(text)
        names = parts[1::2]
        if len(set(names)) != len(names):
            raise ValueError(f"a query of {package} is named twice")
        self._package = package
        self._queries = {name: body.strip() for name, body in zip(names, parts[2::2], strict=True)}

    def __getitem__(self, name: str) -> str:
        try:
            return self._queries[name]
        except KeyError:
            raise KeyError(f"{self._package} has no query named {name}") from None

    def __getattr__(self, name: str) -> str:
        if name.startswith("_"):
            raise AttributeError(name)
        return self[name]

    def names(self) -> frozenset[str]:
        return frozenset(self._queries)


def affected(status: Any) -> int:
    """How many rows a command touched, from its status (`DELETE 5`)."""
    return int(str(status).rsplit(" ", 1)[-1])
