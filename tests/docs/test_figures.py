"""Every measured figure that README and docs quote stands in a page that the benchmarks wrote, and can be measured again."""

import re
from pathlib import Path

import pytest

from benchmarks.experiments import page as experiments
from benchmarks.remeasure.__main__ import main
from benchmarks.remeasure.figures import Figure, Sample, number, recorded
from benchmarks.remeasure.measures import BENCHMARKS
from benchmarks.remeasure.quotes import NOT_MEASURED, QUOTES, Quote
from tests.docs.examples import FENCE
from tests.processes.program import REPOSITORY

GENERATED = "docs/experiments.md"  # as a whole from measurements: it has a test of its own
PAGES = [
    "README.md",
    "CHANGELOG.md",
    *sorted({f"docs/{page.name}" for page in (REPOSITORY / "docs").glob("*.md")} - {GENERATED}),
]
MEASURED = re.compile(
    r"\d[\d .,]*(?:%|(?:ms|µs|s|seconds|minutes|times|trials/s|[KMG]B)\b|×)"
    r"|\bin \d+ trials\b|\b\d+ mutants|\bR²[^.|]*\d|\b0\.\d{3,}"
    r"|\b(?:half|one and a half|about)(?: an?| one)? (?:milli)?(?:second|minute)s?\b|\b(?:half|twice|two and a half times) (?:the time|as fast)\b"
)
"""What a measured figure in prose looks like; examples of output, in code blocks, are no quotes."""


def prose(page: str) -> str:
    text = FENCE.sub("", (REPOSITORY / page).read_text(encoding="utf-8"))
    return re.sub(r"`([^`\n]*)`", lambda span: "" if re.search(r"\d", span[1]) else span[0], text)  # such as a default


def quoted(quote: Quote) -> str:
    [figure] = re.findall(quote.words, prose(quote.page))
    return str(figure).strip()


@pytest.mark.parametrize("quote", QUOTES, ids=lambda quote: quote.words)
def test_a_quote_is_the_recorded_figure_rounded(quote: Quote) -> None:
    figure = quoted(quote)
    digits = len(figure.rstrip("%").partition(".")[2]) + 2 * figure.endswith("%")
    assert round(recorded(quote.source, quote.place), digits) == (0 if figure == "none" else number(figure))


@pytest.mark.parametrize("page", PAGES)
def test_no_figure_is_quoted_that_nobody_recorded(page: str) -> None:
    text = prose(page)
    known = [*(quote.words for quote in QUOTES if quote.page == page), *NOT_MEASURED]
    places = {place for pattern in known for found in re.finditer(pattern, text) for place in range(*found.span())}
    unknown = [found[0] for found in MEASURED.finditer(text) if not places & set(range(*found.span()))]
    assert unknown == [], f"{page}: put them into benchmarks/remeasure/quotes.py"


def test_the_page_of_experiments_is_what_its_kept_measurements_say() -> None:
    assert (REPOSITORY / GENERATED).read_text(encoding="utf-8") == experiments.page()


def test_every_benchmark_is_measured_again() -> None:
    files = (REPOSITORY / "benchmarks").glob("*.py")
    programs = {file.stem for file in files if 'if __name__ == "__main__"' in file.read_text(encoding="utf-8")}
    packages = {file.parent.name for file in (REPOSITORY / "benchmarks").glob("*/__main__.py")}
    assert set(BENCHMARKS) >= programs | packages - {"remeasure"}


def test_a_figure_outside_its_interval_fails_the_run_and_what_is_left_out_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.md"
    for value, code in ((1.0, 0), (3.0, 1)):
        figure = Figure("idle", "share", "1 of 2", 1.0, 0.5, 2.0, value, "why")
        monkeypatch.setitem(BENCHMARKS, "idle", [lambda sample, figure=figure: iter([figure, "torch"])])
        assert main(["idle", "--seed", "5", f"--output={page}"]) == code
        assert f"| idle | share | 1 of 2 | 1 | 0.5 … 2 (why) | {value:.4g} |" in page.read_text(encoding="utf-8")
        assert "sample 5 of size 1" in page.read_text(encoding="utf-8")
        assert "Not measured on this machine: torch." in page.read_text(encoding="utf-8")


def test_a_sample_is_a_function_of_its_seed_and_the_benchmark() -> None:
    drawn = Sample(3).draw("search", 10, 360)
    assert drawn == Sample(3).draw("search", 10, 360)
    assert len(set(drawn)) == 10
    assert drawn != Sample(4).draw("search", 10, 360)
    assert drawn != Sample(3).draw("idle", 10, 360)
    assert Sample(3, size=0.001).draw("search", 10, 360)


def test_simulated_and_fitted_figures_come_out_as_they_were_recorded() -> None:
    for name in ("idle", "estimators"):
        for figure in (each for measure in BENCHMARKS[name] for each in measure(Sample(seed=1, size=0.01))):
            assert isinstance(figure, Figure)
            assert figure.holds, figure
