"""The papers' networks: DenseNet-121 and ViT-B/16, with pretrained weights from local files.

Nothing is ever downloaded.  The weights that the experiments start from are public:

* DenseNet-121, ImageNet: torchvision's state dict (``densenet121-a639ec97.pth``, and the older
  release whose keys read ``norm.1``); the network itself is MONAI's;
* ViT-B/16, ImageNet-21k: a folder in the format of Hugging Face (``config.json`` beside
  ``model.safetensors``), such as google/vit-base-patch16-224-in21k.

The head is replaced by a fresh one for the classes at hand; every other tensor must be there and
fit.  As in the reference implementation of fine-tuning (Dosovitskiy et al. 2021) the new head of
ViT starts at zero, and position embeddings are interpolated to the size of the images.
Source: Misaligned by Design, Section 3 and Appendix D.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from theory.command_line import InputError, require

CHANNELS = 3
VIT_SMALL = {
    "patch_size": 4,
    "hidden_size": 192,
    "num_hidden_layers": 6,
    "num_attention_heads": 3,
    "intermediate_size": 768,
}


class ThreeChannels(nn.Module):
    """A network for colour images that also takes gray ones, repeating the channel."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        """(B, 1 or 3, H, W) to logits (B, classes)."""
        answer = self.network(images.expand(-1, CHANNELS, -1, -1))
        return answer if isinstance(answer, Tensor) else answer.logits


def densenet121(classes: int, weights: Path | None = None) -> nn.Module:
    """DenseNet-121 (Huang et al. 2017), from random weights or a torchvision state dict."""
    networks = _library("monai.networks.nets")
    network = networks.DenseNet121(spatial_dims=2, in_channels=CHANNELS, out_channels=classes)
    if weights is not None:
        _load_features(network, _state_dict(weights), weights)
    return ThreeChannels(network).to(memory_format=torch.channels_last)


def vit_small(classes: int, size: int) -> nn.Module:
    """A small vision transformer for CIFAR: patches of 4, width 192, 6 layers, 3 heads."""
    transformers = _library("transformers")
    _require_whole_patches(size, VIT_SMALL["patch_size"])
    config = transformers.ViTConfig(
        image_size=size, num_channels=CHANNELS, num_labels=classes, **VIT_SMALL
    )
    return ThreeChannels(transformers.ViTForImageClassification(config))


def vit_b16(classes: int, size: int, weights: Path | None = None) -> nn.Module:
    """ViT-B/16 (Dosovitskiy et al. 2021), from random weights or a folder of pretrained ones.

    The folder's configuration decides the architecture; `size` must be a multiple of its patch.
    """
    transformers = _library("transformers")
    if weights is None:
        config = transformers.ViTConfig(image_size=size, num_labels=classes)
        _require_whole_patches(size, config.patch_size)
        return ThreeChannels(transformers.ViTForImageClassification(config))
    for name in ("config.json", "model.safetensors"):
        requirement = f"be a folder with config.json and model.safetensors ({name} is missing)"
        require((weights / name).is_file(), "--weights", weights, requirement)
    with _quiet(transformers.utils.logging):
        try:
            network, loading = transformers.ViTForImageClassification.from_pretrained(
                weights,
                num_labels=classes,
                local_files_only=True,
                use_safetensors=True,
                ignore_mismatched_sizes=True,  # told apart below: a misfit head is expected
                output_loading_info=True,
            )
        except Exception as error:  # the library raises many kinds for files it cannot use
            raise InputError(f"--weights is {weights}: cannot be read ({_line(error)})") from None
    misfits = [str(key) for key in loading["missing_keys"]]
    misfits += [str(key[0]) for key in loading["mismatched_keys"]]
    misfits = [key for key in misfits if not key.startswith("classifier.")]
    extra = [str(key) for key in loading["unexpected_keys"]]
    _refuse(misfits + [key for key in extra if not re.search(r"(^|\.)pooler\.", key)], weights)
    return ThreeChannels(_for_size(transformers, network, size))


def _for_size(transformers: Any, pretrained: Any, size: int) -> nn.Module:
    """The same network for images of side `size`, with a head of zeros.

    The embedding of the class token stays; those of the patches, a square grid, are interpolated
    such that its corners stay corners.
    """
    config = pretrained.config
    _require_whole_patches(size, config.patch_size)
    old, new = config.image_size // config.patch_size, size // config.patch_size
    state = pretrained.state_dict()
    name = "vit.embeddings.position_embeddings"  # (1, 1 + patches, width)
    grid = state[name][:, 1:].reshape(1, old, old, -1).permute(0, 3, 1, 2)
    grid = functional.interpolate(grid, (new, new), mode="bilinear", align_corners=True)
    grid = grid.permute(0, 2, 3, 1).reshape(1, new * new, -1)
    state[name] = torch.cat([state[name][:, :1], grid], dim=1)
    config.image_size = size
    network = transformers.ViTForImageClassification(config)
    network.load_state_dict(state)
    nn.init.zeros_(network.classifier.weight)
    nn.init.zeros_(network.classifier.bias)
    return network


def _require_whole_patches(size: int, patch: int) -> None:
    require(size % patch == 0, "image size", size, f"be a multiple of the patch size, {patch}")


@contextmanager
def _quiet(logging: Any) -> Iterator[None]:
    """Without the library's progress bar and its warning about a fresh head."""
    verbosity, bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bar:
            logging.enable_progress_bar()


def _load_features(network: nn.Module, found: dict[str, Tensor], path: Path) -> None:
    """Copy all but the head from torchvision's names; refuse missing, extra and misfit tensors."""
    own = network.state_dict()
    wanted = {key: value for key, value in own.items() if key.startswith("features.")}
    renamed = {}
    for key, value in found.items():
        # torchvision: denselayer1.norm1 (older: denselayer1.norm.1); MONAI: ...layers.norm1
        name = re.sub(r"(denselayer\d+)\.(norm|conv)\.?([12])\.", r"\1.layers.\2\3.", key)
        renamed[name] = value
    counters = {key for key in wanted if key.endswith("num_batches_tracked")}
    misfits = [key for key in wanted if key not in renamed and key not in counters]
    misfits += [key for key in wanted if key in renamed and renamed[key].shape != wanted[key].shape]
    misfits += [key for key in renamed if key not in wanted and not key.startswith("classifier.")]
    _refuse(misfits, path)
    kept = {key: renamed.get(key, value) for key, value in wanted.items()}
    network.load_state_dict({**own, **kept})


def _state_dict(path: Path) -> dict[str, Tensor]:
    """The tensors in a file that `torch.save` wrote; no code in it is run."""
    require(path.is_file(), "--weights", path, "be a file with a torchvision state dict")
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except (UnpicklingError, RuntimeError, EOFError, OSError) as error:
        raise InputError(f"--weights is {path}: cannot be read ({_line(error)})") from None
    tensors = isinstance(found, dict) and all(isinstance(v, Tensor) for v in found.values())
    require(tensors, "--weights", path, "hold a state dict: names and tensors")
    return found


def _refuse(misfits: list[str], path: Path) -> None:
    require(
        not misfits,
        "--weights",
        path,
        f"have every tensor of the network, in its shape ({len(misfits)} do not fit, "
        f"the first is {misfits[0] if misfits else None})",
    )


def _library(name: str) -> Any:
    """A module of an optional library, imported only when a network needs it."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise InputError(
            f"package {error.name} is missing: install the extra 'empirical' (pip install -e "
            "'.[empirical]')"
        ) from None


def _line(error: Exception) -> str:
    """The first line of an error's message."""
    return (str(error).splitlines() or [type(error).__name__])[0]
