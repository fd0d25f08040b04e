"""What Bernoulli covariates yield at p between 1/3 and 1/2, and why only part of it is efficient.

Regenerates Figure 11 of *Friend or Foe* (Appendix B.1.5).  Ber(q) yields a pair in S1 while
only its rarer value can be treated (q < 1 - 2p), in S2 once the commoner one can be too
(1 - 2p <= q <= p), and in S3 beyond (p < q < 1/2).  S2 and S3 lie on one line of slope -1 from
T, below the segment T-H.  (The paper's caption lets S2 end at (4p - 1, 4p - 2), which is not a
pair of payoffs that any covariate yields; it ends at (4p - 2, 1 - 2p).)
Claims: ff_fig11, ff_s_sets, ff_q_partition, ff_undominated.
"""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from matplotlib.figure import Figure

from figures import drawing
from theory.delegation import best_targeting, worst_targeting
from theory.points import hedge_point, trust_point

RATE = Fraction(2, 5)  # share of the subgroup that needs treatment

Pair = tuple[Fraction, Fraction]


@dataclass(frozen=True)
class Segment:
    """A straight set of pairs, with the rates q at its ends and whether they belong to it."""

    shares: Pair
    start: Pair
    end: Pair
    has_start: bool
    has_end: bool


@dataclass(frozen=True)
class Sets:
    """What Ber(q) yields as q runs up to 1/2, and the segment T-H that dominates part of it."""

    s1: Segment
    s2: Segment
    s3: Segment
    trust: Pair
    hedge: Pair


def data() -> Sets:
    """The three sets: rarer value treated at worst in S1, commoner value in S2 and S3."""
    zero, tipping, half = Fraction(0), 1 - 2 * RATE, Fraction(1, 2)
    return Sets(
        s1=Segment((zero, tipping), _rarer(zero), _rarer(tipping), True, False),
        s2=Segment((tipping, RATE), _commoner(tipping), _commoner(RATE), True, True),
        s3=Segment((RATE, half), _commoner(RATE), _commoner(half), False, False),
        trust=trust_point(RATE),
        hedge=hedge_point(RATE),
    )


def _rarer(q: Fraction) -> Pair:
    """The pair where share q is treated in the worst and in the best case."""
    return worst_targeting(RATE, q), best_targeting(RATE, q)


def _commoner(q: Fraction) -> Pair:
    """The pair where share 1 - q is treated in the worst case, and q in the best."""
    return worst_targeting(RATE, 1 - q), best_targeting(RATE, q)


def draw() -> Figure:
    """The three sets and the segment T-H."""
    sets = data()
    with drawing.styled():
        title = f"One subgroup, p = {drawing.number(RATE)}"
        vertices = [sets.trust, sets.hedge, sets.s1.start]
        figure, axes = drawing.payoff_axes(vertices, title)
        hull = drawing.as_floats([sets.trust, sets.hedge]).T
        axes.plot(*hull, color=drawing.GREY, linestyle="--", label="mixtures of T and H")
        for segment, colour, width, label in (
            (sets.s1, drawing.BLUE, 1.8, "S1:  0 ≤ q < 1 − 2p"),
            (sets.s2, drawing.VERMILLION, 1.8, "S2:  1 − 2p ≤ q ≤ p"),
            (sets.s3, drawing.ORANGE, 6.0, "S3:  p < q < 1/2"),
        ):
            line = drawing.as_floats([segment.start, segment.end]).T
            axes.plot(
                *line,
                color=colour,
                linewidth=width,
                solid_capstyle="butt",
                zorder=2 - width / 10,
                label=label,
            )
        drawing.mark(axes, sets.s1.start)
        drawing.mark(axes, sets.s1.end, attained=False)
        drawing.mark(axes, sets.s2.end, color=drawing.VERMILLION)
        drawing.mark(axes, sets.s2.start, color=drawing.VERMILLION)
        hedge = f"H = (2p − 1, 1 − 2p)\n= {drawing.pair(sets.hedge)}"
        drawing.note(
            axes, f"T = (p − 1, p) = {drawing.pair(sets.trust)}", sets.trust, drawing.BEYOND
        )
        drawing.note(axes, hedge, sets.hedge, drawing.BEYOND)
        drawing.note(axes, f"D = {drawing.pair(sets.s1.start)}", sets.s1.start, drawing.BEYOND)
        drawing.note(
            axes,
            f"(4p − 2, 1 − 2p) = {drawing.pair(sets.s2.start)}",
            sets.s2.start,
            (0, -7),
            horizontalalignment="center",
        )
        drawing.legend(axes)
        return figure


def main(folder: Path = drawing.OUTPUT) -> None:
    """Write the figure into `folder`."""
    drawing.save(draw(), folder / "ff_fig11.svg", title=__doc__.partition("\n")[0])


if __name__ == "__main__":
    main()
