"""The operator's command: `ops --help`."""

import logging
import sys
from collections.abc import Callable, Sequence
from typing import Any

import asyncpg
import typer
from aiokafka.errors import KafkaError
from pydantic import ValidationError
from typer.exceptions import TyperException

from ops.commands import estate, letters, looking, replaying
from ops.desk import Desk
from ops.failures import CODES, Failed, Unreachable

EPILOG = "Exit codes: " + " · ".join(f"{code} {meaning}" for code, meaning in CODES.items())

app = typer.Typer(
    name="ops",
    help="See what is wrong, know what a repair will change, repair it, and prove afterwards what was done.",
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


def _add(name: str, command: Callable[..., Any], *, to: typer.Typer = app) -> None:
    to.command(name, epilog=EPILOG if to is app else None)(command)


_add("lag", looking.show_lag)
_add("topics", looking.show_topics)
_add("peek", looking.peek)
_add("trace", estate.trace)
_add("rebuild", estate.rebuild)
_add("accounts", estate.show_accounts)
_add("verify", estate.verify)
_add("actions", estate.show_actions)
app.add_typer(letters.app, name="dlq", epilog=EPILOG)
app.add_typer(replaying.app, name="replay", epilog=EPILOG)


def main(arguments: Sequence[str] | None = None, *, desk: Desk | None = None) -> int:
    """Run a command and give its exit code; what goes wrong is said in one line."""
    desk = desk or Desk()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what matters of it is said here, once
    try:
        return int(app(args=list(sys.argv[1:] if arguments is None else arguments), standalone_mode=False, obj=desk) or 0)
    except TyperException as error:
        return _say(
            desk, str(getattr(error, "format_message", error.__str__)()) + " (`--help` shows how)", int(getattr(error, "exit_code", 2))
        )
    except Failed as error:
        return _say(desk, str(error), error.code)
    except ValidationError as error:
        wrong = ", ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        return _say(desk, f"a setting is wrong: {wrong}", Unreachable.code)
    except KafkaError as error:
        return _say(desk, f"Kafka: {type(error).__name__} {error}".strip(), Unreachable.code)
    except (OSError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.InvalidAuthorizationSpecificationError) as error:
        return _say(desk, f"something does not answer: {str(error) or type(error).__name__}", Unreachable.code)
    except asyncpg.InsufficientPrivilegeError as error:
        return _say(desk, f"a database refuses: {error}: does its owner's newest version run?", Unreachable.code)
    except KeyboardInterrupt:
        return 130


def _say(desk: Desk, line: str, code: int) -> int:
    desk.err.write(f"error: {line}\n")
    return code
