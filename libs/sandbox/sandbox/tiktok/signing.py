"""TikTok Shop's signatures, from the Partner Center pages on signing requests and webhooks."""

import hashlib
import hmac
from collections.abc import Mapping

UNSIGNED = frozenset({"sign", "access_token", "x-tts-access-token"})


def _hex(key: str, message: bytes) -> str:
    return hmac.new(key.encode(), message, hashlib.sha256).hexdigest()


def sign_call(secret: str, *, path: str, query: Mapping[str, str], body: bytes = b"") -> str:
    """Secret + path + sorted name/value pairs + raw body + secret, keyed with the secret."""
    pairs = "".join(f"{name}{query[name]}" for name in sorted(query) if name not in UNSIGNED)
    return _hex(secret, f"{secret}{path}{pairs}".encode() + body + secret.encode())


def sign_push(secret: str, *, app_key: str, body: bytes) -> str:
    """App key + raw body, keyed with the secret."""
    return _hex(secret, app_key.encode() + body)
