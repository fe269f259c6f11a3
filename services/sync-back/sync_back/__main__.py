"""`python -m sync_back`: run the service."""

from chassis.app import run
from marketplaces.settings import MarketplaceSettings
from sync_back.app import make_app
from sync_back.settings import Settings

if __name__ == "__main__":
    settings = Settings()
    run(make_app(settings, MarketplaceSettings().under_lease("SYNC_BACK_LEASE_SECONDS", settings.lease_seconds)))
