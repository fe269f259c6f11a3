"""Runs inventory: `python -m inventory`."""

from chassis.app import run
from inventory.app import make_app
from inventory.settings import Settings

if __name__ == "__main__":
    run(make_app(Settings()))
