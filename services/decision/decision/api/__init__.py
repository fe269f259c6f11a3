"""HTTP in: what the page and other services ask of decision."""

from fastapi import APIRouter

from chassis.app import App


def routers(app: App) -> list[APIRouter]:  # noqa: ARG001 - routes come with the next step
    """The routes of the service; `app.http.state.changes` is the seam for streams."""
    return []
