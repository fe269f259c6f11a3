"""How TikTok Shop's requests and pushes are signed (docv2: sign-your-api-request, tts-webhooks-overview)."""

import hashlib
import hmac
from collections.abc import Mapping

UNSIGNED = frozenset({"sign", "access_token", "x-tts-access-token"})


def sign_request(app_secret: str, *, path: str, query: Mapping[str, str], body: bytes = b"") -> str:
    """The `sign` of a request: secret, path, sorted query, body as sent, secret.

    `query` holds `app_key`, `timestamp` (Unix seconds; taken from 5 minutes past to 30 seconds ahead), `shop_cipher` and the
    call's own parameters, unencoded.
    """
    named = "".join(f"{name}{query[name]}" for name in sorted(query) if name not in UNSIGNED)
    wrapped = app_secret.encode() + f"{path}{named}".encode() + body + app_secret.encode()
    return hmac.new(app_secret.encode(), wrapped, hashlib.sha256).hexdigest()


def sign_push(app_secret: str, *, app_key: str, body: bytes) -> str:
    """The `Authorization` of a push: over the app key and the raw body."""
    return hmac.new(app_secret.encode(), app_key.encode() + body, hashlib.sha256).hexdigest()


def verify_push(app_secret: str, *, app_key: str, body: bytes, authorization: str | None) -> bool:
    """Whether TikTok signed this body."""
    given = (authorization or "").strip().encode("utf-8", "replace")
    return hmac.compare_digest(sign_push(app_secret, app_key=app_key, body=body).encode(), given)
