"""What the seed decides: everything that is chosen, and all kinds of it."""

from collections import Counter
from itertools import islice, pairwise

import pytest
from tests.chaos.faults import KINDS
from tests.chaos.plan import CHANNELS, HEAVY, LIGHT, STORIES, WEATHER, rounds, stories

from local_stack.settings import SERVICES

MANY = 40


def test_the_same_seed_draws_the_same_stories_and_faults():
    assert stories(7, seconds=60) == stories(7, seconds=60)
    assert list(islice(rounds(7), MANY)) == list(islice(rounds(7), MANY))


def test_another_seed_draws_others():
    assert stories(7, seconds=60) != stories(8, seconds=60)
    assert list(islice(rounds(7), MANY)) != list(islice(rounds(8), MANY))


def test_a_longer_run_begins_like_a_shorter_one():
    short = stories(7, seconds=60)
    assert stories(7, seconds=120)[: len(short)] == short


@pytest.mark.parametrize("seed", range(20))
def test_three_minutes_bring_three_hundred_orders(seed):
    assert len(stories(seed, seconds=180)) >= 290  # the probes of each round come on top


def test_every_kind_of_fault_and_every_service_has_its_turn():
    drawn = Counter(strike.kind for each in islice(rounds(1), MANY) for strike in each.strikes)
    kinds = {kind.partition(" ")[0] for kind in (*HEAVY, *LIGHT)}
    assert drawn.keys() == kinds
    killed = {strike.target for each in islice(rounds(1), MANY) for strike in each.strikes if strike.kind == "kill"}
    assert killed == set(SERVICES)


def test_every_kind_of_fault_can_strike():
    assert {kind.partition(" ")[0] for kind in (*HEAVY, *LIGHT)} == KINDS | WEATHER.keys()


def test_every_kind_of_story_is_told_on_its_channel():
    told = Counter((story.channel, story.kind) for story in stories(1, seconds=900))
    assert told.keys() == {(channel, kind) for channel in CHANNELS for kind in STORIES[channel]}


def test_faults_of_one_round_do_not_touch_the_same_part():
    for each in islice(rounds(3), MANY):
        for one, other in pairwise(strike for strike in each.strikes if strike.target):
            assert one.target != other.target
