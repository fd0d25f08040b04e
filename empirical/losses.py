"""Utility-weighted losses for training a network: cross entropy and Brier score, from logits.

A network with n outputs is trained on  l^u(p, y) = sum_a l(p, a) u(a, y)  (Misaligned by
Design, eq. (6)), where p is the softmax of its logits and l one of

    cross entropy   l(p, a) = -log p_a,
    Brier score     l(p, a) = sum_k (p_k - 1{k = a})^2.

Its best prediction is then p^u(q), Theorem 1, and not the posterior q: to decide, take the
largest p_a; to get probabilities back, use `theory.recalibration`.  What such a loss does to the
incentive to learn is the subject of the paper; it offers the comparison, not a recommendation.

Only the weights of an instance, v_a = u(a, y), enter, or U t for a target distribution t over
classes:  sum_a v_a (-log p_a)  and, with V = sum_a v_a and h = v / V,

    sum_a v_a l_Brier(p, a) = V (|p - h|^2 + 1 - |h|^2),

which is exact at p = h, where the expanded square would cancel.  Logits of 16 bits are taken to
32; a weight of zero times an infinite loss is zero, so a class may be masked by a logit of -inf.

How this relates to `torch.nn.functional.cross_entropy` (all of it is tested):

* `weight=w` is U = diag(w), which may be passed as w itself; `label_smoothing=eps` together with
  it is U[a, y] = w_a ((1 - eps) 1{a = y} + eps / m): the smoothing spread over class a weighs
  w_a, not w_y.  Sums and unreduced losses agree.
* torch's 'mean' divides by the sum of w_y over the batch, so the size of a step depends on which
  classes are in the batch, and batches are no unbiased parts of the whole; but with
  probabilities as targets it divides by the batch size.  Here 'mean' always divides by the
  number of instances, and 'weighted_mean' by the sum of their V.  For class weights the latter
  is torch's 'mean'; under smoothing V is (1 - eps) w_y + eps mean(w) where torch has w_y.

torch is an optional extra of this project; without it, importing this module fails with an
`ImportError` that says how to install it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

try:
    import torch
    from torch.nn.functional import cross_entropy, embedding, log_softmax, softmax
except ImportError as error:
    raise ImportError(
        "utility-weighted losses need torch: pip install 'alignment-theory-checks[empirical]'"
    ) from error

from theory.command_line import require
from theory.utility import class_weight_utility, validated_utility

# How torch's class-weighted cross entropy is to be reduced; 'mean' divides its sum afterwards.
TORCH_REDUCTION = {"none": "none", "sum": "sum", "mean": "sum", "weighted_mean": "mean"}
REDUCTIONS = tuple(TORCH_REDUCTION)
IGNORED = -100  # the class index that torch's losses leave out


def utility_weighted_cross_entropy(
    logits: torch.Tensor,
    target: torch.Tensor,
    utility: torch.Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = IGNORED,
) -> torch.Tensor:
    """Doubly-weighted cross entropy  -sum_a u(a, y) log p_a, eqs. (15) and (24).

    `logits`: (..., n), one for each action (in classification, each class), along the last axis,
    also of images: where torch's losses have (N, n, height, width), move the second axis there.
    `target`: class indices (...,), those equal to `ignore_index` left out; or, as floats, class
    probabilities (..., m), whose rows are nonnegative and sum to one (not checked).
    `utility`: class weights (m,), for which n = m; a matrix (n, m); or a matrix for every
    instance (..., n, m).  Values are not checked here (`validated_utility` does), shapes are.
    `reduction`: 'none' gives (...,), with 0 where left out; 'sum'; 'mean' divides by the number
    of instances; 'weighted_mean' by the sum of their utilities over actions.  The quotients are
    nan if no instance is left.

    Returns float32, or float64 for logits of float64.  Raises `InputError` for shapes that do
    not fit, a utility that is no tensor and an unknown reduction; torch raises for class indices
    outside 0 ... m - 1.

    >>> logits = torch.tensor([[2.0, 0.0]])
    >>> utility_weighted_cross_entropy(logits, torch.tensor([0]), torch.tensor([99.0, 1.0]))
    tensor(12.5659)
    """
    logits, target, utility = _prepared(logits, target, utility, reduction)
    labelled = not target.is_floating_point()
    if utility.ndim == 1 and labelled and not utility.requires_grad:
        # Instances of weight 0 are left out: torch would make nan of 0 times an infinite loss.
        weightless = (utility == 0).gather(0, _classes(target, ignore_index).reshape(-1))
        losses = cross_entropy(
            logits.reshape(-1, logits.shape[-1]),
            target.reshape(-1).masked_fill(weightless, ignore_index),
            weight=utility,
            reduction=TORCH_REDUCTION[reduction],
            ignore_index=ignore_index,
        )
        if reduction == "none":
            return losses.view(target.shape)
        return losses / (target != ignore_index).sum() if reduction == "mean" else losses
    weights = _instance_weights(target, utility, ignore_index)
    log_p = log_softmax(logits, dim=-1)
    # Only where the product would be 0 * inf: elsewhere the derivative by the weight is needed.
    log_p = log_p.masked_fill((weights == 0) & log_p.isneginf(), 0.0)
    losses = -(weights * log_p).sum(-1)
    return _reduced(losses, weights.sum(-1), target, reduction, ignore_index)


def utility_weighted_brier(
    logits: torch.Tensor,
    target: torch.Tensor,
    utility: torch.Tensor,
    *,
    reduction: str = "mean",
    ignore_index: int = IGNORED,
) -> torch.Tensor:
    """Utility-weighted Brier score  sum_a u(a, y) sum_k (p_k - 1{k = a})^2, footnote 19.

    Arguments, shapes, reductions and errors as in `utility_weighted_cross_entropy`.

    >>> logits = torch.tensor([[0.0, 0.0]])
    >>> utility_weighted_brier(logits, torch.tensor([0]), torch.tensor([99.0, 1.0]))
    tensor(49.5000)
    """
    logits, target, utility = _prepared(logits, target, utility, reduction)
    weights = _instance_weights(target, utility, ignore_index)
    totals = weights.sum(-1)
    shares = weights / totals.masked_fill(totals == 0, 1)[..., None]
    distance = (softmax(logits, dim=-1) - shares).square().sum(-1)
    losses = totals * (distance + 1 - shares.square().sum(-1))
    return _reduced(losses, totals, target, reduction, ignore_index)


class _UtilityWeightedLoss(torch.nn.Module):
    """A loss with one utility for all instances, which is checked once, here.

    `utility`: (n, m), nonnegative, with a positive entry in each column; or class weights (m,),
    positive.  A diagonal matrix is kept as the class weights that it is, which are faster.
    Raises `InputError` as `theory.utility.validated_utility`, or for an unknown `reduction`.
    The utility is a buffer: it moves, and is rounded, with the module.
    """

    utility: torch.Tensor
    _loss: Callable[..., torch.Tensor]

    def __init__(
        self, utility: Any, *, reduction: str = "mean", ignore_index: int = IGNORED
    ) -> None:
        super().__init__()
        _require_reduction(reduction)
        detached = utility.numpy(force=True) if isinstance(utility, torch.Tensor) else utility
        values = np.asarray(detached, dtype=float)
        matrix = class_weight_utility(values) if values.ndim == 1 else validated_utility(values)
        require(matrix.ndim == 2, "shape of utility", matrix.shape, "be (n, m) or (m,)")
        diagonal = np.diagonal(matrix)
        square = matrix.shape[0] == matrix.shape[1]
        kept = diagonal if square and np.array_equal(matrix, np.diag(diagonal)) else matrix
        # Each call picks columns: their entries are kept side by side in memory.
        exact = torch.tensor(kept.T, dtype=torch.float64)
        by_class = exact.to(torch.get_default_dtype()).contiguous()
        for lost in exact[~by_class.isfinite() | ((by_class > 0) != (exact > 0))][:1]:
            wanted = f"neither overflow nor vanish in {by_class.dtype}"
            require(False, "an entry of utility", float(lost), wanted)
        self.register_buffer("utility", by_class.mT if by_class.ndim == 2 else by_class)
        self.reduction = reduction
        self.ignore_index = ignore_index

    def forward(self, logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """The loss of `logits` (..., n) for `target` (...,) or (..., m)."""
        loss = type(self)._loss
        return loss(
            logits, target, self.utility, reduction=self.reduction, ignore_index=self.ignore_index
        )

    def extra_repr(self) -> str:
        shape = tuple(self.utility.shape)
        return f"utility={shape}, reduction={self.reduction!r}, ignore_index={self.ignore_index}"


class UtilityWeightedCrossEntropy(_UtilityWeightedLoss):
    """`utility_weighted_cross_entropy` as a module.

    >>> UtilityWeightedCrossEntropy([[2.0, 0.0], [0.0, 1.0]])
    UtilityWeightedCrossEntropy(utility=(2,), reduction='mean', ignore_index=-100)
    """

    _loss = staticmethod(utility_weighted_cross_entropy)


class UtilityWeightedBrier(_UtilityWeightedLoss):
    """`utility_weighted_brier` as a module."""

    _loss = staticmethod(utility_weighted_brier)


def _require_reduction(reduction: str) -> None:
    require(reduction in REDUCTIONS, "reduction", reduction, f"be one of {', '.join(REDUCTIONS)}")


def _prepared(
    logits: torch.Tensor, target: torch.Tensor, utility: torch.Tensor, reduction: str
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Logits and utility in one precision of at least 32 bits, labels in 64, all shapes checked."""
    _require_reduction(reduction)
    is_tensor = isinstance(utility, torch.Tensor)
    require(is_tensor, "utility", f"a {type(utility).__name__}", "be a tensor")
    require(utility.ndim > 0, "shape of utility", (), "be (m,), (n, m) or (..., n, m)")
    require(logits.ndim > 0, "shape of logits", (), "be (..., n)")
    batch, outputs = logits.shape[:-1], logits.shape[-1]
    rows = utility.shape[-2] if utility.ndim > 1 else utility.shape[0]
    require(rows == outputs, "number of logits", outputs, f"equal that of actions, {rows}")
    shared = utility.ndim <= 2 or utility.shape[:-2] == batch
    shapes = f"be (m,), (n, m) or {(*batch, 'n', 'm')}"
    require(shared, "shape of utility", tuple(utility.shape), shapes)
    wanted = (*batch, utility.shape[-1]) if target.is_floating_point() else tuple(batch)
    require(tuple(target.shape) == wanted, "shape of target", tuple(target.shape), f"be {wanted}")
    if logits.dtype not in (torch.float32, torch.float64):
        logits = logits.float()
    if not target.is_floating_point():
        target = target.long()
    return logits, target, utility.to(logits.dtype)


def _instance_weights(
    target: torch.Tensor, utility: torch.Tensor, ignore_index: int
) -> torch.Tensor:
    """v (..., n): the column u(., y) of each instance, or U t for a distribution t."""
    if target.is_floating_point():
        target = target.to(utility.dtype)
        if utility.ndim == 1:
            return utility * target
        # Autocast would take the product of two matrices back to 16 bits.
        with torch.autocast(target.device.type, enabled=False):
            if utility.ndim == 2:
                return target @ utility.mT
            return (utility @ target[..., None]).squeeze(-1)
    classes = _classes(target, ignore_index)
    if utility.ndim > 2:
        column = classes[..., None, None].expand(*utility.shape[:-1], 1)
        return utility.gather(-1, column).squeeze(-1)
    columns = torch.diag(utility) if utility.ndim == 1 else utility.mT
    return embedding(classes, columns.contiguous())


def _classes(target: torch.Tensor, ignore_index: int) -> torch.Tensor:
    """Class indices (...,); instances that are left out borrow class 0, for no loss in the end."""
    return target.masked_fill(target == ignore_index, 0)


def _reduced(
    losses: torch.Tensor,
    totals: torch.Tensor,
    target: torch.Tensor,
    reduction: str,
    ignore_index: int,
) -> torch.Tensor:
    """The losses (...,) of the instances that count, as `reduction` wants them."""
    counted = (
        torch.ones_like(losses, dtype=torch.bool)
        if target.is_floating_point()
        else target != ignore_index
    )
    losses = losses.masked_fill(~counted, 0.0)
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    divisor = counted if reduction == "mean" else totals * counted
    return losses.sum() / divisor.sum()
