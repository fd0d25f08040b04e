"""Friend or Foe, Figures 6 and 12: the objects that are drawn satisfy what is said of them."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from figures import ff_fig6, ff_fig12
from proofs_check.check import Check, Role
from proofs_check.rational import unit_rationals
from theory.admissible_events import extremes_by_enumeration
from theory.bounded import hedge_point, trust_point
from theory.bounded_definition import bernoulli_pair_by_definition, undominated_chain
from theory.points import distrust_point

Pair = tuple[Fraction, Fraction]


def _slopes(corners: tuple[Pair, ...]) -> list[Fraction]:
    return [(low - high) / (right - left) for (left, high), (right, low) in pairwise(corners)]


def test_ff_fig6(check: Check) -> None:
    one, two = ff_fig6.data()
    check.certify(
        "corners by the closed forms: T-D in one panel, T-H-D in the other, falling ever faster",
        lambda: (
            one.corners == (trust_point(one.p, *one.bounds), distrust_point(one.p))
            and two.corners
            == (
                trust_point(two.p, *two.bounds),
                hedge_point(two.p, *two.bounds),
                distrust_point(two.p),
            )
            and 0 > _slopes(two.corners)[0] > _slopes(two.corners)[1]
        ),
        {"T and D": one.corners, "T, H and D": two.corners},
    )
    for panel in (one, two):
        check.exhaust(
            f"p = {panel.p}: nothing that Ber(q) yields lies beyond the frontier",
            "q in 40ths of 1/2",
            [Fraction(k, 80) for k in range(41)],
            lambda q, panel=panel: (  # type: ignore[misc]
                undominated_chain(
                    [
                        *panel.corners,
                        bernoulli_pair_by_definition(panel.p, q, panel.bounds),
                    ]
                )
                == panel.corners
            ),
        )
    check.certify(
        "the second panel without its bend",
        lambda: undominated_chain([*two.corners]) == (two.corners[0], two.corners[-1]),
        {"p": two.p},
        role="control",
    )


def _extreme_answers(p: Fraction, q: Fraction, low: Fraction, high: Fraction) -> Pair:
    """Nature's extreme payoffs when a share q is treated: the truth on it, from the definitions.

    Need on the treated is bounded by what low and high leave for them and for the others.
    """
    needs = [low * q, high * q, p - low * (1 - q), p - high * (1 - q)]
    possible = [
        need
        for need in needs
        if low * q <= need <= high * q and low * (1 - q) <= p - need <= high * (1 - q)
    ]
    payoffs = [2 * need - q for need in possible]
    return min(payoffs), max(payoffs)


def _curve(check: Check, panel: str, curve: ff_fig12.Curve, role: Role) -> None:
    points = dict(zip(curve.shares, curve.points, strict=True))
    if role == "control":
        del points[curve.shares[1]]
    check.exhaust(
        f"panel ({panel}): ends, bends, and straight pieces between them",
        "q among the rationals of [0, 1] with denominators up to 12",
        unit_rationals(12),
        lambda q: _on_curve(points, q) == _extreme_answers(curve.p, q, *curve.bounds),
        role=role,
    )


def _on_curve(points: dict[Fraction, Pair], q: Fraction) -> Pair:
    """The point at q of the polygon through the points."""
    left = max(share for share in points if share <= q)
    right = min(share for share in points if share >= q)
    s = (q - left) / (right - left) if left < right else Fraction(0)
    (a, b), (c, d) = points[left], points[right]
    return (1 - s) * a + s * c, (1 - s) * b + s * d


def test_ff_fig12(check: Check) -> None:
    curves = ff_fig12.data()
    for panel, curve in curves.items():
        _curve(check, panel, curve, "conclusion")
    order = {
        "a": ("0", "u", "1 − u", "1"),
        "b": ("0", "u", "1 − u", "1"),
        "c": ("0", "1 − u", "u", "1"),
        "d": ("0", "1 − u", "u", "1"),
    }
    check.certify(
        "which answer turns first, and where the pair without information lies",
        lambda: all(
            curve.names == order[panel]
            and curve.points[-1 if panel in "bc" else 0] == _uninformed(curve)
            for panel, curve in curves.items()
        ),
        {"panels": tuple(curves)},
    )
    _curve(check, "a", curves["a"], "control")


def _uninformed(curve: ff_fig12.Curve) -> Pair:
    extremes = extremes_by_enumeration(curve.p, (Fraction(1),), curve.bounds)
    return extremes.worst.value, extremes.best.value
