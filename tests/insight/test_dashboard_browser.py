"""The dashboard as a viewer sees it: in Chromium, on a desk and on a phone, in the light and in the dark."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from hpsearch.dashboard import DashboardServer
from hpsearch.results import Results

from .live import serving
from .pages import COLOURS, FIGURES, brightness, noting
from .planted import Planted, by_learning_rate

pytestmark = [pytest.mark.chromium, pytest.mark.usefixtures("few_forests")]

MARKS = "() => document.querySelector('.plot').querySelectorAll('.points path').length"
ZOOM = "() => document.querySelector('.plot').layout.xaxis.range.map((end) => Math.round(1000 * end))"
DRAWN = "[data-follow$='/page'][data-drawn]"
PATIENCE_MS = 60_000


@pytest.fixture(scope="module")
def finished(motley: Results) -> Iterator[DashboardServer]:
    """A dashboard of one finished sweep."""
    with serving(motley.path.parent) as server:
        yield server


def opened(browser: Browser, url: str, complaints: list[str], width: int) -> Page:
    """A page whose complaints, and questions to others than the dashboard, are noted."""
    page = noting(browser, complaints, width, "light", ("/".join(url.split("/")[:3]), "data:"))
    page.set_default_timeout(PATIENCE_MS)
    page.goto(url)
    return page


@pytest.mark.parametrize("width", [1280, 390])
def test_a_sweep_is_found_and_every_figure_of_it_drawn_in_the_light_and_in_the_dark(
    browser: Browser, finished: DashboardServer, complaints: list[str], width: int
) -> None:
    page = opened(browser, finished.url, complaints, width)
    expect(page.locator("main")).to_contain_text("40 of 40 trials", timeout=PATIENCE_MS)
    assert page.evaluate("document.documentElement.scrollWidth") == width  # nothing is to be scrolled sideways
    page.click("text=motley")
    page.locator(DRAWN).wait_for()
    figures = page.evaluate(FIGURES)
    assert len(figures) == 15
    assert [figure["title"] for figure in figures if figure["marks"] == 0] == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    paper, ink = (brightness(color) for color in page.evaluate(COLOURS))
    assert (paper, ink < 0.2) == (1, True)
    page.emulate_media(color_scheme="dark")
    paper, ink = (brightness(color) for color in page.evaluate(COLOURS))
    assert paper < 0.2
    assert ink > 0.8
    page.close()
    assert complaints == []


def until(page: Page, expression: str, value: object) -> None:
    """Wait until an expression has this value; Playwright's own way would be eval, which the dashboard forbids."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while (found := page.evaluate(expression)) != value:
        assert time.monotonic() < deadline, found
        page.wait_for_timeout(50)


def test_a_page_follows_a_running_sweep_and_keeps_what_a_viewer_zoomed_into(
    browser: Browser, plant: Callable[..., Planted], tmp_path: Path, complaints: list[str]
) -> None:
    sweep = plant("search.trials=24")
    with serving(tmp_path) as server:
        page = opened(browser, f"{server.url}sweeps/planted", complaints, 1280)
        expect(page.locator("main")).to_contain_text("No trial has ended yet", timeout=PATIENCE_MS)
        sweep.run(1, by_learning_rate)
        page.locator(".js-plotly-plot").first.wait_for()
        until(page, MARKS, 8)
        page.evaluate("document.querySelector('.plot').seen = true")
        page.evaluate("Plotly.relayout(document.querySelector('.plot'), { 'xaxis.range': [2, 5] })")
        page.locator("pre").first.evaluate("(pre) => { getSelection().selectAllChildren(pre); pre.scrollTop = 40; }")
        sweep.run(1, by_learning_rate)
        expect(page.locator(".now")).to_contain_text("16 of 24 trials", timeout=PATIENCE_MS)
        expect(page.locator("section").first).to_contain_text("16 of 24 trials have ended", timeout=PATIENCE_MS)
        until(page, MARKS, 16)
        assert page.evaluate(ZOOM) == [2000, 5000]
        assert page.evaluate("document.querySelector('.plot').seen")
        assert page.locator("pre").first.evaluate("(pre) => pre.scrollTop") == 40
        sweep.finish()
        expect(page.locator(".now")).to_contain_text("finished", timeout=PATIENCE_MS)
        assert complaints == []
        page.close()


def test_a_viewer_is_told_when_the_dashboard_is_gone_or_the_sweep(
    browser: Browser, plant: Callable[..., Planted], tmp_path: Path
) -> None:
    path = plant("search.trials=8").finish()
    with serving(tmp_path) as server:
        page = opened(browser, f"{server.url}sweeps/planted", [], 390)
        expect(page.locator(".now")).to_contain_text("8 of 8 trials", timeout=PATIENCE_MS)
        expect(page.locator(".trouble")).to_be_hidden()
        path.rename(tmp_path / ".planted")
        expect(page.locator(".trouble")).to_contain_text("may have been moved away", timeout=PATIENCE_MS)
        (tmp_path / ".planted").rename(path)
        expect(page.locator(".trouble")).to_be_hidden(timeout=PATIENCE_MS)
        page.route("**/*", lambda route: route.abort())
        expect(page.locator(".trouble")).to_contain_text("does not answer", timeout=PATIENCE_MS)
        page.close()
