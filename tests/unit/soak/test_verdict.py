"""Whether a long run's verdict finds what grows: made-up figures with one fault each."""

from dataclasses import replace

import pytest
from tests.soak.verdict import MIB, Sample, Table, judge

MINUTES = 15


def calm(seconds):
    """Memory that fills caches first, an inbox that is cleaned, dead rows that are vacuumed each minute."""
    return Sample(
        seconds,
        memory={"decision": int(90 * MIB + min(seconds, 250) * MIB / 10)},
        inbox_rows={"decision": 9000},
        inbox_age={"decision": min(seconds, 120 + seconds % 12)},
        outbox_rows={"decision": 3},
        tables={
            "decision.outbox": Table(live=3, dead=int(80 * (seconds % 60)), size=2 * MIB),
            "decision.requests": Table(live=int(20 * seconds), dead=int(4 * seconds), size=int(seconds * 20_000)),
        },
    )


SAMPLES = [calm(second) for second in range(0, 60 * MINUTES, 5)]


def told(change):
    return judge([change(sample) for sample in SAMPLES], retention=120, interval=12)


def test_a_calm_run_is_right():
    assert told(lambda sample: sample) == []


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (lambda each: replace(each, memory={"decision": int(100 * MIB + each.seconds * MIB / 30)}), "memory of decision grows"),
        (lambda each: replace(each, inbox_age={"decision": each.seconds}), "inbox of decision keeps rows for 895 s"),
        (
            lambda each: replace(each, tables={"decision.outbox": Table(3, int(80 * each.seconds), 2 * MIB)}),
            "dead rows of decision.outbox pile up",
        ),
        (
            lambda each: replace(each, tables={"decision.outbox": Table(3, 0, int(each.seconds * MIB / 20))}),
            "decision.outbox swells",
        ),
    ],
    ids=["memory", "inbox", "dead rows", "size"],
)
def test_what_grows_is_found(change, finding):
    (found,) = told(change)
    assert found.startswith(finding)


def test_a_table_that_keeps_what_it_is_told_may_grow():
    assert told(lambda each: replace(each, tables={"decision.requests": Table(int(20 * each.seconds), 0, int(each.seconds * MIB))})) == []
