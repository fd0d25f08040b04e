"""Resampling: relabelled copies of the data that teach an unweighted machine a utility.

Data expansion (Abe et al. 2004, Xia et al. 2009) replaces an example (x, y) by copies (x, a), one
for each action a, with frequency proportional to u(a, y).  The expanded law is

    P'(x, a) = sum_y P(x, y) u(a, y) / Z,    Z = sum over x, y, a of P(x, y) u(a, y),

so that for every loss l and predictor f the unweighted expected loss under P' is the expected
utility-weighted loss under P divided by Z.  Hence P'(a | x) = p^u(q(x)): an unweighted strictly
proper loss leads to the optimal utility-weighted prediction, and the most frequent label of P' at
x is a best action.  The law of the features changes too, from P(x) to P(x) 1' U q(x) / Z, which
matters to a machine that cannot fit every x.

The frequencies are utilities.  From costs c, use u = c_max - c, `theory.utility.utility_from_cost`:
copies in proportion to the costs themselves make the worst action the most frequent label.

Source: Misaligned by Design, Appendix A.3.
"""

from __future__ import annotations

from typing import Any

from theory.arrays import alongside, as_array, matrix_vector, namespace
from theory.command_line import require


def expanded_law(joint: Any, utility: Any) -> Any:
    """P'(x, a), the law of the expanded data.

    Shapes: joint (points, m), P(x, y), with sum 1; utility (n, m), or (points, n, m) if costs
    depend on the example; both nonnegative.  Returns (points, n), with sum 1.  Raises `InputError`
    if nothing has a positive utility with positive probability.

    >>> expanded_law([[0.1, 0.4], [0.5, 0.0]], [[3, 0], [0, 1]]).round(3).tolist()
    [[0.136, 0.182], [0.682, 0.0]]
    """
    joint = as_array(joint)
    masses = matrix_vector(alongside(utility, joint), joint)
    total = namespace(masses).sum(masses)
    wanted = "have a positive entry in a class that occurs"
    require(not bool(total == 0), "utility", "zero on every example", wanted)
    return masses / total


def expanded_examples(labels: Any, utility: Any) -> tuple[Any, Any, Any]:
    """The expanded data set, as weighted copies: (example, label, weight), each of shape (copies,).

    `labels` has shape (N,), classes 0..m-1 of the examples; utility (n, m) nonnegative, or
    (N, n, m).  Copy k is example ``example[k]`` with label ``label[k]`` and sample weight
    ``weight[k]`` > 0, so any learner that takes sample weights minimises utility-weighted loss.
    Raises `InputError` for labels that are not such classes.

    >>> [column.tolist() for column in expanded_examples([0, 1], [[3, 0], [1, 1]])]
    [[0, 0, 1], [0, 1, 1], [3.0, 1.0, 1.0]]
    """
    utility = as_array(utility)
    xp = namespace(utility)
    labels = xp.asarray(labels)
    if labels.shape[0] == 0:
        labels = xp.astype(labels, xp.int64)
    require(xp.isdtype(labels.dtype, "integral"), "type of labels", labels.dtype, "be integer")
    classes = int(utility.shape[-1])
    for label in labels[(labels < 0) | (labels >= classes)]:
        require(False, "a label", int(label), f"lie in 0..{classes - 1}")
    shared = utility.ndim == 2
    weights = utility.T[labels] if shared else utility[xp.arange(len(labels)), :, labels]
    example, label = xp.nonzero(weights > 0)
    return example, label, weights[example, label]
