"""HTTP in: what the page and other services ask of decision."""

from fastapi import APIRouter

from chassis.app import App
from decision.api import decisions, exports, fulfilment, pages, reasons, requests, session, shops, stream
from decision.changes import Changes
from decision.settings import Settings


def routers(app: App, settings: Settings, changes: Changes) -> list[APIRouter]:
    """The routes of the service. `/export` and `/stream` stand before `/{request_id}`."""
    sessions = session.Sessions()
    pages.install(app.http)
    return [
        exports.routes(app),
        stream.routes(app, changes, sessions),
        requests.routes(app),
        reasons.routes(app, settings),
        decisions.routes(app, settings.rules),
        shops.routes(app),
        fulfilment.routes(app),
        session.routes(settings, sessions),
        pages.routes(),
    ]
