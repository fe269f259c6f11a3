"""The situation table and the tests are the same set, in both directions."""

import ast
import itertools
import re

import pytest
from tests.support.situations import OUTCOME, ROOT, TABLE, marked_in, rows, tables

E2E = ROOT / "tests" / "e2e"
TESTS = {"C": E2E / "test_situations.py", "D": ROOT / "tests" / "unit" / "situations" / "test_situations.py"}
WE = ("approve", "reject")
THEN = ("withdraw", "seller-center-reject", "seller-center-approve", "expire", "instant-cancel", "ship")
WHEN = ("before", "while", "taken")


def ids(prefix: str) -> list[str]:
    return [cells["id"] for table in tables() for cells in table if cells["id"].startswith(prefix)]


@pytest.mark.parametrize("prefix", sorted(TESTS))
def test_every_row_has_a_test_and_every_test_a_row(prefix):
    assert sorted(ids(prefix)) == sorted(marked_in(TESTS[prefix].read_text("utf-8")))


def test_the_races_are_all_there_once():
    races = [(row.cells["we"], row.cells["then"], row.cells["when"], row.channel) for row in rows() if row.id.startswith("A")]
    assert sorted(races) == sorted(itertools.product(WE, THEN, WHEN, ("shopee", "tiktok")))


def test_the_stories_are_all_there_once():
    source = ast.parse((E2E / "test_stories.py").read_text("utf-8"))
    stories = [node.name for node in source.body if isinstance(node, ast.AsyncFunctionDef) and node.name.startswith("test_")]
    listed = [cells["test"].strip("`") for table in tables() for cells in table if "test" in cells]
    assert sorted(listed) == sorted(stories)


def test_an_id_names_one_row():
    named = [cells["id"] for table in tables() for cells in table]
    assert len(named) == len(set(named))
    assert not [name for name in named if not re.fullmatch(r"[ACDS][0-9]+", name)]


def test_every_outcome_is_whole():
    wanted = {"A": set(OUTCOME), "C": set(OUTCOME), "D": set(OUTCOME) - {"called"}}
    for row in rows():
        expects = row.expects()
        assert expects.keys() == wanted[row.id[0]], row.id
        assert all(cell and " / " not in cell for cell in expects.values()), row.id


def test_a_row_or_a_test_too_many_is_seen():
    """The comparison compares: it finds the ids of marks in any form that the formatter leaves."""
    assert marked_in('@situation("C1")\nasync def a(): ...\n\n@situation("C2", "C3")\nasync def b(): ...') == {"C1", "C2", "C3"}
    assert marked_in('@situation(\n    "C4",\n    "C5",\n)\nasync def c(): ...') == {"C4", "C5"}
    (table,) = tables("| id | channel |\n|---|---|\n| C1 | TikTok |\n| C2 | Shopee / TikTok |\n\ntext\n")
    assert [cells["id"] for cells in table] == ["C1", "C2"]


def test_the_architecture_page_leads_here():
    assert f"architecture/{TABLE.name}" in (ROOT / "docs" / "architecture.md").read_text("utf-8")
