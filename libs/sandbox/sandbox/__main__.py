"""Runs the sandbox: `python -m sandbox --port 8090`."""

from pathlib import Path
from typing import Annotated

import typer
import uvicorn
import uvloop

from sandbox.app import make_app
from sandbox.config import Config, load


async def _serve(config: Config, host: str, port: int) -> None:
    server = uvicorn.Server(
        uvicorn.Config(
            make_app(config),
            host=host,
            port=port,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=1,
            timeout_keep_alive=75,
        )
    )
    await server.serve()


def main(
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8090,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    config: Annotated[Path | None, typer.Option(help="JSON file with settings; names as in sandbox/config.py.")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same ids, tokens, faults and buyers.")] = None,
    shopee_push_url: Annotated[str | None, typer.Option(help="Callback URL of Shopee's pushes, as registered.")] = None,
    tiktok_push_url: Annotated[str | None, typer.Option(help="Address of TikTok Shop's webhooks.")] = None,
    tiktok_redirect_url: Annotated[str | None, typer.Option(help="Where TikTok Shop's consent page goes back to.")] = None,
    partner_id: Annotated[int | None, typer.Option(envvar="SHOPEE_PARTNER_ID", help="Shopee partner id.")] = None,
    partner_key: Annotated[str | None, typer.Option(envvar="SHOPEE_PARTNER_KEY", help="Shopee partner key.")] = None,
    push_key: Annotated[str | None, typer.Option(envvar="SHOPEE_PUSH_KEY", help="Shopee push partner key.")] = None,
    app_key: Annotated[str | None, typer.Option(envvar="TIKTOK_APP_KEY", help="TikTok Shop app key.")] = None,
    service_id: Annotated[
        str | None, typer.Option(envvar="TIKTOK_SERVICE_ID", help="TikTok Shop service id, for its consent page.")
    ] = None,
    app_secret: Annotated[str | None, typer.Option(envvar="TIKTOK_APP_SECRET", help="TikTok Shop app secret.")] = None,
) -> None:
    """Stand in for Shopee v2 and TikTok Shop on one port; open it in a browser to watch."""
    settings = load(
        config,
        seed=seed,
        shopee_push_url=shopee_push_url,
        tiktok_push_url=tiktok_push_url,
        tiktok_redirect_url=tiktok_redirect_url,
        partner_id=partner_id,
        partner_key=partner_key,
        push_key=push_key,
        app_key=app_key,
        app_secret=app_secret,
        service_id=service_id,
    )
    typer.echo(f"Marketplace sandbox on http://{host}:{port}/ (seed {settings.seed})")
    uvloop.run(_serve(settings, host, port))


if __name__ == "__main__":
    typer.run(main)
