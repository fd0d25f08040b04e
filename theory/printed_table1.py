"""The numbers of Table 1 of Misaligned by Design, as printed, with their rounding.

Seven comparisons of two training regimes on the same objective: *weighted training* minimises the
class-weighted loss, *ex post weighting* minimises the unweighted loss and corrects the predictions
by eq. (16).  Each has the mean, the minimum and the maximum over five runs of the best value over
training intervals in the test sample, for the weighted loss (lower is better; weights normalised
by eq. (21)) and for classification utility, eq. (14) (higher is better).  "% gain" is positive
where ex post weighting does better.

A printed number stands for an interval: every number that rounds to it.

Source: Misaligned by Design, Section 3, Table 1 and footnote 15.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Literal

Statistic = Literal["mean", "min", "max"]
STATISTICS: tuple[Statistic, ...] = ("mean", "min", "max")
RUNS = 5

# In a line: statistic; loss of weighted training, of ex post weighting, % gain; then utility.
_PRINTED = """
Pneumonia, ChestX-ray14
mean 0.805 0.749 6.96 0.292 0.309 5.82
min  0.796 0.743 6.66 0.284 0.296 4.23
max  0.812 0.755 7.02 0.296 0.318 7.43
Cardiomegaly, ChestX-ray14
mean 0.401 0.383 4.49 0.333 0.333 0.00
min  0.398 0.377 5.28 0.332 0.328 -1.20
max  0.408 0.391 4.17 0.337 0.336 -0.30
Infiltration, ChestX-ray14
mean 0.214 0.211 1.40 0.597 0.597 0.00
min  0.212 0.210 0.94 0.597 0.596 -0.17
max  0.215 0.213 0.93 0.597 0.597 0.00
Pneumothorax, ChestX-ray14
mean 0.370 0.347 6.22 0.355 0.363 2.25
min  0.360 0.343 4.72 0.353 0.360 1.98
max  0.377 0.352 6.63 0.361 0.366 1.39
Inverse Probability, ChestX-ray14
mean 0.723 0.696 3.73 0.125 0.130 4.00
min  0.719 0.688 4.31 0.123 0.129 4.88
max  0.729 0.703 3.57 0.127 0.131 3.15
Cat, CIFAR-10
mean 0.033 0.024 27.3 0.988 0.989 0.10
min  0.032 0.023 28.1 0.986 0.989 0.30
max  0.035 0.025 28.6 0.989 0.990 0.10
Maple Tree, CIFAR-100
mean 0.188 0.159 15.4 0.960 0.969 0.94
min  0.181 0.156 13.8 0.955 0.968 1.36
max  0.195 0.161 17.4 0.964 0.970 0.62
"""


@dataclass(frozen=True)
class Printed:
    """A number as it is printed.

    >>> gain = Printed("27.3")
    >>> gain.value, gain.interval()
    (Fraction(273, 10), (Fraction(109, 4), Fraction(547, 20)))
    """

    text: str

    @property
    def value(self) -> Fraction:
        """The decimal itself."""
        return Fraction(self.text)

    @property
    def resolution(self) -> Fraction:
        """The unit of the last digit."""
        return Fraction(1, 10 ** len(self.text.partition(".")[2]))

    def interval(self) -> tuple[Fraction, Fraction]:
        """The closed interval of numbers that round to this one, whichever way ties go."""
        half = self.resolution / 2
        return self.value - half, self.value + half


@dataclass(frozen=True)
class Comparison:
    """One statistic of both regimes, and the printed gain of ex post weighting in percent."""

    weighted_training: Printed
    ex_post: Printed
    gain: Printed


@dataclass(frozen=True)
class Panel:
    """One application: the emphasised class (or scheme), the data set, both measures."""

    emphasised: str
    dataset: str
    loss: Mapping[Statistic, Comparison]
    utility: Mapping[Statistic, Comparison]


def loss_gain(weighted_training: Any, ex_post: Any) -> Any:
    """By how many percent ex post weighting lowers the loss of weighted training.

    >>> round(loss_gain(0.805, 0.749), 2)
    6.96
    """
    return 100 * (weighted_training - ex_post) / weighted_training


def utility_gain(weighted_training: Any, ex_post: Any) -> Any:
    """By how many percent ex post weighting raises the utility of weighted training.

    >>> round(utility_gain(0.292, 0.309), 2)
    5.82
    """
    return 100 * (ex_post - weighted_training) / weighted_training


def _parsed(text: str) -> tuple[Panel, ...]:
    lines = text.strip().splitlines()
    panels = []
    for start in range(0, len(lines), 4):
        emphasised, dataset = lines[start].split(", ")
        loss: dict[Statistic, Comparison] = {}
        utility: dict[Statistic, Comparison] = {}
        for statistic, line in zip(STATISTICS, lines[start + 1 : start + 4], strict=True):
            name, *numbers = line.split()
            assert name == statistic
            printed = [Printed(number) for number in numbers]
            loss[statistic] = Comparison(*printed[:3])
            utility[statistic] = Comparison(*printed[3:])
        frozen = MappingProxyType(loss), MappingProxyType(utility)
        panels.append(Panel(emphasised, dataset, *frozen))
    return tuple(panels)


TABLE1 = _parsed(_PRINTED)


def panel(emphasised: str) -> Panel:
    """The panel of an emphasised class, such as "Pneumonia"; `KeyError` for an unknown one.

    >>> panel("Cat").loss["mean"].gain.text
    '27.3'
    """
    return {each.emphasised: each for each in TABLE1}[emphasised]
