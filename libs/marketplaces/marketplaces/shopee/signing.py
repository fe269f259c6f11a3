"""How Shopee's requests and pushes are signed (Developer Guide, API calls; Push Mechanism)."""

import binascii
import hashlib
import hmac
from typing import Literal

SignedWith = Literal["text", "hex"]


def sign_request(partner_key: str, *, partner_id: int, path: str, timestamp: int, access_token: str = "", shop_id: str = "") -> str:
    """The `sign` of a request: of a shop API with token and shop, of a public API (tokens, pushes) without.

    `path` begins with `/api/v2/`; body and other parameters are not signed. `timestamp` is Unix seconds and valid for 5 minutes.
    """
    base = f"{partner_id}{path}{timestamp}{access_token}{shop_id}"
    return hmac.new(partner_key.encode(), base.encode(), hashlib.sha256).hexdigest()


def sign_push(key: bytes, *, url: str, body: bytes) -> str:
    """The `Authorization` of a push: over the callback address as registered, a bar, and the raw body."""
    return hmac.new(key, url.encode() + b"|" + body, hashlib.sha256).hexdigest()


def verify_push(push_key: str, *, url: str, body: bytes, authorization: str | None, hex_key_too: bool = False) -> SignedWith | None:
    """Which form of the push key signed this body; None when none did.

    Live pushes were seen verified with the key as text; one report needed the same key hex-decoded, hence `hex_key_too`.
    """
    given = (authorization or "").strip().encode("utf-8", "replace")
    if hmac.compare_digest(sign_push(push_key.encode(), url=url, body=body).encode(), given):
        return "text"
    key = _from_hex(push_key) if hex_key_too else None
    if key is not None and hmac.compare_digest(sign_push(key, url=url, body=body).encode(), given):
        return "hex"
    return None


def _from_hex(key: str) -> bytes | None:
    try:
        return binascii.unhexlify(key)
    except (binascii.Error, ValueError):
        return None
