"""Tokens between clocks that differ."""

import time

import pytest

from chassis import tokens

KEY = "a-key-of-at-least-thirty-two-bytes"


@pytest.mark.parametrize("seconds", [-60, 60])
def test_a_token_counts_by_its_end_and_not_by_the_clock_of_whoever_made_it(monkeypatch, seconds):
    """The clock was set back meanwhile, or another machine's goes before: whoever is signed in stays so."""
    there = time.time() + seconds
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(time, "time", lambda: there)
        token = tokens.mint(KEY, sub="u1", name="Aina", seller_id="s", roles=["viewer"], ttl_seconds=600)
    assert tokens.verify(KEY, token)["sub"] == "u1"
