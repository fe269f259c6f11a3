"""Where a request stands: a pure function of the newest observation, our decision, and whether that decision was answered."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, assert_never

from contracts.values import RevertWhy
from decision.domain.decisions import Decision
from decision.domain.facts import Facts
from decision.domain.sync import Sync

RequestState = Literal["pending", "approved", "rejected", "cancelled_elsewhere", "lapsed"]

NOT_TAKEN_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Standing:
    """The request's state, and why our decision did not hold, if it did not."""

    state: RequestState
    broken: RevertWhy | None = None


def settle(facts: Facts, decision: Decision | None, sync: Sync, *, not_taken_after: timedelta = NOT_TAKEN_AFTER) -> Standing:
    """Only observations move the state.

    An answer says what became of a *call*, at another moment than the observation was made: a refusal can do no more than take our word
    back while the request is still open, and the next look tells what is true (CONTRACTS A1).
    """
    match facts.shows:
        case "open":
            if decision is None:
                return Standing("pending")
            broken = _why_still_open(facts, sync, not_taken_after)
            return Standing("pending", broken) if broken else Standing(decision.state)
        case "continues":
            if decision is None:
                return Standing("lapsed")
            return Standing("rejected") if decision.state == "rejected" else Standing("lapsed", "undone")
        case "cancelled":
            if decision is None:
                return Standing("cancelled_elsewhere")
            return Standing("approved") if decision.state == "approved" else Standing("cancelled_elsewhere", "undone")
        case _:
            assert_never(facts.shows)


def _why_still_open(facts: Facts, sync: Sync, not_taken_after: timedelta) -> RevertWhy | None:
    """Why a decided request that is still open has no decision any more.

    The marketplaces act asynchronously, so a synced answer stands until a read that *started* late enough still shows the request open.
    """
    if sync.state == "refused":
        return "refused"
    if sync.state == "confirmed":
        return "undone"
    if sync.state == "synced" and sync.at is not None and facts.read_started_at >= sync.at + not_taken_after:
        return "not_taken"
    return None
