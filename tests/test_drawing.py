"""Drawing: populations of any size, named corners, files that repeat byte for byte."""

import doctest
from fractions import Fraction

import numpy as np
import pytest

from figures import drawing, ff_fig2
from theory.command_line import InputError
from theory.population import Subgroups, optimal_policy, population_frontier

# Drawing any population


def population(count):
    generator = np.random.default_rng(count)
    shares = generator.uniform(1, 2, count)
    names = tuple(str(group) for group in range(count))
    return Subgroups(names, shares / shares.sum(), generator.uniform(0, 1, count))


@pytest.mark.parametrize("count", [1, 5, 100_000])
def test_population_of_any_size_is_drawn_with_few_strokes(count, tmp_path):
    subgroups = population(count)
    frontier, policy = population_frontier(subgroups), optimal_policy(subgroups, 0.3)
    figure = drawing.draw_population_frontier(subgroups, frontier, policy)
    lines = figure.axes[0].lines
    assert len(lines) <= drawing.MOST_MARKED + 2
    assert max(len(line.get_xdata()) for line in lines) <= drawing.MOST_DRAWN
    drawing.save(figure, tmp_path / "frontier.svg")
    assert (tmp_path / "frontier.svg").stat().st_size < 200_000


def test_thinned_frontier_keeps_its_ends_and_its_shape():
    angles = np.linspace(0, np.pi / 2, 50_000)
    line = np.column_stack([np.sin(angles), np.cos(angles)])
    thinned = drawing.thin(line)
    assert len(thinned) <= drawing.MOST_DRAWN
    assert (thinned[[0, -1]] == line[[0, -1]]).all()
    missed = np.abs(np.interp(line[:, 0], *thinned.T) - line[:, 1])
    # A chord over the angle t of the unit circle misses it by at most 1 - cos(t / 2), measured
    # across; measured along the axis by more near the right end, but never by more than the chord.
    assert missed.max() <= np.pi / drawing.MOST_DRAWN


@pytest.mark.parametrize(
    ("rate", "names"),
    [
        (Fraction(1, 4), {"T", "D"}),
        (Fraction(1, 3), {"H", "D"}),
        (Fraction(2, 5), {"T", "H", "D"}),
        (Fraction(1, 2), {"T", "D"}),
        (Fraction(2, 3), {"H", "D"}),
        (Fraction(0), {"D"}),
    ],
)
def test_points_of_one_subgroup_are_named(rate, names):
    subgroups = Subgroups(("all",), np.array([Fraction(1)]), np.array([rate]))
    figure = drawing.draw_population_frontier(subgroups, population_frontier(subgroups))
    assert {text.get_text() for text in figure.axes[0].texts} == names


def test_unattained_points_are_hollow():
    subgroups = Subgroups(("all",), np.array([Fraction(1)]), np.array([Fraction(2, 5)]))
    figure = drawing.draw_population_frontier(subgroups, population_frontier(subgroups))
    hollow = [line for line in figure.axes[0].lines if line.get_markerfacecolor() == "white"]
    assert [float(line.get_xdata()[0]) for line in hollow] == [-0.2]


# Saving


@pytest.mark.parametrize("suffix", [".svg", ".pdf", ".png"])
def test_saved_bytes_repeat(suffix, tmp_path):
    subgroups = population(5)
    contents = []
    for name in ("one", "two"):
        figure = drawing.draw_population_frontier(subgroups, population_frontier(subgroups))
        drawing.save(figure, tmp_path / f"{name}{suffix}", title="A frontier.")
        contents.append((tmp_path / f"{name}{suffix}").read_bytes())
    assert contents[0] == contents[1]
    assert not [
        word for word in (b"CreationDate", b"dc:date", b"Matplotlib v") if word in contents[0]
    ]


def test_other_endings_and_missing_folders_are_refused(tmp_path):
    figure = ff_fig2.draw()
    with pytest.raises(InputError, match=r"must end in \.svg, \.pdf or \.png"):
        drawing.save(figure, tmp_path / "figure.jpg")
    with pytest.raises(InputError, match="its folder"):
        drawing.save(figure, tmp_path / "absent" / "figure.svg")


def test_doctests_of_drawing():
    assert doctest.testmod(drawing).failed == 0
