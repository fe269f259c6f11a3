"""contracts imports nothing but msgspec and what the standard library has for values, and does no I/O; only its generator does."""

import ast
from pathlib import Path

import pytest

import contracts

PACKAGE = Path(contracts.__file__).parent
VALUES_ONLY = {"msgspec", "contracts", "collections", "dataclasses", "datetime", "enum", "re", "typing", "hashlib", "uuid"}
GENERATOR = {"argparse", "ast", "json", "pathlib", "sys"}


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Import(names=names):
                found |= {each.name.split(".")[0] for each in names}
            case ast.ImportFrom(module=module, level=level):
                assert level == 0
                found.add(module.split(".")[0])
    return found


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.name)
def test_a_module_imports_only_what_it_may(path: Path) -> None:
    assert imported(path) <= VALUES_ONLY | (GENERATOR if path.name == "generate.py" else set())


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.name)
def test_a_module_opens_prints_and_asks_nothing(path: Path) -> None:
    called = {
        node.func.id
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert called & {"open", "print", "input", "exec", "eval", "__import__"} <= ({"print"} if path.name == "generate.py" else set())


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.name)
def test_no_module_needs_the_generator(path: Path) -> None:
    assert "contracts.generate" not in {
        node.module for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)
    }
