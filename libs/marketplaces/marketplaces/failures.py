"""Why a call to a marketplace did not do what was asked, and what its caller may conclude from that.

    MarketplaceFailure
     ├─ Unavailable      wait and try again (server, network, time-out, not JSON, a lock)
     ├─ Throttled        wait `retry_after` seconds and try again, slower
     ├─ TokenExpired     refresh and try once more (`Accounts.call` does)
     ├─ Stale            the state moved on: read it, then decide again
     ├─ Refused          the marketplace says no, and why
     ├─ Reauthorise      the seller has to connect the shop again
     ├─ Misconfigured    our app's fault (signature, keys, permissions, allow lists): a person has to act, trying again does not help
     └─ Permanent        this call can never work (unknown order, bad field)

`maybe_applied` says that the call may have had its effect in spite of the failure: read before repeating.
"""

from dataclasses import dataclass
from typing import Literal

Because = Literal["already_cancelled", "request_ended", "shipped", "reason_not_offered", "other"]
"""CONTRACTS D, `OutcomeRefused.because`."""

Cause = Literal["unavailable", "timeout", "locked"]
"""CONTRACTS D, `OutcomeDelayed.cause`, as far as it belongs to a call."""


class MarketplaceFailure(Exception):
    """The marketplace did not do what was asked."""

    def __init__(self, message: str = "", *, code: str = "", call_id: str | None = None, maybe_applied: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.call_id = call_id
        self.maybe_applied = maybe_applied

    def __str__(self) -> str:
        return f"{self.code}: {self.message}" if self.code else self.message


class Unavailable(MarketplaceFailure):
    """The marketplace can't answer now; the same call may work later.

    `few_tries`: worth a few tries only, then a person (Shopee `logistics.cancel_forder_failed`, codes that no reference knows).
    """

    cause: Cause = "unavailable"
    few_tries: bool = False


class Throttled(MarketplaceFailure):
    """Too many calls. `retry_after` in seconds, where it is known; `quota`: the app's calls of the day are used up."""

    retry_after: float | None = None
    quota: bool = False


class TokenExpired(MarketplaceFailure):
    """The access token is not taken any more; nothing was done."""


class Stale(MarketplaceFailure):
    """The order or request is not in the state that the call needs: it was answered, withdrawn or it expired."""


class Refused(MarketplaceFailure):
    """The marketplace says no for good, `because`."""

    because: Because = "other"


class Reauthorise(MarketplaceFailure):
    """The shop is unusable until the seller connects it again."""


class Misconfigured(MarketplaceFailure):
    """The app is at fault, for every shop alike: signature, clock, key, address, permission."""


class Permanent(MarketplaceFailure):
    """This call can never work."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an error of a marketplace means: the result of the channels' classification tables."""

    failure: type[MarketplaceFailure]
    because: Because = "other"
    cause: Cause = "unavailable"
    few_tries: bool = False
    quota: bool = False
    unknown_outcome: bool = False
    """A writing call that ends so may have had its effect."""

    def raised(self, message: str, *, code: str, call_id: str | None, writes: bool, retry_after: float | None = None) -> MarketplaceFailure:
        """The exception to raise."""
        failure = self.failure(message, code=code, call_id=call_id, maybe_applied=writes and self.unknown_outcome)
        if isinstance(failure, Unavailable):
            failure.cause = self.cause
            failure.few_tries = self.few_tries
        elif isinstance(failure, Throttled):
            failure.retry_after = retry_after
            failure.quota = self.quota
        elif isinstance(failure, Refused):
            failure.because = self.because
        return failure
