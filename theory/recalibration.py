"""Recalibration: the posteriors behind a utility-weighted prediction.

Write s_y = sum_a u(a, y) for the column sums of U, all positive by nondegeneracy, and C for U
with each column divided by its sum, so that the columns of C are points of the simplex.  In the
coordinates  lambda_y = s_y q_y / sum_y' s_y' q_y'  of the simplex the prediction is linear,

    p^u(q) = U q / (1' U q) = C lambda,    q_y = (lambda_y / s_y) / sum_y' lambda_y' / s_y'.

So the image of p^u is the convex hull of the columns of C.  Where U is square and invertible,
lambda = C^-1 p, which is Theorem 2: q = U^-1 p / (1' U^-1 p).  The entries of lambda sum to 1
for every p of the simplex, and p is in the image iff none is negative; the total 1' U^-1 p is
then positive, and where it is not, no normalisation makes U^-1 p a posterior.  For every U the
posteriors consistent with p form a convex polytope (Lemma 1), whose vertices are those of
{lambda in the simplex: C lambda = p} in other coordinates.

Source: Misaligned by Design, Appendix A.5: Theorem 2, eqs. (26), (27); Lemma 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from scipy.optimize import nnls

from theory.arrays import (
    alongside,
    as_array,
    as_fractions,
    as_numpy,
    is_exact,
    matrix_vector,
    namespace,
    rounding_unit,
    solve,
)
from theory.command_line import require
from theory.conditioning import condition_number, row_scaled

# A backward stable solver errs by a small multiple of m * eps * condition.
ROUNDING_FACTOR = 8


@dataclass(frozen=True)
class Recalibration:
    """What Theorem 2 makes of predictions, and whether they can have come from a posterior.

    posterior: (..., m); the value of the formula.  Off the image it has a negative entry, or is
        nan where the total is zero; if projected, it belongs to the nearest prediction of the
        image instead.
    in_image: (...), booleans; whether the prediction is that of some posterior.
    condition_number: of U (see `condition_number`); a float, or (...) for utilities by instance.
    total: (...); 1' U^-1 p, positive on the image.
    """

    posterior: Any
    in_image: Any
    condition_number: Any
    total: Any


def recalibrate(utility: Any, prediction: Any, *, project: bool = False) -> Recalibration:
    """The posterior that leads to each prediction, by Theorem 2, eq. (26).

    Shapes: utility (m, m), or (..., m, m), nonnegative, nondegenerate and invertible; prediction
    (..., m), in the simplex; leading axes are broadcast.  Exact numbers stay exact; torch tensors
    carry gradients, but constants come from a projection.  Rounding can make entries of lambda
    negative by up to 8 m eps k, where k is the condition number of C with every row scaled to
    maximum 1: floats down to that count as zero.  If `project`, predictions off the image are
    replaced by those of `nearest_in_image`.

    Raises `InputError` for a utility that is not square or not invertible
    (`consistent_posteriors` takes every utility), and for shapes that do not fit.

    >>> found = recalibrate([[99, 0], [0, 1]], [0.5, 0.5])
    >>> found.posterior.round(3).tolist(), bool(found.in_image), round(found.condition_number)
    ([0.01, 0.99], True, 99)
    """
    utility, prediction = _checked(utility, prediction)
    shape = tuple(utility.shape)
    wanted = "be square to be inverted (consistent_posteriors takes any shape)"
    require(shape[-2] == shape[-1], "shape of utility", shape, wanted)
    xp = namespace(utility, prediction)
    sums = xp.sum(utility, axis=-2)
    shares, tolerance = _shares(utility / sums[..., None, :], prediction)
    in_image = xp.all(shares >= -tolerance, axis=-1)
    total = xp.sum(shares / sums, axis=-1)
    valid = in_image[..., None]
    shares = xp.where(valid & (shares < 0), 0 * shares, shares)
    if project and not bool(xp.all(in_image)):
        nearest = _nearest_shares(as_numpy(utility), as_numpy(prediction), ~as_numpy(in_image))
        shares = xp.where(valid, shares, alongside(nearest, shares))
    weights = shares / sums
    scale = xp.sum(weights, axis=-1, keepdims=True)
    posterior = weights / xp.where(scale == 0, xp.nan, scale)
    return Recalibration(posterior, in_image, condition_number(utility), total)


def nearest_in_image(utility: Any, prediction: Any) -> Any:
    """The utility-weighted prediction nearest to each prediction, in Euclidean distance.

    Shapes: utility (n, m) or (..., n, m), nonnegative and nondegenerate, of any rank; prediction
    (..., n).  Returns (..., n), exact for exact numbers; a prediction in the image is its own
    nearest.  One small quadratic program for each row; carries no gradients.

    >>> nearest_in_image([[1, 0.5], [0, 0.5]], [0.2, 0.8]).tolist()
    [0.5, 0.5]
    """
    utility, prediction = _checked(utility, prediction)
    matrix, target = as_numpy(utility), as_numpy(prediction)
    shares = _nearest_shares(matrix, target, np.full(target.shape[:-1], True))
    columns = matrix / matrix.sum(axis=-2)[..., None, :]
    return alongside(matrix_vector(columns, shares), prediction)


def consistent_posteriors(utility: Any, prediction: Any, *, tolerance: float | None = None) -> Any:
    """Vertices of the set of posteriors that lead to a prediction: a polytope, by Lemma 1.

    Shapes: utility (n, m), nonnegative and nondegenerate, of any rank; prediction (n,), in the
    simplex.  Returns (k, m), in lexicographic order: no row if the prediction is off the image,
    one if it has one posterior.  Exact numbers are decided exactly.  Floats are divided by their
    sum, and a posterior agrees with them if no entry of its prediction differs by more than
    `tolerance` times the larger of the two: an entry of 1e-12 counts as much as one of 1/2.  By
    default that is 1e-9, or in single precision 16 (n + m) eps, as both U q and its sum round up
    to m and n times.  Takes time and space that grow with the number of vertices of the
    intermediate polytopes.

    >>> consistent_posteriors([[1, 0, 1], [0, 1, 1]], [0.5, 0.5]).tolist()
    [[0.0, 0.0, 1.0], [0.5, 0.5, 0.0]]
    """
    utility, prediction = _checked(utility, prediction)
    matrix, target = as_numpy(utility), as_numpy(prediction)
    require(matrix.ndim == 2, "shape of utility", matrix.shape, "be (n, m)")
    require(target.ndim == 1, "shape of prediction", target.shape, "be (n,)")
    one: Any = Fraction(1) if is_exact(matrix) else 1.0
    if is_exact(matrix):
        tolerance = 0
    else:
        rounding = 16 * sum(matrix.shape) * max(map(rounding_unit, (matrix, target)))
        tolerance = max(1e-9, rounding) if tolerance is None else tolerance
        matrix = matrix.astype(float)
        target = target.astype(float) / target.sum(dtype=float)
    sums = matrix.sum(axis=0)
    columns = matrix / sums
    vertices = np.diag(np.full(matrix.shape[1], one))
    for action in np.argsort(target, kind="stable"):  # the least can be off by the least
        vertices = _cut(vertices, columns[action], target[action], tolerance)
    weights = vertices / sums
    posteriors = weights / weights.sum(axis=1)[:, None]
    return np.array(sorted(posteriors.tolist()), dtype=posteriors.dtype).reshape(-1, len(sums))


def _checked(utility: Any, prediction: Any) -> tuple[Any, Any]:
    prediction = as_array(prediction)
    utility = alongside(utility, prediction)
    prediction = alongside(prediction, utility)
    require(utility.ndim >= 2, "shape of utility", tuple(utility.shape), "be (n, m)")
    require(prediction.ndim >= 1, "shape of prediction", tuple(prediction.shape), "be (..., n)")
    rows, entries = int(utility.shape[-2]), int(prediction.shape[-1])
    wanted = f"equal the rows of utility, {rows}"
    require(rows == entries, "number of entries of prediction", entries, wanted)
    if utility.ndim > 2:
        utility, prediction = _broadcast(utility, prediction)
    if is_exact(utility) or is_exact(prediction):
        return as_fractions(utility), as_fractions(prediction)
    return utility, prediction


def _broadcast(utility: Any, prediction: Any) -> tuple[Any, Any]:
    """A utility and a prediction for each instance, with the same leading axes."""
    instances = tuple(utility.shape[:-2]), tuple(prediction.shape[:-1])
    try:
        shape = np.broadcast_shapes(*instances)
    except ValueError:
        wanted = f"fit those of utility, {instances[0]}"
        require(False, "leading axes of prediction", instances[1], wanted)
    xp = namespace(utility, prediction)
    return (
        xp.broadcast_to(utility, (*shape, *utility.shape[-2:])),
        xp.broadcast_to(prediction, (*shape, prediction.shape[-1])),
    )


def _shares(columns: Any, prediction: Any) -> tuple[Any, Any]:
    """lambda = C^-1 p, and how far below zero rounding can take its entries."""
    wanted = "be invertible (consistent_posteriors gives all posteriors)"
    if is_exact(columns):
        try:
            return solve(columns, prediction), 0
        except np.linalg.LinAlgError:
            require(False, "utility", "singular", wanted)
    scaled, largest, error = row_scaled(columns)
    require(bool((error < 1).all()), "utility", "singular up to rounding", wanted)
    tolerance = ROUNDING_FACTOR * error
    if np.ndim(tolerance):
        tolerance = alongside(tolerance[..., None], scaled)
    return solve(scaled, prediction / largest), tolerance


def _nearest_shares(utility: Any, prediction: Any, wanted: Any) -> Any:
    """lambda of the nearest point of the image, in the rows that are `wanted`; zero elsewhere.

    The least ||C lambda - p|| over the simplex is at mu / 1'mu, where mu >= 0 has the least
    ||(C - p 1') mu||^2 + (1'mu - 1)^2: for a fixed direction lambda of norm t = ||(C - p 1')
    lambda|| the best multiple leaves t^2 / (1 + t^2), which increases in t.
    """
    columns = utility / utility.sum(axis=-2)[..., None, :]
    exact = is_exact(columns)
    size = columns.shape[-1]
    shape = prediction.shape[:-1]
    columns = np.broadcast_to(columns, (*shape, *columns.shape[-2:]))
    shares = np.full((*shape, size), Fraction(0) if exact else 0.0)
    for index in np.argwhere(wanted):
        at = tuple(index)
        above = columns[at] - prediction[at][:, None]
        matrix = np.concatenate([above, np.ones((1, size), dtype=int)])
        target = np.array([0] * len(above) + [1])
        found = _exact_nnls(matrix, target) if exact else nnls(matrix, target)[0]
        shares[at] = found / found.sum()
    return shares


def _exact_nnls(matrix: Any, target: Any) -> Any:
    """The exact x >= 0 with the least ||matrix x - target||, by the method of Lawson and Hanson.

    The active columns stay linearly independent, and the distance falls from one set of active
    columns to the next, so that it ends.
    """
    size = matrix.shape[1]
    solution = np.full(size, Fraction(0))
    active: list[int] = []
    while True:
        slope = matrix.T @ (target - matrix @ solution)
        rising = [column for column in range(size) if column not in active and slope[column] > 0]
        if not rising:
            return solution
        active.append(max(rising, key=lambda column: slope[column]))
        while True:
            chosen = matrix[:, active]
            best = solve(chosen.T @ chosen, chosen.T @ target)
            if (best > 0).all():
                solution[active] = best
                break
            here = solution[active]
            falling = best <= 0
            step = min(here[falling] / (here[falling] - best[falling]))
            solution[active] = here + step * (best - here)
            active = [column for column in active if solution[column] > 0]


def _cut(vertices: Any, column: Any, target: Any, tolerance: float) -> Any:
    """Vertices of the polytope's intersection with {lambda: column . lambda = target}.

    They are the vertices on the hyperplane and its crossings with edges.  An edge joins two
    vertices if no third one vanishes wherever both do.  Crossings are sums of terms of one sign,
    so that floats, too, vanish exactly where they should.
    """
    reached = vertices @ column
    values = reached - target
    slack = tolerance * np.maximum(reached, target)
    support = vertices > 0
    found = list(vertices[abs(values) <= slack])
    for above in np.flatnonzero(values > slack):
        for below in np.flatnonzero(values < -slack):
            joint = support[above] | support[below]
            if (~support | joint).all(axis=1).sum() == 2:
                crossing = values[above] * vertices[below] - values[below] * vertices[above]
                found.append(crossing / (values[above] - values[below]))
    return np.array(found, dtype=vertices.dtype).reshape(-1, vertices.shape[1])
