"""Class weights of 99 to 1: prediction, marginal and residual learning loss of two classes.

Regenerates Figure 2 of *Misaligned by Design* (Sections 1 and 2.8), with weights of sum 1 and
the logarithmic loss.  Left: the prediction that is optimal for a posterior.  Middle: eq. (18).
Right: the residual learning loss, eq. (12).  Diamonds mark where the curves of a panel cross;
the inset divides the weighted residual loss by the equal-weight one around a crossing where the
positive class is rare: below it the weighted one is the higher.  `theory.crossings` certifies
the crossings.
Claims: md_fig2, md_fig2_dampened, md_binary_marginal.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures import drawing
from theory.crossings import Weights, marginal_crossings, residual_crossings
from theory.incentives import marginal_learning_loss, residual_learning_loss
from theory.prediction import utility_weighted_prediction
from theory.scoring_families import LOGARITHMIC
from theory.utility import class_weight_utility

EQUAL: Weights = (Fraction(1, 2), Fraction(1, 2))
WEIGHTED: Weights = (Fraction(99, 100), Fraction(1, 100))
STEPS = 400  # of the drawn probabilities, which are k / STEPS,
HALVINGS = 6  # and 1 / (STEPS 2^k), and one minus these, as the curves bend near the ends
RARE = 0.01  # the highest probability of a crossing that has an inset,
FAR = 1e-12  # and the lowest
LOOKS = ((drawing.BLUE, "--"), (drawing.VERMILLION, "-"))


@dataclass(frozen=True)
class Curves:
    """What is drawn for one pair of weights: one value for each probability."""

    weights: Weights
    prediction: Any
    marginal: Any
    residual: Any


@dataclass(frozen=True)
class Panels:
    """Both weightings along the probabilities, and brackets of where their curves cross."""

    probabilities: tuple[Fraction, ...]
    curves: tuple[Curves, Curves]
    marginal_crossings: tuple[tuple[Fraction, Fraction], ...]
    residual_crossings: tuple[tuple[Fraction, Fraction], ...]


def curves(weights: Weights, probabilities: Any) -> Curves:
    """The three quantities at the probabilities (k,), floats in [0, 1]."""
    utility = class_weight_utility([float(weight) for weight in weights])
    posterior = np.stack([probabilities, 1 - probabilities], axis=-1)
    return Curves(
        weights,
        utility_weighted_prediction(utility, posterior)[:, 0],
        marginal_learning_loss(np.diag(utility), probabilities),
        residual_learning_loss(LOGARITHMIC, utility, posterior),
    )


def panels(weights: Weights, other: Weights) -> Panels:
    """Everything that is drawn for two pairs of weights; `other` is the one compared with."""
    small = [Fraction(1, STEPS * 2**k) for k in range(1, HALVINGS + 1)]
    inner = [Fraction(k, STEPS) for k in range(STEPS + 1)]
    probabilities = tuple(sorted([*inner, *small, *(1 - each for each in small)]))
    along = np.array([float(each) for each in probabilities])
    return Panels(
        probabilities,
        (curves(other, along), curves(weights, along)),
        tuple(marginal_crossings(weights, other)),
        tuple(residual_crossings(weights, other)),
    )


def data() -> Panels:
    """Weights of 99 to 1 against equal ones, both of sum 1."""
    return panels(WEIGHTED, EQUAL)


def draw() -> Figure:
    """The three panels."""
    return draw_panels(data())


def draw_panels(shown: Panels) -> Figure:
    """Prediction, marginal learning loss and residual learning loss side by side."""
    along = np.array([float(each) for each in shown.probabilities])
    inside = slice(1, -1)  # the marginal learning loss is infinite at both ends
    with drawing.styled():
        figure = Figure(figsize=(7.2, 3.0))
        figure.subplots_adjust(left=0.05, right=0.975, bottom=0.29, top=0.9, wspace=0.27)
        left, middle, right = figure.subplots(1, 3)
        labels = _labels([each.weights for each in shown.curves])
        for each, label, (color, style) in zip(shown.curves, labels, LOOKS, strict=True):
            look: dict[str, Any] = {"color": color, "linestyle": style}
            left.plot(along, each.prediction, label=label, **look)
            middle.plot(along[inside], each.marginal[inside], **look)
            right.plot(along, each.residual, **look)
        left.set_title("Optimal prediction")
        middle.set_title("Marginal learning loss")
        right.set_title("Residual learning loss")
        for axes in (left, middle, right):
            axes.set_xlim(0, 1)
        right.set_ylim(0, None)
        _mark(middle, shown.marginal_crossings, shown.curves[0].weights, _marginal)
        _mark(right, shown.residual_crossings, shown.curves[0].weights, _residual)
        for low, _ in shown.residual_crossings:
            if FAR <= low <= RARE:
                _inset(right, shown, float(low))
        figure.supxlabel("Posterior probability of the positive class", y=0.115)
        handles, labels = left.get_legend_handles_labels()
        figure.legend(handles, labels, loc="lower center", ncols=2)
        return figure


def _marginal(weights: Weights, probability: float) -> float:
    return float(curves(weights, np.array([probability])).marginal[0])


def _residual(weights: Weights, probability: float) -> float:
    return float(curves(weights, np.array([probability])).residual[0])


def _mark(
    axes: Axes,
    crossings: tuple[tuple[Fraction, Fraction], ...],
    weights: Weights,
    height: Callable[[Weights, float], float],
) -> None:
    for low, high in crossings:
        if low == 0 or high == 1:  # too close to an end to be seen
            continue
        point = float(low), height(weights, float(low))
        drawing.mark(axes, point, color=drawing.INK, marker="D", markersize=4)


def _inset(axes: Axes, shown: Panels, crossing: float) -> None:
    """The ratio of both residual losses around their crossing, from 1% of it to a hundredfold."""
    middle = round(np.log10(crossing))
    along = np.logspace(middle - 2, middle + 2, 81)
    small = axes.inset_axes((0.3, 0.26, 0.42, 0.32))
    first, second = (curves(each.weights, along).residual for each in shown.curves)
    small.semilogx(along, second / first, color=drawing.INK, linewidth=1.3)
    small.axhline(1, color=drawing.GREY, linewidth=0.7)
    drawing.mark(small, (crossing, 1), color=drawing.INK, marker="D", markersize=4)
    small.set_xlim(along[0], along[-1])
    small.set_ylim(0, None)
    small.set_xticks([10.0 ** (middle + k) for k in (-2, 0, 2)])
    small.minorticks_off()
    small.tick_params(labelsize=6.5, pad=1.5)
    small.set_title("ratio", fontsize=7, pad=2)


def _labels(pairs: Sequence[Weights]) -> list[str]:
    """Weights of the same sum as ratios of whole numbers, others as they are.

    >>> _labels([WEIGHTED, EQUAL])
    ['weights 99 : 1', 'weights 1 : 1']
    >>> _labels([(Fraction(2), Fraction(2)), (Fraction(1), Fraction(1))])
    ['weights 2, 2', 'weights 1, 1']
    """
    if len({sum(pair) for pair in pairs}) > 1:
        return [f"weights {float(first):g}, {float(second):g}" for first, second in pairs]
    ratios = [first / second for first, second in pairs]
    return [f"weights {ratio.numerator} : {ratio.denominator}" for ratio in ratios]


def main(folder: Path = drawing.OUTPUT) -> None:
    """Write the figure into `folder`."""
    drawing.save(draw(), folder / "md_fig2.svg", title=__doc__.partition("\n")[0])


if __name__ == "__main__":
    main()
