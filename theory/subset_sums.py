"""Largest subset sum below a limit, exactly, for positive integer weights.

Deciding whether a sum is hit is the subset-sum problem, NP-complete in general, so each of the
two engines is exponential or pseudo-polynomial, and says where it stops:

* `Bitset`: one big integer per prefix of the weights, bit s set iff a subset of the prefix sums
  to s; a new weight w is one shift and one "or".  Time and memory are n times the total weight
  in bits, so it serves hundreds of weights with a small total.
* `Halves`: the weights are dealt to two sides, each side's distinct sums are listed in order,
  and a query walks one list upwards and the other downwards (meet in the middle).  A side's list
  grows by merging it with its own shift by w, two sorted runs, which Python's sort merges in
  linear time.  Equal weights stay on one side, where c copies multiply the list by at most
  c + 1 instead of 2^c.  It serves 40 weights of any size; time and memory grow with their digits.

Both recover the subset by walking back through the lists kept for every prefix: a sum that the
shorter prefix cannot make must use the last weight.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol

BITSET_BITS = 2**32
# 20 weights on a side have 2^21 - 1 sums over all prefixes.  Of 40 weights a side takes a 21st
# only while its list is the shorter, hence at most 2^19 long; then there are below 5 * 2^19.
KEPT_SUMS = 3 * 2**20
# Listing one sum takes about as long as 2^12 bits of a shift.
_BITS_PER_SUM = 2**12


class TooManySums(ValueError):
    """The weights have too many distinct subset sums for either engine."""


class SubsetSums(Protocol):
    """What both engines offer; `weights` are positive integers, indexed as given."""

    @property
    def weights(self) -> tuple[int, ...]: ...

    def largest_at_most(self, limit: int) -> tuple[int, tuple[int, ...]] | None:
        """The largest subset sum <= `limit` with the increasing indices of one such subset.

        None if even the empty subset, of sum 0, is above the limit.
        """
        ...


@dataclass(frozen=True)
class Bitset:
    """All subset sums as bits: bit s of ``reachable[k]`` tells of the first k weights.

    >>> Bitset.of((3, 5, 9)).largest_at_most(13)
    (12, (0, 2))
    """

    weights: tuple[int, ...]
    reachable: tuple[int, ...]

    @classmethod
    def of(cls, weights: Sequence[int]) -> Bitset:
        reachable = [1]
        for weight in weights:
            reachable.append(reachable[-1] | reachable[-1] << weight)
        return cls(tuple(weights), tuple(reachable))

    def largest_at_most(self, limit: int) -> tuple[int, tuple[int, ...]] | None:
        if limit < 0:
            return None
        mask = (1 << min(limit, sum(self.weights)) + 1) - 1
        largest = rest = (self.reachable[-1] & mask).bit_length() - 1
        chosen = []
        for k in reversed(range(len(self.weights))):
            if not self.reachable[k] >> rest & 1:
                chosen.append(k)
                rest -= self.weights[k]
        return largest, tuple(reversed(chosen))


@dataclass(frozen=True)
class Side:
    """Some of the weights, and the distinct sums of their first k in ``levels[k]``, increasing."""

    indices: tuple[int, ...]
    weights: tuple[int, ...]
    levels: tuple[list[int], ...]

    def extended(self, index: int, weight: int) -> Side:
        """The side with one more weight.  Raises `TooManySums` above `KEPT_SUMS` in all."""
        old = self.levels[-1]
        merged = sorted(old + [value + weight for value in old])
        new = [value for value, _ in groupby(merged)]
        if sum(map(len, self.levels)) + len(new) > KEPT_SUMS:
            raise TooManySums(f"more than {KEPT_SUMS} sums to keep for one half of the weights")
        return Side((*self.indices, index), (*self.weights, weight), (*self.levels, new))

    def subset(self, total: int) -> tuple[int, ...]:
        """Indices of weights that sum to `total`, which must be one of the sums."""
        chosen = []
        for k in reversed(range(len(self.weights))):
            shorter = self.levels[k]
            place = bisect_left(shorter, total)
            if place == len(shorter) or shorter[place] != total:
                chosen.append(self.indices[k])
                total -= self.weights[k]
        return tuple(chosen)


@dataclass(frozen=True)
class Halves:
    """All subset sums as pairs of a sum on the left and a sum on the right.

    >>> Halves.of((3, 5, 9)).largest_at_most(13)
    (12, (0, 2))
    """

    weights: tuple[int, ...]
    left: Side
    right: Side

    @classmethod
    def of(cls, weights: Sequence[int]) -> Halves:
        """Deal the weights to two sides, equal ones together, always to the shorter list."""
        left = right = Side((), (), ([0],))
        copies = Counter(weights)
        by_copies = sorted(copies, key=lambda weight: (-copies[weight], -weight))
        places: dict[int, list[int]] = {weight: [] for weight in copies}
        for index, weight in enumerate(weights):
            places[weight].append(index)
        for weight in by_copies:
            grow_left = len(left.levels[-1]) <= len(right.levels[-1])
            side = left if grow_left else right
            for index in places[weight]:
                side = side.extended(index, weight)
            left, right = (side, right) if grow_left else (left, side)
        return cls(tuple(weights), left, right)

    def largest_at_most(self, limit: int) -> tuple[int, tuple[int, ...]] | None:
        if limit < 0:
            return None
        largest, pair = -1, (0, 0)
        falling = reversed(self.right.levels[-1])
        high = next(falling)
        for low in self.left.levels[-1]:
            room = limit - low
            if room < 0:
                break
            # 0 is the last value of `falling`, so this ends before the list does.
            while high > room:
                high = next(falling)
            if low + high > largest:
                largest, pair = low + high, (low, high)
                if largest == limit:
                    break
        chosen = self.left.subset(pair[0]) + self.right.subset(pair[1])
        return largest, tuple(sorted(chosen))


def subset_sums(weights: Sequence[int]) -> SubsetSums:
    """The engine that suits these positive integer weights.

    `Bitset` where n times the total weight is at most `BITSET_BITS`, and small enough to beat the
    2^(n/2) sums of a half; else `Halves`, which raises `TooManySums` if the distinct sums of a
    half, over all its prefixes, number more than `KEPT_SUMS` (40 weights always fit).

    >>> type(subset_sums((1, 2, 4))).__name__, type(subset_sums((10**50, 1))).__name__
    ('Bitset', 'Halves')
    """
    if len(weights) * sum(weights) <= min(BITSET_BITS, _BITS_PER_SUM << len(weights) // 2):
        return Bitset.of(weights)
    return Halves.of(weights)


def smallest_at_least(sums: SubsetSums, limit: int) -> tuple[int, tuple[int, ...]] | None:
    """The smallest subset sum >= `limit` with one such subset; None if all sums are below it.

    A subset sums to at least the limit iff its complement sums to at most the total less the
    limit, so this is the same query.

    >>> smallest_at_least(Bitset.of((3, 5, 9)), 10)
    (12, (0, 2))
    """
    total = sum(sums.weights)
    complement = sums.largest_at_most(min(total, total - limit))
    if complement is None:
        return None
    rest, left_out = complement
    absent = set(left_out)
    return total - rest, tuple(i for i in range(len(sums.weights)) if i not in absent)
