"""Misaligned by Design, Section 3 and Appendix C: verdicts computed from recorded results.

The paper's claims need its own protocol (`empirical.compare_recorded.PAPER`): images, pretrained
weights and a GPU that are not at hand, so these rows wait.  See `proofs_check.experiments` for how
a file decides them, and `proofs_check.test_md_small_experiments` for this toolkit's replications.
"""

from __future__ import annotations

from proofs_check.check import Check
from proofs_check.experiments import PAIR, RAW, averaged, compare, loaded

XRAYS = (
    "paper_pneumonia",
    "paper_cardiomegaly",
    "paper_infiltration",
    "paper_pneumothorax",
    "paper_inverse_probability",
)
CIFAR = ("paper_cat", "paper_maple_tree")
EARLY = 10  # epochs, footnote 4


def test_md_xray_comparison(check: Check) -> None:
    for name in XRAYS:
        compare(check, name, selection="test")


def test_md_cifar_comparison(check: Check) -> None:
    for name in CIFAR:
        compare(check, name, selection="test")


def test_md_raw_worse(check: Check) -> None:
    for measure in ("weighted_loss", "utility"):
        compare(check, "paper_pneumonia", measure, RAW, "test")


def test_md_fig1(check: Check) -> None:
    if (found := loaded(check, "paper_pneumonia")) is None:
        return
    weighted, ex_post = (averaged(found, regime) for regime in PAIR)
    by_epoch = {f"epoch {i}": float(v) for i, v in enumerate(ex_post - weighted, start=1)}
    check.observe("ex post below weighted training on average", "every epoch", by_epoch)
    for regime in PAIR:
        curve = averaged(found, regime)
        late = {"within ten epochs, minus later": float(curve[:EARLY].min() - curve[EARLY:].min())}
        name = f"{regime}: the lowest average loss is within the first ten epochs"
        check.observe(name, "the average run", late)
    raw = {f"epoch {i}": float(v) for i, v in
           enumerate(averaged(found, "raw") - ex_post, start=1)}  # fmt: skip
    check.observe("raw below ex post on average", "every epoch", raw, role="control")


def test_md_fig4(check: Check) -> None:
    compare(check, "paper_pneumonia", selection="test", every_run=True)
    compare(check, "paper_pneumonia", "weighted_loss", RAW, "test", every_run=True)


def test_md_fig5(check: Check) -> None:
    compare(check, "paper_pneumonia", "utility", selection="test", every_run=True)


def test_md_fig6(check: Check) -> None:
    for name in ("paper_cardiomegaly", "paper_infiltration", "paper_pneumothorax"):
        compare(check, name, selection="test", every_run=name != "paper_infiltration")


def test_md_fig7(check: Check) -> None:
    compare(check, "paper_inverse_probability", selection="test", every_run=True)


def test_md_fig8(check: Check) -> None:
    compare(check, "paper_cat", selection="test", every_run=True)


def test_md_fig9(check: Check) -> None:
    compare(check, "paper_maple_tree", selection="test", every_run=True)


def test_md_table1(check: Check) -> None:
    for name in (*XRAYS, *CIFAR):
        compare(check, name, selection="test")
