"""Runs decision: `python -m decision`."""

from chassis.app import run
from decision.app import make_app
from decision.settings import Settings

if __name__ == "__main__":
    run(make_app(Settings()))
