"""Tokens at rest: AES-256-GCM, bound to the authorisation they belong to; the key stays outside the database."""

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import SecretStr

from marketplaces.settings import MarketplaceSettings

_KEY_BYTES = 32
_NONCE_BYTES = 12


class NotOpened(Exception):
    """This was not sealed with a key we have, or for something else, or it was changed."""


@dataclass(frozen=True, slots=True)
class Sealed:
    key_id: str
    content: bytes


class Sealer:
    """Seals with the current key, opens with any that is known."""

    def __init__(self, keys: Mapping[str, bytes], *, current: str) -> None:
        self._keys = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._current = current

    @classmethod
    def from_settings(cls, settings: MarketplaceSettings) -> "Sealer":
        keys = {**settings.accounts_old_keys, settings.accounts_key_id: settings.accounts_key}
        return cls({key_id: decode_key(key, key_id=key_id) for key_id, key in keys.items()}, current=settings.accounts_key_id)

    def seal(self, secret: SecretStr, *, about: str) -> Sealed:
        """Sealed so that it opens only as `about` the same thing."""
        nonce = os.urandom(_NONCE_BYTES)
        content = self._keys[self._current].encrypt(nonce, secret.get_secret_value().encode(), _bound(self._current, about))
        return Sealed(key_id=self._current, content=nonce + content)

    def open(self, sealed: Sealed, *, about: str) -> SecretStr:
        """The secret; `NotOpened` when anything differs from how it was sealed."""
        key = self._keys.get(sealed.key_id)
        if key is None:
            raise NotOpened(f"no key {sealed.key_id!r}: set it in ACCOUNTS_OLD_KEYS")
        try:
            opened = key.decrypt(sealed.content[:_NONCE_BYTES], sealed.content[_NONCE_BYTES:], _bound(sealed.key_id, about))
        except (InvalidTag, ValueError):
            raise NotOpened(f"{about} does not open with key {sealed.key_id!r}") from None
        return SecretStr(opened.decode())


def _bound(key_id: str, about: str) -> bytes:
    return f"{key_id}\0{about}".encode()


def decode_key(key: SecretStr, *, key_id: str) -> bytes:
    """32 bytes from base64; the error says which key and not what it holds."""
    try:
        decoded = base64.b64decode(key.get_secret_value(), validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    if len(decoded) != _KEY_BYTES:
        raise ValueError(f"accounts key {key_id!r} is not base64 of {_KEY_BYTES} bytes (make one: openssl rand -base64 32)")
    return decoded
