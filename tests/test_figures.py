"""The figures: their files repeat byte for byte, their data satisfy what they illustrate."""

import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from fractions import Fraction
from importlib import import_module
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from empirical import compare_recorded
from figures import drawing, recorded
from figures.__main__ import main, slugs
from theory.admissible import extremes_by_enumeration
from theory.command_line import InputError
from theory.delegation import best_targeting, worst_targeting
from theory.points import hedge_point, trust_hedge_slope, trust_point

ROOT = Path(__file__).parent.parent
SLUGS = slugs()
HALF = Fraction(1, 2)


def script(slug):
    return import_module(f"figures.{slug}")


def bernoulli_yields(p, q):
    """The pair of Ber(q) from the definitions."""
    extremes = extremes_by_enumeration(p, (q, 1 - q) if 0 < q < 1 else (Fraction(1),))
    return extremes.worst.value, extremes.best.value


def height(vertices, worst):
    """Best case of the frontier through `vertices` at a worst case between its ends."""
    for (left, high), (right, low) in pairwise(vertices):
        if left <= worst <= right:
            return high + (low - high) * (worst - left) / (right - left)
    raise AssertionError(f"{worst} lies beyond the frontier")


def slope(start, end):
    return (end[1] - start[1]) / (end[0] - start[0])


# The scripts and their files


def test_figures_of_the_paper_have_scripts():
    numbered = {f"ff_fig{number}" for number in (1, 2, 3, 4, 5, 9, 10, 11)}
    assert numbered | {"ff_chestxray14"} <= set(SLUGS)


@pytest.mark.parametrize("slug", SLUGS)
def test_script_says_what_it_shows_and_which_claims_it_serves(slug):
    module = script(slug)
    assert module.__doc__.partition("\n")[0].endswith(".")
    assert "Claims: " in module.__doc__
    for part in (module.data, module.draw, module.main):
        assert part.__doc__


@pytest.mark.parametrize("slug", SLUGS)
def test_regenerated_bytes_are_the_committed_ones(slug, tmp_path):
    committed = (drawing.OUTPUT / f"{slug}.svg").read_bytes()
    for attempt in ("first", "second"):
        folder = tmp_path / attempt
        folder.mkdir()
        script(slug).main(folder)
        assert (folder / f"{slug}.svg").read_bytes() == committed


def test_a_figure_names_the_commands_of_the_records_that_it_lacks(monkeypatch, tmp_path):
    monkeypatch.setattr(recorded, "load", {"cifar10_cat": {}}.get)
    lacking = recorded.RecordedFigure(
        "md_fig0", "A title.\n\nMore.", ["digits_8", "cifar10_cat", "map_digits"], pytest.fail
    )
    words = " ".join(" ".join(text.get_text() for text in lacking.draw().texts).split())
    assert compare_recorded.command("digits_8") in words
    assert compare_recorded.map_command("map_digits") in words
    assert compare_recorded.command("cifar10_cat") not in words
    lacking.main(tmp_path)
    assert "<title>A title.</title>" in (tmp_path / "md_fig0.svg").read_text()


def test_every_output_has_a_script():
    assert {path.stem for path in drawing.OUTPUT.iterdir()} == set(SLUGS)


@pytest.mark.parametrize("slug", SLUGS)
def test_file_is_svg_with_a_title_and_without_date(slug):
    text = (drawing.OUTPUT / f"{slug}.svg").read_text(encoding="utf-8")
    title = ElementTree.fromstring(text).find("{http://www.w3.org/2000/svg}title")
    assert title.text == script(slug).__doc__.partition("\n")[0]
    assert "dc:date" not in text


@pytest.mark.parametrize("slug", SLUGS)
def test_labels_are_inside_and_apart(slug):
    with drawing.styled():
        figure = script(slug).draw()
        renderer = FigureCanvasAgg(figure).get_renderer()
        figure.draw(renderer)
        hidden = {text for axes in figure.axes for text in _undrawn_labels(axes)}
        shown = [
            (text.get_text(), text.get_window_extent(renderer))
            for text in figure.findobj(Text)
            if text.get_text().strip() and text.get_visible() and text not in hidden
        ]
    assert len(shown) > 3
    for text, box in shown:
        assert _within(box, figure.bbox), f"{text!r} leaves the figure"
    for (one, box), (other, another) in combinations(shown, 2):
        assert not box.overlaps(another), f"{one!r} overlaps {other!r}"


def _undrawn_labels(axes):
    """Labels that exist but are not drawn: of ticks beyond the limits, of axes turned off."""
    for axis in (axes.xaxis, axes.yaxis):
        low, high = axis.get_view_interval()
        for tick in axis.get_major_ticks():
            if not (axes.axison and low <= tick.get_loc() <= high):
                yield from (tick.label1, tick.label2)


def _within(box, outer):
    return outer.x0 <= box.x0 and box.x1 <= outer.x1 and outer.y0 <= box.y0 and box.y1 <= outer.y1


# What the figures show


def test_fig1_bends_once_and_flatter_at_trust():
    shown = script("ff_fig1").data()
    assert slope(shown.trust, shown.hedge) == shown.slopes[0]
    assert slope(shown.hedge, shown.distrust) == shown.slopes[1] == -1
    assert -1 < shown.slopes[0] < 0


def test_fig2_counts_the_worst_choice():
    for panel in script("ff_fig2").data().values():
        rate = Fraction(len(panel.need), script("ff_fig2").PATIENTS)
        patients = range(script("ff_fig2").PATIENTS)
        least = min(
            2 * len(panel.need.intersection(treated)) - len(treated)
            for treated in combinations(patients, len(panel.need))
        )
        assert panel.payoff == panel.closed_form == Fraction(least, len(patients))
        assert Fraction(len(panel.rightly), len(patients)) == max(0, 2 * rate - 1)
        assert Fraction(len(panel.wrongly), len(patients)) == min(rate, 1 - rate)


def test_fig2_panels_fall_on_both_sides_of_one_half():
    panels = script("ff_fig2").data()
    assert not panels["a"].rightly
    assert panels["b"].rightly
    assert panels["b"].wrongly


def test_fig3_is_what_rarer_bernoullis_yield():
    shown, p = script("ff_fig3").data(), script("ff_fig3").RATE
    assert shown.slope == -1
    for q in (p * step / 10 for step in range(11)):
        assert bernoulli_yields(p, q) == (-q, q)
    assert (shown.distrust, shown.trust) == ((0, 0), (-p, p))


def test_fig4_points_and_yields():
    shown = script("ff_fig4").data()
    fifth = Fraction(1, 5)
    assert shown.trust == (-3 * fifth, 2 * fifth) == shown.yielded[2 * fifth]
    assert shown.hedge == (-fifth, fifth)
    assert shown.distrust == (0, 0) == shown.yielded[Fraction(0)]
    for q, (worst, best) in shown.yielded.items():
        if q < fifth:
            assert (worst, best) == (-q, q)
        elif q <= 2 * fifth:
            assert (worst, best) == (-fifth - q, q)
            assert (worst == -(1 - q)) == (q == 2 * fifth)
        else:
            assert (worst, best) == (q - 1, 4 * fifth - q)
        assert best <= height([shown.trust, shown.hedge, shown.distrust], worst)
    assert shown.hedge not in shown.yielded.values()


def test_fig5_edges_are_those_of_the_subgroups():
    shown = script("ff_fig5").data()
    balanced = [p for p in shown.subgroups.rates if 1 < 3 * p < 2]
    expected = sorted((trust_hedge_slope(p) for p in balanced), reverse=True)
    assert list(shown.frontier.slopes) == [*expected, -1]
    for (start, end), edge in zip(
        pairwise(shown.frontier.vertices), shown.frontier.slopes, strict=True
    ):
        assert slope(start, end) == edge


def test_fig5_hedge_points_add_up():
    shown = script("ff_fig5").data()
    for count, vertex in enumerate(shown.frontier.vertices[:-1]):
        rates = shown.subgroups.rates
        order = sorted((p for p in rates if 1 < 3 * p < 2), key=trust_hedge_slope, reverse=True)
        points = [hedge_point(p) if p in order[:count] else trust_point(p) for p in rates]
        for coordinate in (0, 1):
            total = sum(
                share * point[coordinate]
                for share, point in zip(shown.subgroups.shares, points, strict=True)
            )
            assert total == vertex[coordinate]


def test_fig9_region_on_a_grid():
    module = script("ff_fig9")
    for p in (Fraction(step, 24) for step in range(25)):
        ends = module.interval(p)
        for q in (Fraction(step, 24) for step in range(25)):
            inside = ends.low < q < ends.high
            inside |= (q == ends.low and ends.has_low) or (q == ends.high and ends.has_high)
            assert module.inducible(p, q) == inside


def test_fig9_ends():
    module = script("ff_fig9")
    left, middle, right = module.data()
    assert (left.low, left.high, left.has_high) == (0, 0, True)
    assert (middle.low, middle.high, middle.has_low, middle.has_high) == (0, 1, False, True)
    assert (right.low, right.high, right.has_high) == (1, 1, True)
    assert module.interval(Fraction(1, 4)).has_low
    assert not module.interval(Fraction(3, 4)).has_low


def test_fig10_order_and_straightness():
    below, above = script("ff_fig10").data()
    assert below.names == ("0", "p", "1 − p", "1")
    assert above.names == ("0", "1 − p", "p", "1")
    for curve in (below, above):
        for (start, end), (left, right) in zip(
            pairwise(curve.points), pairwise(curve.shares), strict=True
        ):
            between = (left + right) / 2
            middle = worst_targeting(curve.p, between), best_targeting(curve.p, between)
            assert middle == ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
            assert abs(slope(start, end)) == 1
        assert curve.points[0] == (0, 0)
        assert curve.points[-1] == (2 * curve.p - 1, 2 * curve.p - 1)


def test_fig11_sets_are_what_bernoullis_yield():
    sets, p = script("ff_fig11").data(), script("ff_fig11").RATE
    for segment in (sets.s1, sets.s2, sets.s3):
        first, last = segment.shares
        for part in (Fraction(step, 8) for step in range(9)):
            if (part == 0 and not segment.has_start) or (part == 1 and not segment.has_end):
                continue
            expected = tuple(
                start + part * (end - start)
                for start, end in zip(segment.start, segment.end, strict=True)
            )
            assert bernoulli_yields(p, first + part * (last - first)) == expected
    assert (sets.s2.start, sets.s2.end) == ((4 * p - 2, 1 - 2 * p), (p - 1, p))
    assert sets.s3.end == (-HALF, 2 * p - HALF)


def test_fig11_printed_end_is_no_pair_of_payoffs():
    p = script("ff_fig11").RATE
    worst, best = 4 * p - 1, 4 * p - 2
    assert best < worst


def test_fig11_second_and_third_set_lie_below_the_mixtures():
    sets = script("ff_fig11").data()
    hull = [sets.trust, sets.hedge]
    for segment in (sets.s2, sets.s3):
        assert slope(segment.start, segment.end) == -1
        for worst, best in (segment.start, segment.end):
            if (worst, best) != sets.trust:
                assert best < height(hull, worst)


def test_chestxray14_policies_are_optimal():
    shown = script("ff_chestxray14").data()
    assert len(shown.policies) == len(script("ff_chestxray14").WEIGHTS) == 3
    for policy in shown.policies:
        values = [
            policy.alpha * worst + (1 - policy.alpha) * best
            for worst, best in shown.frontier.vertices
        ]
        assert policy.value == max(values)


# The command line


def test_slugs_are_in_reading_order():
    assert SLUGS.index("ff_fig9") < SLUGS.index("ff_fig10") < SLUGS.index("ff_fig11")


def test_list_names_every_figure(capsys):
    main(["--list"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == SLUGS
    start = 2 + max(map(len, SLUGS))
    assert all(line[start - 1] == " " != line[start] for line in lines)


def test_named_figures_are_written_and_copied(tmp_path, monkeypatch, capsys):
    output, report = tmp_path / "output", tmp_path / "new" / "report"
    output.mkdir()
    monkeypatch.setattr(drawing, "OUTPUT", output)
    main(["ff_fig2", "--report", str(report), "ff_fig3"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [["[1/2]", "ff_fig2"], ["[2/2]", "ff_fig3"]]
    for slug in ("ff_fig2", "ff_fig3"):
        written = (output / f"{slug}.svg").read_bytes()
        assert (report / "figures" / f"{slug}.svg").read_bytes() == written
    assert len(list(output.iterdir())) == 2


def test_report_that_is_a_file_is_refused(tmp_path, monkeypatch):
    (tmp_path / "report").write_text("")
    monkeypatch.setattr(drawing, "OUTPUT", tmp_path)
    with pytest.raises(
        InputError, match=r"--report is .*report/figures: must be a writable folder"
    ):
        main(["ff_fig2", "--report", str(tmp_path / "report")])


def test_unknown_slug_ends_with_one_line_and_code_2():
    command = [sys.executable, "-m", "figures", "ff_fig1", "ff_fig0"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.startswith("python -m figures: error: SLUG is 'ff_fig0': must be one of")
    assert ended.stderr.count("\n") == 1
