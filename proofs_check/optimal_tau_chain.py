"""The chain of lemmas that bounds the objective over all bounds and all covariates, p < 1/2.

Variables: a covariate's pair (worst, best), the mass q of its best event, the bounds low and
high; u = q low is the least need inside that event, k the greatest, x the objective.

1. *Both.*  If the complement of the event can be treated too, the two answers of Nature add
   up: worst + best <= 2p - 1, so x <= p - alpha or x <= 0.
2. *Alone.*  If not, x <= 2 alpha u + 2 (1 - alpha) k - q, with k <= q, (1-q) u <= q (p-k) and
   1 - q + 2u >= 2p.  Hence (1-q) x <= q (1 - q - t^2), unless x <= 0.
3. The regret identity (1-q) (1-t)^2 - q (1 - q - t^2) = ((1-q) - t)^2 gives x <= (1-t)^2.
4. For p >= 1/3 and t <= 1 - r the last condition of 2 binds, and x <= r - 2 alpha d.
"""

from __future__ import annotations

from collections.abc import Sequence

import z3

from proofs_check.encodings import objective, unit
from proofs_check.encodings_optimal_tau import chain, relaxed_covariate, worst_within
from proofs_check.kernel import Obligation
from proofs_check.smt import reals
from theory.optimal_bounds import hedge_value, interior_value

P, A, LOW, HIGH, Q, WORST, BEST, T, D, R = reals("p alpha low high q worst best t d r")
U, K, X = reals("u k x")
V, ABOVE, BELOW = reals("v above below")

SHARE_R = R * (1 - P + D) == D
ROOT_T = z3.And(0 <= T, T * T == 2 * A * (1 - P))
ROOT_D = z3.And(0 <= D, 2 * D * D == (1 - P) * (1 - 2 * P), SHARE_R)
ALONE_VALUE = 2 * A * U + 2 * (1 - A) * K - Q

Link = tuple[str, Sequence[str], z3.BoolRef]

PREMISES = {
    "t": ROOT_T,
    "d": ROOT_D,
    "p": z3.And(0 <= P, 2 * P < 1),
    "alpha": unit(A),
    "covariate": relaxed_covariate(P, LOW, HIGH, Q, WORST, BEST),
    "u": U == Q * LOW,
    "k": 2 * K == BEST + Q,
    "x": X == objective(A, (WORST, BEST)),
}
BEYOND = {
    "beyond": 3 * P >= 1,
    "v": V == R - 2 * A * D,
    "value above": (1 - 2 * P) * (1 - A - 2 * R + A * R) == ABOVE,
    "value below": R * (1 - R - 2 * A * (1 - P)) == BELOW,
}

INSIDE = z3.And(0 < Q, Q < 1)
CONSTANT = z3.And(Q == 0, WORST <= 0, BEST <= 0)
COMPLEMENT_TOO = z3.And(INSIDE, WORST <= worst_within(P, LOW, HIGH, 1 - Q))
BOTH = z3.And(INSIDE, WORST + BEST <= 2 * P - 1, 2 * P - 1 <= BEST, BEST <= P)
CONDITIONS = z3.And(
    INSIDE,
    0 <= U,
    U <= Q * P,
    K <= Q,
    K <= P,
    (1 - Q) * U <= Q * (P - K),
    1 - Q + 2 * U >= 2 * P,
)
ALONE = z3.And(CONDITIONS, WORST <= 2 * U - Q)
OTHERS = (X <= 0, X <= P - A)
HEDGE_SIDE = (1 - 2 * P) * (1 - A - 2 * Q + A * Q)

COMMON: list[Link] = [
    ("both", ["covariate", "p"], z3.Implies(COMPLEMENT_TOO, BOTH)),
    (
        "alone",
        ["covariate", "p", "u", "k"],
        z3.Or(CONSTANT, COMPLEMENT_TOO, ALONE),
    ),
    ("cases", ["both", "alone"], z3.Or(CONSTANT, BOTH, ALONE)),
    (
        "objective",
        ["cases", "alpha", "x", "p", "k"],
        z3.Or(*OTHERS, z3.And(CONDITIONS, X <= ALONE_VALUE)),
    ),
    (
        "regret",
        ["objective", "alpha", "p"],
        z3.Or(*OTHERS, z3.And(INSIDE, (1 - Q) * X <= Q * (1 - Q - 2 * A * (1 - P)))),
    ),
]
SQUARE: list[Link] = [
    ("square", ["regret", "t"], z3.Or(*OTHERS, X <= interior_value(T))),
]
HEDGE: list[Link] = [
    ("r", ["p", "d", "beyond"], z3.And(0 < R, R < 1, (1 - R) * (1 - P + D) == 1 - P)),
    (
        "from q above",
        ["objective", "alpha", "p"],
        z3.Or(*OTHERS, z3.And(INSIDE, Q * X <= HEDGE_SIDE)),
    ),
    (
        "to r above",
        ["from q above", "alpha", "p", "r", "value above"],
        z3.Or(*OTHERS, Q < R, R * X <= ABOVE),
    ),
    (
        "identity above",
        ["p", "d", "r", "beyond"],
        R * (R - 2 * A * D) == (1 - 2 * P) * (1 - A - 2 * R + A * R),
    ),
    ("v above", ["identity above", "v", "value above"], R * V == ABOVE),
    (
        "to r below",
        ["regret", "r", "weight", "value below"],
        z3.Or(*OTHERS, Q > R, (1 - R) * X <= BELOW),
    ),
    (
        "identity below",
        ["p", "d", "r", "beyond"],
        R * (1 - R - 2 * A * (1 - P)) == (1 - R) * (R - 2 * A * D),
    ),
    ("v below", ["identity below", "v", "value below"], BELOW == (1 - R) * V),
    ("r inside", ["r"], z3.And(0 < R, R < 1)),
    (
        "hedge",
        ["to r above", "v above", "to r below", "v below", "r inside"],
        z3.Or(*OTHERS, X <= V),
    ),
]
M = z3.Real("m")
ROW_1 = z3.And(3 * P <= 1, 2 * A <= 1 - P)


def shared() -> dict[str, Obligation]:
    """The lemmas that every regime below builds on."""
    return chain(PREMISES, COMMON)


def _after_shared(
    more_premises: dict[str, z3.BoolRef], links: Sequence[Link]
) -> dict[str, Obligation]:
    """The obligations of `links` alone; those of `shared` come before them."""
    whole = chain(PREMISES | more_premises, [*COMMON, *links])
    return {label: whole[label] for label, _, _ in links}


def low_is_zero(where: z3.BoolRef = ROW_1) -> dict[str, Obligation]:
    """x <= p (1 - 2 alpha) for p <= 1/3, 2 alpha <= 1 - p; elsewhere a link fails."""
    regime = {"regime": where}
    bound = X <= P * (1 - 2 * A)
    more: list[Link] = [
        ("others", ["alpha", "p", "regime"], z3.And(P - A <= P * (1 - 2 * A), 2 * A <= 1)),
        ("q up to p", ["regret", "alpha", "p", "regime", "others"], z3.Or(Q > P, bound)),
        ("q above p", ["objective", "alpha", "p", "regime", "others"], z3.Or(Q <= P, bound)),
        ("bound", ["q up to p", "q above p"], bound),
    ]
    return _after_shared(regime, more)


def interior() -> dict[str, Obligation]:
    """x <= (1 - t)^2 for p <= 1/3, 1 - p <= t <= 1."""
    regime = {"regime": z3.And(3 * P <= 1, 1 - P <= T, T <= 1)}
    more: list[Link] = [
        ("trust is worse", ["t", "p", "alpha", "regime"], interior_value(T) >= P - A),
        ("bound", ["square", "trust is worse"], X <= interior_value(T)),
    ]
    return _after_shared(regime, [*SQUARE, *more])


def interior_beyond() -> dict[str, Obligation]:
    """x <= (1 - t)^2 for 1/3 <= p < 1/2, 1 - r <= t <= 1."""
    regime = BEYOND | {"regime": z3.And(1 - R <= T, T <= 1)}
    more: list[Link] = [
        ("trust is worse", ["t", "d", "p", "beyond", "regime"], interior_value(T) >= P - A),
        ("bound", ["square", "trust is worse"], X <= interior_value(T)),
    ]
    return _after_shared(regime, [*SQUARE, *more])


def distrust() -> dict[str, Obligation]:
    """x <= 0 for t >= 1, that is alpha >= 1 / (2 (1 - p))."""
    regime = {"regime": 2 * A * (1 - P) >= 1}
    more: list[Link] = [("bound", ["regret", "alpha", "p", "regime"], X <= 0)]
    return _after_shared(regime, more)


def hedge() -> dict[str, Obligation]:
    """x <= r - 2 alpha d for 1/3 <= p < 1/2, t <= 1 - r, where trust is no better."""
    regime = BEYOND | {
        "weight": 2 * A * (1 - P) <= (1 - R) * (1 - R),
        "regime": A * (1 - 2 * D) >= P - R,
    }
    more: list[Link] = [
        ("trust is worse", ["v", "regime"], V >= P - A),
        ("below not negative", ["r inside", "value below", "weight"], BELOW >= 0),
        ("not negative", ["r inside", "v below", "below not negative"], V >= 0),
        ("bound", ["hedge", "trust is worse", "not negative"], X <= V),
    ]
    return _after_shared(regime, [*HEDGE, *more])


def hedge_not_attained() -> dict[str, Obligation]:
    """x < r - 2 alpha d for 1/3 <= p < 1/2, t <= 1 - r, where trust is worse, alpha > 0.

    The complement of the best event cannot be treated only if 1 - q + 2u > 2p, strictly.
    """
    premises = PREMISES | BEYOND
    premises["covariate"] = relaxed_covariate(P, LOW, HIGH, Q, WORST, BEST, strict=True)
    premises["weight"] = 2 * A * (1 - P) <= (1 - R) * (1 - R)
    premises["regime"] = z3.And(A * (1 - 2 * D) > P - R, A > 0)
    strict = z3.And(CONDITIONS, 1 - Q + 2 * U > 2 * P)
    alone = z3.And(strict, WORST <= 2 * U - Q)
    links: list[Link] = [
        COMMON[0],
        ("alone", ["covariate", "p", "u", "k"], z3.Or(CONSTANT, COMPLEMENT_TOO, alone)),
        ("cases", ["both", "alone"], z3.Or(CONSTANT, BOTH, alone)),
        (
            "objective",
            ["cases", "alpha", "x", "p", "k"],
            z3.Or(*OTHERS, z3.And(strict, X <= ALONE_VALUE)),
        ),
        COMMON[-1],
        HEDGE[0],
        (
            "from q above",
            ["objective", "alpha", "p"],
            z3.Or(*OTHERS, z3.And(INSIDE, Q * X < HEDGE_SIDE)),
        ),
        (
            "to r above",
            ["from q above", "alpha", "p", "r", "value above"],
            z3.Or(*OTHERS, Q < R, R * X < ABOVE),
        ),
        *HEDGE[3:5],
        (
            "to r below",
            ["regret", "r", "weight", "value below", "regime"],
            z3.Or(*OTHERS, Q >= R, (1 - R) * X < BELOW),
        ),
        *HEDGE[6:8],
        HEDGE[8],
        (
            "hedge",
            ["to r above", "v above", "to r below", "v below", "r inside"],
            z3.Or(*OTHERS, X < V),
        ),
        ("trust is worse", ["v", "regime"], V > P - A),
        ("below positive", ["r inside", "value below", "weight"], BELOW > 0),
        ("positive", ["r inside", "v below", "below positive"], V > 0),
        ("bound", ["hedge", "trust is worse", "positive"], X < V),
    ]
    return chain(premises, links)


def trust_beyond() -> dict[str, Obligation]:
    """x <= p - alpha for 1/3 <= p < 1/2 where trust with bounds (0, 1) beats hedging.

    m is the weight at which hedging turns into the interior optimum; there hedging is worth
    r^2 >= p - m, so trust beats it at smaller weights only.
    """
    regime = BEYOND | {
        "m": 2 * M * (1 - P) == (1 - R) * (1 - R),
        "regime": A * (1 - 2 * D) <= P - R,
    }
    more: list[Link] = [
        ("hedging at m", ["p", "d", "r", "m", "beyond"], R - 2 * M * D == R * R),
        ("trust at m", ["p", "d", "r", "m", "beyond"], R * R >= P - M),
        (
            "edge at most 1/3",
            ["p", "d", "beyond"],
            z3.And(3 * D <= 1, D >= 0),
        ),
        (
            "below m",
            ["hedging at m", "trust at m", "edge at most 1/3", "regime"],
            A <= M,
        ),
        ("weight", ["below m", "m", "p"], 2 * A * (1 - P) <= (1 - R) * (1 - R)),
    ]
    last: list[Link] = [
        ("hedge is worse", ["regime", "v"], V <= P - A),
        ("small", ["regime", "edge at most 1/3", "d", "p", "beyond"], P - A >= 0),
        ("bound", ["hedge", "hedge is worse", "small"], X <= P - A),
    ]
    return _after_shared(regime, [HEDGE[0], *more, *HEDGE[1:], *last])


def hedge_value_is_shipped() -> z3.BoolRef:
    """The value in the chain is that of `theory.optimal_bounds`."""
    return hedge_value(P, A, D) == R - 2 * A * D
