"""What a utility-weighted loss gives an incentive to learn: residual losses and their slopes.

With a utility U (n actions, m classes), a loss l on predictions of the n actions, and the
optimal prediction p^u(q) = U q / |U q| of Theorem 1:

* utility-weighted loss, eq. (6):         l^u(p, y) = sum_a l(p, a) u(a, y);
* residual learning loss, eq. (12):       L^u(q) = <l^u(p^u(q), .), q>;
* its gradient, eq. (13):                 dL^u / dq_y = l^u(p^u(q), y).

Let H be the entropy of a proper loss and H(v) = |v| H(v / |v|) its extension to nonnegative
vectors.  Then  L^u(q) = H(U q),  which is concave, and the vector of (13) is a supergradient
wherever it is finite.  It is the gradient where H is differentiable at U q; for a strictly
proper loss whose entropy has kinks it need not be (claim md_prop2).  Its entries are partial
derivatives of this one-homogeneous extension of L^u; on the simplex alone only derivatives along
directions of sum zero have a meaning (`tangent_gradient`, `directional_derivative`).

For two classes with weights w_1, w_2 and the logarithmic loss, with T = w_1 q_1 + w_2 q_2,

    dL / dq_1 = -w_1 log(w_1 q_1 / T) + w_2 log(w_2 q_2 / T),       eq. (18);
    d^2 L / dq_1^2 = -w_1 w_2 / (q_1 q_2 T).

The second is minus what a little information is worth: a small mean-preserving spread of q_1
with variance s lowers the expected residual loss by s/2 times its size.

All functions take NumPy arrays, exact or not, and torch tensors, with gradients inside the
simplex; one exact argument makes the result exact.  An action without any use (a row of zeros)
is never predicted and passes no gradient on.  Values are checked where they enter
(`theory.utility`, `theory.prediction`).

Source: Misaligned by Design, Sections 2.5, 2.7, 2.8.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from theory.arrays import as_array, is_exact, logarithm, namespace
from theory.command_line import require
from theory.prediction import expected_utility, utility_weighted_prediction
from theory.scoring import Loss, matched, weighted


def utility_weighted_loss(loss: Loss, utility: Any, prediction: Any) -> Any:
    """The vector of l^u(p, y) over the classes y, eq. (6), with 0 * inf = 0.

    Shapes: utility (n, m) or (..., n, m); prediction (..., n); returns (..., m), in (-inf, inf].

    >>> from theory.scoring_families import LOGARITHMIC
    >>> utility_weighted_loss(LOGARITHMIC, [[99, 0], [0, 1]], [1.0, 0.0]).tolist()
    [0.0, inf]
    """
    utility, prediction = matched(utility, prediction)
    losses = loss.vector(prediction)
    require(
        utility.shape[-2] == losses.shape[-1],
        "number of actions in prediction",
        losses.shape[-1],
        f"equal the rows of utility, {utility.shape[-2]}",
    )
    return namespace(losses).sum(weighted(utility, losses[..., None]), axis=-2)


def residual_learning_loss(loss: Loss, utility: Any, posterior: Any) -> Any:
    """L^u(q) = |U q| H(p^u(q)): the loss that is left after the best prediction, eq. (12).

    Shapes: utility (n, m) or (..., n, m); posterior (..., m); returns (...).  For a proper loss.

    >>> from theory.scoring_families import LOGARITHMIC
    >>> float(residual_learning_loss(LOGARITHMIC, [[1, 0], [0, 1]], [0.5, 0.5]).round(4))
    0.6931
    """
    utility, posterior = matched(utility, posterior)
    total = namespace(posterior).sum(expected_utility(utility, posterior), axis=-1)
    return total * loss.entropy(_optimum(utility, posterior))


def residual_learning_loss_by_definition(loss: Loss, utility: Any, posterior: Any) -> Any:
    """<l^u(p^u(q), .), q>, eq. (12), term by term; shapes as in `residual_learning_loss`."""
    utility, posterior = matched(utility, posterior)
    gradient = residual_gradient(loss, utility, posterior)
    return namespace(gradient).sum(weighted(posterior, gradient), axis=-1)


def residual_gradient(loss: Loss, utility: Any, posterior: Any) -> Any:
    """The vector l^u(p^u(q), .) of eq. (13), which the module's text says when is a gradient.

    Shapes: utility (n, m) or (..., n, m); posterior (..., m); returns (..., m), in (-inf, inf].
    """
    utility, posterior = matched(utility, posterior)
    return utility_weighted_loss(loss, utility, _optimum(utility, posterior))


def tangent_gradient(loss: Loss, utility: Any, posterior: Any) -> Any:
    """The gradient of L^u within the simplex: that of eq. (13) less the mean of its entries.

    Shapes as in `residual_gradient`; the entries sum to zero.  It does not depend on how L^u is
    extended beyond the simplex.  For posteriors at which (13) is finite; else nan or infinite.
    """
    gradient = residual_gradient(loss, utility, posterior)
    return gradient - namespace(gradient).mean(gradient, axis=-1, keepdims=True)


def directional_derivative(loss: Loss, utility: Any, posterior: Any, direction: Any) -> Any:
    """Derivative of L^u along a direction that stays in the simplex: <l^u(p^u(q), .), d>.

    Shapes: direction (..., m), of sum zero, at least zero where the posterior is zero (not
    checked); returns (...).  Where classes of probability zero gain it may be infinite.
    """
    posterior, direction = matched(posterior, direction)
    gradient, direction = matched(residual_gradient(loss, utility, posterior), direction)
    return namespace(gradient).sum(weighted(direction, gradient), axis=-1)


def marginal_learning_loss(weights: Any, probability: Any) -> Any:
    """dL/dq_1 of class-weighted cross entropy with two classes, eq. (18).

    Shapes: weights (2,), positive; probability (...), the q_1 in [0, 1]; returns (...), inf at
    q_1 = 0 and -inf at q_1 = 1.  Raises `InputError` for another shape of the weights.

    >>> marginal_learning_loss([0.5, 0.5], [0.0, 0.5, 1.0]).tolist()
    [inf, 0.0, -inf]
    """
    weights, probability = _binary(weights, probability)
    first, second = weights[0] * probability, weights[1] * (1 - probability)
    if is_exact(probability):
        shares = (as_array(each / (first + second)) for each in (first, second))
        surprises = [-logarithm(share) for share in shares]
    else:  # -log(a / (a + b)) = log(1 + b / a), which rounds little where a / (a + b) is near 1
        xp = namespace(probability)
        with np.errstate(divide="ignore"):
            surprises = [xp.log1p(second / first), xp.log1p(first / second)]
    return weights[0] * surprises[0] - weights[1] * surprises[1]


def marginal_value_of_information(weights: Any, probability: Any) -> Any:
    """w_1 w_2 / (q_1 q_2 T): minus the second derivative of L, T = w_1 q_1 + w_2 q_2.

    Shapes: weights (2,), positive; probability (...), the q_1 in (0, 1); returns (...).

    >>> float(marginal_value_of_information([0.5, 0.5], 0.5))
    2.0
    """
    weights, probability = _binary(weights, probability)
    rest = 1 - probability
    total = weights[0] * probability + weights[1] * rest
    return (weights[0] / total) * (weights[1] / (probability * rest))


def _binary(weights: Any, probability: Any) -> tuple[Any, Any]:
    weights, probability = matched(weights, probability)
    require(weights.shape == (2,), "shape of weights", tuple(weights.shape), "be (2,)")
    return weights, probability


def _optimum(utility: Any, posterior: Any) -> Any:
    """p^u(q), through which useless actions pass no gradient: it would be 0 times infinity."""
    prediction = utility_weighted_prediction(utility, posterior)
    xp = namespace(prediction)
    useless = xp.all(utility == 0, axis=-1)
    return xp.where(useless, xp.zeros_like(prediction), prediction)
