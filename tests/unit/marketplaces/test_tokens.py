"""Sealing tokens, and how old they may be."""

import base64
from datetime import UTC, datetime, timedelta

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from marketplaces.accounts.sealing import NotOpened, Sealed, Sealer, decode_key
from marketplaces.accounts.tokens import authorisation_id, freshness, open_access, open_refresh, seal_pair
from marketplaces.interface import TokenPair

KEY, OTHER = bytes(range(32)), bytes(32)
START = datetime(2026, 1, 1, tzinfo=UTC)
PAIR = TokenPair(access_token=SecretStr("the access token"), refresh_token=SecretStr("the refresh token"), access_until=START)


@pytest.fixture
def sealer():
    return Sealer({"1": KEY}, current="1")


@hypothesis.settings(deadline=None)  # the machine may be busy
@given(secret=st.text())
def test_what_is_sealed_opens(secret):
    sealer = Sealer({"1": KEY}, current="1")
    assert sealer.open(sealer.seal(SecretStr(secret), about="shopee:1"), about="shopee:1").get_secret_value() == secret


def test_a_token_does_not_open_for_another_shop(sealer):
    sealed = sealer.seal(SecretStr("token"), about="shopee:1")
    with pytest.raises(NotOpened):
        sealer.open(sealed, about="shopee:2")


def test_an_access_token_does_not_open_as_a_refresh_token(sealer):
    pair = seal_pair(sealer, PAIR, authorisation="shopee:1")
    row = {"key_id": pair.key_id, "access_token": pair.refresh_token, "refresh_token": pair.access_token}
    with pytest.raises(NotOpened):
        open_access(sealer, row, authorisation="shopee:1")
    with pytest.raises(NotOpened):
        open_refresh(sealer, row, authorisation="shopee:1")


@pytest.mark.parametrize("place", [0, 11, 12, -1])
def test_a_changed_byte_is_noticed(sealer, place):
    sealed = sealer.seal(SecretStr("token"), about="shopee:1")
    content = bytearray(sealed.content)
    content[place] ^= 1
    with pytest.raises(NotOpened):
        sealer.open(Sealed(sealed.key_id, bytes(content)), about="shopee:1")


@pytest.mark.parametrize("content", [b"", b"short", bytes(12)])
def test_rubbish_does_not_open(sealer, content):
    with pytest.raises(NotOpened):
        sealer.open(Sealed("1", content), about="shopee:1")


def test_the_same_token_is_never_sealed_alike(sealer):
    assert sealer.seal(SecretStr("t"), about="a") != sealer.seal(SecretStr("t"), about="a")


def test_what_an_old_key_sealed_opens_while_the_key_is_known():
    old = Sealer({"1": KEY}, current="1").seal(SecretStr("token"), about="a")
    assert Sealer({"1": KEY, "2": OTHER}, current="2").open(old, about="a").get_secret_value() == "token"
    with pytest.raises(NotOpened, match="ACCOUNTS_OLD_KEYS"):
        Sealer({"2": OTHER}, current="2").open(old, about="a")
    with pytest.raises(NotOpened):
        Sealer({"1": OTHER}, current="1").open(old, about="a")


@pytest.mark.parametrize("key", ["", "short", "not base64!" * 4, base64.b64encode(bytes(31)).decode()])
def test_a_key_that_is_none_is_refused_without_being_shown(key):
    with pytest.raises(ValueError, match="openssl rand") as caught:
        decode_key(SecretStr(key), key_id="1")
    assert not key or key not in str(caught.value)


def test_pairs_do_not_show_their_tokens():
    assert "the " not in repr(PAIR)


def test_shops_of_one_tiktok_account_share_one_authorisation():
    assert authorisation_id("tiktok", owner="open-id", shop_id="1") == authorisation_id("tiktok", owner="open-id", shop_id="2")
    assert authorisation_id("shopee", owner=None, shop_id="1") != authorisation_id("shopee", owner=None, shop_id="2")


@pytest.mark.parametrize(
    ("life_s", "age_s", "expected"),
    [
        (14_400, 0, "fresh"),
        (14_400, 12_599, "fresh"),
        (14_400, 12_600, "ageing"),
        (14_400, 14_379, "ageing"),
        (14_400, 14_380, "over"),
        (14_400, 20_000, "over"),
        (8, 0, "fresh"),
        (8, 6, "over"),
        (0, 0, "over"),
        (-5, 0, "over"),
    ],
)
def test_freshness(life_s, age_s, expected):
    until = START + timedelta(seconds=life_s)
    now = START + timedelta(seconds=age_s)
    assert freshness(obtained_at=START, until=until, now=now, ahead=timedelta(seconds=1800)) == expected
