"""The OpenAPI document as a file, without a running service: `python -m decision.api.openapi > openapi.json`."""

import json
import sys
from typing import Any

from chassis.app import App
from decision import api
from decision.changes import Changes
from decision.settings import Settings


def document() -> dict[str, Any]:
    """What `/openapi.json` of a running service says, whatever its settings are."""
    settings = Settings(database_url="postgresql://nobody", auth_key="of nobody")  # nothing is opened
    app = App("decision", settings)
    for router in api.routers(app, settings, Changes(app)):
        app.http.include_router(router)
    return app.http.openapi()


if __name__ == "__main__":
    json.dump(document(), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
