"""HTTP in: stock levels, the ledger, and the lines that wait for a SKU."""

from fastapi import APIRouter

from chassis.app import App
from inventory.api import levels, movements, unmatched

PROBLEMS: dict[str, str] = {str(slug): f"{title}." for slug, (_, title) in movements.REFUSALS.items()}


def router(app: App) -> APIRouter:
    """All routes of CONTRACTS E3."""
    routes = APIRouter(prefix="/v1")
    for part in (levels.router(app), movements.router(app), unmatched.router(app)):
        routes.include_router(part)
    return routes
