"""Shopee's signatures, from the developer guides "API calls" and "Push Mechanism"."""

import hashlib
import hmac


def _hex(key: str, message: bytes) -> str:
    return hmac.new(key.encode(), message, hashlib.sha256).hexdigest()


def sign_call(key: str, *, partner_id: str, path: str, timestamp: str, access_token: str = "", shop_id: str = "") -> str:
    """Base string: partner_id + path + timestamp (+ access_token + shop_id for shop calls), nothing between."""
    return _hex(key, f"{partner_id}{path}{timestamp}{access_token}{shop_id}".encode())


def sign_push(key: str, *, url: str, body: bytes) -> str:
    """Callback URL as registered, `|`, raw body; the push key taken as text."""
    return _hex(key, url.encode() + b"|" + body)
