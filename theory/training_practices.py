"""What customary changes to training amount to: a utility matrix, and the way back to q.

A machine trained on targets T, where the example of class y carries the (soft) label T[:, y],
with weights v on the terms of the cross entropy and a weight (or an expected number of copies)
r_y on the examples of class y, minimises the utility-weighted log loss of

    U = diag(v) T diag(r),

so it predicts p proportional to U q (Theorem 1), and q is proportional to diag(r)^-1 T^-1
diag(v)^-1 p wherever T is invertible and the weights are positive (Theorem 2):

* class weights, resampling by class, sample weights by class: T = 1, U diagonal;
* label smoothing in torch's convention: T = (1 - eps) 1 + eps/m, torch's `weight` is v;
* label noise with known rates: T[a, y] is the probability that class y is labelled a.

Other practices are not of this form.  The *focal loss* -(1 - p_y)^gamma log p_y is no weighting
of a strictly proper loss, nor proper itself.  It is phi(p_y) with phi decreasing and strictly
convex on (0, 1), so the prediction p for a posterior q is the only point of the simplex where
q_y phi'(p_y) is equal for all y in the support of q, and p_y = 0 off it.  Hence q_y is
proportional to 1 / |phi'(p_y)|, and the order of the classes stays the same.  *Logit adjustment*
trains a shifted prediction with the unweighted loss: its outputs are those of class weights, its
incentives to learn those of none.  Synthetic examples and mining for hard ones change the
examples by their features, so no matrix does it.

Source: Theorems 1 and 2 of Misaligned by Design, applied to the losses of Szegedy et al. (2016,
label smoothing), Lin et al. (2017, focal loss), Menon et al. (2021, logit adjustment), and to the
sampling of Chawla et al. (2002, SMOTE).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from theory.arrays import alongside, as_array, is_exact, namespace
from theory.class_weights import class_weighted_prediction
from theory.command_line import require
from theory.conditioning import determines_posterior
from theory.recalibration import recalibrate
from theory.utility import class_weight_utility


@dataclass(frozen=True)
class Practice:
    """One way of training, and what its optimal predictions say about the posterior.

    `utility` is the matrix U, (m, m), that the practice amounts to, None if there is none;
    `invertible` says whether the optimal prediction determines the posterior, `reason` why (or
    why not), and `recover` maps predictions (..., m) to posteriors (..., m) where it does.  Not
    every vector of probabilities is an optimal prediction (`in_image`): label smoothing never aims
    at certainty.  Of others `recover` makes no probabilities but numbers with a negative one.
    """

    name: str
    utility: Any | None
    invertible: bool
    reason: str
    recover: Callable[[Any], Any] | None = None

    def in_image(self, prediction: Any) -> Any:
        """Whether each prediction (..., m), in the simplex, is optimal for some posterior: (...).

        Raises `InputError` for a practice that is not invertible.

        >>> label_smoothing(0.1, 2).in_image([[0.9, 0.1], [1, 0]]).tolist()
        [True, False]
        """
        require(self.invertible, "practice", self.name, "be invertible")
        if self.utility is None:
            return (as_array(prediction) >= 0).all(axis=-1)
        return recalibrate(self.utility, prediction).in_image


def utility_of_class_weights(weights: Any, class_counts: Any = None) -> Any:
    """The utility of class weights: diag(w), eq. (14).

    `weights` has shape (m,), positive, or is "balanced": w_y = n / (m n_y) for n_y = `class_counts`
    examples of class y among n, all positive.  Returns (m, m).  Raises `InputError` otherwise.

    >>> utility_of_class_weights("balanced", class_counts=[10, 30]).round(3).tolist()
    [[2.0, 0.0], [0.0, 0.667]]
    """
    if isinstance(weights, str):
        require(weights == "balanced", "weights", repr(weights), 'be an array or "balanced"')
        require(class_counts is not None, "class_counts", None, 'be given for "balanced" weights')
        counts = as_array(class_counts)
        require(bool((counts > 0).all()), "class_counts", counts.tolist(), "be positive")
        weights = counts.sum() / (len(counts) * counts)
    return class_weight_utility(weights)


def utility_of_label_smoothing(epsilon: Any, classes: int, weights: Any = None) -> Any:
    """The utility of label smoothing: U[a, y] = w_a ((1 - eps) 1{a = y} + eps / m).

    This is torch's `CrossEntropyLoss(weight=w, label_smoothing=eps)`, whose weights belong to the
    terms of the loss, that is, to the rows of U.  Where a weight multiplies the whole loss of an
    example (Keras' `class_weight`), apply `weighted_examples` to the unweighted matrix.
    `epsilon` in [0, 1], `classes` = m >= 1, `weights` (m,) positive, or None.  Returns (m, m).

    >>> utility_of_label_smoothing(0.25, 2).tolist()
    [[0.875, 0.125], [0.125, 0.875]]
    """
    require(bool(0 <= epsilon) and bool(epsilon <= 1), "epsilon", epsilon, "lie in [0, 1]")
    require(classes >= 1, "classes", classes, "be at least 1")
    one = epsilon - epsilon + 1
    same = (1 - epsilon) + epsilon / classes
    smoothed = as_array(
        [
            [same if a == y else one * epsilon / classes for y in range(classes)]
            for a in range(classes)
        ]
    )
    if weights is None:
        return smoothed
    rows = class_weight_utility(weights)
    require(len(rows) == classes, "number of weights", len(rows), f"be {classes}")
    return rows @ alongside(smoothed, rows)


def utility_of_resampling(rates: Any) -> Any:
    """The utility of over- or undersampling: diag(r), r_y the expected copies of a y-example.

    `rates` has shape (m,); below 1 a class is undersampled, above 1 oversampled.  In expectation
    the resampled data have the class-weighted loss.  Raises `InputError` for a class that is never
    drawn (rate 0): nothing is learnt of it, and U would be degenerate.

    >>> utility_of_resampling([0.1, 1]).tolist()
    [[0.1, 0.0], [0.0, 1.0]]
    """
    rates = as_array(rates)
    for index, rate in enumerate(rates):
        require(bool(rate > 0), f"rates[{index}]", rate, "be positive: the class is never drawn")
    return class_weight_utility(rates)


def weighted_examples(utility: Any, weights: Any) -> Any:
    """U diag(r): the practice `utility` on examples weighted, or resampled, by class.

    Shapes: utility (..., n, m); weights (m,), or (..., m) if they differ by instance.

    >>> weighted_examples(utility_of_label_smoothing(0.25, 2), [1, 8]).tolist()
    [[0.875, 1.0], [0.125, 7.0]]
    """
    return as_array(utility) * as_array(weights)[..., None, :]


def class_weighting(weights: Any, class_counts: Any = None) -> Practice:
    """Class weights in the loss, sample weights by class, `pos_weight`, `scale_pos_weight`."""
    utility = utility_of_class_weights(weights, class_counts)
    return _diagonal("class weights", utility, "positive weights are undone by their reciprocals")


def resampling(rates: Any) -> Practice:
    """Over- or undersampling by class; `rates` as in `utility_of_resampling`."""
    reason = "in expectation, class weights equal to the sampling rates"
    return _diagonal("resampling by class", utility_of_resampling(rates), reason)


def label_smoothing(epsilon: Any, classes: int, weights: Any = None) -> Practice:
    """Label smoothing, with torch's class weights if given; not invertible at epsilon = 1."""
    utility = utility_of_label_smoothing(epsilon, classes, weights)
    name = "label smoothing" if weights is None else "label smoothing with class weights"
    if epsilon == 1 and classes > 1:
        return Practice(name, utility, False, "at epsilon = 1 the targets do not depend on y")
    reciprocal = as_array([1] * classes if weights is None else 1 / as_array(weights))
    recover = partial(_unsmoothed, epsilon, reciprocal)
    return Practice(name, utility, True, "the smoothed targets are invertible", recover)


def label_noise(transition: Any) -> Practice:
    """Labels a drawn with probability ``transition[a, y]`` in class y: U is that matrix.

    `transition` has shape (m, m), columns in the simplex.  Raises `InputError` otherwise.
    """
    transition = as_array(transition)
    shape = tuple(transition.shape)
    require(
        transition.ndim == 2 and shape[0] == shape[1], "shape of transition", shape, "be (m, m)"
    )
    off = abs(transition.sum(axis=0) - 1)
    tolerance = 0 if is_exact(transition) else 1e-9
    valid = bool((transition >= 0).all()) and bool((off <= tolerance).all())
    require(valid, "transition", transition.tolist(), "have columns >= 0 that sum to 1")
    name = "label noise"
    if not determines_posterior(transition):
        reason = "the transition matrix is singular: some posteriors give the same noisy labels"
        return Practice(name, transition, False, reason)
    reason = "the transition matrix is invertible"
    return Practice(name, transition, True, reason, partial(_denoised, transition))


def focal_loss(gamma: float, classes: int) -> Practice:
    """The focal loss -(1 - p_y)^gamma log p_y on m = `classes`; gamma >= 0, and log loss at 0."""
    _require_exponent(gamma)
    name = "focal loss"
    if gamma == 0:
        utility = class_weight_utility([1] * classes)
        return Practice(name, utility, True, "the log loss itself", as_array)
    reason = (
        "no utility matrix: its prediction is not a linear-fractional function of q; but q_y is "
        "proportional to 1 / |phi'(p_y)|, phi(p) = -(1 - p)^gamma log p"
    )
    return Practice(name, None, True, reason, partial(focal_posterior, gamma=gamma))


def focal_slope(p: Any, log_p: Any, gamma: Any) -> Any:
    """|phi'(p)| p for phi(p) = -(1 - p)^gamma log p: (1 - p)^(gamma - 1) (1 - p - gamma p log p).

    Arrays of one shape, 0 < p < 1 and log_p its logarithm; any gamma >= 0.
    """
    return (1 - p) ** (gamma - 1) * _focal_factor(p, log_p, gamma)


def focal_posterior(prediction: Any, gamma: float) -> Any:
    """The posterior for which `prediction` minimises the expected focal loss.

    Shape (..., m), rows in the simplex, floats or a tensor; gamma >= 0.  The odds p / (|phi'| p) of
    the classes are compared by their logarithms, so that they cannot overflow.  The map is one to
    one on the simplex and keeps its faces: a class has probability 0 exactly where it is predicted
    with 0, and a certain prediction is a certain posterior.  Raises `InputError` for a gamma that
    is negative or infinite, and for exact numbers, which have no exact logarithms.

    >>> focal_posterior([0.5, 0.3, 0.2], 0.0).round(6).tolist()
    [0.5, 0.3, 0.2]
    >>> focal_posterior([0.8, 0.2], 2.0).round(3).tolist()
    [0.976, 0.024]
    """
    _require_exponent(gamma)
    prediction = as_array(prediction)
    require(not is_exact(prediction), "type of prediction", "exact", "be floats")
    xp = namespace(prediction)
    inside = (prediction > 0) & (prediction < 1)
    safe = xp.where(inside, prediction, xp.ones_like(prediction) / 2)
    log_p = xp.log(safe)
    factor = xp.log(_focal_factor(safe, log_p, gamma))
    log_odds = log_p - (gamma - 1) * xp.log1p(-safe) - factor
    none = xp.zeros_like(safe)
    log_odds = xp.where(inside, log_odds, xp.where(prediction > 0, none, none - xp.inf))
    odds = xp.exp(log_odds - xp.max(log_odds, axis=-1, keepdims=True))
    return odds / xp.sum(odds, axis=-1, keepdims=True)


def _focal_factor(p: Any, log_p: Any, gamma: Any) -> Any:
    return 1 - p - gamma * p * log_p


def _require_exponent(gamma: float) -> None:
    require(0 <= gamma < float("inf"), "gamma", gamma, "be at least 0 and finite")


def logit_adjustment(prior: Any, strength: Any = 1) -> Practice:
    """Cross entropy of softmax(f + strength log prior): outputs of class weights prior^-strength.

    The trained softmax(f + strength log prior) is the posterior q, so the outputs softmax(f) are
    p^w(q) with w = prior^-strength; the balanced softmax has strength 1.  `prior` has shape (m,),
    positive.  The loss in terms of q is unweighted, so Proposition 2's dampening does not arise.
    Raises `InputError` for a prior that is not positive.
    """
    prior = as_array(prior)
    for index, rate in enumerate(prior):
        require(bool(rate > 0), f"prior[{index}]", rate, "be positive")
    weights = prior ** (-strength)
    reason = "outputs as of class weights prior^-strength, though the loss of q is unweighted"
    return _diagonal("logit adjustment", class_weight_utility(weights), reason)


SYNTHETIC_OVERSAMPLING = Practice(
    "synthetic oversampling (SMOTE)",
    None,
    False,
    "interpolated examples change the features within a class, so the prediction at x depends on "
    "the densities of original and synthetic examples there, not on q(x) alone",
)
MIXED_EXAMPLES = Practice(
    "mixed examples (mixup)",
    None,
    False,
    "features and labels are averaged over pairs of examples: the prediction at x is the mean "
    "label of the pairs whose mixture is x, which q(x) does not determine",
)
HARD_EXAMPLE_MINING = Practice(
    "hard example mining",
    None,
    False,
    "an example's weight depends on the machine's own loss on it, so the objective is no fixed "
    "loss of (p, y); a smooth version by the predicted probability is the focal loss",
)


# The ways back are functions of this module with some arguments bound, so that they can be pickled.
def _diagonal(name: str, utility: Any, reason: str) -> Practice:
    recover = partial(class_weighted_prediction, 1 / utility.diagonal())
    return Practice(name, utility, True, reason, recover)


def _unsmoothed(epsilon: Any, reciprocal: Any, prediction: Any) -> Any:
    """p_a / w_a, for reciprocal weights (m,), is proportional to (1 - eps) q_a + eps / m."""
    smoothed = class_weighted_prediction(reciprocal, prediction)
    classes = len(reciprocal)
    return smoothed if classes == 1 else (smoothed - epsilon / classes) / (1 - epsilon)


def _denoised(transition: Any, noisy: Any) -> Any:
    return recalibrate(transition, noisy).posterior
