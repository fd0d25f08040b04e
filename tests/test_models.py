"""The networks: shapes, first losses, gradients, and pretrained weights that fit or are refused."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
import torch
from torch.nn import functional

from empirical import models_paper
from empirical.models import MODELS, PRETRAINED, build
from theory.command_line import InputError


@pytest.fixture(autouse=True)
def one_thread():
    """Small networks: more threads cost more than they bring."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", MODELS)
def test_logits(name, channels):
    torch.manual_seed(0)
    network = build(name, 5, channels, 32)
    images = torch.randn(4, channels, 32, 32)
    logits = network(images)
    assert (logits.shape, logits.dtype) == ((4, 5), torch.float32)
    functional.cross_entropy(logits, torch.arange(4)).backward()
    assert all(
        parameter.grad is not None and bool(parameter.grad.isfinite().all())
        for parameter in network.parameters()
    )


@pytest.mark.parametrize(
    ("name", "size"),
    [(name, size) for name in ("linear", "mlp", "small_cnn", "resnet_fast") for size in (8, 64)]
    + [("resnet_fast", 128), ("vit_small", 64)],
)
def test_other_sizes(name, size):
    assert build(name, 3, 1, size)(torch.zeros(2, 1, size, size)).shape == (2, 3)


@pytest.mark.parametrize("name", ["mlp", "small_cnn", "vit_small"])
def test_initial_weights_follow_the_seed(name):
    networks = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        network = build(name, 3, 1, 8)
        networks.append(torch.cat([weights.flatten() for weights in network.parameters()]))
    assert torch.equal(networks[0], networks[1])
    assert not torch.equal(networks[0], networks[2])


@pytest.mark.parametrize("name", ["mlp", "small_cnn", "resnet_fast", "vit_small"])
def test_a_few_images_can_be_learned(name):
    torch.manual_seed(0)
    network = build(name, 4, 1, 8)
    images, labels = torch.randn(16, 1, 8, 8), torch.arange(16) % 4
    optimiser = torch.optim.Adam(network.parameters(), 1e-3)
    losses = []
    for _ in range(30):
        loss = functional.cross_entropy(network(images), labels)
        losses.append(float(loss.detach()))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert losses[-1] < 0.5 * losses[0]


def test_gray_images_are_repeated():
    network = build("densenet121", 3, 1, 32).eval()
    gray = torch.randn(2, 1, 32, 32)
    assert torch.equal(network(gray), network(gray.repeat(1, 3, 1, 1)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("resnet", 5, 3, 32), "--model is resnet: must be one of linear, mlp"),
        (("mlp", 1, 3, 32), "number of classes is 1: must be at least 2"),
        (("mlp", 5, 2, 32), "number of channels is 2: must be 1 or 3"),
        (("small_cnn", 5, 3, 4), "image size is 4: must be at least 8 for small_cnn"),
        (("vit_small", 5, 3, 30), "image size is 30: must be a multiple of the patch size, 4"),
        (("vit_b16", 5, 3, 40), "image size is 40: must be a multiple of the patch size, 16"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(InputError) as caught:
        build(*arguments)
    assert message in str(caught.value)


def test_only_the_papers_networks_take_weights(tmp_path):
    for name in set(MODELS) - set(PRETRAINED):
        with pytest.raises(InputError, match=f"must be left out for {name}"):
            build(name, 5, 3, 32, weights=tmp_path)
    for name in PRETRAINED:
        with pytest.raises(InputError, match="--weights is "):
            build(name, 5, 3, 32, weights=tmp_path / "nothing")


def test_a_missing_library_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "monai.networks.nets", None)
    monkeypatch.setitem(sys.modules, "monai", None)
    with pytest.raises(InputError, match="is missing: install the extra 'empirical'"):
        build("densenet121", 5, 3, 32)


# DenseNet-121: a random state dict under torchvision's names stands in for the pretrained one


def torchvision_state(older: bool) -> dict[str, torch.Tensor]:
    """MONAI's own tensors under torchvision's names, with a head for 1,000 classes."""
    torch.manual_seed(7)
    own = build("densenet121", 2, 3, 32).network.state_dict()
    state = {}
    for key, value in own.items():
        if not key.startswith("features."):
            continue
        name = key.replace(".layers.", ".")
        if older:  # the file that torchvision distributes: norm.1, and no counters
            name = re.sub(r"(denselayer\d+\.)(norm|conv)([12])", r"\1\2.\3", name)
            if name.endswith("num_batches_tracked"):
                continue
        state[name] = value
    return state | {"classifier.weight": torch.zeros(1000, 1024), "classifier.bias": torch.ones(1)}


@pytest.mark.parametrize("older", [False, True])
def test_densenet121_takes_torchvisions_weights(tmp_path, older):
    state, path = torchvision_state(older), tmp_path / "densenet121.pth"
    torch.save(state, path)
    torch.manual_seed(8)
    network = build("densenet121", 15, 1, 32, weights=path).network
    assert torch.equal(network.features.conv0.weight, state["features.conv0.weight"])
    last = network.features.denseblock4.denselayer16.layers.conv2.weight
    dot = "." if older else ""
    assert torch.equal(last, state[f"features.denseblock4.denselayer16.conv{dot}2.weight"])
    assert network(torch.zeros(2, 3, 32, 32)).shape == (2, 15)


def test_densenet121_refuses_what_does_not_fit(tmp_path):
    path = tmp_path / "weights.pth"
    key = "features.denseblock2.denselayer3.conv1.weight"
    state = torchvision_state(older=False)
    for change, first in (
        ({key: torch.zeros(2, 2, 1, 1)}, "features.denseblock2.denselayer3.layers.conv1.weight"),
        ({"features.extra": torch.zeros(1)}, "features.extra"),
    ):
        torch.save(state | change, path)
        with pytest.raises(InputError, match=rf"\(1 do not fit, the first is {first}\)"):
            build("densenet121", 2, 3, 32, weights=path)
    del state[key]
    torch.save(state, path)
    with pytest.raises(InputError, match=r"1 do not fit"):
        build("densenet121", 2, 3, 32, weights=path)


def test_files_that_are_no_state_dict(tmp_path):
    path = tmp_path / "weights.pth"
    for content in ([1, 2], Path("."), {"a": 1}):  # the second is a class: code, in effect
        torch.save(content, path)
        with pytest.raises(InputError, match="--weights is ") as caught:
            build("densenet121", 2, 3, 32, weights=path)
        assert "\n" not in str(caught.value)
    path.write_bytes(b"no archive")
    with pytest.raises(InputError, match="cannot be read"):
        build("densenet121", 2, 3, 32, weights=path)


# ViT: a random network of the same format, smaller, stands in for ViT-B/16


@pytest.fixture(scope="module")
def vit_folder(tmp_path_factory):
    """A folder as Hugging Face distributes them: a ViT without head, for 32x32 images."""
    transformers = pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("vit")
    torch.manual_seed(7)
    config = transformers.ViTConfig(
        image_size=32, patch_size=8, hidden_size=32, num_hidden_layers=2,
        num_attention_heads=2, intermediate_size=64,
    )  # fmt: skip
    transformers.ViTModel(config).save_pretrained(folder)
    return folder


def changed(folder: Path, target: Path, change) -> Path:
    """A copy of the folder whose tensors went through `change`."""
    safetensors = pytest.importorskip("safetensors.torch")
    state = safetensors.load_file(folder / "model.safetensors")
    change(state)
    safetensors.save_file(state, target / "model.safetensors", metadata={"format": "pt"})
    (target / "config.json").write_bytes((folder / "config.json").read_bytes())
    return target


def tensor_name(state: dict[str, torch.Tensor], ending: str) -> str:
    return next(name for name in state if name.endswith(ending))


@pytest.mark.parametrize("size", [32, 64, 16])
def test_vit_takes_weights_at_any_size(vit_folder, size, capsys):
    network = build("vit_b16", 7, 3, size, weights=vit_folder)
    assert capsys.readouterr().err == ""
    logits = network(torch.randn(2, 3, size, size))
    assert logits.shape == (2, 7)
    assert bool((logits == 0).all())  # the new head starts at zero
    functional.cross_entropy(logits, torch.arange(2)).backward()
    assert float(network.network.classifier.weight.grad.abs().max()) > 0


def test_the_weights_are_those_of_the_file(vit_folder):
    safetensors = pytest.importorskip("safetensors.torch")
    state = safetensors.load_file(vit_folder / "model.safetensors")
    own = build("vit_b16", 7, 3, 32, weights=vit_folder).network.state_dict()
    for ending in ("cls_token", "position_embeddings", "projection.weight"):
        found = own[tensor_name(own, ending)]
        assert torch.equal(found, state[tensor_name(state, ending)]), ending
    # Layers may have other names in the library than in the file: compare what they hold.
    norms = {float(value.norm()) for value in state.values()}
    kept = [float(value.norm()) for key, value in own.items() if not key.startswith("classifier")]
    assert set(kept) <= norms


def test_position_embeddings_are_interpolated(vit_folder):
    def embeddings(size: int) -> torch.Tensor:
        state = build("vit_b16", 7, 3, size, weights=vit_folder).network.state_dict()
        return state["vit.embeddings.position_embeddings"][0]

    small, large = embeddings(32), embeddings(56)  # 4x4 and 7x7 patches
    assert torch.equal(small[0], large[0])
    before, after = small[1:].reshape(4, 4, -1), large[1:].reshape(7, 7, -1)
    # Every other point of a 7-point grid is a point of a 4-point grid with the same ends, and
    # those between are midpoints; float32 has a relative precision of 1e-7.
    assert torch.allclose(after[::2, ::2], before, atol=1e-6)
    assert torch.allclose(after[1, 0], (before[0, 0] + before[1, 0]) / 2, atol=1e-6)


def test_vit_refuses_what_does_not_fit(vit_folder, tmp_path):
    def misshape(state):
        key = tensor_name(state, "cls_token")
        state[key] = torch.zeros(1, 1, 5)

    def remove(state):
        del state[tensor_name(state, "cls_token")]

    def add(state):
        state["extra"] = torch.zeros(1)

    for change, name in ((misshape, "cls_token"), (remove, "cls_token"), (add, "extra")):
        folder = changed(vit_folder, tmp_path, change)
        with pytest.raises(InputError, match=rf"\(1 do not fit, the first is \S*{name}\)"):
            build("vit_b16", 7, 3, 32, weights=folder)
    (tmp_path / "model.safetensors").write_bytes(b"123")
    with pytest.raises(InputError, match="cannot be read"):
        build("vit_b16", 7, 3, 32, weights=tmp_path)
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(InputError, match=r"model\.safetensors is missing"):
        build("vit_b16", 7, 3, 32, weights=tmp_path)


def test_the_configuration_is_that_of_vit_b16():
    """Appendix D.2: 12 layers, hidden size 768, MLP size 3072, 12 heads, 86 million parameters."""
    network = build("vit_b16", 1000, 3, 224).network
    config = json.loads(network.config.to_json_string(use_diff=False))
    names = ("num_hidden_layers", "hidden_size", "intermediate_size", "num_attention_heads")
    assert [config[name] for name in names] == [12, 768, 3072, 12]
    assert config["patch_size"] == 16
    trained = sum(parameter.numel() for parameter in network.parameters())
    assert round(trained / 1e6) in (86, 87)
    assert models_paper.CHANNELS == config["num_channels"]
