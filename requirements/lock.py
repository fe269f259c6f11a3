"""Locks the requirements: for each image, for development, for uv and Node.js themselves; versions and hashes, nothing of this machine."""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
REPOSITORY = FOLDER.parent
IMAGES = {
    "ingestor": "services/ingestor",
    "decision": "services/decision",
    "inventory": "services/inventory",
    "sync-back": "services/sync-back",
    "sandbox": "libs/sandbox",
    "ops": "libs/ops",
}
TOOLS = {"uv": "bootstrap", "node": "node"}
FORM = ("--universal", "--python-version", "3.11", "--generate-hashes", "--no-header", "--no-annotate", "--quiet")


def main() -> int:
    """`--check` changes nothing and fails when a file is out of step; `--upgrade` takes the newest versions instead of keeping the pins."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--check", action="store_true")
    arguments.add_argument("--upgrade", action="store_true")
    arguments.add_argument("--uv", default="uv")
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        for file in FOLDER.glob("*.txt"):
            shutil.copy(file, scratch)
        made = _compile_all(asked.uv, scratch, ["--upgrade"] if asked.upgrade else [])
        stale = [file.name for file in made if not _same(file)]
        if asked.check:
            return _judge(stale)
        for name in stale:
            shutil.copy(scratch / name, FOLDER)
            sys.stdout.write(f"requirements/{name} written\n")
    return 0


def _compile_all(uv: str, scratch: Path, more: Sequence[str]) -> list[Path]:
    """Development first; the images take their versions from it, so that what is tested is what is shipped."""
    members = [str(member.relative_to(REPOSITORY)) for member in sorted(REPOSITORY.glob("*/*/pyproject.toml"))]
    development = _compile(uv, scratch / "development.txt", [*members, "--group", "pyproject.toml:dev", *more])
    images = [
        _compile(uv, scratch / f"{name}.txt", [f"{folder}/pyproject.toml", "--constraints", str(development)])
        for name, folder in IMAGES.items()
    ]
    tools = [_compile(uv, scratch / f"{name}.txt", ["--group", f"pyproject.toml:{group}", *more]) for name, group in TOOLS.items()]
    return [development, *images, *tools]


def _compile(uv: str, output: Path, sources: Sequence[str]) -> Path:
    """An existing output is what uv prefers, so pins are kept while they satisfy the sources."""
    unlocked = [part for member in _members() for part in ("--no-emit-package", member)]
    subprocess.run(
        [uv, "pip", "compile", *FORM, *unlocked, *sources, "--output-file", str(output)],
        cwd=REPOSITORY,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return output


def _members() -> list[str]:
    lines = [line for file in REPOSITORY.glob("*/*/pyproject.toml") for line in file.read_text().splitlines()]
    return sorted({line.split('"')[1] for line in lines if line.startswith('name = "zetpy-')})


def _same(made: Path) -> bool:
    kept = FOLDER / made.name
    return kept.is_file() and kept.read_bytes() == made.read_bytes()


def _judge(stale: Sequence[str]) -> int:
    if stale:
        sys.stderr.write(f"error: not in step with the pyproject files: {', '.join(stale)}; `make requirements` writes them anew\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
