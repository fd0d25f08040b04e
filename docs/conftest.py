"""The pages are run as tests: one thread each, or small problems wait for each other's threads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from threadpoolctl import threadpool_limits

collect_ignore = ["conftest.py"]  # doctests of modules would import it beside tests/conftest.py


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Linear algebra in one thread."""
    with threadpool_limits(1):
        yield
