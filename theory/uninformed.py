"""What a machine attains that has learned nothing: the yardsticks of class-weighted learning.

With class weights w, prior mu and the logarithmic loss, a machine that knows mu alone and

* predicts mu has the expected loss  sum_y w_y mu_y (-log mu_y), which eq. (21) fixes at H(mu);
* predicts the best constant, p^w(mu) = w mu / <w, mu>, has the residual learning loss of mu, which
  is lower, by <w, mu> times the divergence of mu from p^w(mu), unless the weights are equal;
* always names class y earns the utility w_y mu_y.

One that knows the class has loss 0 and earns <w, mu>.  A trained machine that is reported to lie
outside these bounds was measured on another scale, or does worse than a constant.

Source: Misaligned by Design, Section 3, eqs. (14), (16), (21); Table 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from theory.arrays import as_array, logarithm
from theory.command_line import require
from theory.prediction import validated_probabilities
from theory.scoring import weighted
from theory.scoring_families import LOGARITHMIC
from theory.utility import class_weight_utility


@dataclass(frozen=True)
class Uninformed:
    """Losses and utilities without learning, and the utility of perfect learning.

    `constant_utilities` (m,): of always naming each class; the least possible loss is 0.
    """

    prior_loss: Any
    best_constant_loss: Any
    constant_utilities: Any
    perfect_utility: Any

    @property
    def best_constant_utility(self) -> Any:
        """Of the best class to name always."""
        return self.constant_utilities.max()


def uninformed(weights: Any, prior: Any) -> Uninformed:
    """The yardsticks for weights w (m,) as given, not normalised, and the prior mu (m,).

    Raises `InputError` for weights that are not positive, a prior outside the simplex, and
    different numbers of them.

    >>> bounds = uninformed([1.98, 0.02], [0.5, 0.5])
    >>> float(bounds.prior_loss.round(3)), float(bounds.best_constant_loss.round(3))
    (0.693, 0.056)
    """
    weights, prior = as_array(weights), validated_probabilities(prior, "prior")
    class_weight_utility(weights)  # checks them
    require(weights.shape == prior.shape, "shape of prior", prior.shape,
            f"equal that of weights, {weights.shape}")  # fmt: skip
    earned = weights * prior
    total = np.sum(earned)
    # -log p^w(mu), from the logarithms of w mu, whose ratios may underflow
    best = logarithm(np.full_like(earned, total)) - logarithm(earned)
    return Uninformed(
        np.sum(weighted(earned, LOGARITHMIC.vector(prior))),
        np.sum(weighted(earned, best)),
        earned,
        total,
    )
