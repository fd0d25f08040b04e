"""Do two ways of weighting lead to the same predictions, and to decisions as good?

A method of cost-sensitive learning has a matrix V: its machine predicts p^V(q) = V q / (1' V q),
and it takes an action a with the largest score (S q)_a, where S = V unless it says otherwise.

*Predictions.*  p^V = p^U for all posteriors iff every column of V is a positive multiple k_y of
that of U, with one k unless all columns of U are parallel (p^U is then constant, and any k_y do).
It is enough to look at the corners e_y and at the midpoints of two of them.

*Decisions.*  The posteriors at which S takes action a form a polyhedron, so the most that a costs
there, max (U q)_b - (U q)_a over b and q, is a linear program, solved exactly
(`theory.linear_programs`).  The method's decisions are best, however it breaks ties, iff no such
maximum is positive.  Scaling q up to the total 1 raises the objective, so the programs bound the
total by 1 and start from q = 0.

Source: the comparisons of Misaligned by Design, Appendix A.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, permutations
from typing import Any

import numpy as np

from theory.arrays import as_array, is_exact
from theory.command_line import require
from theory.linear_programs import maximise
from theory.prediction import expected_utility, utility_weighted_prediction


@dataclass(frozen=True)
class Disagreement:
    """A posterior at which a method may take the action `chosen` though `best` is better.

    `posterior` has shape (m,); `loss` is the expected utility lost, in units of U: the largest
    over all posteriors.
    """

    posterior: Any
    chosen: int
    best: int
    loss: Fraction


def exact_matrix(matrix: Any, argument: str) -> Any:
    """`matrix` with every entry as the fraction that it is; (n, m).

    Raises `InputError` naming `argument` for another shape or an entry that is not finite.
    """
    matrix = as_array(matrix)
    shape = tuple(matrix.shape)
    require(matrix.ndim == 2 and 0 not in shape, f"shape of {argument}", shape, "be (n, m)")
    if not is_exact(matrix):
        require(bool(np.isfinite(matrix).all()), argument, matrix.tolist(), "be finite")
    return np.array([[Fraction(x) for x in row] for row in matrix.tolist()], dtype=object)


def prediction_difference(utility: Any, other: Any) -> Any | None:
    """A posterior at which p^other is not p^utility, or None if there is none.

    Both matrices have shape (n, m), nonnegative and nondegenerate; compared exactly.  Returns (m,),
    fractions: a corner of the simplex, or the midpoint of two.

    >>> prediction_difference([[2, 0], [0, 2]], [[1, 0], [0, 1]]) is None
    True
    >>> prediction_difference([[2, 0], [0, 1]], [[1, 0], [0, 1]]).tolist()
    [Fraction(1, 2), Fraction(1, 2)]
    """
    utility, other = exact_matrix(utility, "utility"), exact_matrix(other, "other")
    classes = utility.shape[1]
    corners = [
        np.array([Fraction(y == corner) for y in range(classes)], dtype=object)
        for corner in range(classes)
    ]
    midpoints = [(left + right) / 2 for left, right in combinations(corners, 2)]
    for posterior in [*corners, *midpoints]:
        predictions = [utility_weighted_prediction(each, posterior) for each in (utility, other)]
        if any(predictions[0] != predictions[1]):
            return posterior
    return None


def worst_disagreement(utility: Any, scores: Any) -> Disagreement | None:
    """Where taking an action of the largest score loses most expected utility; None if nowhere.

    Both matrices have shape (n, m), any real entries, taken exactly.  Solves n (n - 1) linear
    programs in m variables.

    >>> found = worst_disagreement([[2, 0], [0, 1]], [[1, 0], [0, 1]])
    >>> found.posterior.tolist(), found.chosen, found.best, found.loss
    ([Fraction(1, 2), Fraction(1, 2)], 1, 0, Fraction(1, 2))
    """
    utility, scores = exact_matrix(utility, "utility"), exact_matrix(scores, "scores")
    require(utility.shape == scores.shape, "shape of scores", scores.shape,
            f"equal that of utility, {utility.shape}")  # fmt: skip
    actions, classes = utility.shape
    worst: Disagreement | None = None
    for chosen, best in permutations(range(actions), 2):
        rivals = [scores[b] - scores[chosen] for b in range(actions) if b != chosen]
        constraints = np.array([*rivals, [1] * classes], dtype=object)
        bounds = [0] * len(rivals) + [1]
        posterior = maximise(utility[best] - utility[chosen], constraints, bounds)
        values = expected_utility(utility, posterior)
        loss = values[best] - values[chosen]
        if loss > (worst.loss if worst else 0):
            worst = Disagreement(posterior, chosen, best, loss)
    return worst
