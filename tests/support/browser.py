"""The Chromium that tests open pages in: the system's, else Playwright's own, else one that is installed now.

`python -m tests.support.browser` makes sure that there is one, or says in one line what to do.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FIX = "install Chromium, e.g. `apt-get install chromium` as root, or `.venv/bin/playwright install chromium`"


class Missing(Exception):
    """No Chromium on this machine."""


def executable() -> str | None:
    """The program to start; None: Playwright knows its own. Raises `Missing` when neither is there."""
    for name in NAMES:
        if (found := shutil.which(name)) and _runs(found):
            return found
    with sync_playwright() as playwright:
        if Path(playwright.chromium.executable_path).is_file():
            return None
    raise Missing(f"No Chromium to test the page in: {FIX}")


def _runs(program: str) -> bool:
    """A name on the path may be a stub that only says how to install."""
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return said.returncode == 0 and any(char.isdigit() for char in said.stdout)


def _install() -> None:
    """By the system's own package manager, as only root may; else Playwright's own, into the home folder."""
    sys.stdout.write("installing Chromium\n")
    commands = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        commands = [["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]]
    for command in commands:
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL, env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"})


def main() -> int:
    try:
        executable()
    except Missing:
        _install()
        try:
            executable()
        except Missing as missing:
            sys.stderr.write(f"error: {missing}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
