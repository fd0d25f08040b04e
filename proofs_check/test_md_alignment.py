"""Misaligned by Design, Section 2.9: alignment measured by (19) and (20).

Examples are finite joint distributions, evaluated by `theory.alignment` and once more by plain sums
here.  `proofs_check.test_md_alignment_definitions` has the definitions that these measures serve.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction as F
from itertools import product
from typing import Any

import sympy as sp

from proofs_check.check import Check
from proofs_check.encodings import unit
from proofs_check.smt import reals
from proofs_check.test_md_alignment_definitions import HALF, IDENTITY, ONE, ZERO, pair
from theory.alignment import external_gap, internal_gap, split_loss
from theory.arrays import as_array
from theory.calibration import observed_posterior
from theory.prediction import expected_utility, utility_weighted_prediction
from theory.scoring_families import BRIER, LOGARITHMIC

CERTAIN = ([ONE, ZERO], [ZERO, ONE])
V, W, T, SUM, MASS = reals("v w total collected mass")


def _loss_by_sums(
    utility: Sequence[Sequence[F]], predictions: Any, outcomes: Any, masses: Any
) -> F:
    """E[l^u(P, Y)] for the Brier loss, written out."""
    total = ZERO
    for p, y, mass in zip(predictions, outcomes, masses, strict=True):
        for action, row in enumerate(utility):
            squares = sum((p[k] - (k == action)) ** 2 for k in range(len(p)))
            total += mass * row[y] * squares
    return total


WEIGHTS = [[F(2), ZERO], [ZERO, ONE]]
# Two cases, one of each class; unweighted training learns nothing and says so, weighted training
# tells the classes apart, but names them the wrong way round.
OUTCOMES = [0, 1]
MASSES = as_array([HALF, HALF])
NOTHING = as_array([[HALF, HALF], [HALF, HALF]])
SWAPPED = as_array([[ZERO, ONE], [ONE, ZERO]])


def _learning(utility: Any, predictions: Any) -> Any:
    posterior = observed_posterior(predictions, OUTCOMES, 2, MASSES)
    return split_loss(utility, predictions, posterior, loss=BRIER, masses=MASSES)


def _gap() -> Any:
    gap = internal_gap(WEIGHTS, NOTHING, SWAPPED, OUTCOMES, loss=BRIER, masses=MASSES)
    corrected = utility_weighted_prediction(WEIGHTS, NOTHING)
    assert gap.ex_post == _loss_by_sums(WEIGHTS, corrected, OUTCOMES, MASSES)
    assert gap.weighted_training == _loss_by_sums(WEIGHTS, SWAPPED, OUTCOMES, MASSES)
    return gap


def _two_parts(check: Check) -> None:
    loss, other, least, least2 = reals("loss loss2 least least2")
    check.prove_all(
        "a model's loss is what was not learned plus what was chosen badly, which is not "
        "negative; a gap is the difference of the first parts plus that of the second",
        "Prop 1 and Theorem 1 at one prediction, then induction on their number",
        {
            "one model": ([], loss == least + (loss - least)),
            "two models": (
                [],
                other - loss == (least2 - least) + ((other - least2) - (loss - least)),
            ),
            "one more prediction": (
                [SUM >= 0, loss >= least, MASS >= 0],
                SUM + MASS * (loss - least) >= 0,
            ),
        },
    )
    learned, chosen = _parts_of_gap(SWAPPED, NOTHING)
    exchanged = internal_gap(WEIGHTS, SWAPPED, NOTHING, OUTCOMES, loss=BRIER, masses=MASSES)
    check.certify(
        "the part of a gap that is due to choosing can be negative",
        lambda: exchanged.gain == learned + chosen and chosen < 0 < learned,
        {"P": "certain of the other class", "P^u": "(1/2, 1/2) always", "gain": exchanged.gain,
         "learning": learned, "choosing": chosen},
    )  # fmt: skip


def _parts_of_gap(unweighted: Any, trained: Any) -> tuple[Any, Any]:
    """The gains of ex post weighting in learning and in choosing."""
    corrected = _learning(WEIGHTS, utility_weighted_prediction(WEIGHTS, unweighted))
    other = _learning(WEIGHTS, trained)
    return other.learning - corrected.learning, other.choosing - corrected.choosing


def _no_gap_at_the_best(check: Check) -> None:
    q, a, b = sp.symbols("q a b", positive=True)
    utility, posterior = as_array([[a, b], [b, a], [b, b]]), as_array([[q, 1 - q]] * 2)
    outcome, masses = [0, 1], as_array([q, 1 - q])
    best = utility_weighted_prediction(utility, posterior)
    gap = internal_gap(utility, posterior, best, outcome, loss=BRIER, masses=masses)
    weighted, trained, corrected = reals("weighted_loss trained corrected")
    prediction, best_one = reals("P_a best_a")
    check.prove_all(
        "with the best models on both sides, for any U and loss, P = Q and P^u = p^u(Q), so P^u is "
        "p^u(P) and both sides of (19) are the mean of one loss",
        "entry by entry, as the best prediction is unique (md_theorem1); then the mean",
        {
            "one entry": (
                [T > 0, prediction == V / T, best_one == V / T],
                prediction == best_one,
            ),
            "one more prediction": (
                [trained == corrected],
                trained + MASS * weighted == corrected + MASS * weighted,
            ),
        },
    )
    check.derive(
        "as shipped: three actions, two classes, Brier score",
        {"(19)": gap.gain},
        role="confirmation",
    )
    raw = as_array([[q, 1 - q, sp.Integer(0)]] * 2)
    uncorrected = internal_gap(utility, posterior, raw, outcome, loss=BRIER, masses=masses)
    check.derive(
        "so are they with the unweighted predictions in place of P^u",
        {"(19)": uncorrected.gain.subs({a: 3, b: 1})},
        role="control",
    )
    check.prove_all(
        "so are both sides of (20), whatever the ties",
        "each side takes an action that is largest in p^u(q): no other has a higher utility",
        {
            "the largest in p^u(q) earns most at q": ([T > 0, V / T >= W / T], V >= W),
            "two that earn most earn the same": ([V >= W, W >= V], V == W),
        },
    )
    check.exhaust(
        "as shipped, ties included",
        "binary posteriors in twelfths, weights 2:1, actions 3",
        [F(k, 12) for k in range(13)],
        _no_external_gap,
        role="confirmation",
    )


def _no_external_gap(q: F) -> bool:
    utility = as_array([[F(2), ZERO], [ZERO, ONE], [ONE, HALF]])
    posterior = as_array([pair(q)] * 2)
    best = utility_weighted_prediction(utility, posterior)
    gap = external_gap(utility, posterior, best, [0, 1], masses=pair(q))
    return bool(gap.gain == 0)


def test_md_alignment_metrics(check: Check) -> None:
    _two_parts(check)
    _no_gap_at_the_best(check)
    certain = as_array([*CERTAIN])
    gap = internal_gap(IDENTITY, certain, certain, [1, 1], loss=LOGARITHMIC, masses=MASSES)
    check.certify(
        "the gap of (19) is always a number",
        lambda: gap.gain is not sp.nan,
        {"P = P^u": "(1,0), (0,1)", "Y": "2 always", "both losses": gap.ex_post},
        role="reading",
    )
    rules = [_tie_gap(action) for action in (0, 1)]
    check.certify(
        "the argmax leaves (20) no choice",
        lambda: rules[0] == rules[1],
        {"P": "(1/100, 99/100)", "Y": "1 always", "weights": "99:1", "P^u": "(2/5, 3/5), (1, 0)",
         "gains by the action that a tie goes to": rules},
        role="reading",
    )  # fmt: skip
    check.certify(
        "(19) holds only if unweighted training learned more",
        lambda: not _gap().misaligned or _learns_more(NOTHING, SWAPPED),
        _shown(),
        role="prose",
    )
    aligned = internal_gap(WEIGHTS, NOTHING, NOTHING, OUTCOMES, loss=BRIER, masses=MASSES)
    check.certify(
        "the gain is larger where alignment is stronger",
        lambda: _gap().gain < aligned.gain,
        {"classes swapped": _gap().gain, "weights left out": aligned.gain},
        role="prose",
    )
    swapped = _external()
    check.certify(
        "(20) holds only of systems that are not externally aligned as 2.3 says: with no decision "
        "rule the best of all systems",
        lambda: not swapped.misaligned or _best_with_a_rule(SWAPPED) < PERFECT,
        {"weights": "2:1", "P^u": "certain of the other class", "gain": swapped.gain,
         "utility with the rule that swaps the classes": _best_with_a_rule(SWAPPED),
         "of perfect classification": PERFECT},
        role="prose",
    )  # fmt: skip


PERFECT = HALF * WEIGHTS[0][0] + HALF * WEIGHTS[1][1]


def _external() -> Any:
    return external_gap(WEIGHTS, NOTHING, SWAPPED, OUTCOMES, masses=MASSES)


def _best_with_a_rule(predictions: Any) -> F:
    """The highest E[u(delta(P), Y)] over all maps delta from the predictions to the actions."""
    rows = [tuple(row) for row in predictions]
    distinct = sorted(set(rows))
    return max(
        sum(
            (
                mass * WEIGHTS[delta[distinct.index(row)]][y]
                for row, y, mass in zip(rows, OUTCOMES, MASSES, strict=True)
            ),
            ZERO,
        )
        for delta in product((0, 1), repeat=len(distinct))
    )


def _against_the_definitions(check: Check) -> None:
    """What (19) and (20) say of alignment as 2.3 defines it, relative to the models at hand."""
    mine, other, best = reals("trained corrected best_of_models")
    check.prove_all(
        "if p^u of the unweighted model is among the models, (19) shows that P^u is not best; (20) "
        "shows that its argmax is not",
        "the definition of a least loss, and of a highest utility",
        {
            "(19)": ([best <= other, other < mine], mine != best),
            "(20)": ([best >= other, other > mine], mine != best),
        },
    )
    alone = internal_gap(WEIGHTS, NOTHING, NOTHING, OUTCOMES, loss=BRIER, masses=MASSES)
    check.certify(
        "if it is not among them, (19) can hold of the best of the models, here the only one",
        lambda: alone.misaligned,
        {"weights": "2:1", "P = P^u": "(1/2, 1/2) always", "gain": alone.gain},
    )
    corrected = utility_weighted_prediction(WEIGHTS, NOTHING)
    gaps = (
        internal_gap(WEIGHTS, NOTHING, corrected, OUTCOMES, loss=BRIER, masses=MASSES),
        external_gap(WEIGHTS, NOTHING, corrected, OUTCOMES, masses=MASSES),
    )
    right = as_array([*CERTAIN])
    check.certify(
        "gaps of zero do not show alignment: both models may have learned nothing",
        lambda: (
            gaps[0].gain == 0 == gaps[1].gain
            and _loss_by_sums(WEIGHTS, right, OUTCOMES, MASSES) < gaps[0].weighted_training
            and gaps[1].weighted_training < PERFECT
        ),
        {"P": "(1/2, 1/2) always", "P^u": corrected[0].tolist(), "Y": "each class with 1/2"},
    )
    check.certify(
        "(20) can hold though with another rule P^u gives the best of all systems",
        lambda: _external().misaligned and _best_with_a_rule(SWAPPED) == PERFECT,
        {"weights": "2:1", "P^u": "certain of the other class", "gain": _external().gain},
    )


def _shown() -> dict[str, Any]:
    return {
        "weights": "2:1",
        "Y": "each class with 1/2",
        "P": "(1/2, 1/2) always",
        "P^u": "certain of the other class",
        "gain": _gap().gain,
        "learning parts": [_learning(WEIGHTS, p).learning for p in (NOTHING, SWAPPED)],
    }


def _learns_more(one: Any, other: Any) -> bool:
    return bool(_learning(WEIGHTS, one).learning < _learning(WEIGHTS, other).learning)


def _tie_gap(action: int) -> F:
    """The gap of (20) at a tie of p^u(P) that is decided for `action`; the class is always 1.

    Two equally likely cases: P^u decides rightly in the second alone.
    """
    weights = [[F(99), ZERO], [ZERO, ONE]]
    posterior = pair(F(99, 100))
    values = expected_utility(weights, posterior)
    assert values[0] == values[1]
    gap = external_gap(
        weights,
        as_array([posterior, posterior]),
        as_array([pair(F(3, 5)), pair(ZERO)]),
        [0, 0],
        masses=MASSES,
    )
    assert gap.tied == (2, 0)
    assert gap.ex_post == weights[0][0]  # the first of equals
    return F(weights[action][0] - gap.weighted_training)


def test_md_alignment_metrics_corrected(check: Check) -> None:
    _two_parts(check)
    _against_the_definitions(check)
    check.certify(
        "(19) holds though weighted training learned everything and unweighted training nothing",
        lambda: (
            _gap().misaligned
            and _learning(WEIGHTS, SWAPPED).learning == 0
            and _learns_more(SWAPPED, NOTHING)
            and _gap().gain
            == _learning(WEIGHTS, SWAPPED).total
            - _learning(WEIGHTS, utility_weighted_prediction(WEIGHTS, NOTHING)).total
        ),
        _shown(),
    )
    first, second, q = reals("first second q")
    check.prove(
        "at a tie of p^u(q), where q are the class frequencies behind the prediction, both actions "
        "earn the same on average",
        [T > 0, first / T == second / T],
        first == second,
    )
    check.certify(
        "at a tie of p^u(P), where P is not calibrated, the sign of (20) can depend on the rule",
        lambda: _tie_gap(0) > 0 > _tie_gap(1),
        {"gains by the action that a tie goes to": [_tie_gap(0), _tie_gap(1)]},
    )
    certain = as_array([*CERTAIN])
    for name, unweighted, trained, infinite in (
        ("ex post", certain, NOTHING, -sp.oo),
        ("weighted training", NOTHING, certain, sp.oo),
    ):
        gap = internal_gap(IDENTITY, unweighted, trained, [1, 1], masses=MASSES)
        check.certify(
            f"if only the loss of {name} is infinite, (19) is decided",
            lambda gap=gap, infinite=infinite: gap.gain == infinite,  # type: ignore[misc]
            {"gain": gap.gain},
        )
    check.prove(
        "a positive gap means a gain in learning, whatever was chosen",
        [unit(q), V >= 0, W >= 0, SUM + V - W > 0],
        SUM > 0,
        role="control",
    )
