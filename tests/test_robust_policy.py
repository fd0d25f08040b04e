"""`theory.robust_policy`: intervals, flips, ranges against search, real data, the command line."""

from __future__ import annotations

import json
from fractions import Fraction as F
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from figures.ff_robust_policy import WEIGHTS, band
from theory.command_line import InputError
from theory.points import distrust_point, hedge_point, trust_point
from theory.population import Subgroups, optimal_policy, population_frontier
from theory.robust_policy import (
    PROGRAM,
    Counted,
    exact_interval,
    main,
    population_value,
    read_counts,
    robust_policy,
)
from theory.robustness import best_value, choice_at, robustness, value_range

TABLE = Path(__file__).parent.parent / "figures" / "data" / "chestxray14_subgroups.csv"
RATES = st.fractions(0, 1, max_denominator=24)
ALPHAS = st.fractions(0, 1, max_denominator=12)


def one(p):
    return Subgroups(("a",), np.array([F(1)]), np.array([p]))


@given(st.integers(1, 400), st.data(), st.sampled_from((0.8, 0.95, 0.999)))
@settings(max_examples=40, deadline=None)
def test_interval_ends_have_the_tails_that_define_them(n, data, confidence):
    positives = data.draw(st.integers(0, n))
    low, high = map(float, exact_interval(n, positives, confidence))
    tail = (1 - confidence) / 2
    assert low <= positives / n <= high
    assert (low == 0) == (positives == 0)
    assert (high == 1) == (positives == n)
    if positives:
        assert binom.sf(positives - 1, n, low) == pytest.approx(tail, rel=1e-6)
    if positives < n:
        assert binom.cdf(positives, n, high) == pytest.approx(tail, rel=1e-6)


@given(RATES, ALPHAS)
@settings(max_examples=200, deadline=None)
def test_choice_and_value_are_those_of_the_population_module(p, alpha):
    policy = optimal_policy(one(p), alpha)
    assert best_value(p, alpha) == policy.value
    same_point = 3 * p == 2  # T = H
    assert choice_at(p, alpha) == policy.choices[0] or same_point


@given(RATES, RATES, ALPHAS)
@settings(max_examples=100, deadline=None)
def test_range_and_flips_against_a_grid(one_end, other_end, alpha):
    low, high = sorted((one_end, other_end))
    group = Counted("a", 2 * high.denominator, 2 * high.numerator)
    row = robustness(group, alpha, (low, high))
    grid = [low + (high - low) * F(k, 60) for k in range(61)]
    values = [best_value(p, alpha) for p in grid]
    least, most = value_range(low, high, alpha)
    assert row.value == (least, most)
    # Between two points of the grid the value moves by at most its slope, 2, times their distance.
    assert 0 <= min(values) - least <= (high - low) / 30
    assert 0 <= most - max(values) <= (high - low) / 30
    ends = {*row.flips, F(1, 3), F(2, 3)}  # there, two choices are equally good
    found = [choice_at(p, alpha) for p in grid if low < p < high and p not in ends]
    changes = [name for k, name in enumerate(found) if k == 0 or name != found[k - 1]]
    if low < high:
        assert set(changes) - {"distrust"} <= set(row.choices)
    assert row.robust == (len(row.choices) == 1)
    assert all(low <= p <= high for p in row.flips)


POINTS = {"trust": trust_point, "hedge": hedge_point, "distrust": distrust_point}
THIRD = F(1, 3)


@given(st.tuples(RATES, RATES, RATES), ALPHAS)
@example((F(0), F(0), F(1, 6)), F(3, 10))  # tie with distrust
@example((F(5, 6), F(1), F(1)), F(3, 10))
@example((2 * THIRD, 2 * THIRD, F(3, 4)), F(2, 5))  # tie with hedge
@example((F(2, 5), F(3, 7), F(3, 7)), F(2, 5))
@example((F(7, 60), THIRD, F(7, 20)), F(0))  # hedge is as good as trust at alpha = 0
@example((F(7, 60), THIRD, THIRD), F(0))
@example((F(37, 60), 2 * THIRD, F(3, 4)), F(0))
@settings(max_examples=300, deadline=None)
def test_the_choice_is_among_the_choices_and_best_at_the_estimate(rates, alpha):
    low, p, high = sorted(rates)
    row = robustness(Counted("a", p.denominator, p.numerator), alpha, (low, high))
    assert row.choice in row.choices
    worst, best = POINTS[row.choice](p)
    assert alpha * worst + (1 - alpha) * best == best_value(p, alpha)
    if row.robust:  # best throughout
        for k in range(31):
            rate = low + (high - low) * F(k, 30)
            worst, best = POINTS[row.choice](rate)
            assert alpha * worst + (1 - alpha) * best == best_value(rate, alpha)


@pytest.mark.parametrize("positives", [0, 20])
def test_no_or_all_positives_are_trusted(positives):
    (row,) = robust_policy([Counted("a", 20, positives)], F(3, 10), 0.95)
    assert (row.choice, row.choices, row.robust) == ("trust", ("trust",), True)


def test_the_estimate_must_lie_in_the_interval():
    with pytest.raises(InputError, match="estimate is 1/2: must lie in"):
        robustness(Counted("a", 2, 1), F(1, 4), (F(0), F(1, 4)))


def test_at_weights_from_one_half_on_distrust_is_robust():
    rows = robust_policy(read_counts(TABLE), F(1, 2), 0.99)
    assert {row.choices for row in rows} == {("distrust",)}


def test_an_interval_that_ends_at_one_third_flips_there():
    row = robustness(Counted("a", 10, 3), F(1, 4), (F(1, 4), F(1, 3)))
    assert (row.choices, row.flips) == (("trust", "hedge"), (F(1, 3),))


def test_safe_hedge_is_safe_over_the_interval():
    below = robustness(Counted("a", 100, 38), F(2, 5), (F(36, 100), F(40, 100)))
    assert below.safe_hedge == F(1, 5) == 1 - 2 * below.high
    above = robustness(Counted("a", 100, 62), F(2, 5), (F(60, 100), F(64, 100)))
    assert above.safe_hedge == F(1, 5) == 2 * above.low - 1
    across = robustness(Counted("a", 100, 50), F(2, 5), (F(40, 100), F(60, 100)))
    assert across.safe_hedge is None


def test_real_subgroups_agree_with_the_frontier_at_the_estimates():
    rows = robust_policy(read_counts(TABLE), F(2, 5), 0.95, simultaneous=True)
    total = sum(row.group.n for row in rows)
    shares = np.array([F(row.group.n, total) for row in rows])
    rates = np.array([row.estimate for row in rows])
    population = Subgroups(tuple(row.group.name for row in rows), shares, rates)
    for alpha in (F(0), F(1, 5), F(2, 5), F(1, 2), F(4, 5)):
        value, least, most = population_value(rows, alpha)
        assert value == optimal_policy(population, alpha).value
        assert least <= value <= most
    assert sum(row.robust for row in rows) == 10
    by_name = {row.group.name: row for row in rows}
    assert by_name["18-39 M PA"].choices == ("hedge",)
    assert by_name["80 and over F AP"].choices == ("trust", "hedge", "trust")
    worst, estimated, guaranteed, possible = band(rows)
    vertices = population_frontier(population).vertices.astype(float)
    heights = np.interp(worst, *vertices.T)
    # Only the lines of some weights are drawn: the band lies above the frontier, by little.
    gap = (estimated - heights)[~np.isnan(estimated) & (worst >= vertices[0, 0])]
    assert gap.min() > -1e-12
    assert gap.max() < 1e-3
    assert len(WEIGHTS) > 20
    shared = ~(np.isnan(guaranteed) | np.isnan(possible))
    assert (guaranteed[shared] < possible[shared]).all()


def test_simultaneous_intervals_are_wider():
    groups = read_counts(TABLE)
    single = robust_policy(groups, F(2, 5), 0.95)
    joint = robust_policy(groups, F(2, 5), 0.95, simultaneous=True)
    assert all(a.low > b.low and a.high < b.high for a, b in zip(single, joint, strict=True))


def test_confidence_must_lie_inside():
    with pytest.raises(InputError, match="confidence is 1: must lie strictly"):
        robust_policy([Counted("a", 3, 1)], F(1, 3), 1)


# The command line


def assert_one_line(outcome, message):
    code, out, err = outcome
    assert (code, out) == (2, "")
    assert err.startswith(f"{PROGRAM}: error: ")
    assert message in err
    assert err.count("\n") == 1


@pytest.fixture
def robust(in_process):
    return in_process(main, PROGRAM)


def test_json_has_a_row_per_subgroup(robust):
    code, out, err = robust("--groups", TABLE, "--alpha", "0.4", "--simultaneous", "--json")
    assert (code, err) == (0, "")
    answer = json.loads(out)
    assert len(answer["groups"]) == 20
    assert answer["value_range"][0] < answer["value"] < answer["value_range"][1]
    assert [group["robust"] for group in answer["groups"]].count(True) == 10


def test_table_counts_the_robust(robust):
    out = robust("--groups", TABLE, "--alpha", "2/5", "--simultaneous")[1]
    assert "10 of 20 choices are robust at alpha = 0.4." in out
    assert "flips at 0.5714, 0.6667" in out


def test_names_and_blank_rows(robust, write):
    path = write("\ufeffn, positives ,name\n10,3,a\n\n20,19,b c\n")
    groups = read_counts(path)
    assert groups == (Counted("a", 10, 3), Counted("b c", 20, 19))


def test_plot_is_written(robust, tmp_path):
    path = tmp_path / "policy.pdf"
    assert robust("--groups", TABLE, "--alpha", "0.6", "--plot", path)[0] == 0
    assert path.read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--groups", TABLE, "--alpha", "1.2"), "--alpha is 1.2: must lie in [0, 1]"),
        (("--groups", TABLE, "--alpha", "0.2", "--confidence", "1"), "--confidence is 1: must lie"),
        (
            ("--groups", TABLE, "--alpha", "0.2", "--confidence", "1e-400"),
            "--confidence is 1e-400: must lie strictly between 0 and 1",
        ),
        (("--groups", "none.csv", "--alpha", "0.2"), "--groups is none.csv: must be readable"),
        (("--groups", TABLE, "--alpha", "0.2", "--plot", "."), "--plot is .: must end in"),
        (("--alpha", "0.2"), "--groups"),
    ],
)
def test_bad_input_is_one_line(robust, arguments, named):
    assert_one_line(robust(*arguments), named)


def test_rates_without_counts_are_refused(robust, write):
    path = write("share,p\n1,0.3\n")
    assert_one_line(robust("--groups", path, "--alpha", "0.2"), "must have n and positives")
