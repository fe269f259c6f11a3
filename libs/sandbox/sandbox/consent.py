"""The marketplaces' consent pages: the seller picks a shop and comes back to the app with a code."""

import hmac
from collections.abc import Mapping
from html import escape
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request as HttpRequest
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.config import Channel
from sandbox.desk import Desk
from sandbox.grants import Shop
from sandbox.shopee.gate import TIMESTAMP_WINDOW_S
from sandbox.shopee.signing import sign_call
from sandbox.world import World

LEGACY_PATH = "/api/v2/shop/auth_partner"
_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{title}</title><link rel="stylesheet" href="/_sandbox/page.css">
<main class="consent"><h1>{title}</h1><form>
<p><label>Shop <select name="shop_id">{options}</select></label></p>{hidden}
<p><button name="answer" value="allow">Allow</button> {deny}{mains}</p>
</form></main></html>
"""


class Consent:
    """A GET without `shop_id` shows the choice; with `shop_id` (and `answer=allow|deny`) or Shopee's `main_account_id` it redirects."""

    def __init__(self, world: World, desk: Desk) -> None:
        self.world, self.desk = world, desk

    def routes(self) -> list[Route]:
        return [
            Route("/auth", self.shopee),
            Route(LEGACY_PATH, self.shopee_legacy),
            Route("/cancel_auth", self.shopee_cancel),
            Route("/open/authorize", self.tiktok),
            Route("/oauth/authorize", self.tiktok),
        ]

    async def shopee(self, request: HttpRequest) -> Response:
        """The unsigned form: partner_id, auth_type=seller, redirect_uri, response_type=code, state."""
        query = request.query_params
        redirect = query.get("redirect_uri", "")
        if (
            query.get("partner_id") != str(self.world.config.partner_id)
            or query.get("response_type") != "code"
            or query.get("auth_type") != "seller"
        ):
            return _wrong("partner_id, auth_type=seller, redirect_uri and response_type=code are required")
        return self._ask_shopee(request, redirect)

    async def shopee_legacy(self, request: HttpRequest) -> Response:
        """The signed form of older apps: partner_id, timestamp, sign, redirect; good for five minutes."""
        query, config = request.query_params, self.world.config
        stamp = query.get("timestamp", "")
        if not stamp.isdecimal() or abs(self.world.clock.real() - int(stamp)) > TIMESTAMP_WINDOW_S:
            return _wrong("timestamp is missing or too old")
        expected = sign_call(config.partner_key, partner_id=query.get("partner_id", ""), path=LEGACY_PATH, timestamp=stamp)
        if query.get("partner_id") != str(config.partner_id) or not hmac.compare_digest(expected.encode(), query.get("sign", "").encode()):
            return _wrong("wrong sign")
        return self._ask_shopee(request, query.get("redirect", ""))

    async def shopee_cancel(self, request: HttpRequest) -> Response:
        """The seller takes the permission back."""
        query = request.query_params
        if query.get("partner_id") != str(self.world.config.partner_id):
            return _wrong("partner_id is unknown")
        shop = self._chosen(Channel.SHOPEE, query)
        if shop is None:
            return self._page(request, Channel.SHOPEE, "Take back what the app may do")
        self.desk.revoke(shop)
        return _redirect(query.get("redirect_uri", ""), {"shop_id": shop.spec.shop_id})

    async def tiktok(self, request: HttpRequest) -> Response:
        """service_id or (older page) app_key, and state; goes to the redirect address kept for the app."""
        query, config = request.query_params, self.world.config
        if query.get("service_id") != config.service_id and query.get("app_key") != config.app_key:
            return _wrong("service_id is unknown")
        state = query.get("state", "")
        if query.get("answer") == "deny":
            return _redirect(config.tiktok_redirect_url, {"code": "null", "error": "auth_denied", "state": state})
        shop = self._chosen(Channel.TIKTOK, query)
        if shop is None:
            return self._page(request, Channel.TIKTOK, "Authorize the app")
        return _redirect(config.tiktok_redirect_url, {"code": self.world.grants.new_code(shop.grant, shop.spec.shop_id), "state": state})

    def _ask_shopee(self, request: HttpRequest, redirect: str) -> Response:
        if urlsplit(redirect).scheme not in {"http", "https"}:
            return _wrong("the redirect address is missing")
        query = request.query_params
        back = self._codes(query)
        if back is None:
            return self._page(request, Channel.SHOPEE, "Authorize the app")
        return _redirect(redirect, back | ({"state": query["state"]} if "state" in query else {}))

    def _codes(self, query: Mapping[str, str]) -> dict[str, str] | None:
        """What comes back for the chosen shop, or for the chosen main account with all its shops."""
        account = query.get("main_account_id", "")
        if account in self.world.grants.main_accounts:
            return {"code": self.world.grants.new_main_code(account), "main_account_id": account}
        shop = self._chosen(Channel.SHOPEE, query)
        if shop is None:
            return None
        return {"code": self.world.grants.new_code(shop.grant, shop.spec.shop_id), "shop_id": shop.spec.shop_id}

    def _chosen(self, channel: Channel, query: Mapping[str, str]) -> Shop | None:
        return self.world.shops.get((channel, query.get("shop_id", "")))

    def _page(self, request: HttpRequest, channel: Channel, title: str) -> Response:
        hidden = "".join(
            f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in request.query_params.items()
        )
        options = "".join(
            f'<option value="{escape(shop.spec.shop_id)}">{escape(shop.spec.name)} ({escape(shop.spec.seller)})</option>'
            for (of, _), shop in self.world.shops.items()
            if of is channel
        )
        deny = '<button name="answer" value="deny">Deny</button>' if channel is Channel.TIKTOK else ""
        mains = "".join(
            f' <button name="main_account_id" value="{escape(account)}">Allow all shops of main account {escape(account)}</button>'
            for account in (self.world.grants.main_accounts if channel is Channel.SHOPEE else ())
        )
        return HTMLResponse(_PAGE.format(title=escape(title), options=options, hidden=hidden, deny=deny, mains=mains))


def _redirect(address: str, parameters: Mapping[str, str]) -> Response:
    joint = "&" if urlsplit(address).query else "?"
    return RedirectResponse(f"{address}{joint}{urlencode(parameters)}", 302)


def _wrong(why: str) -> Response:
    return PlainTextResponse(why, 400)
