"""The networks of the experiments, by name: normalised images in, logits out.

Small networks start from random weights (`empirical.models_fast`); the papers' networks may
start from pretrained ones (`empirical.models_paper`).  Random weights come from torch's global
generator: seed it (`torch.manual_seed`) before `build` to start two runs alike.
"""

from __future__ import annotations

from pathlib import Path

from torch import nn

from empirical import models_fast, models_paper
from theory.command_line import require

MODELS = ("linear", "mlp", "small_cnn", "resnet_fast", "vit_small", "densenet121", "vit_b16")
PRETRAINED = ("densenet121", "vit_b16")
SMALLEST = {"small_cnn": 8, "resnet_fast": 8, "densenet121": 32}


def build(
    name: str, classes: int, channels: int, size: int, *, weights: Path | None = None
) -> nn.Module:
    """A network whose forward pass maps images (B, channels, size, size) to logits (B, classes).

    `channels` is 1 or 3; the transformers and DenseNet-121 repeat a single one.  `weights`
    names local files, for the networks in `PRETRAINED`.  Raises `InputError` for an unknown
    name, a size that the network cannot take, or weights that are missing or do not fit.

    >>> sum(parameter.numel() for parameter in build("linear", 10, 1, 8).parameters())
    650
    """
    require(name in MODELS, "--model", name, f"be one of {', '.join(MODELS)}")
    require(classes >= 2, "number of classes", classes, "be at least 2")
    require(channels in (1, 3), "number of channels", channels, "be 1 or 3")
    smallest = SMALLEST.get(name, 1)
    require(size >= smallest, "image size", size, f"be at least {smallest} for {name}")
    known = ", ".join(PRETRAINED)
    require(weights is None or name in PRETRAINED, "--weights", weights,
            f"be left out for {name}: only {known} take pretrained weights")  # fmt: skip
    match name:
        case "densenet121":
            return models_paper.densenet121(classes, weights)
        case "vit_b16":
            return models_paper.vit_b16(classes, size, weights)
        case "vit_small":
            return models_paper.vit_small(classes, size)
        case "resnet_fast":
            return models_fast.resnet_fast(classes, channels, size)
        case "small_cnn":
            return models_fast.small_cnn(classes, channels, size)
        case "mlp":
            return models_fast.mlp(classes, channels, size)
        case _:
            return models_fast.linear(classes, channels, size)
