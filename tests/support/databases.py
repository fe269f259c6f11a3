"""Fresh databases: cloned from a template that was migrated once, dropped afterwards."""

import contextlib
import hashlib
import importlib.util
import uuid
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from chassis.database import migrate

ONE_AT_A_TIME = 7_301_193_224  # any number; the same in every session on this server


async def create(postgres_url: str, name: str, *packages: str) -> str:
    """The URL, for the superuser, of a new database with these packages' tables."""
    template = await _template(postgres_url, packages) if packages else "template1"
    database = f"{name.replace('-', '_')}_{uuid.uuid4().hex[:10]}"
    async with _connected(postgres_url) as connection:
        await connection.execute(f'create database "{database}" template "{template}"')
    return _url(postgres_url, database)


async def drop(postgres_url: str, database_url: str) -> None:
    """Drops it, whoever is still connected."""
    async with _connected(postgres_url) as connection:
        await connection.execute(f'drop database if exists "{urlsplit(database_url).path[1:]}" with (force)')


async def _template(postgres_url: str, packages: Sequence[str]) -> str:
    """Named after the content of its migrations, so that an old one is never taken for a new one; appears only when it is finished."""
    name = f"template_{_fingerprint(packages)}"
    async with _connected(postgres_url) as connection:
        await connection.execute("select pg_advisory_lock($1)", ONE_AT_A_TIME)
        if not await connection.fetchval("select true from pg_database where datname = $1", name):
            unfinished = f"{name}_unfinished"
            await connection.execute(f'drop database if exists "{unfinished}" with (force)')
            await connection.execute(f'create database "{unfinished}"')
            await migrate(_url(postgres_url, unfinished), *packages)
            await connection.execute(f'alter database "{unfinished}" rename to "{name}"')
    return name


def _fingerprint(packages: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for package in packages:
        spec = importlib.util.find_spec(package)
        assert spec is not None, f"no package {package}"
        assert spec.origin is not None, f"{package} has no folder"
        for file in sorted((Path(spec.origin).parent / "migrations").rglob("*.sql")):
            digest.update(f"{package}/{file.name}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def _url(postgres_url: str, database: str) -> str:
    return urlunsplit(urlsplit(postgres_url)._replace(path=f"/{database}"))


@contextlib.asynccontextmanager
async def _connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()
