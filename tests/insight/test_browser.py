"""Pages as a reader sees them: in Chromium, on a desk and on a phone, in the light and in the dark."""

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from hpsearch.compare import Comparison, Contrast, Member, Side
from hpsearch.report import as_html, page_of
from hpsearch.report.comparison import page_of as page_of_comparison
from hpsearch.results import Results

from .pages import COLOURS, FIGURES, brightness, noting

pytestmark = [pytest.mark.chromium, pytest.mark.usefixtures("few_forests")]

WHITE, BLACK = "rgb(255, 255, 255)", "rgb(0, 0, 0)"


@pytest.fixture(scope="module")
def pages(motley: Results, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The pages, by name."""
    sides = [
        Side(
            name,
            [Member(name, seed, None, [1 / (epoch + seed + slow) for epoch in range(1, 9)], 1) for seed in range(3)],
        )
        for name, slow in (("fast", 0), ("slow & <i>long</i>", 3))
    ]
    comparison = Comparison(
        "val_loss", maximise=False, along="epoch", sides=sides, contrasts=[Contrast("slow", "none", None, None)]
    )
    folder = tmp_path_factory.mktemp("pages")
    texts = {
        "report": as_html(page_of(motley, np.random.default_rng(0))),
        "comparison": as_html(page_of_comparison(comparison)),
    }
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text)
    return {name: folder / f"{name}.html" for name in texts}


def opened(browser: Browser, file: Path, complaints: list[str], width: int, scheme: str) -> Page:
    """The page, once everything on it is drawn."""
    page = noting(browser, complaints, width, scheme, ("file:", "data:"))
    page.goto(file.as_uri())
    page.wait_for_function("document.body.dataset.drawn", timeout=30_000)
    return page


EVERYWHERE = [
    ("report", 1280, "light"),
    ("report", 1280, "dark"),
    ("report", 390, "light"),
    ("report", 390, "dark"),
    ("comparison", 1280, "light"),
    ("comparison", 390, "dark"),
]


@pytest.mark.parametrize(("name", "width", "scheme"), EVERYWHERE)
def test_every_figure_is_drawn_and_the_browser_complains_of_nothing(
    browser: Browser, pages: dict[str, Path], complaints: list[str], name: str, width: int, scheme: str
) -> None:
    page = opened(browser, pages[name], complaints, width, scheme)
    figures = page.evaluate(FIGURES)
    assert complaints == []
    assert len(figures) == {"report": 15, "comparison": 1}[name]
    assert [each["title"] for each in figures if each["marks"] == 0] == []
    assert [each["title"] for each in figures if each["wide"] != each["room"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") == width  # nothing is to be scrolled sideways
    paper, ink = (brightness(color) for color in page.evaluate(COLOURS))
    if scheme == "light":
        assert paper == 1
        assert ink < 0.2
    else:
        assert paper < 0.2
        assert ink > 0.8
    page.close()


def test_paper_is_white_and_holds_the_whole_of_every_figure(
    browser: Browser, pages: dict[str, Path], complaints: list[str]
) -> None:
    page = opened(browser, pages["report"], complaints, 1280, "dark")
    page.emulate_media(media="print", color_scheme="dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    paper, ink = page.evaluate(COLOURS)
    assert (paper, ink) == (WHITE, BLACK)
    assert max(each["wide"] for each in page.evaluate(FIGURES)) <= 680
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert complaints == []
    page.close()


def test_the_best_configuration_is_copied_by_a_click(
    browser: Browser, pages: dict[str, Path], complaints: list[str], motley: Results
) -> None:
    page = opened(browser, pages["report"], complaints, 1280, "light")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click("text=Copy")
    page.wait_for_selector("text=Copied")
    assert page.evaluate("navigator.clipboard.readText()") == motley.best_config
    page.close()
