"""What TikTok Shop's error codes mean (OpenAPI files and docv2 common-errors of 2025-12)."""

from marketplaces.failures import (
    Misconfigured,
    Permanent,
    Reauthorise,
    Refused,
    Stale,
    Throttled,
    TokenExpired,
    Unavailable,
    Verdict,
)

TOKEN_ENDPOINTS = frozenset({"/api/v2/token/get", "/api/v2/token/refresh"})

_BROKEN = Verdict(Unavailable, unknown_outcome=True)
_UNKNOWN = Verdict(Unavailable, few_tries=True, unknown_outcome=True)

_CODES: dict[int, Verdict] = {
    36009002: Verdict(Throttled),
    **dict.fromkeys((36009003, 25001058, 25007002, 25020008, 10037002, 10037003, 10037004), _BROKEN),
    36009007: Verdict(Unavailable, cause="timeout", unknown_outcome=True),
    25001028: Verdict(Unavailable, cause="locked"),
    105002: Verdict(TokenExpired),
    **dict.fromkeys((105005, 36004001, 36004004), Verdict(Reauthorise)),
    **dict.fromkeys((101000, 106001, 106013, 36009009, 36009010, 36009014, 36009022, 36009023, 36009033), Verdict(Misconfigured)),
    **dict.fromkeys((25001001, 11050001, 98001004, 25007006, 25020005, 10006402, 21008111, 10002014, 10002015), Verdict(Permanent)),
    **dict.fromkeys((25001014, 25001016, 25001020, 25001057), Verdict(Refused, because="reason_not_offered")),
    **dict.fromkeys((25001003, 25001011, 25011011, 25011012, 25020003, 25020004), Verdict(Stale)),
    25001045: Verdict(Refused, because="shipped"),
    25020009: Verdict(Refused, because="request_ended"),
    25020010: Verdict(Refused, because="already_cancelled"),
}

CATCH_ALL = 36009004
"""Signature missing, token or app key bad, timestamp bad, unwanted identifier: only the message tells."""


def classify(endpoint: str, *, code: int | None, message: str, http_status: int) -> Verdict:
    """What it means that `endpoint` answered with this code; never fails, whatever it is given.

    `code` is None for an answer that isn't TikTok's envelope (not JSON, a proxy's page).
    """
    if http_status == 429:  # noqa: PLR2004 - Too Many Requests
        return Verdict(Throttled)
    if code is None:
        return _BROKEN
    if code == CATCH_ALL:
        return _by_message(message.lower())
    known = _CODES.get(code)
    if known is not None:
        return Verdict(Reauthorise) if endpoint in TOKEN_ENDPOINTS and known.failure is TokenExpired else known
    if "access token" in message.lower() and endpoint not in TOKEN_ENDPOINTS:
        return Verdict(TokenExpired)
    return _UNKNOWN


def _by_message(message: str) -> Verdict:
    if any(word in message for word in ("access token", "access_token", "token")) and "sign" not in message:
        return Verdict(TokenExpired)
    return Verdict(Misconfigured)
