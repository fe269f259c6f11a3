"""What decision asks the ingestor for: reject reasons and connect links, which only it can get from a marketplace."""

from typing import Any, TypeVar

import httpx
import msgspec

from chassis import tokens
from chassis.http import Problem
from decision.settings import Settings

TIMEOUT_SECONDS = 12.0
TOKEN_SECONDS = 60.0
RETRY_AFTER_SECONDS = 10
_PASSED_ON = frozenset({"not-answerable", "request-ended"})
"""Problems of the ingestor that are the caller's too."""

T = TypeVar("T")


class _Said(msgspec.Struct):
    type: str = ""
    title: str = ""
    detail: str | None = None


class Ingestor:
    """The ingestor's HTTP, as role `service`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._http = httpx.AsyncClient(base_url=settings.ingestor_url, timeout=TIMEOUT_SECONDS, trust_env=False)

    async def ask(self, method: str, path: str, *, gives: type[T], **more: Any) -> T:
        """The decoded answer. Raises Problem: 409 as the ingestor put it, else 503 `marketplace-unavailable` with `Retry-After`."""
        headers = {"Authorization": f"Bearer {self._token()}"}
        try:
            answer = await self._http.request(method, path, headers=headers, **more)
            if answer.is_success:
                return msgspec.json.decode(answer.content, type=gives)
        except (httpx.HTTPError, msgspec.MsgspecError) as error:
            raise _unavailable() from error
        raise _problem(answer)

    def _token(self) -> str:
        return tokens.mint(
            self._settings.auth_key.get_secret_value(),
            sub="decision",
            name="decision",
            seller_id=None,
            roles=["service"],
            ttl_seconds=TOKEN_SECONDS,
            issuer=self._settings.auth_issuer,
            audience=self._settings.auth_audience,
        )


def _problem(answer: httpx.Response) -> Problem:
    try:
        said = msgspec.json.decode(answer.content, type=_Said)
    except msgspec.MsgspecError:
        said = _Said()
    slug = said.type.removeprefix("/problems/")
    if answer.status_code == httpx.codes.CONFLICT and slug in _PASSED_ON:
        return Problem(409, slug, said.title, said.detail)
    return _unavailable(answer.headers.get("retry-after", ""))


def _unavailable(retry_after: str = "") -> Problem:
    seconds = retry_after if retry_after.isdecimal() else str(RETRY_AFTER_SECONDS)
    detail = "The marketplace could not be asked just now; try again in a moment."
    return Problem(503, "marketplace-unavailable", "The marketplace does not answer", detail, headers={"Retry-After": seconds})
