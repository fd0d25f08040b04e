"""The recorded comparisons: which command makes each file of `empirical/results`.

`SMALL`: replications on data at hand, with networks that train on two CPU cores from random
weights.  They are not replications of the paper's results, whose data (45 GB of X-rays), pretrained
weights and hardware a user has to provide; `PAPER` has the commands for those, and the ledger
reads their files where they are.  `FULL`: the same data and random weights with larger networks,
which need a GPU.

Source of the protocols: Misaligned by Design, Section 3, footnote 13, Appendix D.
"""

from __future__ import annotations

from pathlib import Path

RESULTS = Path(__file__).with_name("results")
BRIEF = ("--epochs", "5", "--evaluate-every", "100")  # steps, as in the paper's CIFAR experiments
SMALL: dict[str, tuple[str, ...]] = {
    "digits_8": ("--seeds", "10"),
    "digits_moderate": ("--model", "linear", "--emphasise", "3", "--ratio", "10", "--seeds", "10"),
    "pediatric_viral": ("--dataset", "pediatric_xray", "--emphasise", "viral"),
    "pediatric_normal": ("--dataset", "pediatric_xray", "--emphasise", "normal"),
    "pediatric_bacterial": ("--dataset", "pediatric_xray", "--emphasise", "bacterial"),
    "pediatric_inverse_probability": ("--dataset", "pediatric_xray", "--inverse-probability"),
    "chestxray14_sample_pneumonia": (
        *("--dataset", "chestxray14", "--classes", "No Finding,Pneumonia,Infiltration"),
        *("--emphasise", "Pneumonia"),
    ),
    "cifar10_cat": ("--dataset", "cifar10", "--emphasise", "cat", *BRIEF),
    "cifar10_cat_longer": ("--dataset", "cifar10", "--emphasise", "cat"),
    "cifar100_maple_tree": ("--dataset", "cifar100", "--emphasise", "maple_tree", *BRIEF),
}
_PEDIATRIC = ("--dataset", "pediatric_xray", "--preset", "full")
FULL: dict[str, tuple[str, ...]] = {
    "full_cat": ("--dataset", "cifar10", "--emphasise", "cat", "--preset", "full"),
    "full_cat_rate_02": (
        *("--dataset", "cifar10", "--emphasise", "cat", "--preset", "full"),
        *("--learning-rate", "0.02"),
    ),
    "full_maple_tree": ("--dataset", "cifar100", "--emphasise", "maple_tree", "--preset", "full"),
    "full_cat_vit": (
        *("--dataset", "cifar10", "--emphasise", "cat", "--preset", "full"),
        *("--model", "vit_small"),
    ),
    "full_pediatric_viral": (*_PEDIATRIC, "--emphasise", "viral"),
    "full_pediatric_bacterial": (*_PEDIATRIC, "--emphasise", "bacterial"),
    "full_pediatric_normal": (*_PEDIATRIC, "--emphasise", "normal"),
}
_XRAY = (
    *("--dataset", "chestxray14", "--split", "paper", "--model", "densenet121"),
    *("--preset", "paper", "--weights", "densenet121-a639ec97.pth"),
)
_VIT = ("--model", "vit_b16", "--preset", "paper", "--weights", "vit-base-patch16-224-in21k")
_REFERENCE = ("--learning-rate", "0.01")  # see `empirical.protocols`
PAPER: dict[str, tuple[str, ...]] = {
    "paper_pneumonia": (*_XRAY, "--emphasise", "Pneumonia"),
    "paper_cardiomegaly": (*_XRAY, "--emphasise", "Cardiomegaly"),
    "paper_infiltration": (*_XRAY, "--emphasise", "Infiltration"),
    "paper_pneumothorax": (*_XRAY, "--emphasise", "Pneumothorax"),
    "paper_inverse_probability": (*_XRAY, "--inverse-probability"),
    "paper_cat": ("--dataset", "cifar10", *_VIT, "--emphasise", "cat"),
    "paper_maple_tree": ("--dataset", "cifar100", *_VIT, "--emphasise", "maple_tree"),
    "paper_cat_rate_01": ("--dataset", "cifar10", *_VIT, "--emphasise", "cat", *_REFERENCE),
    "paper_maple_tree_rate_01": (
        *("--dataset", "cifar100", *_VIT, "--emphasise", "maple_tree", *_REFERENCE),
    ),
}
ARGUMENTS = SMALL | FULL | PAPER
_FRESH = (
    *("--preset", "small", "--models", "linear", "--sizes", "1000", "--ratios", "10"),
    *("--seeds", "12", "--first-seed", "100", "--together"),
)
MAPS: dict[str, tuple[str, ...]] = {
    "map_digits": ("--preset", "small", "--seeds", "3", "--together"),
    "map_digits_rates": ("--preset", "rates", "--seeds", "6", "--together"),
    "map_digits_scales": (
        *("--preset", "scales", "--optimiser", "sgd", "--seeds", "6", "--together"),
    ),
    "map_cifar10": ("--dataset", "cifar10", "--preset", "images", "--seeds", "3"),
    "map_cifar10_rates": (
        *("--dataset", "cifar10", "--preset", "rates", "--models", "small_cnn"),
        *("--sizes", "9000", "--learning-rates", "0.1,0.3,1,3,10", "--steps", "200"),
        *("--seeds", "3"),
    ),
    "map_cifar10_full": ("--dataset", "cifar10", "--preset", "full", "--seeds", "2", "--together"),
    "map_digits_moderate": _FRESH,
    "map_digits_moderate_3": ("--emphasise", "3", *_FRESH),
}


def result_path(name: str) -> Path:
    """Where the recorded comparison lies."""
    return RESULTS / f"{name}.json"


def command(name: str) -> str:
    """The command that makes it, run from the project's root.

    >>> command("digits_8")
    'python -m empirical.compare --seeds 10 --out empirical/results/digits_8.json'
    """
    return _shown("empirical.compare", ARGUMENTS[name], name)


def map_command(name: str) -> str:
    """The command that makes a recorded map of `empirical.map`, likewise."""
    return _shown("empirical.map", MAPS[name], name)


def _shown(module: str, arguments: tuple[str, ...], name: str) -> str:
    words = [f'"{word}"' if " " in word else word for word in arguments]
    return " ".join(["python -m", module, *words, f"--out empirical/results/{name}.json"])
