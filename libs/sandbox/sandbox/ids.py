"""Made-up identifiers in the marketplaces' own shapes, the same again for the same seed."""

import hashlib
import random
import string
from datetime import UTC, datetime

_ALNUM = string.ascii_uppercase + string.digits


class Ids:
    def __init__(self, seed: int) -> None:
        self._random = random.Random(f"ids:{seed}")  # noqa: S311 (repeatable on purpose)

    def order_sn(self, now: float) -> str:
        """Shopee: two digits each for year, month, day, then eight letters or digits."""
        return datetime.fromtimestamp(now, UTC).strftime("%y%m%d") + "".join(self._random.choices(_ALNUM, k=8))

    def long_id(self, prefix: str) -> str:
        """TikTok: 19 digits, more than a double can hold."""
        return prefix + "".join(self._random.choices(string.digits, k=19 - len(prefix)))

    def token(self, length: int = 40) -> str:
        return "".join(self._random.choices(string.ascii_letters + string.digits, k=length))

    def hexadecimal(self, length: int = 32) -> str:
        return "".join(self._random.choices("0123456789abcdef", k=length))


def stable_number(*parts: object, digits: int = 10) -> int:
    """The same number for the same words, in every run: item ids of a shop's catalogue."""
    digest = hashlib.sha256(":".join(map(str, parts)).encode()).digest()
    low: int = 10 ** (digits - 1)
    return low + int.from_bytes(digest[:8]) % (9 * low)
