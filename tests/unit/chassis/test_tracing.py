"""Contexts of traces: handed on when off, refused when they are none."""

import subprocess
import sys
from datetime import UTC, datetime

import pytest
from tests.support.requests import an_order, requested

from chassis import tracing
from contracts.event import announce

GOOD = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    "given",
    [b"", b"\xff\xfe", GOOD[:-1].encode(), GOOD.upper().encode(), f"{GOOD}-x".encode(), b"x" * 10_000, GOOD.encode() + b"\n"],
    ids=["empty", "bytes", "short", "capitals", "more", "long", "line"],
)
def test_what_is_no_context_is_not_handed_on(given):
    assert tracing.valid(given) is None


def test_a_context_is_handed_on():
    assert tracing.valid(GOOD.encode()) == GOOD


def test_off_it_makes_no_span_and_still_hands_on_what_it_was_given():
    assert not tracing.on()
    with tracing.span("anything", root=True):
        assert tracing.current() is None
    with tracing.span("outer", parent=GOOD), tracing.span("inner"):
        assert tracing.current() == GOOD
    with tracing.spans("many", {"a": GOOD, "b": None}) as contexts:
        assert contexts == {"a": GOOD, "b": None}
    assert tracing.current() is None


def test_off_costs_no_import_of_the_exporter():
    program = "import chassis.lifecycle, marketplaces.wire, sys; sys.exit('opentelemetry.sdk' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_an_answer_goes_on_with_the_trace_of_its_cause():
    cause = announce(requested(an_order()), source="/zetpy/test", time=NOW, traceparent=GOOD)
    answer = announce(requested(an_order(), observation=2), source="/zetpy/test", time=NOW, cause=cause)
    assert (cause.traceparent, answer.traceparent) == (GOOD, GOOD)
