"""Base rates: class probabilities when the classes become more or less frequent.

With the features of each class fixed, P(x | y), and base rates changed from the source b to the
target t, Bayes' rule turns the posterior q(x) into

    p_y(x) = w_y q_y(x) / <w, q(x)>,    w_y = t_y / b_y,

eq. (25): the prediction of class weights w, up to a common factor.  Inverse class weights 1 / b_y
are those of uniform target rates.  A target rate of zero makes a weight zero: such a class is never
predicted, the weights are not those of a nondegenerate utility (14), and at features that only such
classes have no posterior exists.

Source: Misaligned by Design, Appendix A.4, Proposition 3, after Saerens et al. (2002).
"""

from __future__ import annotations

from typing import Any

from theory.arrays import alongside, as_array, namespace
from theory.class_weights import class_weighted_prediction
from theory.command_line import require
from theory.prediction import validated_probabilities


def base_rate_weights(target: Any, source: Any) -> Any:
    """w_y = t_y / b_y, the class weights that turn base rates `source` into `target`.

    Shapes (m,), both in the simplex, source positive.  Raises `InputError` naming what is not, such
    as a source rate of zero: what has no examples cannot be reweighted.

    >>> base_rate_weights([0.5, 0.5], [0.99, 0.01]).round(3).tolist()
    [0.505, 50.0]
    """
    source = as_array(source)
    target = alongside(target, source)
    require(target.shape == source.shape, "shape of target", tuple(target.shape),
            f"equal that of source, {tuple(source.shape)}")  # fmt: skip
    for index, rate in enumerate(source):
        require(bool(rate > 0), f"source[{index}]", rate, "be positive")
    validated_probabilities(source, "source")
    validated_probabilities(target, "target")
    return target / source


def adjusted_posterior(posterior: Any, target: Any, source: Any) -> Any:
    """The posterior under base rates `target` of features with `posterior` under `source`; (25).

    Shapes: posterior (..., m), target and source (m,).  Raises `InputError` as `base_rate_weights`,
    and where the features have probability zero under the target rates.

    >>> adjusted_posterior([0.9, 0.1], [0.5, 0.5], [0.9, 0.1]).round(3).tolist()
    [0.5, 0.5]
    """
    posterior = as_array(posterior)
    weights = alongside(base_rate_weights(target, source), posterior)
    total = namespace(posterior).sum(weights * posterior, axis=-1)
    wanted = "have weight on a class of positive target rate"
    require(bool((total > 0).all()), "posterior", "without weight on the target", wanted)
    return class_weighted_prediction(weights, posterior)


def posterior_under_base_rates(joint: Any, target: Any) -> Any:
    """The posteriors at each x by definition: Bayes' rule with the target rates.

    `joint` has shape (points, m), P(x, y) under the source, every column with a positive sum;
    `target` (m,).  Returns (points, m); each x needs positive probability under the target.

    >>> posterior_under_base_rates([[0.8, 0.0], [0.1, 0.1]], [0.5, 0.5]).round(3).tolist()
    [[1.0, 0.0], [0.1, 0.9]]
    """
    joint = as_array(joint)
    xp = namespace(joint)
    features = joint / xp.sum(joint, axis=0, keepdims=True)
    shifted = features * alongside(target, joint)
    return shifted / xp.sum(shifted, axis=-1, keepdims=True)
