"""The rules of cancel requests: pure functions and values; the clock is an argument."""
