"""`make` alone says what can be done, and what is missing is said with its fix."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def make(*arguments, cwd=ROOT, **environment):
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", *arguments], cwd=cwd, env=inherited | environment, capture_output=True, text=True, check=False, timeout=30
    )


@pytest.fixture
def bare(tmp_path):
    """A clone in which nothing was set up yet."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    return tmp_path


def python(folder, script):
    file = folder / "python"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return str(file)


def test_make_lists_every_promised_target():
    listed = {line.split()[0] for line in make().stdout.splitlines() if line.startswith("  ")}
    assert listed >= {"run", "up", "down", "reset", "test", "check", "format", "bench", "schemas", "token"}


def test_a_missing_venv_module_is_said_with_the_fix(bare):
    without_venv = python(bare, 'case "$2" in *ensurepip*) exit 1;; esac')
    said = make(".local/uv/bin/uv", f"PYTHON={without_venv}", "UV=.local/uv/bin/uv", cwd=bare).stderr
    assert said.splitlines()[0] == "error: Python's venv is missing: install it, e.g. `apt-get install python3-venv`"


def test_an_old_python_is_said_with_the_fix(bare):
    old = python(bare, 'case "$2" in *version_info*) exit 1;; esac')
    said = make(".local/uv/bin/uv", f"PYTHON={old}", "UV=.local/uv/bin/uv", cwd=bare).stderr
    assert said.splitlines()[0].startswith("error: Python 3.11 or newer is missing: install it")


@pytest.mark.parametrize("verb", ["stop", "start"])
def test_a_service_without_a_name_is_said_with_the_fix(verb):
    asked = make(verb, "READY=", "SERVICE=")
    assert asked.returncode != 0
    assert asked.stderr.splitlines()[0] == f"error: say which: `make {verb} SERVICE=sync-back`"
