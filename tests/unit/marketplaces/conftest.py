"""Settings and transports that touch nothing."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from marketplaces.channels import Channels, open_channels
from marketplaces.interface import Access
from marketplaces.settings import MarketplaceSettings

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def settings() -> MarketplaceSettings:
    return MarketplaceSettings(
        accounts_database_url="postgresql://nowhere",
        accounts_key=base64.b64encode(bytes(32)).decode(),
        shopee_url="http://shopee.test",
        shopee_partner_id=1000001,
        shopee_partner_key="secret-partner-key",
        shopee_push_key="secret-push-key",
        shopee_callback_url="https://hooks.example.test/shopee",
        tiktok_url="http://tiktok.test",
        tiktok_auth_url="http://auth.tiktok.test",
        tiktok_app_key="app-key",
        tiktok_app_secret="secret-app-secret",
        marketplace_timeout_seconds=0.5,
        shopee_calls_per_second=1000,
        tiktok_calls_per_second=1000,
    )


@pytest.fixture
def answering(settings: MarketplaceSettings) -> Callable[[Callable[[httpx.Request], Any]], Channels]:
    """Channels whose marketplace is a function: it gets the request and gives a response, or a JSON object."""

    def make(answer: Callable[[httpx.Request], Any]) -> Channels:
        def handle(request: httpx.Request) -> httpx.Response:
            given = answer(request)
            return given if isinstance(given, httpx.Response) else httpx.Response(200, json=given)

        client = httpx.AsyncClient(transport=httpx.MockTransport(handle))
        return open_channels(settings, purpose="reading", client=client, now=lambda: NOW)

    return make


@pytest.fixture
def shopee_shop() -> Access:
    return Access(channel="shopee", shop_id="200001", region="MY", token=SecretStr("secret-access-token"))


@pytest.fixture
def tiktok_shop() -> Access:
    return Access(
        channel="tiktok", shop_id="7490000000000000001", region="MY", token=SecretStr("secret-access-token"), cipher="secret-cipher"
    )
