"""How long the frontier of a million subgroups takes, as a multiple of one numpy.argsort.

Both are timed in one run, in one process, best of `REPEATS`.  Timed for the frontier: validating
the subgroups and computing it; for the policy, what comes on top.  The rates are uniform on the
given interval; only those inside (1/3, 2/3) have to be sorted, so the second is the hard case.

    python benchmarks/frontier_million_groups.py
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from timing import fastest

from theory.command_line import Parser, run
from theory.population import Subgroups, optimal_policy, population_frontier

PROGRAM = "python benchmarks/frontier_million_groups.py"
GROUPS = 10**6
INTERVALS = ((0.0, 1.0), (1 / 3, 2 / 3))
ALPHA = 0.3
REPEATS = 7
SEED = 0


def main(arguments: Sequence[str]) -> None:
    Parser(prog=PROGRAM, description=__doc__.partition("\n")[0]).parse_args(arguments)
    generator = np.random.default_rng(SEED)
    names = tuple(map(str, range(GROUPS)))
    unsorted = generator.random(GROUPS)
    shares = generator.random(GROUPS) + 0.5
    shares /= shares.sum()
    unit = fastest(lambda: np.argsort(unsorted), REPEATS)
    print(f"{GROUPS:,} subgroups; one argsort takes {1e3 * unit:.0f} ms")
    for low, high in INTERVALS:
        rates = generator.uniform(low, high, GROUPS)
        subgroups = Subgroups(names, shares, rates)
        frontier = fastest(
            lambda r=rates: population_frontier(Subgroups(names, shares, r)), REPEATS
        )
        policy = fastest(lambda s=subgroups: optimal_policy(s, ALPHA), REPEATS)
        vertices = len(population_frontier(subgroups).vertices)
        print(
            f"rates in ({low:.2f}, {high:.2f}): frontier {frontier / unit:.1f} argsorts "
            f"({vertices:,} vertices), policy {policy / unit:.1f}"
        )


if __name__ == "__main__":
    run(main, PROGRAM)
