"""Friend or Foe, the figures: the objects that are drawn satisfy what is said of them.

Each figure script exposes `data()`, the exact objects that it draws.  They are compared here
with the definitions (enumeration of events), not with the closed forms that made them.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from figures import ff_fig1, ff_fig2, ff_fig3, ff_fig4, ff_fig5, ff_fig9, ff_fig10, ff_fig11
from proofs_check.check import Check, Role
from proofs_check.populations import undominated_corners
from theory.admissible_events import extremes_by_enumeration

Pair = tuple[Fraction, Fraction]

HALF = Fraction(1, 2)
SMALL = Fraction(1, 1000)


def _bernoulli(p: Fraction, q: Fraction) -> Pair:
    extremes = extremes_by_enumeration(p, tuple(m for m in (q, 1 - q) if m))
    return extremes.worst.value, extremes.best.value


def _slope(start: Pair, end: Pair) -> Fraction:
    return (end[1] - start[1]) / (end[0] - start[0])


def _near(left: Pair, right: Pair) -> bool:
    return max(abs(a - b) for a, b in zip(left, right, strict=True)) <= 2 * SMALL


def test_ff_fig1(check: Check) -> None:
    shown, p = ff_fig1.data(), ff_fig1.RATE

    def two_segments(hedge: Pair) -> bool:
        slopes = (_slope(shown.trust, hedge), _slope(hedge, shown.distrust))
        return (
            Fraction(1, 3) < p < Fraction(2, 3)
            and slopes == shown.slopes
            and 0 > slopes[0] > slopes[1] == -1
            and shown.trust == _bernoulli(p, p)
            and shown.distrust == _bernoulli(p, Fraction(0))
            and _near(hedge, _bernoulli(p, 1 - 2 * p - SMALL))
        )

    data = {"p": p, "T": shown.trust, "H": shown.hedge, "D": shown.distrust}
    check.certify(
        "two segments, corners from the definitions", lambda: two_segments(shown.hedge), data
    )
    middle = ((shown.trust[0] + shown.distrust[0]) / 2, (shown.trust[1] + shown.distrust[1]) / 2)
    check.certify("with the middle of T-D as H", lambda: two_segments(middle), data, role="control")


def _panels(check: Check) -> None:
    """Fewest needy among the treated, counted patient by patient, in both panels."""
    for name, panel in ff_fig2.data().items():
        _panel(check, name, panel.need, panel.treated, "conclusion")
    best = ff_fig2.data()["a"].need
    _panel(check, "a, treating those in need", best, best, "control")


def _panel(
    check: Check, name: str, need: frozenset[int], treated: frozenset[int], role: Role
) -> None:
    size = ff_fig2.PATIENTS
    p = Fraction(len(need), size)
    overlap = Fraction(len(need & treated), size)
    check.certify(
        f"panel ({name}): as many treated as in need, with the least overlap",
        lambda: len(treated) == len(need) and overlap == max(Fraction(0), 2 * p - 1),
        {"p": p, "rightly treated": overlap, "wrongly treated": p - overlap},
        role=role,
    )


def test_ff_fig2(check: Check) -> None:
    _panels(check)
    everyone = frozenset(range(ff_fig2.PATIENTS))
    panels = ff_fig2.data()
    check.certify(
        "being disjoint from the patients not treated, as captioned, sets panel (a) apart from (b)",
        lambda: (
            [bool(p.treated & (everyone - p.treated)) for p in panels.values()] == [False, True]
        ),
        {"panel": "b", "treated and not treated": "none"},
        role="prose",
    )


def test_ff_fig2_corrected(check: Check) -> None:
    _panels(check)
    panels = ff_fig2.data()
    check.certify(
        "being disjoint from the patients in need does",
        lambda: [bool(p.treated & p.need) for p in panels.values()] == [False, True],
        {"panels": tuple(panels)},
    )


def _one_segment_drawn(check: Check) -> None:
    shown, p = ff_fig3.data(), ff_fig3.RATE

    def one_segment(rate: Fraction) -> bool:
        trust, distrust = _bernoulli(rate, rate), _bernoulli(rate, Fraction(0))
        return not Fraction(1, 3) <= rate <= Fraction(2, 3) and _slope(trust, distrust) == -1

    check.certify(
        "a segment of slope -1 between the pairs of Ber(p) and a constant",
        lambda: (
            one_segment(p)
            and shown.trust == _bernoulli(p, p)
            and shown.distrust == _bernoulli(p, Fraction(0))
            and shown.slope == -1
        ),
        {"p": p, "T": shown.trust, "D": shown.distrust},
    )
    balanced = ff_fig1.RATE
    check.certify(
        "the same for the subgroup of Figure 1",
        lambda: one_segment(balanced),
        {"p": balanced},
        role="control",
    )


def test_ff_fig3(check: Check) -> None:
    _one_segment_drawn(check)
    slopes = tuple(ff_fig5.data().frontier.slopes)
    check.certify(
        "the text's Figure 5 shows a segment of slope -1",
        lambda: set(slopes) == {Fraction(-1)},
        {"slopes of Figure 5": slopes},
        role="prose",
    )


def test_ff_fig3_corrected(check: Check) -> None:
    _one_segment_drawn(check)
    check.certify(
        "Figure 3 shows it",
        lambda: ff_fig3.data().slope == -1,
        {"slope of Figure 3": ff_fig3.data().slope},
    )


def test_ff_fig4(check: Check) -> None:
    shown, p = ff_fig4.data(), ff_fig4.RATE
    zero, fifth = Fraction(0), Fraction(1, 5)
    data = {"p": p, "T": shown.trust, "H": shown.hedge, "D": shown.distrust}

    def below(pair: Pair, factor: Fraction) -> bool:
        on_edge = shown.trust[1] + factor * _slope(shown.trust, shown.hedge) * (
            pair[0] - shown.trust[0]
        )
        return pair[1] <= on_edge and pair[0] + pair[1] <= 0

    check.certify(
        "corners",
        lambda: (
            p == 2 * fifth
            and shown.distrust == (zero, zero)
            and shown.hedge == (-fifth, fifth)
            and shown.trust == (-3 * fifth, 2 * fifth)
            and _near(shown.hedge, _bernoulli(p, fifth - SMALL))
            and shown.trust == _bernoulli(p, p)
        ),
        data,
    )
    check.exhaust(
        "the pairs drawn are those of Ber(q) and lie on or below the frontier",
        f"q from 0 to 1/2 in {len(shown.yielded) - 1} steps",
        ({"q": q, "pair": pair} for q, pair in shown.yielded.items()),
        lambda case: case["pair"] == _bernoulli(p, case["q"]) and below(case["pair"], Fraction(1)),
    )
    check.exhaust(
        "below a steeper line through T",
        "the same rates",
        ({"q": q, "pair": pair} for q, pair in shown.yielded.items()),
        lambda case: below(case["pair"], Fraction(3)),
        role="control",
    )


def test_ff_fig5(check: Check) -> None:
    shown = ff_fig5.data()
    vertices = [tuple(vertex) for vertex in shown.frontier.vertices]
    slopes = [_slope(a, b) for a, b in pairwise(vertices)]
    data = {"rates": tuple(shown.subgroups.rates), "slopes": tuple(slopes)}
    check.certify(
        "a chain of falling slopes that ends at -1, the one found by brute force",
        lambda: (
            slopes == list(shown.frontier.slopes)
            and all(a > b for a, b in pairwise(slopes))
            and slopes[-1] == -1
            and len(slopes) > 2
            and vertices == undominated_corners(shown.subgroups)
        ),
        data,
    )
    check.certify(
        "the chain without its first hedge point",
        lambda: [vertices[0], *vertices[2:]] == undominated_corners(shown.subgroups),
        data,
        role="control",
    )


def test_ff_fig9(check: Check) -> None:
    grid = [Fraction(k, 24) for k in range(25)]
    corners = {interval.p: interval for interval in ff_fig9.data()}

    def drawn(p: Fraction, m: Fraction) -> bool:
        low, high = max(Fraction(0), 2 * p - 1), min(Fraction(1), 2 * p)
        closed_low = 2 * p < 1 or low == 1
        return (low < m or (closed_low and m == low)) and m <= high

    def inducible(case: tuple[Fraction, Fraction]) -> bool:
        p, m = case
        return ff_fig9.inducible(p, m) == drawn(p, m)

    cells = [(p, m) for p in grid for m in grid]
    zero, one = Fraction(0), Fraction(1)
    check.exhaust("the region, from reports that exist", "p and q in 24ths", cells, inducible)
    check.certify(
        "its corners and their ends",
        lambda: (
            [(p, i.low, i.high, i.has_low, i.has_high) for p, i in corners.items()]
            == [
                (zero, zero, zero, True, True),
                (HALF, zero, one, False, True),
                (one, one, one, True, True),
            ]
        ),
        {"p": tuple(corners)},
    )
    check.exhaust(
        "with the low end closed above 1/2 too",
        "p and q in 24ths",
        cells,
        lambda case: (
            ff_fig9.inducible(*case)
            == (max(Fraction(0), 2 * case[0] - 1) <= case[1] <= min(Fraction(1), 2 * case[0]))
        ),
        role="control",
    )


def _extreme_answers(p: Fraction, q: Fraction) -> Pair:
    """Nature's extremes for treated mass q: all feasible overlaps on a grid fine enough."""
    scale = (p.denominator * q.denominator) or 1
    overlaps = [
        Fraction(k, scale)
        for k in range(scale + 1)
        if max(Fraction(0), p + q - 1) <= Fraction(k, scale) <= min(p, q)
    ]
    payoffs = [2 * overlap - q for overlap in overlaps]
    return min(payoffs), max(payoffs)


def test_ff_fig10(check: Check) -> None:
    for curve in ff_fig10.data():
        _curve(check, curve.p, dict(zip(curve.shares, curve.points, strict=True)), "conclusion")
    first = ff_fig10.data()[0]
    bends = dict(zip(first.shares, first.points, strict=True))
    del bends[first.p]
    _curve(check, first.p, bends, "control")


def _curve(check: Check, p: Fraction, bends: dict[Fraction, Pair], role: Role) -> None:
    """The polygon through the bends is the set of Nature's extreme answers."""
    check.exhaust(
        f"p = {p}: ends, {len(bends) - 2} bends, and straight pieces between them",
        "q in steps of a fifteenth",
        [Fraction(k, 15) for k in range(16)],
        lambda q: _on_curve(bends, q) == _extreme_answers(p, q),
        role=role,
    )


def _on_curve(named: dict[Fraction, Pair], q: Fraction) -> Pair:
    """The point at q of the polygon through the named points."""
    left = max(share for share in named if share <= q)
    right = min(share for share in named if share >= q)
    if left == right:
        return named[left]
    s = (q - left) / (right - left)
    return (
        (1 - s) * named[left][0] + s * named[right][0],
        (1 - s) * named[left][1] + s * named[right][1],
    )


def _blue_segment(check: Check, end: Pair, role: Role) -> None:
    """S2, drawn from T to `end`, consists of pairs of Ber(q) strictly below T-H but for T."""
    shown, p = ff_fig11.data(), ff_fig11.RATE
    trust, hedge = shown.trust, shown.hedge

    def holds(s: Fraction) -> bool:
        point = (trust[0] + s * (end[0] - trust[0]), trust[1] + s * (end[1] - trust[1]))
        line = trust[1] + _slope(trust, hedge) * (point[0] - trust[0])
        q = p + s * (1 - 3 * p)
        return point == _bernoulli(p, q) and point[1] < line

    check.exhaust(
        "points of the segment other than T: pairs of Ber(q), strictly below T-H",
        f"p = {p}, end {end[0]}, {end[1]}, tenths of the way",
        [Fraction(k, 10) for k in range(1, 11)],
        holds,
        role=role,
    )


def test_ff_fig11(check: Check) -> None:
    p = ff_fig11.RATE
    shown = ff_fig11.data()
    check.certify(
        "the sets drawn start at T and S1 ends at H",
        lambda: shown.s2.end == shown.s3.start == shown.trust and shown.s1.end == shown.hedge,
        {"p": p},
    )
    _blue_segment(check, (4 * p - 1, 4 * p - 2), "prose")
    _fig11_control(check)


def test_ff_fig11_corrected(check: Check) -> None:
    shown = ff_fig11.data()
    _blue_segment(check, shown.s2.start, "conclusion")
    check.certify(
        "its lower end is (4p-2, 1-2p)",
        lambda: shown.s2.start == (4 * ff_fig11.RATE - 2, 1 - 2 * ff_fig11.RATE),
        {"p": ff_fig11.RATE, "end": shown.s2.start},
    )
    _fig11_control(check)


def _fig11_control(check: Check) -> None:
    _blue_segment(check, ff_fig11.data().hedge, "control")
