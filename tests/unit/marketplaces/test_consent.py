"""Where sellers let the app in, and what their browsers bring back (Shopee: guide of 2026-07; TikTok: authorization overview)."""

import httpx
import pytest

from marketplaces.channels import open_channels
from marketplaces.failures import Misconfigured
from marketplaces.interface import Consent


@pytest.fixture
def channels(settings):
    return open_channels(settings.model_copy(update={"tiktok_service_id": "7400000000000000001"}), purpose="reading")


def test_shopees_page_is_told_where_to_come_back_to(channels):
    link = httpx.URL(channels.shopee.consent_link(state="s-1", back_to="https://zetpy.test/connect/shopee/callback"))
    assert (link.host, link.path) == ("open.shopee.com", "/auth")
    assert dict(link.params) == {
        "partner_id": "1000001",
        "auth_type": "seller",
        "redirect_uri": "https://zetpy.test/connect/shopee/callback",
        "response_type": "code",
        "state": "s-1",
    }


def test_tiktoks_page_knows_it(channels):
    link = httpx.URL(channels.tiktok.consent_link(state="s-1", back_to="https://zetpy.test/connect/tiktok/callback"))
    assert (link.host, link.path) == ("services.tiktokshop.com", "/open/authorize")
    assert dict(link.params) == {"service_id": "7400000000000000001", "state": "s-1"}


def test_without_a_service_id_tiktok_has_no_page(settings):
    with pytest.raises(Misconfigured):
        open_channels(settings, purpose="reading").tiktok.consent_link(state="s", back_to="https://zetpy.test/")


@pytest.mark.parametrize(
    ("query", "given"),
    [
        ({"code": "c", "shop_id": "200001"}, Consent(code="c", shop_id="200001")),
        ({"code": "c", "main_account_id": "7001"}, Consent(code="c", main_account_id="7001")),
        ({"code": "c", "shop_id": "200001", "main_account_id": "7001"}, Consent(code="c", shop_id="200001")),
        ({"code": "c"}, None),
        ({"shop_id": "200001"}, None),
        ({"code": "", "shop_id": "200001"}, None),
        ({"code": "c", "shop_id": "200001 or 1"}, None),
        ({}, None),
    ],
)
def test_what_comes_back_from_shopee(channels, query, given):
    assert channels.shopee.consent_given(query) == given


@pytest.mark.parametrize(
    ("query", "given"),
    [
        ({"code": "c", "state": "s"}, Consent(code="c")),
        ({"code": "null", "error": "auth_denied"}, None),
        ({"code": "c", "error": "auth_denied"}, None),
        ({"code": ""}, None),
        ({}, None),
    ],
)
def test_what_comes_back_from_tiktok(channels, query, given):
    assert channels.tiktok.consent_given(query) == given


def test_a_code_is_not_shown():
    assert "secret" not in repr(Consent(code="secret"))
