"""How long the exact search takes on 40 atoms with unrelated masses, against enumeration.

Enumeration goes through 2^n events, the search through about 2^(n/2) sums.  Both are timed in one
run, on the same kind of masses (denominators drawn up to `LARGEST_DENOMINATOR`): enumeration on
`ENUMERATED_ATOMS`, from which its time on `ATOMS` follows by doubling per atom.

    python benchmarks/admissible_forty_atoms.py
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Sequence
from fractions import Fraction

from theory.admissible import extremes_by_enumeration, extremes_by_search, verify_case
from theory.command_line import Parser, run

PROGRAM = "python benchmarks/admissible_forty_atoms.py"
ATOMS = 40
ENUMERATED_ATOMS = 13
LARGEST_DENOMINATOR = 10**6
RATES = (Fraction(1, 4), Fraction(2, 5), Fraction(17, 31), Fraction(3, 4))
SEED = 0


def unrelated_masses(atoms: int, generator: random.Random) -> tuple[Fraction, ...]:
    """Masses with a denominator each; the last one makes the sum 1."""
    masses = []
    for _ in range(atoms - 1):
        denominator = generator.randint(LARGEST_DENOMINATOR // 10, LARGEST_DENOMINATOR)
        share = generator.uniform(0.5, 1) / atoms
        masses.append(Fraction(round(denominator * share), denominator))
    return (*masses, 1 - sum(masses))


def main(arguments: Sequence[str]) -> None:
    Parser(prog=PROGRAM, description=__doc__.partition("\n")[0]).parse_args(arguments)
    generator = random.Random(SEED)
    few = unrelated_masses(ENUMERATED_ATOMS, generator)
    many = unrelated_masses(ATOMS, generator)
    digits = len(str(math.lcm(*(mass.denominator for mass in many))))
    print(f"{ATOMS} atoms, common denominator of {digits} digits, 2^{ATOMS} events")

    start = time.perf_counter()
    extremes_by_enumeration(RATES[0], few)
    per_event = (time.perf_counter() - start) / 2**ENUMERATED_ATOMS

    for p in RATES:
        start = time.perf_counter()
        extremes = extremes_by_search(p, many)
        seconds = time.perf_counter() - start
        for case in (extremes.worst, extremes.best):
            verify_case(p, many, case)
        ratio = per_event * 2**ATOMS / seconds
        print(
            f"p = {p!s:>5}: worst {float(extremes.worst.value):+.12f}, "
            f"best {float(extremes.best.value):+.12f}, {seconds:.2f} s, "
            f"{ratio:.0e} times faster than enumeration"
        )


if __name__ == "__main__":
    run(main, PROGRAM)
