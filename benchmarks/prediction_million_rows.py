"""How long predicting a million rows takes, as a multiple of the bare matrix product.

Timed in one run, in one process, best of `REPEATS`: `utility_weighted_prediction` and, for the
way back, `recalibrate`, against ``q @ U.T``.  Posteriors are random points of the simplex.

    python benchmarks/prediction_million_rows.py
"""

from __future__ import annotations

import numpy as np
from timing import fastest

from theory.prediction import utility_weighted_prediction
from theory.recalibration import recalibrate

ROWS = 10**6
CLASSES = 15
REPEATS = 7
SEED = 0


def main() -> None:
    generator = np.random.default_rng(SEED)
    posterior = generator.dirichlet(np.ones(CLASSES), ROWS)
    utility = generator.random((CLASSES, CLASSES)) + np.eye(CLASSES)
    prediction = utility_weighted_prediction(utility, posterior)
    unit = fastest(lambda: posterior @ utility.T, REPEATS)
    forward = fastest(lambda: utility_weighted_prediction(utility, posterior), REPEATS)
    back = fastest(lambda: recalibrate(utility, prediction), REPEATS)
    print(f"{ROWS:,} rows, {CLASSES} classes; one matrix product takes {1e3 * unit:.0f} ms")
    print(f"prediction {forward / unit:.2f} products, recalibration {back / unit:.2f}")


if __name__ == "__main__":
    main()
