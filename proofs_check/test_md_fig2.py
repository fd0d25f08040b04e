"""Misaligned by Design, Sections 1 and 2.8, Figure 2: weights of 99 to 1 against equal ones.

L_w, L_u are the residual losses of w = (99, 1)/100 and u = (1, 1)/2.  Signs of combinations of
logarithms are exact: products of integer powers where these are small enough to be written out,
rational bounds of logarithms (`md_ext_log_bounds`) elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction as F
from functools import partial
from typing import Any

import sympy as sp
import z3

from figures import md_fig2
from proofs_check.check import Check, Role
from proofs_check.losses import sign_by_powers
from proofs_check.smt import reals
from theory.arrays import as_array
from theory.crossings import (
    Weights,
    marginal_crossings,
    marginal_terms,
    peak,
    residual_crossings,
    residual_terms,
    size_crossings,
)
from theory.incentives import residual_learning_loss_by_definition
from theory.log_bounds import Bounds, Terms, combination_bounds, combination_sign
from theory.scoring_families import LOGARITHMIC

WEIGHTED, EQUAL = md_fig2.WEIGHTED, md_fig2.EQUAL
ONE = F(1)
RARE, LESS_RARE = F(1, 3862), F(1, 3861)  # the weighted residual loss is higher, lower there
SLOPES = (F(9463, 10**8), F(9464, 10**8), F(5187, 10**4), F(5188, 10**4))  # around a and b
OPPOSITE = (F(4826, 10**4), F(4827, 10**4))  # around e
ROUNDING = F(1, 10**12)  # twenty rounding errors of logarithms below 10, times ten


def negative(terms: Terms) -> Terms:
    return [(-coefficient, argument) for coefficient, argument in terms]


def size(weights: Weights, probability: F) -> Terms:
    """|L'| as a combination of logarithms."""
    terms = marginal_terms(weights, probability)
    return terms if combination_sign(terms) >= 0 else negative(terms)


def residual_gap(probability: F) -> Terms:
    """L_w - L_u."""
    return [*residual_terms(WEIGHTED, probability), *negative(residual_terms(EQUAL, probability))]


def marginal_gap(probability: F) -> Terms:
    """L_w' - L_u'."""
    return [*marginal_terms(WEIGHTED, probability), *negative(marginal_terms(EQUAL, probability))]


def size_gap(probability: F) -> Terms:
    """|L_w'| - |L_u'|."""
    return [*size(WEIGHTED, probability), *negative(size(EQUAL, probability))]


def by_definition(weights: Weights, probability: F) -> Any:
    """L, eq. (12), term by term, with 0 * inf = 0."""
    utility = as_array([[weights[0], F(0)], [F(0), weights[1]]])
    posterior = as_array([probability, 1 - probability])
    return residual_learning_loss_by_definition(LOGARITHMIC, utility, posterior)


def below(terms: Terms, bound: F) -> bool:
    """Whether the combination is below a rational."""
    return combination_bounds(terms)[1] < bound


def small_partials(check: Check, role: Role) -> None:
    """Record how small the two partial derivatives are, and on how much of the support."""
    low, high, bound = F(1, 12), F(199, 200), F(21, 200)
    first, second = reals("first second")
    q = reals("q")[0]
    check.prove(
        "for 1/12 <= q <= 199/200: p_1 >= 9/10 and p_2 >= 1/20000",
        [
            _term(low) <= q,
            q <= _term(high),
            first * (99 * q + 1 - q) == 99 * q,
            second == 1 - first,
        ],
        z3.And(first >= z3.Q(9, 10), second >= z3.Q(1, 20000)),
        role=role,
    )
    check.certify(
        "so both partial derivatives are at most 0.105 on 91% of the probabilities, while of "
        "those of equal weights one is at least (1/2) log 2 > 0.34 everywhere",
        lambda: (
            below([(-F(99, 100), F(9, 10))], bound)
            and below([(-F(1, 100), F(1, 20000))], bound)
            and high - low > F(91, 100)
            and combination_bounds([(F(1, 2), F(2))])[0] > F(34, 100)
        ),
        {"bound": bound, "from": low, "to": high},
        role=role,
    )


def _term(value: F) -> z3.ArithRef:
    """A rational as a Z3 term."""
    return z3.Q(value.numerator, value.denominator)


def flattened_prediction(check: Check) -> None:
    """Record the left panel: predictions inflated everywhere, flat on most of the domain."""
    q, w, v = reals("q w v")
    check.prove(
        "left: with w_1 > w_2 the prediction is above the posterior at every 0 < q < 1",
        [w > v, v > 0, 0 < q, q < 1],
        w * q / (w * q + v * (1 - q)) > q,
    )
    first, second, at = sp.symbols("w1 w2 q", positive=True)
    total = first * at + second * (1 - at)
    check.derive(
        "left: the prediction has the slope w_1 w_2 / T^2",
        {"slope": sp.cancel(sp.diff(first * at / total, at) - first * second / total**2)},
        role="step",
    )
    drawn_total = z3.Q(99, 100) * q + z3.Q(1, 100) * (1 - q)
    flat = z3.Q(99, 10000) / (drawn_total * drawn_total) < 1
    check.prove(
        "left: for 99:1 the slope is below 1, that of equal weights, for all q >= 0.0914, on 90% "
        "of the domain, and above 1 for all q <= 0.0913",
        [0 <= q, q <= 1],
        z3.And(
            z3.Implies(q >= z3.Q(914, 10**4), flat),
            z3.Implies(q <= z3.Q(913, 10**4), z3.Not(flat)),
        ),
    )


def wrong_side(check: Check) -> None:
    """Control: the weighted residual loss is higher at 1/2."""
    check.certify(
        "L_w is the higher of the two at q = 1/2 as well",
        lambda: sign_by_powers(residual_gap(F(1, 2))) > 0,
        {"q": F(1, 2)},
        role="control",
    )


def test_md_fig2_dampened(check: Check) -> None:
    check.certify(
        "right: L_w < L_u at every 0 < q < 1",
        lambda: sign_by_powers(residual_gap(RARE)) < 0,
        {"q": RARE, "w": WEIGHTED, "L_w - L_u": "above 0"},
    )
    check.certify(
        "right: L_w < L_u for all probabilities, 0 and 1 included",
        lambda: all(by_definition(WEIGHTED, q) < by_definition(EQUAL, q) for q in (F(0), ONE)),
        {"q": (0, 1), "L_w": 0, "L_u": 0},
        role="reading",
    )
    check.certify(
        "right, each loss divided by its maximum: the weighted one is lower at every 0 < q < 1",
        lambda: combination_sign(marginal_terms(WEIGHTED, F(1, 2))) == 0,
        {"q": "the peak of L_w", "weighted": 1, "equal": "below 1, its only peak being 1/2"},
        role="reading",
    )
    check.certify(
        "middle: |L_w'| < |L_u'| at all intermediate probabilities",
        lambda: sign_by_powers(size_gap(F(1, 2))) < 0,
        {"q": F(1, 2), "L_u'": 0, "L_w', at most": _bound(marginal_terms(WEIGHTED, F(1, 2)), 1)},
        role="prose",
    )
    slopes_in_order(check, "prose")
    check.certify(
        "the marginal incentive, as |L'|, is higher at both extremes",
        lambda: (
            sign_by_powers(size_gap(F(1, 10**5))) > 0 and sign_by_powers(size_gap(F(99, 100))) > 0
        ),
        {"higher at": F(1, 10**5), "lower at": F(99, 100)},
        role="reading",
    )
    small_partials(check, "prose")
    wrong_side(check)


def _bound(terms: Terms, end: int = 0) -> F:
    """A bound of the combination with few digits, on the safe side."""
    scaled = combination_bounds(terms)[end] * 10**8
    return F(-(-scaled // 1) if end else scaled // 1, 10**8)


def slopes_in_order(check: Check, role: Role) -> None:
    """Record the signed slopes: those of 99:1 are higher near both ends, lower in between."""
    check.certify(
        "middle, signed: L_w' is higher for extreme probabilities, q < a or q > b, and below L_u' "
        "in between, with a in (0.00009463, 0.00009464) and b in (0.5187, 0.5188)",
        lambda: [sign_by_powers(marginal_gap(q)) for q in SLOPES] == [1, -1, -1, 1],
        {"a, b between": SLOPES},
        role=role,
    )


def brackets(check: Check) -> None:
    """Record the crossings: exact signs beside them, and that there are no others."""
    check.certify(
        "right: L_w > L_u below c, L_w < L_u above, with 1/3862 < c < 1/3861 (2.59e-4)",
        lambda: sign_by_powers(residual_gap(RARE)) > 0 > sign_by_powers(residual_gap(LESS_RARE)),
        {"c between": (RARE, LESS_RARE)},
    )
    check.certify(
        "right: both are 0 at q = 0 and q = 1",
        lambda: {by_definition(w, q) for w in (WEIGHTED, EQUAL) for q in (F(0), ONE)} == {0},
        {"q": (0, 1)},
    )
    slopes_in_order(check, "conclusion")
    check.certify(
        "middle, size: |L_w'| > |L_u'| for q < a and between e and b, below elsewhere, with e in "
        "(0.4826, 0.4827)",
        lambda: (
            [sign_by_powers(size_gap(q)) for q in (*SLOPES[:2], *OPPOSITE, *SLOPES[2:])]
            == [1, -1, -1, 1, 1, -1]
        ),
        {"e between": OPPOSITE},
    )
    check.certify(
        "shipped brackets lie in these, in number and place",
        lambda: (
            within(residual_crossings(WEIGHTED, EQUAL), [(RARE, LESS_RARE)])
            and within(marginal_crossings(WEIGHTED, EQUAL), [SLOPES[:2], SLOPES[2:]])
            and within(size_crossings(WEIGHTED, EQUAL), [SLOPES[:2], OPPOSITE, SLOPES[2:]])
        ),
        {"relative width": "1e-9"},
        role="confirmation",
    )


def within(found: list[Bounds], wider: Sequence[tuple[F, ...]]) -> bool:
    """Whether the brackets lie inside the wider ones, one in each."""
    return len(found) == len(wider) and all(
        low < each[0] <= each[1] < high for each, (low, high) in zip(found, wider, strict=True)
    )


def test_md_fig2_dampened_corrected(check: Check) -> None:
    brackets(check)
    q = reals("q")[0]
    check.prove(
        "a little information is worth more under the weights 99:1 iff q < 1/100",
        [0 < q, q < 1],
        (z3.Q(99, 10000) / (z3.Q(99, 100) * q + z3.Q(1, 100) * (1 - q)) > z3.Q(1, 2))
        == (q < z3.Q(1, 100)),
    )
    small_partials(check, "conclusion")
    at_peak = peak(WEIGHTED, F(1, 10**6))
    check.certify(
        "divided by its maximum the weighted loss is higher at its own peak, near 0.2247",
        lambda: F(2247, 10**4) < at_peak[0] and at_peak[1] < F(2248, 10**4) < F(1, 2),
        {"peak between": (F(2247, 10**4), F(2248, 10**4)), "peak of L_u": F(1, 2)},
    )
    first, second, rare, common, ell = reals("first second rare common ell")
    check.prove(
        "(21) with a uniform prior has the factor k = 2/(w_1 + w_2), whatever the weights, so like "
        "weights of sum 2 it is twice those of sum 1: it scales all curves alike",
        [first > 0, second > 0, ell > 0, rare == ell / 2, common == ell / 2],
        (rare + common) / (first * rare + second * common) == 2 / (first + second),
    )
    check.prove(
        "with the weights of (21), k = H(mu) / sum w mu (-log mu), whatever the prior: k w_1 > 1, "
        "the weight under equal weights, so L_w > L_u for small q there too",
        [first > second, second > 0, rare > 0, common > 0],
        first * (rare + common) / (first * rare + second * common) > 1,
    )
    wrong_side(check)


def drawn(check: Check) -> None:
    """Record that the curves are what the definitions give, up to rounding."""
    shown = md_fig2.data()

    def enclosed(index: int) -> bool:
        q = shown.probabilities[index]
        for curve in shown.curves:
            w = curve.weights
            prediction = w[0] * q / (w[0] * q + w[1] * (1 - q))
            values = [(curve.residual[index], residual_terms(w, q))]
            if 0 < q < 1:
                values.append((curve.marginal[index], marginal_terms(w, q)))
            if abs(F(float(curve.prediction[index])) - prediction) > ROUNDING:
                return False
            for value, terms in values:
                low, high = combination_bounds(terms)
                if not low - ROUNDING <= F(float(value)) <= high + ROUNDING:
                    return False
        return True

    check.exhaust(
        "the curves are drawn where (16), (18) and (12) put them, to 1e-12",
        f"the {len(shown.probabilities)} probabilities drawn",
        range(len(shown.probabilities)),
        enclosed,
    )
    inner = [q for q in shown.probabilities if 0 < q < 1]
    check.exhaust(
        "left: predictions of 0.9 and more from q = 1/12 on",
        "the probabilities drawn",
        inner,
        lambda q: (99 * q / (98 * q + 1) >= F(9, 10)) == (12 * q >= 1),
    )


def lower_residual(probability: F) -> bool:
    """Whether L_w < L_u there."""
    return combination_sign(residual_gap(probability)) < 0


def test_md_fig2(check: Check) -> None:
    drawn(check)
    flattened_prediction(check)
    inner = [q for q in md_fig2.data().probabilities if 0 < q < 1]
    check.exhaust(
        "right: the curve for 99:1 is the lower one wherever the picture can tell",
        "the probabilities drawn from 1/400 to 399/400",
        [q for q in inner if F(1, 400) <= q <= F(399, 400)],
        lower_residual,
    )
    check.exhaust(
        "right: it is lower for all probabilities",
        "the probabilities drawn inside (0, 1), the largest first",
        reversed(inner),
        lower_residual,
    )
    wrong_side(check)


def test_md_fig2_corrected(check: Check) -> None:
    drawn(check)
    flattened_prediction(check)
    inner = [q for q in md_fig2.data().probabilities if 0 < q < 1]
    check.exhaust(
        "right: lower at the probabilities from 1/3861 on, higher below",
        "the probabilities drawn inside (0, 1)",
        inner,
        lambda q: lower_residual(q) == (q >= LESS_RARE),
    )
    check.exhaust(
        "middle: the size is lower but for q < a and for q between e and b",
        "the probabilities drawn inside (0, 1)",
        inner,
        partial(_as_stated, (SLOPES[1], OPPOSITE[1], SLOPES[2])),
    )
    wrong_side(check)


def _as_stated(ends: tuple[F, F, F], q: F) -> bool:
    """Whether |L_w'| > |L_u'| holds exactly below the first end or between the others."""
    return (combination_sign(size_gap(q)) > 0) == (q < ends[0] or ends[1] <= q <= ends[2])
