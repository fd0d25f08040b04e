"""The clock of the benchmarks.

A GPU is still at work when the call that gave it the work returns.  Where the device is "cuda", the
clock therefore waits for it before it starts and before it stops.
"""

from __future__ import annotations

import time
from collections.abc import Callable


def seconds(call: Callable[[], object], calls: int = 1, device: str = "cpu") -> float:
    """Wall time of a call, the mean of `calls` in a row."""
    _finish(device)
    start = time.perf_counter()
    for _ in range(calls):
        call()
    _finish(device)
    return (time.perf_counter() - start) / calls


def fastest(call: Callable[[], object], repeats: int, device: str = "cpu") -> float:
    """The shortest of `repeats` times: the one that other work of the machine disturbed least."""
    return min(seconds(call, device=device) for _ in range(repeats))


def _finish(device: str) -> None:
    if device == "cuda":
        import torch

        torch.cuda.synchronize()
