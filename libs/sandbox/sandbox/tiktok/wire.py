"""How TikTok Shop delivers webhooks, and the reject reasons it starts with."""

from collections.abc import Callable
from http import HTTPStatus

from sandbox.config import Config
from sandbox.pushes import Push, Verdict, Wire
from sandbox.tiktok.signing import sign_push

RETRY_AFTER_S = (120.0, 1800.0, 10_800.0, 43_200.0)

_POPUP = "order_manage_list_action_respond_popup_reject_reason_"
KNOWN_REJECT_REASONS = {
    _POPUP + "invalid_cancellation_reason": "The cancellation reason is not valid",
    _POPUP + "delivered": "Delivery is on schedule",
    _POPUP + "buyer_agree": "Reached an agreement with the buyer",
    "seller_reject_apply_product_has_been_packed": "The product has been packed",
}


def reject_reasons() -> list[dict[str, str]]:
    return [{"name": name, "text": text} for name, text in KNOWN_REJECT_REASONS.items()]


def a_wire(config: Config, address: Callable[[Push], str | None]) -> Wire:
    return Wire(
        url=address,
        sign=lambda _url, body: {"Authorization": sign_push(config.app_secret, app_key=config.app_key, body=body)},
        retry_after_s=RETRY_AFTER_S,
        verdict=_verdict,
        given_up=lambda _push: None,
    )


def _verdict(status: int, body: bytes) -> Verdict:
    """200 empty: received. 401 empty: signature refused, no use in trying again. Anything else: again."""
    if body or status not in {HTTPStatus.OK, HTTPStatus.UNAUTHORIZED}:
        return "again"
    return "taken" if status == HTTPStatus.OK else "refused"
