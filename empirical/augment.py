"""Batches for training and evaluation, made on the device that holds them.

`augment` draws every random number from one `torch.Generator`: two runs whose generators start
from the same seed see the same images in the same form, whatever their loss.  `prepared` is the
deterministic part that training and evaluation share: scaling to the size that the network sees,
and normalisation.  Neither makes a GPU wait: no value goes to or from the host.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional

from empirical.protocols import Protocol
from theory.command_line import require

if TYPE_CHECKING:
    from empirical.data import ImageData

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
ASPECT_RATIOS = (3 / 4, 4 / 3)


def augment(images: Tensor, generator: torch.Generator, protocol: Protocol) -> Tensor:
    """A randomly cropped, shifted and flipped copy of a batch.

    Shape (B, C, H, W), uint8 in and out; float32 with values in [0, 255] and side
    `protocol.image_size` where `protocol.crop_area` asks for random crops, which interpolate.
    `generator` must live on the device of `images`.  Without augmentation, the batch itself.
    """
    require(images.dtype == torch.uint8, "dtype of images", images.dtype, "be torch.uint8")
    require(images.ndim == 4, "shape of images", tuple(images.shape), "be (B, C, H, W)")
    if protocol.crop_area is not None:
        images = _random_crop(images, generator, protocol.crop_area, protocol.image_size)
    if protocol.crop_padding:
        images = _random_shift(images, generator, protocol.crop_padding)
    if protocol.flip:
        flipped = _uniform(images, generator) < 0.5
        images = torch.where(flipped[:, None, None, None], images.flip(3), images)
    return images


def normalisation(
    data: ImageData, protocol: Protocol, device: str | torch.device = "cpu"
) -> tuple[Tensor, Tensor]:
    """Centre and spread (C, 1, 1) of pixel values in [0, 255], by channel, on `device`."""
    means, deviations = {
        "imagenet": (IMAGENET_MEAN, IMAGENET_STD),
        "half": ((0.5,) * len(data.mean), (0.5,) * len(data.mean)),
        "train": (data.mean, data.std),
    }[protocol.normalisation]
    centre, spread = (torch.tensor(v, dtype=torch.float32) for v in (means, deviations))
    return centre.mul_(255)[:, None, None].to(device), spread.mul_(255)[:, None, None].to(device)


def prepared(images: Tensor, centre: Tensor, spread: Tensor, size: int) -> Tensor:
    """What the network sees: float32 of shape (B, C, size, size), normalised.

    `images` (B, C or 1, H, W), uint8 or float in [0, 255]; a single channel is repeated where
    `centre` and `spread` (C, 1, 1), on the same device, have several.  Scaling is bilinear, with
    antialiasing.
    """
    batch = images.to(torch.float32)
    if batch.shape[2:] != (size, size):
        batch = functional.interpolate(batch, (size, size), mode="bilinear", antialias=True)
    require(
        batch.shape[1] in (1, len(centre)),
        "channels of images",
        batch.shape[1],
        f"be 1 or {len(centre)}, the channels of the normalisation",
    )
    return (batch - centre) / spread


def _uniform(images: Tensor, generator: torch.Generator, *shape: int) -> Tensor:
    """Uniform draws in [0, 1) of shape (B, *shape)."""
    return torch.rand(len(images), *shape, generator=generator, device=images.device)


def _random_shift(images: Tensor, generator: torch.Generator, padding: int) -> Tensor:
    """Each image moved by up to `padding` pixels either way; its mirror image fills the rim."""
    batch, channels, height, width = images.shape
    most = f"be below the side of the images, {min(height, width)}"
    require(padding < min(height, width), "crop_padding", padding, most)
    offsets = torch.floor(_uniform(images, generator, 2) * (2 * padding + 1)).long() - padding
    rows, columns = (
        _mirrored(offsets[:, axis, None] + torch.arange(length, device=images.device), length)
        for axis, length in ((0, height), (1, width))
    )
    each = torch.arange(batch, device=images.device)[:, None, None, None]
    channel = torch.arange(channels, device=images.device)[None, :, None, None]
    return images[each, channel, rows[:, None, :, None], columns[:, None, None, :]]


def _mirrored(index: Tensor, length: int) -> Tensor:
    """Indices beyond either end, reflected about the outermost pixel."""
    index = index.abs()
    return torch.where(index >= length, 2 * (length - 1) - index, index)


def _random_crop(images: Tensor, generator: torch.Generator, area: float, size: int) -> Tensor:
    """A random rectangle of each image, scaled to (size, size).

    Its share of the area is uniform on [area, 1] and its aspect ratio log-uniform on
    `ASPECT_RATIOS`, both cut to the image; the place is uniform over those inside it.
    """
    draws = _uniform(images, generator, 4)
    share = area + (1 - area) * draws[:, 0]
    low, high = (math.log(ratio) for ratio in ASPECT_RATIOS)
    ratio = torch.exp(low + (high - low) * draws[:, 1])
    # In units of the image's sides; the map takes [-1, 1]^2 to the rectangle.
    width, height = (share * ratio).sqrt().clamp(max=1), (share / ratio).sqrt().clamp(max=1)
    transform = torch.zeros(len(images), 2, 3, device=images.device)
    transform[:, 0, 0], transform[:, 1, 1] = width, height
    transform[:, 0, 2] = (2 * draws[:, 2] - 1) * (1 - width)
    transform[:, 1, 2] = (2 * draws[:, 3] - 1) * (1 - height)
    shape = [len(images), images.shape[1], size, size]
    grid = functional.affine_grid(transform, shape, align_corners=False)
    return functional.grid_sample(
        images.to(torch.float32), grid, padding_mode="border", align_corners=False
    )
