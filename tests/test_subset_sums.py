"""Both engines of `theory.subset_sums` against a list of all subsets, and at their limits."""

from __future__ import annotations

from itertools import combinations
from math import factorial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from theory import subset_sums as module
from theory.subset_sums import Bitset, Halves, TooManySums, smallest_at_least, subset_sums

ENGINES = (Bitset, Halves)
WEIGHTS = st.lists(st.integers(1, 40), min_size=0, max_size=9)


def all_sums(weights: list[int]) -> list[int]:
    return [sum(some) for size in range(len(weights) + 1) for some in combinations(weights, size)]


@pytest.mark.parametrize("engine", ENGINES)
@given(weights=WEIGHTS, limit=st.integers(-5, 400))
def test_largest_sum_and_its_subset(engine, weights, limit):
    answer = engine.of(weights).largest_at_most(limit)
    below = [value for value in all_sums(weights) if value <= limit]
    if not below:
        assert answer is None
        return
    largest, chosen = answer
    assert largest == max(below) == sum(weights[i] for i in chosen)
    assert list(chosen) == sorted(set(chosen))


@pytest.mark.parametrize("engine", ENGINES)
@given(weights=WEIGHTS, limit=st.integers(-5, 400))
def test_smallest_sum_and_its_subset(engine, weights, limit):
    answer = smallest_at_least(engine.of(weights), limit)
    above = [value for value in all_sums(weights) if value >= limit]
    if not above:
        assert answer is None
        return
    smallest, chosen = answer
    assert smallest == min(above) == sum(weights[i] for i in chosen)


@given(
    weights=st.lists(st.integers(1, 10**40), min_size=1, max_size=8),
    picked=st.sets(st.integers(0, 7)),
)
def test_weights_of_many_digits_are_exact(weights, picked):
    total = sum(weights[i] for i in picked if i < len(weights))
    sums = Halves.of(weights)
    assert sums.largest_at_most(total)[0] == total
    assert smallest_at_least(sums, total)[0] == total
    assert sums.largest_at_most(total - 1) != (total, ())


def test_hundreds_of_weights_with_a_small_total():
    weights = [1 + (7 * k) % 23 for k in range(600)]
    sums = subset_sums(weights)
    assert isinstance(sums, Bitset)
    for limit in (0, 1, 1000, sum(weights) // 2, sum(weights)):
        largest, chosen = sums.largest_at_most(limit)
        assert largest == limit == sum(weights[i] for i in chosen)


def test_equal_weights_do_not_multiply_the_sums():
    weight = factorial(60)
    sums = subset_sums([weight] * 500 + [weight + 1] * 500)
    assert isinstance(sums, Halves)
    assert {len(side.levels[-1]) for side in (sums.left, sums.right)} == {501}
    largest, chosen = sums.largest_at_most(700 * weight + 300)
    assert largest == 700 * weight + 300
    assert sum(i >= 500 for i in chosen) == 300


@pytest.mark.parametrize("count", [8, 9])
def test_limit_on_kept_sums_is_exact(monkeypatch, count):
    """Powers of two: four weights on a side keep 1 + 2 + 4 + 8 + 16 sums, a fifth 32 more."""
    monkeypatch.setattr(module, "BITSET_BITS", 0)
    monkeypatch.setattr(module, "KEPT_SUMS", 31)
    weights = [2**k for k in range(count)]
    if count == 8:
        assert subset_sums(weights).largest_at_most(137)[0] == 137
    else:
        with pytest.raises(TooManySums, match="more than 31 sums"):
            subset_sums(weights)
