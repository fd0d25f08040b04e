"""Equilibria of a 2x2 game in exact rationals, by Gambit's vertex enumeration.

An independent route to what `theory.inspection` has in closed form: it sees only the two
payoff matrices.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pygambit

Profile = tuple[Fraction, Fraction]


def extreme_equilibria(
    rows: Sequence[Sequence[Fraction]], columns: Sequence[Sequence[Fraction]]
) -> tuple[set[Profile], set[frozenset[Profile]]]:
    """The extreme equilibria and the maximal sets of interchangeable ones, as sets of corners.

    `rows`, `columns`: the payoffs of the row and of the column player, as rationals.  A profile
    is the pair of the first row's and the first column's probability.
    """
    arrays = (np.array(payoffs, dtype=object) for payoffs in (rows, columns))
    game = pygambit.StrategicGame.from_arrays(*arrays)
    solved = pygambit.nash.enummixed_solve(game, rational=True, cliques=True)
    extreme = {_profile(game, profile) for profile in solved.equilibria}
    cliques = {frozenset(_profile(game, p) for p in clique) for clique in solved.cliques}
    alone = extreme - frozenset().union(*cliques)
    return extreme, cliques | {frozenset({profile}) for profile in alone}


def _profile(game: Any, profile: Any) -> Profile:
    first, second = (
        Fraction(int(weight.numerator), int(weight.denominator))
        for player in game.players
        for weight in [profile[player][game.get_strategies(player)[0]]]
    )
    return first, second
