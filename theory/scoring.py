"""Losses for probabilities: what a prediction costs in each class, and whether honesty is best.

A loss l(p, y) gives every prediction p in the simplex a cost in each class y.  With
probabilities q of the classes,

* the expected loss is  <l(p, .), q>, eq. (2);
* the generalised entropy is the least expected loss,  H(q) = min_p <l(p, .), q>;  it is concave;
* the regret  <l(p, .), q> - H(q)  is, for a proper loss, the divergence of p from q.

A loss is *proper* if p = q is a minimiser for every q, and *strictly proper* if it is the only
one, eq. (4).  Any concave H with a supergradient g on the simplex gives a proper loss (Savage),

    l(p, y) = H(p) + <g(p), e_y - p>,

strictly proper iff H is strictly concave.  The function  v -> |v| H(v / |v|)  with |v| = sum v
extends H to nonnegative vectors; l(p, .) is a supergradient of it at p, and its gradient where
it has one.

Losses may be infinite (the logarithm's, for a class of predicted probability 0), which is why
they take values in (-inf, inf]; a class of probability 0 then adds nothing: 0 * inf = 0.

Sources: Misaligned by Design, Section 2.4, eqs. (2), (4); Savage 1971; Gneiting & Raftery 2007.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from theory.arrays import alongside, as_array, as_fractions, is_exact, namespace

Propriety = Literal[
    "strictly proper",
    "strictly proper, not differentiable",
    "proper, not strictly",
    "improper",
]


@dataclass(frozen=True)
class Witness:
    """A posterior at which the other prediction does as well as honesty, or better."""

    posterior: tuple[Any, ...]
    prediction: tuple[Any, ...]


@dataclass(frozen=True)
class Loss:
    """A loss, its entropy, and how proper it is.

    `vector`: predictions (..., m) in the simplex to losses (..., m), one for each class;
    `entropy`: posteriors (..., m) to the least expected loss (...), in closed form;
    `propriety`: of which kind it is, `evidence` why: the claim that proves it, or a witness.
    Both functions take NumPy arrays, exact or not, and torch tensors.  "Not differentiable"
    means that the entropy has a kink inside the simplex.
    """

    name: str
    vector: Callable[[Any], Any]
    entropy: Callable[[Any], Any]
    propriety: Propriety
    evidence: str | Witness


def matched(first: Any, second: Any) -> tuple[Any, Any]:
    """Both as arrays that combine: two tensors if either is one, both exact if either is.

    >>> from fractions import Fraction
    >>> matched([1, 3], [Fraction(1, 2)])[0].tolist()
    [Fraction(1, 1), Fraction(3, 1)]
    """
    second = alongside(second, as_array(first))
    first = alongside(first, second)
    if is_exact(first) or is_exact(second):
        return as_fractions(first), as_fractions(second)
    return first, second


def weighted(weights: Any, losses: Any) -> Any:
    """weights * losses, entry by entry, with 0 * inf = 0; shapes broadcast.

    Weights are finite.  Terms of a solver count as nonzero.

    >>> import numpy as np
    >>> weighted(np.array([0.0, 0.5]), np.array([np.inf, 2.0])).tolist()
    [0.0, 1.0]
    """
    xp = namespace(weights, losses)
    return weights * xp.where(weights == 0, xp.zeros_like(losses), losses)


def expected_loss(loss: Loss, prediction: Any, posterior: Any) -> Any:
    """<l(p, .), q>, eq. (2), in (-inf, inf].

    Shapes: prediction and posterior (..., m), which broadcast; returns (...).

    >>> from theory.scoring_families import LOGARITHMIC
    >>> float(expected_loss(LOGARITHMIC, [0.5, 0.5, 0.0], [0.0, 1.0, 0.0]).round(3))
    0.693
    """
    prediction, posterior = matched(prediction, posterior)
    losses = loss.vector(prediction)
    return namespace(losses, posterior).sum(weighted(posterior, losses), axis=-1)


def regret(loss: Loss, prediction: Any, posterior: Any) -> Any:
    """<l(p, .), q> - H(q), in [0, inf]: what predicting p costs beyond the best prediction.

    Shapes as in `expected_loss`.  For a proper loss it is the divergence of p from q; that of
    the logarithmic loss is Kullback and Leibler's, that of the Brier loss the squared distance.
    """
    prediction, posterior = matched(prediction, posterior)
    return expected_loss(loss, prediction, posterior) - loss.entropy(posterior)


def savage(
    name: str,
    entropy: Callable[[Any], Any],
    supergradient: Callable[[Any], Any],
    propriety: Propriety = "strictly proper",
    evidence: str | Witness = "md_ext_savage",
) -> Loss:
    """The proper loss of a generalised entropy.

    `entropy` is concave on the simplex, (..., m) to (...); `supergradient` gives at every
    prediction some g with  H(q) <= H(p) + <g(p), q - p>  for all q, (..., m) to (..., m).  The
    concave entropy is minus the convex function that some authors use.  Where p_y = 0, g_y may be
    inf, which makes the loss infinite there.  The loss is strictly
    proper iff the entropy is strictly concave; that is the caller's to know and to say.

    >>> quadratic = savage("quadratic", lambda q: 1 - (q * q).sum(-1), lambda q: -2 * q)
    >>> quadratic.vector(as_array([0.25, 0.75])).tolist()
    [1.125, 0.125]
    """

    def vector(prediction: Any) -> Any:
        slope = supergradient(prediction)
        xp = namespace(slope)
        along = xp.sum(weighted(prediction, slope), axis=-1, keepdims=True)
        return as_array(entropy(prediction))[..., None] + slope - along

    return Loss(name, vector, entropy, propriety, evidence)
