"""How fast a shop may be called."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplaces.bulk import read_in_bulk
from marketplaces.failures import Permanent, Throttled
from marketplaces.pace import Pace
from marketplaces.windows import MAX_WINDOW, chunks, windows

START = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_free_and_then_calls_are_spaced():
    pace = Pace(per_second=2, burst=3, clock=Clock())
    assert [pace.book("s") for _ in range(5)] == [0, 0, 0, 0.5, 1.0]


def test_shops_do_not_slow_each_other():
    pace = Pace(per_second=1, burst=1, clock=Clock())
    assert [pace.book("a"), pace.book("b"), pace.book("a")] == [0, 0, 1]


def test_an_idle_shop_gets_its_burst_back_and_no_more():
    clock = Clock()
    pace = Pace(per_second=2, burst=2, clock=clock)
    assert [pace.book("s") for _ in range(3)] == [0, 0, 0.5]
    clock.now = 1000
    assert [pace.book("s") for _ in range(3)] == [0, 0, 0.5]


def test_shops_that_are_idle_are_forgotten():
    clock = Clock()
    pace = Pace(per_second=1000, burst=1, clock=clock)
    for shop in range(10_001):
        pace.book(str(shop))
    clock.now = 1000
    pace.book("one more")
    assert len(pace._next) == 1


def test_being_throttled_halves_the_pace_at_once_and_takes_the_burst_away():
    pace = Pace(per_second=2, burst=3, clock=Clock())
    pace.throttled("s")
    assert [pace.book("s") for _ in range(3)] == [0, 1, 2]
    assert (pace.per_second("s"), pace.per_second("other")) == (1, 2)


def test_the_pace_comes_back_slowly_and_is_whole_in_the_end():
    clock = Clock()
    pace = Pace(per_second=2, burst=1, clock=clock)
    pace.throttled("s")
    seen = []
    for second in (0, 5, 9, 10):
        clock.now = second
        seen.append(pace.per_second("s"))
    assert seen == sorted(seen)
    assert seen[0] == 1
    assert 1 < seen[1] < 1.5, "five seconds later it has not forgotten"
    assert seen[2] < 2
    assert seen[3] == 2


def test_after_a_storm_the_full_pace_is_half_a_minute_away():
    clock = Clock()
    pace = Pace(per_second=8, clock=clock)
    for second in range(20):
        clock.now = second
        pace.throttled("s")
    slowest = clock.now
    assert pace.per_second("s") == 1
    clock.now = slowest + 29
    assert 7 < pace.per_second("s") < 8
    clock.now = slowest + 30
    assert pace.per_second("s") == 8


def test_a_storm_slows_down_to_a_floor_and_calls_under_way_together_count_once():
    clock = Clock()
    pace = Pace(per_second=8, clock=clock)
    for _ in range(5):
        pace.throttled("s")
    assert pace.per_second("s") == 4
    for second in range(1, 40):
        clock.now = second * 2.0
        pace.throttled("s")
    assert pace.per_second("s") == 1


async def test_while_the_marketplace_wants_to_be_left_alone_nothing_is_sent():
    clock = Clock()
    pace = Pace(per_second=100, clock=clock)
    pace.throttled("s", retry_after=60)
    clock.now = 20
    with pytest.raises(Throttled) as refused:
        await pace.turn("s")
    assert refused.value.retry_after == 40
    await pace.turn("other")
    clock.now = 60
    await pace.turn("s")


async def test_a_shorter_word_does_not_undo_a_longer_one():
    clock = Clock()
    pace = Pace(per_second=100, clock=clock)
    pace.throttled("s", retry_after=60)
    clock.now = 5
    pace.throttled("s", retry_after=1)
    clock.now = 30
    with pytest.raises(Throttled):
        await pace.turn("s")


@hypothesis.settings(deadline=None)  # the machine may be busy
@given(gaps=st.lists(st.tuples(st.floats(0, 90), st.booleans()), min_size=1, max_size=60))
def test_whatever_happens_the_pace_stays_between_its_floor_and_what_is_allowed(gaps):
    clock = Clock()
    pace = Pace(per_second=8, clock=clock)
    for gap, throttled in gaps:
        before = pace.per_second("s")
        clock.now += gap
        grown = pace.per_second("s")
        assert before * (1 - 1e-9) <= grown <= min(8, before * 2 ** (gap / 10)) * (1 + 1e-9)
        if throttled:
            pace.throttled("s")
        assert 1 <= pace.per_second("s") <= 8


@hypothesis.settings(deadline=None)  # the machine may be busy
@given(rate=st.floats(0.1, 100), burst=st.integers(1, 10), gaps=st.lists(st.floats(0, 2), min_size=1, max_size=60))
def test_no_second_sees_more_than_rate_and_burst(rate, burst, gaps):
    clock = Clock()
    pace = Pace(per_second=rate, burst=burst, clock=clock)
    begun = []
    for gap in gaps:
        clock.now += gap
        begun.append(clock.now + pace.book("s"))
    for first in begun:
        within = sum(1 for at in begun if first <= at < first + 1)
        assert within <= rate + burst + 1


@hypothesis.settings(deadline=None)  # the machine may be busy
@given(hours=st.integers(-24, 24 * 100))
def test_windows_cover_the_time_without_gaps_and_none_is_too_long(hours):
    until = START + timedelta(hours=hours)
    parts = list(windows(START, until))
    if hours <= 0:
        assert parts == []
        return
    assert parts[0][0] == START
    assert parts[-1][1] == until
    assert all(before[1] == after[0] for before, after in pairwise(parts))
    assert all(timedelta(0) < end - begin <= MAX_WINDOW < timedelta(days=15) for begin, end in parts)


def test_chunks_keep_the_order_and_drop_repeats():
    assert [list(part) for part in chunks(["a", "b", "a", "c"], 2)] == [["a", "b"], ["c"]]


@pytest.mark.parametrize("bad", [set(), {"7"}, {"0", "49", "50", "119"}, {str(number) for number in range(120)}])
async def test_one_unknown_order_does_not_spoil_its_call(bad):
    calls = []

    async def read(refs, found):
        calls.append(len(refs))
        assert len(refs) <= 50
        if bad & set(refs):
            raise Permanent("not found", code="error_not_found")
        found.orders.update(dict.fromkeys(refs))

    refs = [str(number) for number in range(120)]
    reading = await read_in_bulk(refs, read, unknown_order=lambda failure: failure.code == "error_not_found")
    assert set(reading.missing) == bad
    assert set(reading.orders) == set(refs) - bad
    assert len(calls) == 3 if not bad else len(calls) <= 3 + len(bad) * 14


async def test_any_other_refusal_of_a_bulk_read_is_raised_at_once():
    calls = []

    async def read(refs, found):
        calls.append(refs)
        raise Permanent("no permission", code="error_permission")

    with pytest.raises(Permanent):
        await read_in_bulk([str(number) for number in range(50)], read, unknown_order=lambda failure: failure.code == "error_not_found")
    assert len(calls) == 1


@pytest.mark.parametrize("odd", ["", " ", "a,b", "a b", "x" * 65, "\u0661", "a\n", "../etc"])
async def test_what_can_not_be_an_order_is_not_asked_for(odd):
    asked = []

    async def read(refs, found):
        asked.extend(refs)
        found.orders.update(dict.fromkeys(refs))

    reading = await read_in_bulk(["1", odd, "2"], read, unknown_order=lambda _: False)
    assert asked == ["1", "2"]
    assert reading.missing == (odd,)
