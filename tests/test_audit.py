"""The audit's command line: report, JSON, page, errors, and the recorded audits."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from empirical.audit import main
from empirical.audit_columns import Features
from empirical.audit_data import Cases
from empirical.audit_folds import Settings, cross_validate
from empirical.audit_methods import REGIMES
from empirical.audit_options import PROGRAM, argument_parser, settings
from empirical.audit_payoffs import from_weights
from empirical.audit_record import COMPARED, FORMAT, IDLE, OWN_COSTS, audit_record
from empirical.audit_verdict import VERDICTS, sentence, summary
from theory.command_line import run

RESULTS = Path(__file__).parent.parent / "empirical" / "results"
QUICK = ("--untuned", "--repeats", "1", "--folds", "2")


@pytest.fixture
def cli(monkeypatch, capsys):
    """Call the command line in this process: (exit code, standard output, standard error)."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["empirical.audit", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            run(main, PROGRAM)
        printed = capsys.readouterr()
        return stopped.value.code, printed.out, printed.err

    return call


@pytest.fixture
def table(tmp_path) -> Path:
    """Eighty loans: risk depends on income, every loan has its own costs, customers repeat."""
    generator = np.random.default_rng(0)
    rows = 80
    income = generator.normal(size=rows)
    bad = generator.random(rows) < 1 / (1 + np.exp(1 + 1.5 * income))
    frame = pd.DataFrame(
        {
            "customer": np.arange(rows) // 2,
            "income": income,
            "town": generator.choice(["north", "south"], rows),
            "FP": 1.0,
            "FN": generator.uniform(2, 9, rows),
            "TP": 0.0,
            "TN": 0.0,
            "risk": np.where(bad, "bad", "good"),
        }
    )
    path = tmp_path / "loans.csv"
    frame.to_csv(path, index=False)
    return path


def costs(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def answer(cli, *arguments: object) -> dict:
    code, out, _ = cli(*arguments, "--json")
    assert code == 0
    assert out.count("\n") == 1
    return json.loads(out)


def check_record(record: dict) -> None:
    """The layout, and what must hold of any audit."""
    assert record["format"] == FORMAT
    assert set(record) == {
        "format", "data", "settings", "summary", "verdicts", "models", "environment"
    }  # fmt: skip
    data, run_with = record["data"], record["settings"]
    assert sum(data["classes"].values()) == data["cases"]
    folds = run_with["repeats"] * run_with["folds"]
    for key in ("command", "versions", "cpu", "seconds", "sha256"):
        assert record["environment"][key]
    for model, found in record["models"].items():
        assert set(found["regimes"]) <= set(REGIMES)
        for regime, measures in found["regimes"].items():
            for measure, values in measures.items():
                assert len(values["by_fold"]) == folds, (model, regime, measure)
                assert values["mean"] == pytest.approx(
                    np.mean(values["by_fold"]), rel=1e-4, abs=1e-5
                )
        for regime in ("weighted", "ex_post"):
            parts = found["regimes"][regime]
            total = parts["learning"]["mean"] + parts["choosing"]["mean"]
            assert parts["weighted_loss"]["mean"] == pytest.approx(total, abs=1e-5)
        for measure in COMPARED:
            each = found["comparisons"][measure]
            assert each["folds"] == folds
            if each["low"] is not None:
                assert each["low"] <= each["mean"] <= each["high"]
            assert 0 <= each["p_value"] <= each["p_adjusted"] <= 1
        ours, theirs = (found["regimes"][r]["payoff"]["mean"] for r in ("ex_post", "weighted"))
        gain = found["comparisons"]["payoff"]["mean"]
        assert gain == pytest.approx(ours - theirs, rel=1e-3, abs=1e-4)
        for measure in VERDICTS:
            words = sentence(found["comparisons"][measure], measure, data)
            assert record["verdicts"][model][measure] == words
    payoffs = {model: found["comparisons"]["payoff"] for model, found in record["models"].items()}
    idle = all(IDLE in found["warnings"] for found in record["models"].values())
    assert record["summary"] == summary(payoffs, data, idle)


def test_weights(cli, table):
    found = answer(cli, table, "--target", "risk", "--weights", "bad=5", *QUICK)
    check_record(found)
    assert found["data"]["payoff"] == [[5, 0], [0, 1]]
    assert found["data"]["numbers"] + found["data"]["categories"] == 4
    again = answer(cli, table, "--target", "risk", "--weights", "5,1", *QUICK)
    assert again["models"] == found["models"]
    assert OWN_COSTS not in found["data"]["remarks"]


def test_weights_of_one_show_no_difference(cli, table):
    """Not even by rounding: both regimes train the same model."""
    weights = ("--weights", "7,7")
    found = answer(cli, table, "--target", "risk", *weights, "--untuned", "--folds", "3")
    for words in found["verdicts"]["logistic"].values():
        assert "is the same in every fold" in words


def test_classes_that_are_numbers(cli, table, tmp_path):
    """The header of costs for the classes 0 and 1 is no third action."""
    frame = pd.read_csv(table)
    frame.assign(risk=(frame["risk"] == "bad").astype(int)).to_csv(table, index=False)
    path = costs(tmp_path / "costs.csv", "cost,0,1\nreject,1,0\naccept,0,5\n")
    found = answer(cli, table, "--target", "risk", "--cost", path, *QUICK)
    assert found["data"]["actions"] == ["reject", "accept"]
    assert found["data"]["payoff"] == [[-1, 0], [0, -5]]


def test_groups_of_unequal_size(cli, table):
    frame = pd.read_csv(table)
    frame["customer"] = np.where(np.arange(80) < 50, 0, np.arange(80))
    frame.to_csv(table, index=False)
    options = (table, "--target", "risk", "--weights", "5,1", "--groups", "customer", "--untuned")
    remarks = answer(cli, *options, "--repeats", "1")["data"]["remarks"]
    assert any("groups of unequal size: the largest test set" in each for each in remarks)


def test_all_with_others_and_too_many_jobs(cli, table):
    options = (table, "--target", "risk", "--weights", "5,1", *QUICK)
    code, out, err = cli(*options, "--json", "--jobs", "1000")
    assert code == 0
    assert "--jobs is 1000:" in err
    assert json.loads(out)["settings"]["jobs"] < 1000
    chosen = settings(argument_parser().parse_args([*map(str, options), "--model", "mlp,all"]))
    assert chosen.models == ("mlp", "logistic", "boosting", "forest")


def test_cost_columns_and_groups(cli, table):
    columns = ("--cost-columns", "FP", "FN", "TP", "TN", "--positive", "bad")
    found = answer(cli, table, "--target", "risk", *columns, "--groups", "customer", *QUICK)
    check_record(found)
    assert found["data"]["payoff"] == "by case"
    assert found["data"]["groups"] == 40
    assert found["data"]["numbers"] == 1  # neither the costs nor the groups are features
    assert found["data"]["unit"] == "cost"
    assert found["models"]["logistic"]["loss_calibration"] is None
    assert OWN_COSTS in found["data"]["remarks"]
    assert all(
        fold <= 0 for fold in found["models"]["logistic"]["regimes"]["raw"]["payoff"]["by_fold"]
    )


def test_a_third_action(cli, table, tmp_path):
    path = costs(tmp_path / "costs.csv", ",good,bad\ngood,0,8\nbad,2,0\nrefer,1,1\n")
    options = (table, "--target", "risk", "--cost", path, "--drop", "FP", "FN", "TP", "TN")
    found = answer(cli, *options, *QUICK)
    check_record(found)
    assert found["data"]["actions"] == ["good", "bad", "refer"]
    assert found["data"]["payoff"][2] == [-1, -1]
    assert "threshold" not in found["models"]["logistic"]["regimes"]
    shifted = answer(cli, *options, *QUICK, "--shift", "constant")
    assert shifted["data"]["payoff"] == found["data"]["payoff"]
    assert shifted["data"]["utility"] != found["data"]["utility"]


def test_text_for_people(cli, table):
    options = (
        table,
        "--target",
        "risk",
        "--weights",
        "5,1",
        *QUICK,
        "--model",
        "logistic,boosting",
    )
    code, out, _ = cli(*options)
    assert code == 0
    for title in ("weighted training", "ex post weighting", "calibration error"):
        assert out.count(f"\n  {title}  ") == 2
    for words in ("decisions: ", "predictions: ", "learning: "):
        assert words in out
    assert max(map(len, out.splitlines())) <= 100


class _Links(HTMLParser):
    """Collects what a page would load, and checks that elements are closed."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.identifiers: list[str] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in ("src", "href", "xlink:href", "data") and not value.startswith("#"):
                self.loaded.append(value)
            if name == "id":
                self.identifiers.append(value)

    def handle_data(self, data):
        self.text += data


def test_page_and_file(cli, table, tmp_path):
    page, record = tmp_path / "report.html", tmp_path / "record.json"
    frame = pd.read_csv(table).replace({"risk": {"bad": "<b>&bad"}})
    frame.to_csv(table, index=False)
    found = answer(cli, table, "--target", "risk", "--weights", "5,1", *QUICK,
                   "--html", page, "--out", record)  # fmt: skip
    assert json.loads(record.read_text()) == found
    parser = _Links()
    parser.feed(page.read_text())
    assert parser.loaded == []
    assert found["summary"] in parser.text
    assert "<b>&bad" in parser.text
    assert page.read_text().count("<svg ") == 3
    assert len(set(parser.identifiers)) == len(parser.identifiers)
    assert not re.search(r"<b>&bad", page.read_text())


def test_a_seed_gives_the_same_again(cli, table):
    options = (table, "--target", "risk", "--weights", "5,1", *QUICK)
    first, again = (answer(cli, *options) for _ in range(2))
    assert again["models"] == first["models"]
    assert answer(cli, *options, "--seed", "1")["models"] != first["models"]


def test_known_data(cli):
    code, out, err = cli("--dataset", "digits", "--data-dir", "nowhere", "--untuned", "--repeats",
                         "1", "--folds", "400")  # fmt: skip
    assert (code, out) == (2, "")
    assert "class '0' of the target is found in 178 rows" in err


def test_drawing_code_is_imported_only_to_draw():
    code = "import sys, empirical.audit; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_help_has_an_example(cli):
    code, out, _ = cli("--help")
    assert code == 0
    assert "Examples: " in out


BAD = [
    ((), "DATA is not given: must name a file (or use --dataset)"),
    (("absent.csv", "--target", "risk"), "DATA is absent.csv: must be a file that exists"),
    (("DATA",), "--target is not given: must name a column"),
    (("DATA", "--target", "risk"), "stakes are not given: must be --cost, --utility, --weights"),
    (("DATA", "--target", "risky", "--weights", "1,2"), "--target is 'risky': must be a column"),
    (("DATA", "--target", "risk", "--weights", "1,2,3"), "number of --weights is 3"),
    (("DATA", "--target", "risk", "--weights", "bad=5,bad=3"), "--weights is 'bad' twice"),
    (("DATA", "--target", "risk", "--weights", "1e-300,1e300"), "largest entry of --weights"),
    (("DATA", "--target", "risk", "--cost", "DOMINATED"), "'bad' of --cost is best in every class"),
    (("DATA", "--target", "risk", "--cost", "SAME"), "--cost is the same for all actions"),
    (("DATA", "--target", "risk", "--weights", "1,nan"), "--weights is nan: must be positive"),
    (("DATA", "--target", "income", "--weights", "1,2"), "number of --weights is 2: must equal"),
    (("DATA", "--target", "risk", "--cost", "absent.csv"), "--cost is absent.csv"),
    (("DATA", "--target", "risk", "--cost", "COSTS"), "number of columns of --cost is 3"),
    (("DATA", "--target", "risk", "--weights", "1,2", "--cost", "COSTS"), "not allowed with"),
    (("DATA", "--target", "risk", "--utility", "NEGATIVE"), "must be at least 0"),
    (("DATA", "--target", "risk", "--utility", "DEGENERATE"), "column 1 of --utility"),
    (("DATA", "--target", "risk", "--cost-columns", "FP", "FN", "TP", "TN"), "--positive is not"),
    (("DATA", "--target", "risk", "--cost-columns", "FP", "FN", "TP", "XX"), "'XX': must be a"),
    (("DATA", "--target", "risk", "--weights", "1,2", "--shift", "class"), "--shift is class:"),
    (("DATA", "--target", "risk", "--weights", "1,2", "--positive", "bad"), "--positive is bad"),
    (("DATA", "--target", "risk", "--weights", "1,2", "--model", "svm"), "--model is 'svm'"),
    (("DATA", "--target", "risk", "--weights", "1,2", "--folds", "1"), "--folds is 1: must be"),
    (("DATA", "--target", "risk", "--weights", "1,2", "--seed", "x"), "--seed is 'x': expected"),
    (("DATA", "--target", "risk", "--weights", "1,2", "--out", "x.txt"), "--out is x.txt: must"),
    (("DATA", "--target", "risk", "--weights", "1,2", "--html", "no/x.html"), "lie in a folder"),
    (("DATA", "--target", "risk", "--weights", "1,2", "--drop", "xx"), "'xx': must be a column"),
    (("DATA", "--target", "risk", "--weights", "1,2", "--drop", "risk"), "'risk': must be a f"),
    (("DATA", "--target", "risk", "--weights", "1,2", "--out", "/proc/x.json"), "be writable"),
    (("DATA", "--target", "risk", "--weights", "1,2", "--html", "/proc/x.html"), "be writable"),
    (("DATA", "--target", "risk", "--weights", "1,2", "--folds", "60"), "is found in"),
    (("--dataset", "digits", "--target", "x"), "target is given: must be left out with --dataset"),
    (("--dataset", "iris"), "invalid choice: 'iris'"),
    (("--dataset", "german", "--data-dir", "nowhere"), "German credit is not in nowhere: get"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "message"), BAD)
def test_bad_arguments_end_with_one_line(cli, table, tmp_path, arguments, message):
    files = {
        "DATA": table,
        "COSTS": costs(tmp_path / "c.csv", "1,2,3\n4,5,6\n"),
        "NEGATIVE": costs(tmp_path / "n.csv", "1,-2\n0,1\n"),
        "DOMINATED": costs(tmp_path / "o.csv", ",bad,good\ngood,1,1\nbad,0,0\n"),
        "SAME": costs(tmp_path / "s.csv", "0,0\n0,0\n"),
        "DEGENERATE": costs(tmp_path / "d.csv", "1,0\n2,0\n"),
    }
    code, out, err = cli(*(files.get(argument, argument) for argument in arguments))
    assert (code, out) == (2, "")
    assert err.startswith(PROGRAM)
    assert message in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("name", ["german", "churn", "digits", "xray_sample"])
def test_recorded_audits(name):
    path = RESULTS / f"audit_{name}.json"
    record = json.loads(path.read_text())
    check_record(record)
    assert record["data"]["name"] == name
    assert len(record["environment"]["commit"]) == 40
    assert record["environment"]["changed"] is False
    assert path.stat().st_size < 300_000


def test_recorded_audits_are_of_one_code():
    digests = {
        json.loads(path.read_text())["environment"]["source_sha256"]
        for path in RESULTS.glob("audit_*.json")
    }
    assert len(digests) == 1


# It can tell either way


def told(cases: Cases, ratio: float) -> dict:
    weights = [1.0, ratio]
    payoffs = from_weights(weights, cases.classes, cases.labels)
    chosen = Settings(("logistic",), 2, 5, 0, 1, False)
    record = audit_record("made up", cases, payoffs, chosen, cross_validate(cases, payoffs, chosen))
    return record["models"]["logistic"]["comparisons"]


def numeric_cases(numbers: np.ndarray, chances: np.ndarray, seed: int) -> Cases:
    labels = (np.random.default_rng(seed).random(len(chances)) < chances).astype(int)
    codes = np.empty((len(labels), 0), np.int32)
    names = tuple(f"x{column}" for column in range(numbers.shape[1]))
    return Cases(Features(numbers, codes, names, ()), labels, ("no", "yes"), None, ())


def test_weighting_wins_where_a_rigid_model_must_be_right_at_one_threshold():
    """A line cannot follow these chances; only weighted training bends it at 1/100, where the
    decision turns."""
    x = np.random.default_rng(0).uniform(-2, 2, 6000)
    chances = np.select([x < -1, x < 0, x < 1], [0.0, 0.05, 0.5], 0.1)
    found = told(numeric_cases(x[:, None], chances, 1), 99.0)["payoff"]
    assert found["mean"] < 0
    assert found["p_adjusted"] <= 0.05


def test_ex_post_wins_where_weights_waste_the_sample():
    """A well specified model with many coefficients: weights of 50 leave few effective cases."""
    numbers = np.random.default_rng(0).normal(size=(2000, 80))
    chances = 1 / (1 + np.exp(2.5 - numbers[:, 0] - 0.5 * numbers[:, 1]))
    found = told(numeric_cases(numbers, chances, 1), 50.0)["weighted_loss"]
    assert found["mean"] > 0
    assert found["p_adjusted"] <= 0.05
