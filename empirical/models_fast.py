"""Networks that are trained from random weights: linear, MLP, convolutional, residual.

Every network maps normalised images of shape (B, C, H, W) to logits of shape (B, classes).  None
has dropout, label smoothing or a temperature: a strictly proper loss should find calibrated
probabilities at its minimum, with nothing else in its way.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

HEAD_SCALE = 0.125  # keeps the first logits near zero, so that training starts at the prior


class ConvBlock(nn.Sequential):
    """3x3 convolution, optional 2x2 maximum, batch normalisation, GELU.

    Taking the maximum first leaves a quarter of the pixels to normalise.
    """

    def __init__(self, inputs: int, outputs: int, *, pool: bool = False) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
            nn.MaxPool2d(2) if pool else nn.Identity(),
            nn.BatchNorm2d(outputs),
            nn.GELU(),
        )


class Residual(nn.Module):
    """x + f(x), with f two convolution blocks."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(ConvBlock(channels, channels), ConvBlock(channels, channels))

    def forward(self, images: Tensor) -> Tensor:
        """(B, channels, H, W) in and out."""
        return images + self.body(images)


class Scaled(nn.Linear):
    """A linear layer whose output is multiplied by `HEAD_SCALE`."""

    def forward(self, features: Tensor) -> Tensor:
        """(B, inputs) to (B, classes)."""
        return HEAD_SCALE * super().forward(features)


def linear(classes: int, channels: int, size: int) -> nn.Module:
    """Multinomial logistic regression on the pixels."""
    return nn.Sequential(nn.Flatten(), nn.Linear(channels * size * size, classes))


def mlp(classes: int, channels: int, size: int) -> nn.Module:
    """Two hidden layers of 256 units."""
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(channels * size * size, 256),
        nn.GELU(),
        nn.Linear(256, 256),
        nn.GELU(),
        nn.Linear(256, classes),
    )


def small_cnn(classes: int, channels: int, size: int) -> nn.Module:
    """Three convolutions of 32, 64 and 128 channels, for training on two CPU cores.

    Sides of 64 pixels and more are first halved, sides of 8 never pooled below 2.
    """
    coarse = nn.AvgPool2d(2) if size >= 64 else nn.Identity()
    network = nn.Sequential(
        coarse,
        ConvBlock(channels, 32, pool=True),
        ConvBlock(32, 64, pool=True),
        ConvBlock(64, 128, pool=size > 8),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Linear(4 * 128, classes),
    )
    return network.to(memory_format=torch.channels_last)


def resnet_fast(classes: int, channels: int, size: int) -> nn.Module:
    """Eight convolutions with two residual blocks and a maximum over space.

    The class of network that learns CIFAR-10 to about 94 percent within a minute on a recent GPU
    (ResNet-9 of the DAWNBench competition).  Sides of 64 pixels and more are first halved.
    """
    halvings = [ConvBlock(64, 64, pool=True) for _ in range((size >= 64) + (size >= 128))]
    network = nn.Sequential(
        ConvBlock(channels, 64),
        *halvings,
        ConvBlock(64, 128, pool=True),
        Residual(128),
        ConvBlock(128, 256, pool=True),
        ConvBlock(256, 512, pool=True),
        Residual(512),
        nn.AdaptiveMaxPool2d(1),
        nn.Flatten(),
        Scaled(512, classes, bias=False),
    )
    return network.to(memory_format=torch.channels_last)
