"""Every problem that a service can answer is explained by it."""

import ast
import inspect
from pathlib import Path
from types import ModuleType

import pytest

import chassis
import decision
import ingestor
import inventory
import sync_back
from chassis import pages
from decision.api import PROBLEMS as DECISION
from ingestor.api import PROBLEMS as INGESTOR
from inventory.api import PROBLEMS as INVENTORY
from sync_back.api import PROBLEMS as SYNC_BACK


def slugs(package: ModuleType) -> set[str]:
    """The literal slugs of `Problem(status, slug, …)` in a package's source."""
    folder = Path(inspect.getfile(package)).parent
    calls = [node for file in folder.rglob("*.py") for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
    made = [call for call in calls if getattr(call.func, "id", getattr(call.func, "attr", "")) == "Problem" and len(call.args) > 1]
    return {call.args[1].value for call in made if isinstance(call.args[1], ast.Constant)}


@pytest.mark.parametrize(
    ("package", "own"), [(chassis, {}), (decision, DECISION), (ingestor, INGESTOR), (inventory, INVENTORY), (sync_back, SYNC_BACK)]
)
def test_every_problem_is_explained(package, own):
    found = slugs(package)
    assert found
    assert found <= {*pages.PROBLEMS, *own}
