"""Primitives of *Friend or Foe* (Fudenberg & Liang, arXiv 2509.14396v1), Sections 3-4.

A patient needs treatment (Y = 1) or not.  Treating pays +1 if it was needed and -1 if
not; leaving alone pays 0.  In a subgroup a known fraction p needs treatment.  The
designer shows the AI a covariate X1, the AI reports P(Y = 1 | X1), and the designer
treats where the report is at least 1/2.

A *point* is a pair (worst case, best case) of expected payoffs, in units of one correct
treatment per patient, so each coordinate lies in [-1, 1].

All functions here are closed forms.  They take rationals, floats, arrays or symbolic
terms and return the same kind (see `theory.piecewise`); integers are the only constants,
so rational input stays rational.  None validates its input: the command lines and the
dataclasses of `theory.population` do.
"""

from __future__ import annotations

from typing import Any

from theory.piecewise import select


def default_action(p: Any) -> Any:
    """Expected payoff d(p) of the best uniform action under the prior (Definition 4).

    `p` in [0, 1]: the fraction that needs treatment.  The result is max(0, 2p - 1): treat
    everyone from p = 1/2 upwards, nobody below.

    >>> from fractions import Fraction as F
    >>> default_action(F(2, 5)), default_action(F(3, 4))
    (Fraction(0, 1), Fraction(1, 2))
    """
    return select(2 * p < 1, 0 * p, 2 * p - 1)


def best_targeting(p: Any, q: Any) -> Any:
    """Payoff b(p, q) of treating the neediest fraction q (Definition 5).

    `p`, `q` in [0, 1].  Treatment and need are comonotone: min(p, q) of the treated need it.

    >>> from fractions import Fraction as F
    >>> best_targeting(F(2, 5), F(1, 5)), best_targeting(F(2, 5), F(3, 5))
    (Fraction(1, 5), Fraction(1, 5))
    """
    return select(p >= q, q, 2 * p - q)


def worst_targeting(p: Any, q: Any) -> Any:
    """Payoff w(p, q) of treating the fraction q that needs it least (Definition 6).

    `p`, `q` in [0, 1].  Treatment and need are countermonotone: max(0, p + q - 1) of the
    treated need it.

    >>> from fractions import Fraction as F
    >>> worst_targeting(F(2, 5), F(1, 5)), worst_targeting(F(2, 5), F(4, 5))
    (Fraction(-1, 5), Fraction(-2, 5))
    """
    return select(p <= 1 - q, -q, 2 * p + q - 2)
