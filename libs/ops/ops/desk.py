"""What every command works at: settings, and a place to write to, for people or as JSON."""

import asyncio
import getpass
import sys
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any, TextIO, TypeVar

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from ops.settings import Settings

T = TypeVar("T")
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document instead of tables.")]
Why = Annotated[str, typer.Option("--why", help="The reason; it is stored with what was done.", show_default=False)]
WIDTH = 180


@dataclass
class Desk:
    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)
    given: Settings | None = None

    @cached_property
    def settings(self) -> Settings:
        return self.given or Settings()

    @cached_property
    def console(self) -> Console:
        terminal = self.out.isatty()
        return Console(file=self.out, width=None if terminal else WIDTH, soft_wrap=not terminal, highlight=False)

    @cached_property
    def progress_console(self) -> Console:
        """On the error stream: progress never mixes with an answer."""
        return Console(file=self.err, highlight=False)

    @property
    def who(self) -> str:
        return self.settings.who or getpass.getuser()

    def say(self, line: str) -> None:
        self.console.print(line, markup=False)

    def json(self, document: Any) -> None:
        self.out.write(msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n")

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[Any]], *, title: str | None = None) -> None:
        """Numbers to the right; None is an empty cell."""
        table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
        for position, column in enumerate(columns):
            numeric = bool(rows) and all(isinstance(row[position], int | float | None) for row in rows)
            table.add_column(column, justify="right" if numeric else "left", overflow="fold")
        for row in rows:
            table.add_row(*(shown(cell) for cell in row))
        self.console.print(table)

    def facts(self, facts: Mapping[str, Any], *, title: str | None = None) -> None:
        self.table(("", ""), [(name.replace("_", " "), shown(value)) for name, value in facts.items()], title=title)


def shown(cell: Any) -> str:
    """How a value is written for people."""
    match cell:
        case None:
            return ""
        case bool():
            return "yes" if cell else "no"
        case float():
            return f"{cell:,.1f}"
        case int():
            return f"{cell:,}"
        case dict():
            return " ".join(f"{name}={shown(value)}" for name, value in cell.items() if value is not None)
        case list() | tuple():
            return ", ".join(shown(each) for each in cell)
        case _ if hasattr(cell, "isoformat"):
            return str(cell.isoformat(timespec="seconds")).replace("+00:00", "Z")
        case _:
            return str(cell)


def run(work: Coroutine[Any, Any, T]) -> T:
    """The loop of one command."""
    return asyncio.run(work)


def desk_of(context: typer.Context) -> Desk:
    desk: Desk = context.obj
    return desk
