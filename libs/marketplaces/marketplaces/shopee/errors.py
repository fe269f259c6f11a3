"""What Shopee's errors mean (API reference, error tables of 2026-08; overloaded codes are told apart by their message)."""

import re

from marketplaces.failures import (
    MarketplaceFailure,
    Misconfigured,
    Permanent,
    Reauthorise,
    Stale,
    Throttled,
    TokenExpired,
    Unavailable,
    Verdict,
)

TOKEN_ENDPOINTS = frozenset({"/api/v2/auth/token/get", "/api/v2/auth/access_token/get", "/api/v2/public/get_token_by_resend_code"})

_BROKEN = Verdict(Unavailable, unknown_outcome=True)
_UNKNOWN = Verdict(Unavailable, few_tries=True, unknown_outcome=True)

# Matched with the module's prefix: without it the code would mean something else.
_WITH_MODULE: dict[str, Verdict] = {
    "order.error_limit": Verdict(Permanent),  # "can't cancel this order", not the daily limit
    "logistics.cancel_forder_failed": Verdict(Unavailable, few_tries=True, unknown_outcome=True),
    "error.param": Verdict(Permanent),  # a code with a dot, not a module
}

_CODES: dict[str, Verdict] = {
    "invalid_acceess_token": Verdict(TokenExpired),  # spelled so
    "invalid_access_token": Verdict(TokenExpired),
    **dict.fromkeys(
        (
            "shop_no_linked",
            "partner_shop_no_link",
            "shop_banned",
            "error_kyc_auth",
            "error_ashop_api_permission",
            "shop_access_expired",
            "refresh_token_expired",
            "error_shop_refresh_token",
            "invalid_code",
            "invalid_shop_id",
        ),
        Verdict(Reauthorise),
    ),
    **dict.fromkeys(
        (
            "error_sign",
            "invalid_partner_id",
            "error_partner_key_expired",
            "source_ip_undeclared",
            "error_api_permission",
            "error_api_call_restricted",
            "api_suspended",
        ),
        Verdict(Misconfigured),
    ),
    "error_rate_limit": Verdict(Throttled),
    "error_limit": Verdict(Throttled, quota=True),
    **dict.fromkeys(("error_server", "error_network", "error_inner", "error_system_busy"), _BROKEN),
    **dict.fromkeys(("cancel_order_invalid_status", "order_status_invalid"), Verdict(Stale)),
    **dict.fromkeys(("error_not_found", "error_permission", "error_shop", "order_list_invalid_time"), Verdict(Permanent)),
}

# (words of the message, verdict), the first that fits; the last, without words, always does.
_Rules = tuple[tuple[tuple[str, ...], Verdict], ...]
_BY_MESSAGE: dict[str, _Rules] = {
    "error_auth": (
        (("refresh_token", "refresh token", "invalid code"), Verdict(Reauthorise)),
        (("access_token", "acceess_token", "access token"), Verdict(TokenExpired)),
        (("system error", "try again later"), _BROKEN),
        (("no permission to current api",), Verdict(Misconfigured)),
        (("partner_id", "partner id", "shopid", "shop_id", "shop id"), Verdict(Reauthorise)),
        (("stock", "location"), Verdict(Permanent)),
        ((), Verdict(Misconfigured)),
    ),
    "error_param": (
        (("timestamp", "partner_id", "partner id", "sign"), Verdict(Misconfigured)),
        ((), Verdict(Permanent)),
    ),
    "error_data": (
        (("parse",), _BROKEN),
        ((), Verdict(Permanent)),
    ),
}
_TOKEN_ERRORS = frozenset({"error_auth", "error_param", "error_data", "error_not_found"})


def bare(code: str) -> str:
    """The code without its module's prefix: `order. error_param` is `error_param`; `error.param` stays what it is."""
    code = code.strip().lower()
    return code if code.startswith("error.") else re.sub(r"^[a-z0-9_]+\.\s*", "", code)


def classify(endpoint: str, *, code: str, message: str, http_status: int) -> Verdict:
    """What it means that `endpoint` answered with this error; never fails, whatever it is given.

    `code` is empty for an answer that isn't Shopee's envelope (not JSON, a proxy's page).
    """
    whole = re.sub(r"\.\s+", ".", code.strip().lower())
    if not whole:
        return Verdict(Throttled) if http_status == 429 else _BROKEN  # noqa: PLR2004 - Too Many Requests
    if whole in _WITH_MODULE:
        return _WITH_MODULE[whole]
    known = _known(bare(whole), message.lower())
    if known is None:
        return Verdict(Throttled) if http_status == 429 else _UNKNOWN  # noqa: PLR2004 - as above
    if endpoint in TOKEN_ENDPOINTS and known.failure in _FINAL and bare(whole) in _TOKEN_ERRORS:
        return Verdict(Reauthorise)  # a token or code that is not taken, however it is said
    return known


_FINAL: frozenset[type[MarketplaceFailure]] = frozenset({Permanent, TokenExpired})


def _known(code: str, message: str) -> Verdict | None:
    rules = _BY_MESSAGE.get(code)
    if rules is None:
        return _CODES.get(code)
    return next(verdict for words, verdict in rules if not words or any(word in message for word in words))
