"""`python -m theory.admissible`: its numbers, its JSON, its table, and one line per bad input."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from fractions import Fraction as F

import pytest
from hypothesis import given, settings
from strategies import covariates

from theory import subset_sums
from theory.admissible import ENGINES, Case, Extremes, extremes_by_search, main, verify_case

PROGRAM = "python -m theory.admissible"


@pytest.fixture
def cli(in_process):
    """Call the command line in this process: (exit code, standard output, standard error)."""
    return in_process(main, PROGRAM)


def exact_case(answer: dict[str, object]) -> Case:
    """The case in an --exact JSON answer for one subgroup."""
    reported, true = (tuple(map(F, answer[key])) for key in ("P", "P_star"))
    return Case(F(answer["value"]), tuple(answer["event"]), reported, true)


def text(masses) -> str:
    return ",".join(map(str, masses))


def test_exact_json_certifies_itself(cli):
    code, out, err = cli("--p", "0.4", "--mu", "2/5,0.6", "--exact", "--json")
    assert (code, err) == (0, "")
    answer = json.loads(out)
    assert list(answer) == ["worst", "best"]
    for side, value in (("worst", F(-3, 5)), ("best", F(2, 5))):
        assert list(answer[side]) == ["value", "event", "P", "P_star"]
        case = exact_case(answer[side])
        assert case.value == value
        verify_case(F(2, 5), (F(2, 5), F(3, 5)), case)


@settings(max_examples=50, deadline=None)
@given(covariates(max_atoms=5))
def test_float_json_is_the_exact_answer_rounded(covariate):
    p, masses = covariate
    printed = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("builtins.print", lambda line: printed.append(line))
        main(["--p", str(p), "--mu", text(masses), "--json"])
    answer, extremes = json.loads(printed[0]), extremes_by_search(p, masses)
    for side, case in (("worst", extremes.worst), ("best", extremes.best)):
        assert answer[side]["value"] == float(case.value)
        assert answer[side]["P_star"] == [float(y) for y in case.true]
        assert answer[side]["P"] == [float(x) for x in case.reported]
        assert [i for i, x in enumerate(answer[side]["P"]) if x >= 0.5] == list(case.event)


def test_rounding_never_treats_another_atom(cli):
    """A constant covariate with p just below 1/2 must be reported just below 1/2."""
    p = F(1, 2) - F(1, 10**30)
    assert float(p) == 0.5
    code, out, _ = cli("--p", str(p), "--mu", "1", "--json")
    assert code == 0
    answer = json.loads(out)
    for side in ("worst", "best"):
        assert answer[side]["event"] == []
        assert 0.499999999999999 < answer[side]["P"][0] < 0.5


def test_several_subgroups(cli):
    groups = ("--p", "2/5", "--mu", "2/5,3/5", "--p", "3/4", "--mu", "1")
    code, out, _ = cli(*groups, "--exact", "--json")
    assert code == 0
    worst = json.loads(out)["worst"]
    assert worst["value"] == "-1/20"
    assert worst["event"] == [[1], [0]]
    assert worst["P"] == [["0", "2/3"], ["3/4"]]
    assert worst["P_star"] == [["1", "0"], ["3/4"]]
    code, out, _ = cli("--share", "3/4", "--share", "1/4", *groups, "--exact", "--json")
    assert json.loads(out)["worst"]["value"] == str(F(3, 4) * F(-3, 5) + F(1, 8))
    code, out, _ = cli(*groups)
    assert "subgroup 0: share 0.5, p 0.4, worst -0.6, best 0.4" in out
    assert "subgroup 1" in out


def test_one_subgroup_may_state_its_share(cli):
    assert cli("--share", "1", "--p", "1/4", "--mu", "1") == cli("--p", "1/4", "--mu", "1")


@pytest.mark.parametrize("method", ["auto", "enumeration", "program", "search"])
def test_methods_and_check(cli, method):
    arguments = ("--p", "2/3", "--mu", "2/3,1/3", "--method", method, "--check")
    code, out, _ = cli(*arguments, "--json", "--exact")
    answer = json.loads(out)
    assert code == 0
    assert (answer["worst"]["value"], answer["best"]["value"]) == ("0", "2/3")
    assert sorted(answer["agreeing"]) == ["enumeration", "program", "search"]
    code, out, _ = cli(*arguments)
    assert out.splitlines()[:2] == ["worst case  0", "best case   0.666667"]
    assert out.splitlines()[-1].startswith("Agreeing methods: ")


def test_check_leaves_out_methods_that_do_not_take_so_many_atoms(cli):
    code, out, _ = cli("--p", "2/5", "--mu", text([F(1, 20)] * 20), "--check", "--json")
    assert code == 0
    assert json.loads(out)["agreeing"] == ["search"]


def test_check_reports_disagreement(cli, monkeypatch):
    """Negative control: a method that takes the best case for the worst is caught."""

    def wrong(p, masses, bounds):
        best = extremes_by_search(p, masses).best
        return Extremes(best, best)

    monkeypatch.setitem(ENGINES, "enumeration", wrong)
    with pytest.raises(SystemExit) as stopped:
        main(["--p", "2/5", "--mu", "2/5,3/5", "--check"])
    assert stopped.value.code == "search finds -3/5 and 2/5, enumeration finds 2/5 and 2/5"


def test_table_lists_every_atom(cli):
    code, out, _ = cli("--p", "1/3", "--mu", "1/3,2/3", "--exact")
    assert code == 0
    lines = out.splitlines()
    assert lines[:2] == ["worst case  -2/3", "best case   1/3"]
    assert lines[3].split()[:2] == ["atom", "mass"]
    assert lines[5].split() == ["1", "2/3", "yes", "1/2", "0", "no", "0", "0"]


def test_forty_unrelated_masses_from_a_shell():
    """2^40 events.  The limit is generous; `benchmarks/admissible_forty_atoms.py` measures."""
    generator = random.Random(7)
    masses = []
    for _ in range(39):
        denominator = generator.randint(10**5, 10**6)
        masses.append(F(denominator // generator.randint(40, 80), denominator))
    masses.append(1 - sum(masses))
    planted = generator.sample(range(40), 20)
    p = sum(masses[i] for i in planted)
    assert F(1, 3) < p < F(2, 3)
    command = [sys.executable, "-m", "theory.admissible", "--p", str(p), "--mu", text(masses)]
    done = subprocess.run(
        [*command, "--exact", "--json"], capture_output=True, text=True, timeout=120, check=True
    )
    worst = exact_case(json.loads(done.stdout)["worst"])
    verify_case(p, masses, worst)
    assert worst.value == p - 1


def test_numbers_of_thousands_of_digits_from_a_shell():
    tiny = "1" + "/1" + "0" * 5000
    rest = "9" * 5000 + "/1" + "0" * 5000
    command = [sys.executable, "-m", "theory.admissible", "--p", "1/2", "--mu", f"{tiny},{rest}"]
    done = subprocess.run(
        [*command, "--exact", "--json"], capture_output=True, text=True, check=True
    )
    assert len(json.loads(done.stdout)["worst"]["value"]) > 5000


BAD = [
    (["--p", "1.2", "--mu", "1"], "--p is 1.2: must lie in [0, 1]"),
    (["--p", "-1/2", "--mu", "1"], "--p is -1/2: must lie in [0, 1]"),
    (["--p", "x", "--mu", "1"], "--p is 'x': expected a decimal"),
    (["--p", "1/0", "--mu", "1"], "--p is '1/0': the denominator must not be zero"),
    (["--p", "nan", "--mu", "1"], "--p is 'nan': expected a decimal"),
    (["--p", "1/2", "--mu", "-1,2"], "--mu[0] is -1: must be above zero"),
    (["--p", "1/2", "--mu", "1,0"], "--mu[1] is 0: must be above zero"),
    (["--p", "1/2", "--mu", "1,a"], "--mu[1] is 'a': expected a decimal"),
    (["--p", "1/2", "--mu", ""], "--mu[0] is '': expected a decimal"),
    (
        ["--p", "1/2", "--mu", "0.333333,0.333333,0.333333"],
        "--mu is 0.333333,0.333333,0.333333: must sum to exactly 1 (the sum is 999999/1000000)",
    ),
    (
        ["--p", "1/2", "--p", "1/2", "--mu", "1"],
        "number of --mu is 1: must equal the number of --p",
    ),
    (
        ["--p", "1/2", "--p", "7", "--mu", "1", "--mu", "1"],
        "--p[1] is 7: must lie in [0, 1]",
    ),
    (
        ["--p", "1/2", "--p", "1/2", "--mu", "1", "--mu", "1,1"],
        "--mu[1] is 1,1: must sum to exactly 1 (the sum is 2)",
    ),
    (["--p", "1/2", "--mu", "1", "--share", "1/2"], "--share is 1/2: must sum to exactly 1"),
    (["--p", "1/2", "--mu", "1", "--share", "-1"], "--share[0] is -1: must be above zero"),
    (["--p", "1/2", "--mu", "1", "--share", "b"], "--share[0] is 'b': expected a decimal"),
    (
        ["--p", "1/2", "--mu", "1", "--share", "1/2", "--share", "1/2"],
        "number of --share is 2: must equal the number of --p, 1",
    ),
    (["--mu", "1"], "the following arguments are required: --p"),
    (["--p", "1/2"], "the following arguments are required: --mu"),
    (["--p", "1/2", "--mu", "1", "--method", "guess"], "invalid choice: 'guess'"),
    (["--p", "1/2", "--mu", "1", "2"], "unrecognized arguments: 2"),
    (
        ["--p", "1/2", "--mu", ",".join(["1/17"] * 17), "--method", "enumeration"],
        "--mu has 17 atoms: must have at most 16 for enumeration",
    ),
    (
        ["--p", "1/2", "--mu", ",".join(["1/9"] * 9), "--method", "program"],
        "--mu has 9 atoms: must have at most 8 for the program",
    ),
]


@pytest.mark.parametrize(("arguments", "message"), BAD)
def test_bad_input_ends_with_one_line(cli, arguments, message):
    code, out, err = cli(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"{PROGRAM}: error: ")
    assert message in err
    assert err.count("\n") == 1


def test_too_many_sums_end_with_one_line(cli, monkeypatch):
    monkeypatch.setattr(subset_sums, "BITSET_BITS", 0)
    monkeypatch.setattr(subset_sums, "KEPT_SUMS", 10)
    weights = [2**k for k in range(6)]
    masses = [F(weight, sum(weights)) for weight in weights]
    code, _, err = cli("--p", "1/2", "--mu", text(masses))
    assert code == 2
    assert "--mu has 6 atoms: must have at most" in err
    assert err.count("\n") == 1


def test_help_has_an_example(cli):
    code, out, _ = cli("--help")
    assert code == 0
    assert "--mu 2/5,3/5" in out
