"""`python -m ingestor`."""

from chassis.app import run
from ingestor.app import make_app
from ingestor.settings import Settings
from marketplaces.settings import MarketplaceSettings

if __name__ == "__main__":
    settings = Settings()
    run(make_app(settings, MarketplaceSettings().under_lease("INGESTOR_LEASE_SECONDS", settings.lease_seconds)))
