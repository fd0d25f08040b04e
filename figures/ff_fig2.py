"""Worst-case targeting: the treated are those who need it least.

Regenerates Figure 2 of *Friend or Foe* (Section 4) for a share q = p treated, one cell per
patient.  Up to p = 1/2 the treated and the patients in need are disjoint; above, they must
overlap: 2p - 1 are treated rightly and 1 - p wrongly.  (The paper's caption speaks of the
treated being disjoint from those who are not treated, which is always so; patients who need
treatment are meant.)  Claims: ff_fig2, ff_worst_targeting.
"""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from figures import drawing
from theory.delegation import worst_targeting

PATIENTS = 10
NEEDING = {"a": 4, "b": 7}  # patients in need, and treated, in each panel

NEED_ROW, TREATED_ROW = 1.2, 0.0  # heights of the two rows of cells


@dataclass(frozen=True)
class Panel:
    """One population: who needs treatment, who is treated (patients' numbers), the payoffs."""

    need: frozenset[int]
    treated: frozenset[int]
    payoff: Fraction  # counted, cell by cell
    closed_form: Fraction  # w(p, p)

    @property
    def rightly(self) -> frozenset[int]:
        """Patients who are treated and need it."""
        return self.need & self.treated

    @property
    def wrongly(self) -> frozenset[int]:
        """Patients who are treated without need."""
        return self.treated - self.need


def data() -> dict[str, Panel]:
    """Both panels: as many are treated as need it, and those without need come first."""
    return {name: _panel(needing) for name, needing in NEEDING.items()}


def _panel(needing: int) -> Panel:
    need = frozenset(range(needing))
    least_needy_first = sorted(range(PATIENTS), key=lambda patient: (patient in need, -patient))
    treated = frozenset(least_needy_first[:needing])
    counted = Fraction(len(treated & need) - len(treated - need), PATIENTS)
    rate = Fraction(needing, PATIENTS)
    return Panel(need, treated, counted, worst_targeting(rate, rate))


def draw() -> Figure:
    """Two panels of two rows each: need above, treatment below."""
    panels = data()
    with drawing.styled():
        figure = Figure(figsize=(6.6, 1.9))
        figure.subplots_adjust(left=0.095, right=0.99, top=0.84, bottom=0.02, wspace=0.08)
        left, right = figure.subplots(1, 2)
        _draw_panel(left, panels["a"], "(a)  q = p ≤ 1/2")
        _bracket(left, panels["a"].wrongly, "treated wrongly: p")
        for row, name in ((NEED_ROW, "need"), (TREATED_ROW, "treated")):
            left.text(-0.4, row + 0.5, name, ha="right", va="center")
        _draw_panel(right, panels["b"], "(b)  q = p > 1/2")
        _bracket(right, panels["b"].rightly, "rightly: 2p − 1")
        _bracket(right, panels["b"].wrongly, "wrongly: 1 − p")
        return figure


def _draw_panel(axes: Axes, panel: Panel, condition: str) -> None:
    rate = Fraction(len(panel.need), PATIENTS)
    axes.set_title(
        f"{condition},  here {drawing.number(rate)}: payoff {drawing.number(panel.payoff)}"
    )
    axes.set_axis_off()
    axes.set_xlim(-0.05, PATIENTS + 0.05)
    axes.set_ylim(-1.6, 2.3)
    for patient in range(PATIENTS):
        _cell(axes, patient, NEED_ROW, drawing.ORANGE if patient in panel.need else "white")
        _cell(axes, patient, TREATED_ROW, drawing.BLUE if patient in panel.treated else "white")


def _cell(axes: Axes, patient: int, row: float, colour: str) -> None:
    cell = Rectangle((patient + 0.04, row), 0.92, 1, facecolor=colour, edgecolor=drawing.GREY)
    axes.add_patch(cell)


def _bracket(axes: Axes, patients: frozenset[int], text: str) -> None:
    """A bracket under `patients`, who stand side by side, with their share."""
    left, right = min(patients) + 0.1, max(patients) + 0.9
    axes.plot([left, left, right, right], [-0.15, -0.35, -0.35, -0.15], color=drawing.INK, lw=0.8)
    share = drawing.number(Fraction(len(patients), PATIENTS))
    axes.text(
        (left + right) / 2,
        -0.55,
        f"{text}\n= {share}",
        horizontalalignment="center",
        verticalalignment="top",
        fontsize=8,
    )


def main(folder: Path = drawing.OUTPUT) -> None:
    """Write the figure into `folder`."""
    drawing.save(draw(), folder / "ff_fig2.svg", title=__doc__.partition("\n")[0])


if __name__ == "__main__":
    main()
