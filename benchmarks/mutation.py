"""Whether the gate stops every wrong gradient: all mutants over all their architectures (`make mutation`).

    python -m benchmarks.mutation [--share 1.0]

The mutants come from the syntax trees of every backward pass, penalty gradient and loss gradient, see
tests/mutation. Wherever the right code's float64 gradient differs from a mutant's by more than 1e-6, relative to
the tensor's, the gate must stop it; a mutant that differs nowhere is equivalent and listed. Exits 1 if any survives.
"""

import os

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

import argparse
import time
from collections import Counter
from collections.abc import Iterator, Sequence

from benchmarks.pages import RESULTS
from tests.mutation.matrix import Fate
from tests.mutation.mutants import mutants
from tests.mutation.survey import Found, survey


def report(found: Sequence[Found], seconds: float) -> Iterator[str]:
    """Markdown: how many mutants of each method had which fate, and which are equivalent."""
    yield "# Mutants of the gradients, and the gate\n"
    yield "| method | mutants | stopped | survived | raised | no change | equivalent mutants |"
    yield "|---|---|---|---|---|---|---|"
    methods: dict[str, list[Found]] = {}
    for each in found:
        methods.setdefault(f"{each.mutant.owner.__name__}.{each.mutant.method}", []).append(each)
    for name, own in [*methods.items(), ("**all**", list(found))]:
        fates = sum((each.fates for each in own), Counter[Fate]())
        counts = (fates[fate] for fate in (Fate.STOPPED, Fate.SURVIVED, Fate.RAISED, Fate.SAME))
        cells = [name, len(own), *counts, sum(each.equivalent for each in own)]
        yield f"| {' | '.join(map(str, cells))} |"
    operators = Counter(each.mutant.operator for each in found)
    yield (
        "\nColumns 3 to 6 count pairs of a mutant and an architecture. Mutants by operator: "
        + ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in operators.most_common())
        + f". {seconds:.0f} s.\n"
    )
    yield from _listed("Survivors", [each for each in found if each.fates[Fate.SURVIVED]])
    yield from _listed("Equivalent mutants", [each for each in found if each.equivalent])


def _listed(title: str, found: Sequence[Found]) -> Iterator[str]:
    yield f"## {title}: {len(found)}\n"
    yield from (f"- `{each.mutant.name}`" for each in found)
    yield ""


def main() -> None:
    """Run the survey."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--share", type=float, default=1.0, help="of each mutant's architectures")
    chosen = parser.parse_args()
    started = time.perf_counter()
    found = list(survey(mutants(), chosen.share))
    text = "\n".join(report(found, time.perf_counter() - started))
    print(text)
    if chosen.share == 1:  # the recorded page is of all architectures
        (RESULTS / "mutation.md").write_text(text, encoding="utf-8")
    if any(each.fates[Fate.SURVIVED] for each in found):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
