"""The AI system: features to a prediction by the model, the prediction to an action by delta.

Figure 3 of Misaligned by Design, with four kinds of X-ray as an example: how common each is, how
often it goes with pneumonia, and what the system advises if a missed pneumonia costs 99 times a
false alarm.
Claims: md_fig3.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from figures import drawing
from theory.arrays import as_array
from theory.prediction import decision

WEIGHTS = (Fraction(99), Fraction(1))
ACTIONS = ("treat", "send home")
FEATURES = ("clear", "faint shadow", "patch", "dense patch")
SHARES = (Fraction(6, 10), Fraction(2, 10), Fraction(1, 10), Fraction(1, 10))
RATES = (Fraction(1, 500), Fraction(1, 50), Fraction(1, 5), Fraction(4, 5))

Prediction = tuple[Fraction, ...]


@dataclass(frozen=True)
class System:
    """The law of X, the model f, post processing delta of its predictions, and the best system d.

    `system` is found without delta: that it is delta after f is a claim.
    """

    utility: tuple[tuple[Fraction, ...], ...]
    shares: dict[str, Fraction]
    model: dict[str, Prediction]
    post_processing: dict[Prediction, int]
    system: dict[str, int]


def data() -> System:
    """The example: a calibrated model, the optimal delta, and the best action at each x."""
    utility = ((WEIGHTS[0], Fraction(0)), (Fraction(0), WEIGHTS[1]))
    model: dict[str, Prediction] = {
        x: (rate, 1 - rate) for x, rate in zip(FEATURES, RATES, strict=True)
    }
    delta = {p: int(decision(utility, as_array(p))) for p in model.values()}
    shares = dict(zip(FEATURES, SHARES, strict=True))
    return System(
        utility, shares, model, delta, {x: _best_action(utility, model[x]) for x in model}
    )


def _best_action(utility: tuple[tuple[Fraction, ...], ...], rates: Prediction) -> int:
    """The action that earns most when classes occur at `rates`, by definition."""
    earned = [sum(u * rate for u, rate in zip(row, rates, strict=True)) for row in utility]
    return earned.index(max(earned))


def draw() -> Figure:
    """The chain above, the example below."""
    shown = data()
    with drawing.styled():
        figure = Figure(figsize=(5.4, 3.0))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, 100), ylim=(0, 56))
        axes.set_axis_off()
        axes.text(6, 44, "$x$", ha="center", va="center", fontsize=13)
        axes.text(6, 38, "features", ha="center", va="center")
        _box(axes, 18, "AI model $f$", drawing.BLUE)
        axes.text(50, 44, "$p$", ha="center", va="center", fontsize=13)
        axes.text(50, 38, "prediction", ha="center", va="center")
        _box(axes, 62, "post processing δ", drawing.VERMILLION)
        axes.text(94, 44, "$a$", ha="center", va="center", fontsize=13)
        axes.text(94, 38, "action", ha="center", va="center")
        for start, end in ((9, 17.5), (38.5, 46.5), (53.5, 61.5), (82.5, 91)):
            arrow = {"arrowstyle": "->", "color": drawing.INK, "linewidth": 1.1}
            axes.annotate("", (end, 44), (start, 44), arrowprops=arrow)
        axes.plot([6, 6, 94, 94], [49, 51, 51, 49], color=drawing.GREY, linewidth=0.9)
        axes.text(50, 53.5, "AI system $d = δ(f(x))$", ha="center", va="center")
        for line, (x, p) in enumerate(shown.model.items()):
            height = 27 - 7.5 * line
            axes.text(2, height, f"{x} ({drawing.number(shown.shares[x])})", va="center")
            axes.text(50, height, drawing.pair(p), ha="center", va="center")
            axes.text(98, height, ACTIONS[shown.system[x]], ha="right", va="center")
        return figure


def _box(axes: Axes, left: float, text: str, color: str) -> None:
    style = "round,pad=0,rounding_size=1.5"
    axes.add_patch(FancyBboxPatch((left, 40), 20, 8, boxstyle=style, fill=False, edgecolor=color))
    axes.text(left + 10, 44, text, ha="center", va="center", color=color, fontsize=8)


def main(folder: Path = drawing.OUTPUT) -> None:
    """Write the figure into `folder`."""
    title = __doc__.partition("\n")[0]
    drawing.save(draw(), folder / "md_fig3.svg", title=title)


if __name__ == "__main__":
    main()
