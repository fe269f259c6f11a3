"""HTTP in: what the page and other services ask of decision."""

from fastapi import APIRouter

from chassis.app import App
from decision.api import decisions, documentation, doors, exports, fulfilment, pages, reasons, requests, session, shops, site, stream
from decision.api.ingestor import Ingestor
from decision.changes import Changes
from decision.settings import Settings

PROBLEMS = pages.PROBLEMS


def routers(app: App, settings: Settings, changes: Changes) -> list[APIRouter]:
    """The routes of the service. `/export` and `/stream` stand before `/{request_id}`."""
    sessions, ingestor = session.Sessions(), Ingestor(settings)
    site.install(app.http, folder=settings.page_folder, image_origins=settings.image_origins)
    doors.install(app.http, allowed_origins=settings.allowed_origins)
    documentation.install(app.http)
    pages.install(app.http)
    return [
        exports.routes(app),
        stream.routes(app, settings, changes, sessions),
        requests.routes(app),
        reasons.routes(app, ingestor),
        decisions.routes(app, settings.rules),
        shops.routes(app, ingestor),
        fulfilment.routes(app),
        session.routes(settings, sessions),
        pages.routes(),
    ]
