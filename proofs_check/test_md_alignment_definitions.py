"""Misaligned by Design, Sections 2.1 and 2.3: the AI system of Figure 3, and alignment defined.

Expected loss and utility are linear in the joint distribution, so what holds at one value of the
features holds for the sum over all of them; the sums are built up by induction.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction as F
from itertools import product
from typing import Any

import z3

from figures import md_fig3
from proofs_check.check import Check
from proofs_check.encodings import unit
from proofs_check.smt import reals
from theory.arrays import as_array
from theory.prediction import decision, expected_utility
from theory.scoring import expected_loss
from theory.scoring_families import BRIER

HALF, ONE, ZERO = F(1, 2), F(1), F(0)
IDENTITY = [[ONE, ZERO], [ZERO, ONE]]
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
    lower, higher = (_best_utility(model) for model in MODELS)
    check.certify(
        "of two calibrated models the one with the lower loss serves worse with every delta",
        lambda: (
            all(map(_calibrated, MODELS))
            and _brier(MODELS[0]) < _brier(MODELS[1])
            and lower < higher
        ),
        {
            "models (share of x: posterior of class 1)": [str(dict(model)) for model in MODELS],
            "losses": [_brier(model) for model in MODELS],
            "utility with the best delta": [lower, higher],
        },
    )
    gap1, gap2, mass2 = reals("gap1 gap2 mass2")
    check.prove(
        "merging values of x costs nothing iff one action is best at each of them: what is lost "
        "is a sum of losses of positive mass, none negative (a step of the induction)",
        [gap1 >= 0, gap2 >= 0, MASS > 0, mass2 > 0],
        (MASS * gap1 + mass2 * gap2 == 0) == z3.And(gap1 == 0, gap2 == 0),
    )
    check.certify(
        "it is enough that one of the models merges values at which the best actions differ",
        lambda: all(_best_utility(model) < ONE for model in ONE_MERGES),
        {"posteriors": "1 and 0, equally often", "models": "a constant, and the posterior"},
        role="control",
    )


Model = tuple[tuple[F, F], ...]
# Signals of a prior of 3/10: how often each occurs, and the posterior of class 1 given it.  With
# signals of both kinds, independent given the class, as features, each model reads its own.
MODELS: tuple[Model, Model] = (
    ((F(5, 8), F(12, 25)), (F(3, 8), ZERO)),
    ((F(1, 6), F(11, 20)), (F(5, 6), F(1, 4))),
)
ONE_MERGES: tuple[Model, Model] = (((ONE, HALF),), ((HALF, ONE), (HALF, ZERO)))


def _calibrated(model: Model) -> bool:
    """Shares sum to 1, and posteriors average to the prior."""
    return sum(share for share, _ in model) == 1 and sum(r * q for r, q in model) == F(3, 10)


def _brier(model: Model) -> Any:
    return sum(share * expected_loss(BRIER, pair(q), pair(q)) for share, q in model)


def _best_utility(model: Model) -> Any:
    """The highest expected utility, equal weights, over all maps from predictions to actions."""
    return max(
        sum(share * pair(q)[action] for (share, q), action in zip(model, delta, strict=True))
        for delta in product((0, 1), repeat=len(model))
    )


# Figure 3

FIGURES = {"1", "2", "3", "4", "5", "6", "7", "8", "9"}


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


def _example(check: Check) -> None:
    shown = md_fig3.data()
    check.exhaust(
        "the best action at each x is delta after f",
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
    check.certify(
        "the best d is some delta after every f",
        lambda: any(all(each == action for each in shown.system.values()) for action in actions),
        {"f": "constant, so every delta after it is", "d": shown.system},
        role="control",
    )


def test_md_fig3(check: Check) -> None:
    _example(check)
    check.certify(
        "there is a Figure 2.1",
        lambda: "2.1" in FIGURES,
        {"figures": sorted(FIGURES)},
        role="prose",
    )


def test_md_fig3_corrected(check: Check) -> None:
    _example(check)
    check.certify("there is a Figure 3", lambda: "3" in FIGURES, {"figures": sorted(FIGURES)})
