"""`python -m ops`, and the console script `ops`."""

import sys

from ops.cli import main


def run() -> None:
    sys.exit(main())


if __name__ == "__main__":
    run()
