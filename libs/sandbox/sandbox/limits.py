"""How many calls per second a marketplace takes for one key, in real time."""

from collections import defaultdict, deque
from collections.abc import Hashable


class Limits:
    def __init__(self) -> None:
        self._taken: dict[Hashable, deque[float]] = defaultdict(deque)

    def take(self, key: Hashable, *, per_s: float, now: float) -> bool:
        """Count one call; False once a second's allowance (at least one call) is used up. Refused calls don't count."""
        taken = self._taken[key]
        window = max(1.0, 1.0 / per_s)
        while taken and taken[0] <= now - window:
            taken.popleft()
        if len(taken) >= max(1, int(per_s)):
            return False
        taken.append(now)
        return True
