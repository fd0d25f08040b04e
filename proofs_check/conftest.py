"""pytest's side of the ledger: each test receives the recorder of the claim it is named after."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from proofs_check.check import Check


@pytest.fixture
def check(request: pytest.FixtureRequest) -> Iterator[Check]:
    """The recorder for the claim ``test_<slug>``; afterwards the claim must be decided.

    A claim that waits for evidence is reported as skipped, with what it waits for.
    """
    recorder = Check(request.node.name.removeprefix("test_"))
    yield recorder
    recorder.assert_decided()
    if recorder.waits_for():
        names = ", ".join(line.partition(": waits")[0] for line in recorder.waits_for())
        pytest.skip(f"open, waits for evidence on: {names} (python -m proofs_check show SLUG)")
