"""The situation table of docs/architecture/situations.md, read as the tests read it: every cell is an expectation."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "architecture" / "situations.md"

NOTHING = "-"
CHANNELS = {"Shopee": "shopee", "TikTok": "tiktok"}
TABS = {"to_decide": "To decide", "cancelled": "Cancelled", "rejected": "Rejected", "ended": "Ended"}
CHIPS = {
    "none": "",
    "queued": "telling",
    "retrying": "slow, next try",
    "blocked": "reconnect the shop",
    "synced": "has it",
    "confirmed": "✓",
    "refused": "refused, and why",
    "failed": "retry now",
}
"""What the seller reads of A2, in short."""

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Row:
    """A situation on one channel. `cells`: by the table's heads; of `this / that` the channel's own."""

    id: str
    channel: str
    cells: Mapping[str, str]

    def __str__(self) -> str:
        return f"{self.id}-{self.channel}"

    def expects(self) -> dict[str, str]:
        """The outcome, head by head, of those heads that the table has."""
        return {head: self.cells[head] for head in OUTCOME if head in self.cells}


OUTCOME = ("request", "sync", "stock", "order", "hold", "recall", "called", "seller reads")


def tables(text: str | None = None) -> Iterator[list[dict[str, str]]]:
    """Every table of the page whose first head is `id`, as its rows."""
    rows: list[dict[str, str]] = []
    heads: list[str] = []
    for line in (text if text is not None else TABLE.read_text("utf-8")).splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] if line.startswith("|") else []
        if not cells:
            if rows:
                yield rows
            rows, heads = [], []
        elif not heads:
            heads = cells
        elif heads[0] == "id" and set(line) - set("|-: "):
            rows.append(dict(zip(heads, cells, strict=True)))
    if rows:
        yield rows


def rows() -> list[Row]:
    """Every row of every table that has an outcome, once for each of its channels."""
    return [row for table in tables() for cells in table if "request" in cells for row in _by_channel(cells)]


def rows_of(prefix: str) -> list[Row]:
    return [row for row in rows() if row.id.startswith(prefix)]


def _by_channel(cells: Mapping[str, str]) -> Iterator[Row]:
    names = [CHANNELS[name] for name in cells["channel"].split(" / ")]
    for number, name in enumerate(names):
        own = {head: _own(cell, number, len(names)) for head, cell in cells.items()}
        yield Row(cells["id"], name, {head: cell.replace("`", "") for head, cell in own.items()})


def _own(cell: str, number: int, of: int) -> str:
    parts = cell.split(" / ")
    return parts[number] if len(parts) == of else cell


def situation(*ids: str) -> Callable[[F], F]:
    """Marks the test of these rows; `tests/unit/situations` reads the marks from the source."""

    def mark(test: F) -> F:
        test.situations = ids  # type: ignore[attr-defined] # read by whoever runs the rows of a module
        return test

    return mark


def by_id(module: Mapping[str, Any]) -> dict[str, Callable[..., Any]]:
    """The marked functions of a module, by row."""
    marked = [each for each in module.values() if hasattr(each, "situations")]
    return {name: each for each in marked for name in each.situations}


def seen(**shown: Any) -> dict[str, str]:
    """What a request and its order show, in the words of the table's heads."""
    alerts = ", ".join(each for each in shown["alerts"] if each not in {"due_soon", "overdue"})
    chip = CHIPS[shown["sync"]]
    reads = TABS[shown["tab"]] + (f" {chip}" if chip else "") + (f": {alerts}" if alerts else "")
    return {
        "request": shown["state"],
        "sync": shown["sync"],
        "stock": shown["stock"],
        "order": shown["status"],
        "hold": shown["hold"] or NOTHING,
        "recall": "yes" if shown["recall"] else NOTHING,
        "seller reads": reads,
    }


MARK = re.compile(r'@situation\(((?:\s*"[^"]+",?)+)\s*\)')


def marked_in(source: str) -> set[str]:
    """The ids that the marks in a test's source name."""
    return {name for mark in MARK.finditer(source) for name in re.findall(r'"([^"]+)"', mark.group(1))}
