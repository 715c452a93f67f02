"""Which measured figures README and docs quote, and where each was recorded.

A quote is the recorded figure, rounded to the digits that it is quoted with.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Quote:
    """A figure in a page's prose: patterns with the figure as their group, in the prose and in a page of results."""

    page: str
    words: str
    source: str
    place: str


def _real(place: str) -> str:
    """A place among the searches with real trainings."""
    return rf"(?s)## Real training.*{place}"


def _fused(size: str) -> str:
    """PyTorch's time as a multiple of the trainer's."""
    return rf"\| {size} \| yes \| adam \| PyTorch fused \|(?:[^|]+\|){{2}} ([\d.]+) \|"


_ONE_BY_ONE = r"\| optuna\.tpe, one by one \|(?:[^|]+\|){6} ([\d.]+) \("
"""In how many pairs the zoom is ahead of TPE that knows each trial before the next."""

QUOTES = (
    Quote("README.md", r"costs ([\d.]+) to [\d.]+ ms a trial", "search_cost.md", r"\| 50 \| ([\d.]+) \|"),
    Quote("README.md", r"costs [\d.]+ to ([\d.]+) ms a trial", "search_cost.md", r"\| 400 \| ([\d.]+) \|"),
    Quote("README.md", r"real trainings and (\d+) seeds", "search.md", r"## Real training of every trial: (\d+) seeds"),
    Quote("README.md", r"reaches in (\d+) trials", "search.md", _real(r"\| zoom \|(?: \d+ \|){6} (\d+) \|")),
    Quote(
        "README.md",
        r"ahead of it in (\d+%) of pairs",
        "search.md",
        _real(r"### All tasks.*?\| zoom \|(?:[^|]+\|){2} ([\d.]+) \("),
    ),
    Quote(
        "README.md",
        r"pairs, in (\d+%) on the three",
        "search.md",
        _real(r"### Tasks on which.*?\| zoom \|(?:[^|]+\|){2} ([\d.]+) \("),
    ),
    Quote("README.md", r"without rounds, in (\d+%)", "search.md", _real(rf"### All tasks.*?{_ONE_BY_ONE}")),
    Quote(
        "README.md",
        r"costs about (\d+%) of the digits sweep",
        "gradcheck.md",
        r"digits sweep \(48 trials\) \| ([\d.]+)",
    ),
    Quote("README.md", r"stops all of (\d+) mutants", "mutation.md", r"\*\*all\*\* \| (\d+) \|"),
    Quote("README.md", r"accuses (none) of", "gradcheck.md", r"correct networks accused \| (\d+) \|"),
    Quote("README.md", r"none of ([\d ]+) random correct", "gradcheck.md", r"of (\d+) correct networks accused"),
    Quote("README.md", r"R² is ([\d.]+) \(mean", "estimators.md", r"trainer\S+ \| ([\d.]+)"),
    Quote("README.md", r"\(mean of (\d+) splits\)", "estimators.md", r"RidgeCV \| [\d.]+ \| [\d.]+ \| (\d+)"),
    Quote("README.md", r"`RidgeCV` has ([\d.]+)", "estimators.md", r"RidgeCV \| ([\d.]+)"),
    Quote("README.md", r"`MLPRegressor` ([\d.]+\d)", "estimators.md", r"scikit-learn's MLPRegressor \| ([\d.]+)"),
    Quote("docs/peers.md", r"searched with (\d+) seeds", "search.md", r"## Real training of every trial: (\d+) seeds"),
    Quote(
        "docs/peers.md",
        r"(\d+%) of pairs after 100",
        "search.md",
        _real(r"### All tasks.*?\| zoom \|(?:[^|]+\|){2} ([\d.]+) \("),
    ),
    Quote("docs/peers.md", r"in (\d+%) after 25", "search.md", _real(r"### All tasks.*?\| zoom \| ([\d.]+) \(")),
    Quote("docs/peers.md", r"takes ([\d.]+) times as long for 64-32-10", "trainer.md", _fused("tiny")),
    Quote("docs/peers.md", r"and ([\d.]+) times for 3072", "trainer.md", _fused("large")),
    Quote(
        "docs/peers.md",
        r"ahead in (\d+%) after 100",
        "search.md",
        _real(r"### Tasks on which.*?\| zoom \|(?:[^|]+\|){2} ([\d.]+) \("),
    ),
    Quote("docs/peers.md", r"in rounds in (\d+%) of pairs", "search.md", _real(rf"### All tasks.*?{_ONE_BY_ONE}")),
    Quote("docs/peers.md", r"those three in (\d+%)", "search.md", _real(rf"### Tasks on which.*?{_ONE_BY_ONE}")),
    Quote("docs/peers.md", r"of (\d+) searches of up to", "search.md", r"\| mean \| \(\d+ of (\d+)\)"),
    Quote("docs/peers.md", r"reaches it in (\d+), TPE", "search.md", r"\| mean \| \((\d+) of"),
    Quote("docs/peers.md", r"TPE with Hyperband in (\d+)", "search.md", r"\| mean \|[^|]+\| \((\d+) of"),
    Quote("docs/peers.md", r"random search, in (\d+);", "search.md", r"\| mean \|(?:[^|]+\|){2} \((\d+) of"),
    Quote(
        "docs/peers.md", r"takes ([\d.]+) times as long as the one", "search.md", r"\| mean \|(?:[^|]+\|){3} ([\d.]+)"
    ),
    Quote(
        "docs/peers.md", r"and ([\d.]+) times as long as the other", "search.md", r"\| mean \|(?:[^|]+\|){4} ([\d.]+)"
    ),
    Quote("docs/tables.md", r"test R² of ([\d.]+\d) on average", "tables_regression.md", r"\| hpsearch \| ([\d.]+)"),
    Quote(
        "docs/tables.md", r"in (\d+) s of one process", "tables_regression.md", r"\| hpsearch \|(?:[^|]+\|){2} (\d+)"
    ),
    Quote("docs/tables.md", r"finds ([\d.]+\d) in the same", "tables_regression.md", r"200 epochs \| ([\d.]+)"),
    Quote("docs/tables.md", r"same time, ([\d.]+\d) if", "tables_regression.md", r"20 epochs \| ([\d.]+)"),
    Quote("docs/gradient-check.md", r"makes \[(\d+) mutants\]", "mutation.md", r"\*\*all\*\* \| (\d+) \|"),
)

NOT_MEASURED = {
    r"95% interval": "a definition",
    r"from 0\.9 to 0\.9005|0\.999 to\s0\.9995|have it at 0\.948": "arithmetic",
    r"at least 80%|15% of the time|every 8 seconds|longer than 30 s|after 30 seconds|up to 30 s": "a setting of the program",
    r"at most 2 s behind|anew every 10 s at most": "a setting of the dashboard",
    r"the 90% interval|below 30% it does not name": "a setting of the report",
    r"the machine's memory is 95% full": "a setting of Ray",
    r"at most half a minute": "a setting of the program",
    r"some 10 to 100 ms": "what to expect of a network",
}
"""Figures in prose that nobody measured, by pattern, and what they are instead."""
