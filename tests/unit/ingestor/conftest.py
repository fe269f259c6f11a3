"""Builders as fixtures: what a read of a marketplace shows."""

from typing import Any

import pytest
from tests.support import looks


@pytest.fixture
def story() -> looks.Story:
    return looks.Story()


@pytest.fixture
def make_story() -> type[looks.Story]:
    return looks.Story


@pytest.fixture
def order() -> Any:
    return looks.an_order


@pytest.fixture
def request_() -> Any:
    return looks.a_request


@pytest.fixture
def minutes() -> Any:
    return looks.at
