"""The tabs of the list (CONTRACTS A5), the same on page, API and counts."""

from typing import Literal

from decision.domain.settle import RequestState

Tab = Literal["to_decide", "cancelled", "rejected", "ended", "attention"]

TAB_OF: dict[RequestState, Tab] = {
    "pending": "to_decide",
    "approved": "cancelled",
    "cancelled_elsewhere": "cancelled",
    "rejected": "rejected",
    "lapsed": "ended",
}
"""Every request is in exactly one of these; `attention` cuts across them."""
