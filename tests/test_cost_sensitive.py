"""Thresholds, class weights, resampling, base rates; agreement of methods, and its command line."""

from __future__ import annotations

import json
from fractions import Fraction as F

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from theory.agreement import prediction_difference, worst_disagreement
from theory.base_rates import (
    adjusted_posterior,
    base_rate_weights,
    posterior_under_base_rates,
)
from theory.class_weights import (
    class_weighted_prediction,
    cost_vector,
    deciding_weights,
    elkan_weight,
    pairwise_weights,
)
from theory.command_line import InputError
from theory.cost_sensitive import PROGRAM, agreements, main
from theory.linear_programs import maximise
from theory.prediction import expected_utility, utility_weighted_prediction
from theory.resampling import expanded_examples, expanded_law
from theory.thresholds import binary_rule, indifference_probability
from theory.utility import class_weight_utility, utility_from_cost

THREE = [[0, 2, 100], [1, 0, 60], [5, 3, 0]]
ENTRIES = st.integers(0, 4)


def square(size: int) -> st.SearchStrategy[np.ndarray]:
    row = st.lists(ENTRIES, min_size=size, max_size=size)
    rows = st.lists(row, min_size=size, max_size=size)
    return rows.map(lambda rows: np.array([[F(x) for x in row] for row in rows]))


@pytest.fixture
def cli(in_process):
    return in_process(main, PROGRAM)


@given(square(3), square(3))
def test_worst_disagreement_against_another_solver(utility, scores):
    found = worst_disagreement(utility, scores)
    losses = [0.0]
    for a in range(3):
        for b in range(3):
            solved = linprog(
                -(utility[b] - utility[a]).astype(float),
                A_ub=[(scores[d] - scores[a]).astype(float) for d in range(3)],
                b_ub=np.zeros(3),
                A_eq=np.ones((1, 3)),
                b_eq=[1.0],
            )
            losses += [-solved.fun] if solved.status == 0 else []
    assert (float(found.loss) if found else 0) == pytest.approx(max(losses), abs=1e-9)
    if found:
        assert sum(found.posterior) == 1
        assert min(found.posterior) >= 0
        values = expected_utility(utility, found.posterior)
        assert values[found.best] - values[found.chosen] == found.loss
        assert expected_utility(scores, found.posterior)[found.chosen] == max(
            expected_utility(scores, found.posterior)
        )


@given(st.lists(st.integers(1, 5), min_size=3, max_size=3), st.integers(1, 3))
def test_multiples_have_the_same_predictions(weights, factor):
    utility = class_weight_utility([F(w) for w in weights])
    assert prediction_difference(utility, factor * utility) is None
    other = utility + 1
    posterior = prediction_difference(utility, other)
    differ = (
        utility_weighted_prediction(utility, posterior)
        != utility_weighted_prediction(other, posterior)
    ).any()
    assert differ


def test_predictions_that_no_posterior_moves():
    assert prediction_difference([[1, 2], [1, 2]], [[3, 1], [3, 1]]) is None


def test_deciding_weights_where_nothing_matters():
    assert deciding_weights([[F(1), F(2)], [F(1), F(2)]]).tolist() == [1, 1]
    assert deciding_weights([[1, 1], [1, 0]]) is None


def test_maximise_refuses_what_it_cannot_solve():
    with pytest.raises(InputError, match="bounds is"):
        maximise([1], [[1]], [-1])
    with pytest.raises(InputError, match="unbounded"):
        maximise([1], [[-1]], [1])


@given(square(2), st.fractions(0, 1, max_denominator=8))
def test_binary_rule_is_risk_minimisation(cost, q):
    negative, positive = expected_utility(cost, np.array([1 - q, q]))
    assert binary_rule(cost).is_positive_best(q) == (positive <= negative)


@given(
    *[st.fractions(F(1, 20), F(19, 20), max_denominator=20)] * 2,
    st.fractions(0, 1, max_denominator=40),
)
def test_elkan_moves_the_threshold(target, base, q):
    weights = np.array([elkan_weight(target, base), F(1)])
    prediction = class_weighted_prediction(weights, np.array([1 - q, q]))
    assert (q >= target) == (prediction[1] >= base)


@given(st.lists(st.integers(1, 9), min_size=3, max_size=5), st.integers(1, 9))
def test_pairwise_weights_of_consistent_costs(weights, shared):
    size = len(weights)
    cost = np.array(
        [[F(weights[y] * (shared + a + y)) * (a != y) for y in range(size)] for a in range(size)]
    )
    found = pairwise_weights(cost).weights
    for a in range(size):
        for y in range(size):
            assert a == y or found[y] / found[a] == cost[a, y] / cost[y, a]


def test_floats_are_consistent_up_to_rounding():
    assert pairwise_weights([[0, 0.1, 0.3], [0.2, 0, 0.7], [0.6, 0.7, 0]]).violated is None
    decimals = [[0, 12.96, 16.74], [11.52, 0, 36.27], [8.64, 21.06, 0]]
    assert pairwise_weights(decimals).violated is None
    assert pairwise_weights(np.array(decimals, dtype=np.float32)).violated is None
    off = [[0, 12.96, 16.74], [11.52, 0, 36.27], [8.64, 21.06 * (1 + 1e-14), 0]]
    assert pairwise_weights(off).violated == (0, 1, 2)


@given(st.lists(st.integers(1, 99), min_size=6, max_size=6))
def test_costs_in_decimals_are_consistent_if_their_fractions_are(tenths):
    weights, shared = tenths[:3], [[0, *tenths[3:5]], [tenths[3], 0, tenths[5]], [*tenths[4:], 0]]
    cost = [[float(F(shared[a][y] * weights[y], 100)) for y in range(3)] for a in range(3)]
    found = pairwise_weights(cost)
    assert found.violated is None
    assert found.weights == pytest.approx(np.array(weights) / weights[2])


@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_large_and_small_costs_are_compared(scale):
    cost = scale * np.array([[0.0, 1, 1], [2, 0, 1], [1, 1, 0]])
    assert pairwise_weights(cost).violated == (0, 1, 2)


def test_the_diagonal_of_pairwise_costs_is_not_used():
    for unused in (0.0, 5.0, np.inf, np.nan):
        assert pairwise_weights([[unused, 1], [4, unused]]).weights.tolist() == [4, 1]
    assert pairwise_weights([[0]]).weights.tolist() == [1]


def test_weights_of_tensors_are_tensors():
    cost = torch.tensor([[0.0, 1, 2], [3, 0, 2], [6, 2, 0]], requires_grad=True)
    weights = pairwise_weights(cost).weights
    assert weights.tolist() == [3, 1, 1]
    weights.sum().backward()
    assert cost.grad is not None
    assert deciding_weights(torch.tensor([[5.0, 0, 1], [2, 4, 1], [2, 0, 2]])).tolist() == [3, 4, 1]
    mixed = class_weighted_prediction(torch.tensor([1.0, 99.0]), [0.99, 0.01])
    assert mixed.tolist() == pytest.approx([0.5, 0.5])


def test_exact_integers_stay_exact():
    integers = np.array([[0, 99], [1, 0]], dtype=object)
    assert binary_rule(integers).threshold == F(1, 100)
    assert isinstance(binary_rule(integers).threshold, F)
    predicted = class_weighted_prediction(*np.array([[1, 2], [1, 1]], dtype=object))
    assert predicted.tolist() == [F(1, 3), F(2, 3)]


def test_no_examples_expand_to_none():
    assert [column.tolist() for column in expanded_examples([], [[1, 0], [0, 1]])] == [[], [], []]


def test_cost_vector_decides_for_two_classes():
    cost = np.array([[F(0), F(7)], [F(2), F(0)]])
    utility = utility_from_cost(cost)
    assert worst_disagreement(utility, class_weight_utility(cost_vector(cost))) is None


def test_expanded_data_have_the_expanded_law():
    joint = np.array([[F(1, 10), F(4, 10)], [F(5, 10), F(0)]])
    utility = np.array([[F(3), F(1)], [F(0), F(2)], [F(1), F(0)]])
    law = expanded_law(joint, utility)
    features, labels = np.array([0] * 5 + [1] * 5), np.array([0] + [1] * 4 + [0] * 5)
    example, label, weight = expanded_examples(labels, utility)
    counted = np.full(law.shape, F(0))
    np.add.at(counted, (features[example], label), weight)
    assert (counted / counted.sum()).tolist() == law.tolist()
    conditional = law / law.sum(axis=1, keepdims=True)
    posterior = joint / joint.sum(axis=1, keepdims=True)
    assert conditional.tolist() == utility_weighted_prediction(utility, posterior).tolist()


def test_expanded_examples_by_instance_and_in_torch():
    utility = np.array([[[3.0, 0.0], [0.0, 1.0]], [[1.0, 2.0], [0.0, 5.0]]])
    example, label, weight = expanded_examples([0, 1], utility)
    assert (example.tolist(), label.tolist(), weight.tolist()) == ([0, 1, 1], [0, 0, 1], [3, 2, 5])
    same = expanded_examples(torch.tensor([0, 1]), torch.tensor(utility))
    assert [column.tolist() for column in same] == [[0, 1, 1], [0, 0, 1], [3, 2, 5]]


@given(st.lists(st.integers(1, 9), min_size=6, max_size=6), st.integers(1, 8), st.integers(1, 8))
def test_base_rates_by_formula_and_by_definition(counts, first, second):
    joint = np.array([F(n, sum(counts)) for n in counts]).reshape(2, 3)
    target = np.array([F(first), F(second), F(3)]) / (first + second + 3)
    posterior = joint / joint.sum(axis=1, keepdims=True)
    adjusted = adjusted_posterior(posterior, target, joint.sum(axis=0))
    assert adjusted.tolist() == posterior_under_base_rates(joint, target).tolist()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: base_rate_weights([0.5, 0.5], [1, 0]), "source[1] is 0.0"),
        (lambda: base_rate_weights([1], [0.5, 0.5]), "shape of target is (1,)"),
        (lambda: adjusted_posterior([0, 1], [1, 0], [0.5, 0.5]), "posterior is without weight"),
        (lambda: base_rate_weights([-1, 2], [0.5, 0.5]), "target is [-1.0, 2.0]"),
        (lambda: base_rate_weights([0.5, 0.5], [1, 1]), "source is [1.0, 1.0]"),
        (lambda: binary_rule([[1]]), "shape of cost is (1, 1)"),
        (lambda: binary_rule([[0, float("nan")], [1, 0]]), "cost is [[0.0, nan], [1.0, 0.0]]"),
        (lambda: indifference_probability([[0, 0], [1, 1]]), "A + B is 0.0: must not be zero"),
        (lambda: elkan_weight(1.0, 0.5), "threshold is 1.0: must lie strictly between 0 and 1"),
        (lambda: elkan_weight(1.5, 0.5), "threshold is 1.5: must lie"),
        (lambda: elkan_weight(F(1, 2), 0), "base_threshold is 0: must lie"),
        (lambda: pairwise_weights([[0, 0], [1, 0]]), "cost[0, 1] is 0.0: must be positive"),
        (lambda: pairwise_weights([[0, np.inf], [1, 0]]), "cost[0, 1] is inf: must be positive"),
        (lambda: pairwise_weights([[0, 1e-200], [1e200, 0]]), "cost[1, 0] / cost[0, 1] is inf"),
        (lambda: expanded_examples([0.0], [[1, 1]]), "type of labels is float64: must be integer"),
        (lambda: expanded_law([[1.0, 0.0]], [[0, 1], [0, 1]]), "utility is zero"),
        (lambda: expanded_examples([0, 2], [[1, 1]]), "a label is 2: must lie in 0..1"),
        (lambda: deciding_weights([[1]]), "shape of utility is (1, 1)"),
        (lambda: worst_disagreement([[1, 2]], [[1], [2]]), "shape of scores is (2, 1)"),
        (lambda: agreements([[0, float("nan")], [1, 0]]), "cost is"),
        (lambda: agreements([[0, -1], [1, 0]]), "smallest cost is -1"),
        (lambda: agreements([[0, 1]]), "shape of cost is (1, 2)"),
    ],
)
def test_errors_name_argument_and_value(call, message):
    with pytest.raises(InputError, match="must") as raised:
        call()
    assert message in str(raised.value)


def test_the_table_of_methods(cli, write):
    path = write("\n".join(",".join(map(str, row)) for row in THREE), "c.csv")
    code, out, err = cli("--cost", path)
    assert (code, err) == (0, "")
    assert "data expansion, doubly-weighted  same        same" in out
    assert (
        "pairwise class weights           -           -          none: around classes 1, 2, 3"
        in out
    )


def test_json_gives_the_worst_posterior(cli, write):
    path = write("\n".join(",".join(map(str, row)) for row in THREE), "c.csv")
    code, out, err = cli("--cost", path, "--json", "--exact")
    assert (code, err, out.count("\n")) == (0, "", 1)
    rows = {row["method"]: row for row in json.loads(out)["methods"]}
    worst = rows["cost vector"]["decision"]
    assert (worst["chosen"], worst["best"], worst["expected_utility_lost"]) == ("3", "2", "428/179")
    q = np.array([F(entry) for entry in worst["posterior"]])
    utility = utility_from_cost(np.array(THREE, dtype=object) * F(1))
    values = expected_utility(utility, q)
    assert values[1] - values[2] == F("428/179")
    assert not rows["deciding class weights"]["applies"]


def test_two_classes_have_a_threshold(cli, write):
    path = write("0,99\n1,0\n", "c.csv")
    code, out, _ = cli("--cost", path, "--json")
    assert code == 0
    assert json.loads(out)["threshold"] == {"class": "2", "side": "at least", "q": 0.01}
    code, out, _ = cli("--cost", path)
    assert "for class 2 has the lowest risk: if its probability is at least 0.01" in out


def test_a_utility_of_ones_own(cli, write):
    costs, own = write("0,99\n1,0\n", "c.csv"), write("99,0\n0,1\n", "u.csv")
    code, out, _ = cli("--cost", costs, "--utility", own, "--json")
    assert code == 0
    rows = {row["method"]: row for row in json.loads(out)["methods"]}
    assert not rows["cost vector"]["same_decision"]


def test_classes_without_costs_and_errors_without(cli, write):
    path = write("0,0\n1,0\n", "c.csv")
    code, out, _ = cli("--cost", path, "--json")
    assert code == 0
    reasons = {row["method"]: row.get("reason") for row in json.loads(out)["methods"]}
    assert reasons["cost vector"] == "a class without any cost"
    assert reasons["pairwise class weights"] == "an error without a cost"


def named_rows(cli, *arguments):
    code, out, err = cli(*arguments, "--json", "--exact")
    assert (code, err) == (0, "")
    return json.loads(out)


def test_rows_and_columns_are_matched_by_name(cli, write):
    texts = (
        ",cat,dog\ncat,0,9\ndog,1,0\n",
        ",cat,dog\ndog,1,0\ncat,0,9\n",
        "cat,dog\n0,9\n1,0\n",
    )
    first, *others = (named_rows(cli, "--cost", write(text, "c.csv")) for text in texts)
    assert others == [first, first]
    assert first["threshold"] == {"class": "dog", "side": "at least", "q": "1/10"}
    likely = next(row for row in first["methods"] if row["method"] == "most likely class")
    assert (likely["decision"]["chosen"], likely["decision"]["best"]) == ("cat", "dog")
    cost = write(texts[0], "c.csv")
    for own in (",dog,cat\ndog,9,8\ncat,0,9\n", ",cat,dog\ndog,8,9\ncat,9,0\n", "9,0\n8,9\n"):
        assert named_rows(cli, "--cost", cost, "--utility", write(own, "u.csv")) == first


@pytest.mark.parametrize(
    ("cost", "own", "message"),
    [
        (",cat,dog\ncat,0,9\ncow,1,0\n", None, "rows of --cost is cat, cow: must be those"),
        (",cat,dog\ncat,0,9\ndog,1,0\n", "cat,cow\n1,0\n0,1\n", "columns of --utility is cat, cow"),
        ("0,9\n1,0\n", "1,0,0\n0,1,0\n0,0,1\n", "rows of --utility is 3: must be 2"),
    ],
)
def test_names_that_do_not_match_are_refused(cli, write, cost, own, message):
    arguments = ["--cost", write(cost, "c.csv")]
    if own is not None:
        arguments += ["--utility", write(own, "u.csv")]
    code, out, err = cli(*arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert message in err


def test_reasons_are_those_that_hold(cli, write):
    found = {}
    for text in ("1,0\n0,1\n", "0,2,1\n1,0,1\n3,1,0\n"):
        rows = named_rows(cli, "--cost", write(text, "c.csv"))["methods"]
        found[text[0]] = {row["method"]: row.get("reason") for row in rows}
    worthless = "in some class the right answer is worth no more than an error"
    assert found["1"]["deciding class weights"] == worthless
    assert found["0"]["deciding class weights"] == "errors in class 1 differ in utility"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0,1\n", "shape of --cost is (1, 2)"),
        ("0,-1\n1,0\n", "smallest cost is -1"),
        ("0,x\n1,0\n", "column 2 is 'x'"),
        ("0,1e400\n1,0\n", "a result is too large for a decimal: use --exact"),
        ("\n".join(",".join("1" for _ in range(13)) for _ in range(13)), "is 13: must be at most"),
    ],
)
def test_bad_input_is_one_line(cli, write, text, message):
    code, out, err = cli("--cost", write(text, "c.csv"))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("python -m theory.cost_sensitive: error: ")
    assert message in err
