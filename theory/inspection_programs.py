"""The auditor's best commitment by linear programs, from the two payoff matrices alone.

Conitzer and Sandholm (2006): for each reply of the solver, choose the inspection rate that is
best for the auditor among those to which the reply is a best one; then take the better reply.
This is the strong Stackelberg solution that `InspectionGame.commitment` has in closed form.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog

from theory.inspection import Commitment, Matrix


def commitment_by_programs(solver: Matrix, auditor: Matrix) -> Commitment:
    """The best commitment, in floats; of equally good ones an honest solver.

    Rows: cheat, honest; columns: inspect, not.  A reply is a best one at some inspection rate
    or its program is infeasible; at least one program is feasible.
    """
    follower, leader = np.array(solver, dtype=float), np.array(auditor, dtype=float)
    found: list[Commitment] = []
    for row, cheats in ((1, False), (0, True)):
        other = 1 - row
        solved = linprog(
            -leader[row],
            A_ub=[follower[other] - follower[row]],
            b_ub=[0.0],
            A_eq=[[1.0, 1.0]],
            b_eq=[1.0],
            bounds=(0.0, 1.0),
            method="highs",
        )
        if solved.status == 0:
            found.append(Commitment(float(solved.x[0]), cheats, -float(solved.fun)))
    return max(found, key=lambda commitment: commitment.auditor)
