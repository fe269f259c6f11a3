"""What is in the logs, and what is not."""

import json
import subprocess
import sys
from datetime import UTC, datetime

FAILING = """
import asyncpg
from asyncpg.exceptions import _base
from chassis import logs

logs.configure("probe")
refused = asyncpg.CheckViolationError("violates a check")
refused.detail, refused.hint = "Failing row contains (Siti binti Ahmad,\\n second line of Siti).", "Ask Siti."
argument = _base.DataError("invalid input for query argument $3: 'Siti' (expected an int)")
for first in (refused, argument):
    try:
        try:
            raise first
        except Exception as error:
            raise RuntimeError("in a handler") from error
    except RuntimeError as error:
        logs.logger("a").exception("handler-bug", error=f"{first}")
        logs.logger("a").error("grouped", exc_info=ExceptionGroup("several", [error]))
        import logging
        logging.getLogger("library").exception("a library's own line")
"""


AWAY = """
import logging
from chassis import logs

logs.configure("probe")
clock = [100.0]
logs.monotonic = lambda: clock[0]
for second in range(12):
    clock[0] = 100.0 + second
    for node in range(10):
        logging.getLogger("aiokafka.conn").error("Unable connect to node %s", node)
    logging.getLogger("chassis").error("ours")
"""


def test_what_a_library_repeats_while_kafka_is_away_is_said_seldom_and_counted():
    run = subprocess.run([sys.executable, "-c", AWAY], capture_output=True, text=True, timeout=60, check=True)
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    theirs = [line for line in lines if line["logger"] == "aiokafka.conn"]
    assert [line.get("left_out") for line in theirs] == [None, 49, 49]
    assert len(lines) - len(theirs) == 12


def test_no_traceback_quotes_the_row_that_postgres_refused_nor_an_argument():
    run = subprocess.run([sys.executable, "-c", FAILING], capture_output=True, text=True, timeout=60, check=True)
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert [line["event"] for line in lines] == ["handler-bug", "grouped", "a library's own line"] * 2
    for line in lines[:3]:
        assert "CheckViolationError: violates a check" in line["exception"]
    for line in lines[3:]:
        assert "DataError: invalid input for query argument $3" in line["exception"]
    assert "Siti" not in run.stdout


MANY = """
import sys
from chassis import logs

logs.configure("probe", sys.argv[1])
logs.lines("a.b", "event-handled", [{"key": "k1", "n": 1}, {"key": "k\\n2", "n": None}])
logs.lines("a.b", "event-handled", [])
logs.logger("a.b").info("event-handled", key="k3", n=3)
"""


def test_many_lines_look_as_if_each_had_been_logged_alone_and_follow_the_level():
    def logged(level):
        run = subprocess.run([sys.executable, "-c", MANY, level], capture_output=True, text=True, timeout=60, check=True)
        return [json.loads(line) for line in run.stdout.splitlines()]

    lines = logged("INFO")
    assert [(line.pop("key"), line.pop("n")) for line in lines] == [("k1", 1), ("k\n2", None), ("k3", 3)]
    for line in lines:
        assert datetime.fromisoformat(line.pop("time")).tzinfo == UTC
    assert lines == [{"service": "probe", "event": "event-handled", "level": "info", "logger": "a.b"}] * 3
    assert logged("WARNING") == []
