"""Misaligned by Design, Sections 2.3 and 2.9: alignment defined, and measured by (19) and (20).

Expected loss and utility are linear in the joint distribution, so what holds at one value of the
features holds for the sum over all of them; the sums are built up by induction.  Examples are
finite joint distributions, evaluated by `theory.alignment` and once more by plain sums here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction as F
from itertools import product
from typing import Any

import sympy as sp
import z3

from figures import md_fig3
from proofs_check.check import Check
from proofs_check.encodings import unit
from proofs_check.smt import reals
from theory.alignment import external_gap, internal_gap, split_loss
from theory.arrays import as_array
from theory.calibration import observed_posterior
from theory.prediction import decision, expected_utility, utility_weighted_prediction
from theory.scoring import expected_loss
from theory.scoring_families import BRIER, LOGARITHMIC

HALF, ONE, ZERO = F(1, 2), F(1), F(0)
IDENTITY = [[ONE, ZERO], [ZERO, ONE]]
CERTAIN = ([ONE, ZERO], [ZERO, ONE])
V, W, T, SUM, BEST, MASS, STEP, GOOD = reals("v w total collected best mass step good")


def pair(p: Any) -> Any:
    """The binary distribution with probability p of class 1."""
    return as_array([1 - p, p])


def _minimiser_is_aligned(check: Check) -> None:
    check.prove_all(
        "among all functions of the features, the best at the loss gives the best system",
        "Theorem 1 and the argmax at one x, then induction on the number of values of x",
        {
            "an action that is largest in p^u has the highest expected utility": (
                [T > 0, V / T >= W / T],
                V >= W,
            ),
            "one more value of x keeps the sum ahead of any other system's": (
                [SUM <= BEST, STEP <= GOOD, MASS >= 0],
                SUM + MASS * STEP <= BEST + MASS * GOOD,
            ),
        },
    )
    q = reals("q")[0]
    check.prove(
        "the best at the unweighted loss does, with the plain argmax and weights 99:1",
        [unit(q)],
        z3.Implies(2 * q < 1, 99 * q <= 1 - q),
        role="control",
    )


def _worst_at_loss_errs(at: Mapping[str, F]) -> bool:
    """At the model's prediction p, which no other is worse than, the decision is not the best."""
    p, q = at["p"], at["q"]
    losses = [expected_loss(BRIER, pair(r), pair(q)) for r in (ZERO, p, ONE)]
    chosen = int(decision(IDENTITY, pair(p)))
    utilities = expected_utility(IDENTITY, pair(q))
    return bool(losses[1] == max(losses) and utilities[chosen] < max(utilities))


def test_md_alignment_definitions(check: Check) -> None:
    _minimiser_is_aligned(check)
    p, q = reals("p q")

    def brier(r: Any) -> Any:
        return q * (1 - r) * (1 - r) + (1 - q) * r * r

    check.prove(
        "a model that maximises its loss decides best too (Brier, equal weights; the loss is "
        "convex, so the worst prediction is no better than both ends)",
        [unit(p, q), brier(p) >= brier(z3.RealVal(0)), brier(p) >= brier(z3.RealVal(1))],
        z3.Implies(2 * q < 1, 2 * p <= 1),
        role="reading",
        order=[q, p],
        recheck=_worst_at_loss_errs,
    )


def test_md_alignment_definitions_corrected(check: Check) -> None:
    _minimiser_is_aligned(check)
    truth = pair(F(1, 3))
    other = pair(F(1, 4))
    check.certify(
        "a model that is not best at its loss may decide as well as the best",
        lambda: (
            expected_loss(BRIER, other, truth) > expected_loss(BRIER, truth, truth)
            and decision(IDENTITY, other) == decision(IDENTITY, truth)
        ),
        {"posterior": truth.tolist(), "prediction": other.tolist()},
    )
    close, far = pair(F(9, 20)), pair(F(9, 10))
    truth2 = pair(F(3, 5))
    check.certify(
        "of two models the one with the lower loss may decide worse",
        lambda: (
            expected_loss(BRIER, close, truth2) < expected_loss(BRIER, far, truth2)
            and _utility(close, truth2) < _utility(far, truth2)
        ),
        {"posterior": truth2.tolist(), "models": [close.tolist(), far.tolist()]},
    )
    gap1, gap2, mass2 = reals("gap1 gap2 mass2")
    check.prove(
        "merging values of x costs nothing iff one action is best at each of them: what is lost "
        "is a sum of losses of positive mass, none negative (a step of the induction)",
        [gap1 >= 0, gap2 >= 0, MASS > 0, mass2 > 0],
        (MASS * gap1 + mass2 * gap2 == 0) == z3.And(gap1 == 0, gap2 == 0),
    )


def _utility(prediction: Any, posterior: Any) -> Any:
    return expected_utility(IDENTITY, posterior)[int(decision(IDENTITY, prediction))]


# Figure 3


def _expected_utility_of(system: Mapping[str, int], shown: md_fig3.System) -> F:
    """E[u(d(X), Y)], summed over features and classes."""
    return sum(
        (
            shown.shares[x] * rate * shown.utility[system[x]][y]
            for x, p in shown.model.items()
            for y, rate in enumerate(p)
        ),
        ZERO,
    )


def test_md_fig3(check: Check) -> None:
    shown = md_fig3.data()
    check.exhaust(
        "d is delta after f",
        "features of the example",
        shown.model,
        lambda x: shown.system[x] == shown.post_processing[shown.model[x]],
    )
    actions = range(len(shown.utility))
    systems = [
        dict(zip(shown.model, chosen, strict=True))
        for chosen in product(actions, repeat=len(shown.model))
    ]
    best = _expected_utility_of(shown.system, shown)
    check.exhaust(
        "no system has a higher expected utility",
        "all maps from the features to the actions",
        systems,
        lambda system: _expected_utility_of(system, shown) <= best,
    )
    likelier = {x: int(p[0] <= p[1]) for x, p in shown.model.items()}
    check.certify(
        "naming the likelier class is as good",
        lambda: _expected_utility_of(likelier, shown) == best,
        {"d": shown.system, "likelier class": likelier},
        role="control",
    )


# (19) and (20)


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
        "a gap is the gain in learning plus the gain in choosing, and no choosing part is negative",
        "Prop 1 and Theorem 1 at one prediction, then induction on their number",
        {
            "the sum": ([], other - loss == (least2 - least) + ((other - least2) - (loss - least))),
            "one more prediction": (
                [SUM >= 0, loss >= least, MASS >= 0],
                SUM + MASS * (loss - least) >= 0,
            ),
        },
    )
    q, a, b = sp.symbols("q a b", positive=True)
    utility, posterior = as_array([[a, b], [b, a], [b, b]]), as_array([[q, 1 - q]] * 2)
    outcome, masses = [0, 1], as_array([q, 1 - q])
    best = utility_weighted_prediction(utility, posterior)
    gap = internal_gap(utility, posterior, best, outcome, loss=BRIER, masses=masses)
    check.derive(
        "with the best models on both sides P^u is p^u(P), and both sides of (19) are the same "
        "mean (three actions, two classes; any number by the same substitution)",
        {"(19)": gap.gain},
    )
    raw = as_array([[q, 1 - q, sp.Integer(0)]] * 2)
    uncorrected = internal_gap(utility, posterior, raw, outcome, loss=BRIER, masses=masses)
    check.derive(
        "so are they with the unweighted predictions in place of P^u",
        {"(19)": uncorrected.gain.subs({a: 3, b: 1})},
        role="control",
    )


def test_md_alignment_metrics(check: Check) -> None:
    _two_parts(check)
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
        "at a tie of a calibrated prediction both actions earn the same on average",
        [T > 0, first / T == second / T],
        first == second,
    )
    check.certify(
        "at a tie of a prediction that is not calibrated the sign of (20) can depend on the rule",
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
