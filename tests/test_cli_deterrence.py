"""`python -m theory.deterrence`, and the figures that it draws with."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction as F

import pytest
from scipy import stats

from figures import ed_deterrence_regions, ed_inspection_equilibrium
from theory.deterrence import main
from theory.deterrence_options import PROGRAM
from theory.inspection import InspectionGame
from theory.offender import NEUTRAL, Regime, Utility, offending_pays

OFFENDER = ("offender", "--gain=1", "--detection=1/4", "--penalty=8")
ENFORCE = ("enforce", "--gain=1", "--max-penalty=4", "--unit-cost=2")
INSPECT = ("inspect", "--gain=1", "--penalty=2", "--cost=1", "--reward=3")


@pytest.fixture
def cli(in_process):
    """Call the command line in this process: (exit code, standard output, standard error)."""
    return in_process(main, PROGRAM)


def answer(cli, *arguments: object):
    code, out, err = cli(*arguments, "--json")
    assert (code, err) == (0, "")
    assert out.count("\n") == 1
    return json.loads(out)


def test_offender(cli):
    found = answer(cli, *OFFENDER, "--exact")
    assert found == {"offends": False, "offending_pays": "-1", "largest_deterred_gain": "2"}
    found = answer(cli, *OFFENDER, "--false-positive=1/5", "--exact")
    assert found == {"offends": True, "offending_pays": "3/5", "largest_deterred_gain": "2/5"}
    found = answer(cli, *OFFENDER, "--false-positive=1/2")
    assert found["largest_deterred_gain"] is None
    found = answer(cli, *OFFENDER, "--utility=crra:2", "--wealth=10")
    expected = offending_pays(F(1), Regime(F(1, 4), F(8)), Utility("crra", 2), F(10))
    assert found["offending_pays"] == float(expected)
    assert found["largest_deterred_gain"] > 2  # risk averse
    assert answer(cli, *OFFENDER, "--utility", "cara:-1/2")["largest_deterred_gain"] < 2


def test_outcomes_that_cannot_occur_need_no_wealth(cli):
    found = answer(cli, *OFFENDER, "--detection=0", "--utility=crra:2", "--wealth=5", "--exact")
    assert found == {"offends": True, "offending_pays": "1/30", "largest_deterred_gain": None}


@pytest.mark.parametrize(
    ("law", "expected"),
    [
        ("uniform:0,4", stats.uniform(0, 4)),
        ("exponential:3", stats.expon(scale=3)),
        ("lognormal:0,1/2", stats.lognorm(0.5)),
    ],
)
def test_population_with_a_density(cli, law, expected):
    found = answer(cli, "offender", "--gain-distribution", law, "--detection=1/4", "--penalty=8")
    assert found["offence_rate"] == pytest.approx(expected.sf(2), rel=1e-15)
    density = expected.pdf(2)
    assert found["slopes"] == pytest.approx(
        {"detection": -8 * density, "penalty": -density / 4, "gains": density}, rel=1e-15
    )


def test_population_of_few_gains_is_exact(cli):
    law = "values:1@1/2,2@1/3,3@1/6"
    found = answer(
        cli,
        *("offender", "--gain-distribution", law, "--detection=1/4", "--penalty=8", "--exact"),
    )
    assert found == {"offence_rate": "1/6", "largest_deterred_gain": "2", "slopes": None}


def test_enforce(cli):
    found = answer(cli, *ENFORCE, "--exact")
    assert found == {"deterrable": True, "detection": "1/4", "penalty": "4", "cost": "1/2"}
    found = answer(cli, *ENFORCE, "--false-positive=1/4", "--innocent-harm=2", "--exact")
    assert found == {"deterrable": True, "detection": "3/4", "penalty": "2", "cost": "5/2"}
    found = answer(cli, "enforce", "--gain=5", "--max-penalty=4", "--unit-cost=2")
    assert found == {"deterrable": False, "detection": None, "penalty": None, "cost": None}


def test_inspect(cli):
    found = answer(cli, *INSPECT, "--exact")
    assert found["payoffs"] == {
        "solver": [["-1", "1"], ["0", "0"]],
        "auditor": [["2", "0"], ["-1", "0"]],
    }
    assert found["interior"] is True
    assert found["equilibria"] == [{"cheat": ["1/3", "1/3"], "inspect": ["1/2", "1/2"]}]
    assert found["extreme_equilibria"] == [
        {"cheat": "1/3", "inspect": "1/2", "undetected": "1/6", "solver": "0", "auditor": "0"}
    ]
    assert found["best_commitment"] == {"inspect": "1/2", "solver_cheats": True, "auditor": "1"}
    assert found["gain_from_commitment"] == "1"
    assert found["deterring_commitment"] == {
        "inspect": "1/2",
        "solver_cheats": False,
        "auditor": "-1/2",
    }
    harmed = answer(cli, *INSPECT, "--harm=7", "--detection=0.9", "--false-alarm=0.1")
    assert harmed["best_commitment"]["solver_cheats"] is False
    negative = answer(cli, *INSPECT, "--false-alarm=0.1", "--false-reward", "-1")
    assert negative["extreme_equilibria"][0]["cheat"] == pytest.approx(1.1 / 3.1, rel=1e-15)


def test_continua_are_reported(cli):
    found = answer(cli, "inspect", "--gain=1", "--penalty=2", "--cost=0", "--reward=3", "--exact")
    assert found["equilibria"] == [{"cheat": ["0", "0"], "inspect": ["1/2", "1"]}]
    assert len(found["extreme_equilibria"]) == 2
    assert found["interior"] is False


def test_text_for_people(cli):
    code, out, err = cli(*INSPECT, "--exact")
    assert (code, err) == (0, "")
    cells = [line.split("  ") for line in out.splitlines()]
    rows = [tuple(cell.strip() for cell in line if cell.strip()) for line in cells]
    assert ("undetected", "1/6") in rows
    assert ("solver cheats", "yes") in rows
    assert ("offends", "no") in [tuple(line.split()) for line in cli(*OFFENDER)[1].splitlines()]
    assert "none" in cli("enforce", "--gain=5", "--max-penalty=4", "--unit-cost=2")[1]


@pytest.mark.parametrize(
    "arguments",
    [
        OFFENDER,
        (*OFFENDER, "--utility=crra:2", "--wealth=9", "--false-positive=1/9"),
        ("offender", "--gain-distribution=values:1@1/2,3@1/2", "--detection=.2", "--penalty=8"),
        ("offender", "--gain-distribution=exponential:1", "--detection=.2", "--penalty=8"),
        ENFORCE,
        ("enforce", "--gain=5", "--max-penalty=4", "--unit-cost=2"),
        INSPECT,
        ("inspect", "--gain=0", "--penalty=0", "--cost=0", "--reward=0"),
    ],
)
def test_plot(cli, tmp_path, arguments):
    path = tmp_path / "picture.svg"
    code, out, err = cli(*arguments, "--plot", path)
    assert (code, err) == (0, "")
    assert out
    assert path.read_bytes().startswith(b"<?xml")
    assert list(tmp_path.iterdir()) == [path]


def test_drawing_code_is_imported_only_to_draw():
    code = (
        "import sys; from theory.deterrence import main; main(sys.argv[1:]); "
        "sys.exit(any(name in sys.modules for name in ('figures', 'matplotlib')))"
    )
    command = [sys.executable, "-c", code, *INSPECT]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_a_failure_while_drawing_leaves_no_file(tmp_path, monkeypatch):
    def fail(self, whole, **options):
        whole.write_bytes(b"half")
        raise RuntimeError("drawing failed")

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", fail)
    with pytest.raises(RuntimeError, match="drawing failed"):
        main([*INSPECT, "--plot", str(tmp_path / "picture.svg")])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [(), ("offender",), ("enforce",), ("inspect",)])
def test_help_has_an_example(cli, command):
    code, out, _ = cli(*command, "--help")
    assert code == 0
    assert "Example: " in out


LAW = ("offender", "--detection=1/4", "--penalty=8", "--gain-distribution")
BAD = [
    ((), "the following arguments are required: COMMAND"),
    (("judge",), "invalid choice: 'judge'"),
    (("inspect", "--gain=1"), "the following arguments are required: --penalty, --cost, --reward"),
    (("offender", "--detection=1", "--penalty=1"), "--gain --gain-distribution is required"),
    ((*OFFENDER, "--gain", "-1"), "--gain is -1: must be at least 0"),
    ((*OFFENDER, "--detection=1.5"), "--detection is 1.5: must lie in [0, 1]"),
    ((*OFFENDER, "--false-positive", "-.5"), "--false-positive is -.5: must lie in [0, 1]"),
    ((*OFFENDER, "--penalty=x"), "--penalty is 'x': expected a decimal or a fraction"),
    ((*OFFENDER, "--utility=log"), "--utility is 'log': must be neutral, cara:A or crra:C"),
    ((*OFFENDER, "--utility=cara:0"), "--utility is cara:0: must have a coefficient other than 0"),
    ((*OFFENDER, "--utility=crra:101"), "must have a coefficient in [-100, 100]"),
    ((*OFFENDER, "--utility=crra:2"), "--wealth is 0: must be positive for crra"),
    (
        (*OFFENDER, "--utility=crra:2", "--wealth=3"),
        "wealth in some outcome is -4: must be positive for CRRA",
    ),
    ((*OFFENDER, "--utility=cara:1", "--exact"), "--exact is set: must be left out"),
    ((*OFFENDER, "--gain=1e900"), "a result is too large for a decimal: use --exact"),
    (
        (*OFFENDER, "--gain=1e900", "--utility=cara:1"),
        "--gain is 1e900, the largest number: too large for floating-point",
    ),
    ((*LAW, "normal:0,1"), "--gain-distribution is normal:0,1: must be values:G@SHARE"),
    ((*LAW, "uniform:2,1"), "must have 0 <= LOW < HIGH"),
    ((*LAW, "exponential:0"), "must have a positive MEAN"),
    ((*LAW, "lognormal:0,0"), "must have a positive SIGMA"),
    ((*LAW, "lognormal:1000,1"), "must have a MU in [-700, 700]"),
    ((*LAW, "lognormal:0,1e-999", "--json"), "must have a SIGMA in [1e-150, 1e150]"),
    ((*LAW, "lognormal:0,1e300"), "must have a SIGMA in [1e-150, 1e150]"),
    ((*LAW, "exponential:1e-999"), "must have a MEAN of at least 2.2e-308"),
    ((*LAW, "exponential:1e-310"), "must have a MEAN of at least 2.2e-308"),
    ((*LAW, "uniform:0,1e-320"), "must have a HIGH - LOW of at least 2.2e-308"),
    ((*LAW, "uniform:1e20,100000000000000000001"), "must have a HIGH - LOW of at least 2.2e-308"),
    ((*LAW, "uniform:0,1e999"), "--gain-distribution is uniform:0,1e999: must fit into floats"),
    ((*LAW, "values:1"), "must list gains as G@SHARE"),
    ((*LAW, "values:1@1/2"), "must have positive shares of sum 1"),
    ((*LAW, "values:-1@1"), "must have gains of at least 0"),
    ((*ENFORCE, "--unit-cost", "-2"), "--unit-cost is -2: must be at least 0"),
    ((*INSPECT, "--detection=0"), "--detection is 0: must lie in (0, 1]"),
    ((*INSPECT, "--false-alarm=2"), "--false-alarm is 2: must lie in [0, 1]"),
    ((*INSPECT, "--harm", "-1"), "--harm is -1: must be at least 0"),
    ((*INSPECT, "--plot=x.jpg"), "--plot is x.jpg: must end in .svg, .pdf, .png"),
    ((*INSPECT, "--plot=no/x.svg"), "--plot is no/x.svg: must lie in a folder that exists"),
    ((*INSPECT, "--plot=/proc/x.svg"), "--plot is /proc/x.svg: must be writable ("),
]


@pytest.mark.parametrize(("arguments", "message"), BAD)
def test_bad_arguments_end_with_one_line(cli, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    code, out, err = cli(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith(PROGRAM)
    assert message in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


# What the figures show


def test_curves_are_where_the_agent_is_indifferent():
    module = ed_deterrence_regions
    shown = module.data()
    utilities = (NEUTRAL, module.AVERSE, module.LOVING)
    for curve, utility in zip(shown.thresholds, utilities, strict=True):
        for penalty, gain in curve.points:
            regime = Regime(penalty / module.PENALTY, module.PENALTY)
            assert offending_pays(gain, regime, utility, module.WEALTH) == 0
    mistakes = (F(0), F(0), F(0), module.MISTAKE)
    for curve, utility, e in zip(shown.regimes, (*utilities, NEUTRAL), mistakes, strict=True):
        for pi, fine in curve.points:
            assert offending_pays(module.GAIN, Regime(pi, fine, e), utility, module.WEALTH) == 0


def test_sweeps_pass_through_equilibria_and_every_continuum():
    module = ed_inspection_equilibrium
    for sweep in module.data():
        for value, profile in zip(sweep.values, sweep.profiles, strict=True):
            game = replace(module.GAME, **{sweep.parameter: value})
            assert profile in game.extreme_equilibria()
        assert sorted(sweep.values) == list(sweep.values)
    by_penalty, by_cost = module.data()
    steps = [v for v, w in zip(by_penalty.values, by_penalty.values[1:], strict=False) if v == w]
    assert steps == [module.GAME.gain]
    steps = [v for v, w in zip(by_cost.values, by_cost.values[1:], strict=False) if v == w]
    assert steps == [0, module.GAME.reward]


def test_any_game_is_drawn():
    for numbers in ((0, 0, 0, 0), (1, 1, 1, 1), (0, 2, 1, 3), (2, 1, 5, 3)):
        ed_inspection_equilibrium.draw_game(InspectionGame(*map(F, numbers)))
