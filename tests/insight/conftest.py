"""Sweeps to look into."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from hpsearch import analysis
from hpsearch.records import Status
from hpsearch.results import Results, load
from tests.conftest import chromium

from .planted import TEXT, Planted, config_in

EVERY_STATUS = {3: Status.STOPPED, 5: Status.DIVERGED, 7: Status.GATE_FAILED, 11: Status.FAILED, 12: Status.STOPPED}


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Callable[..., Planted]]:
    """Begin a sweep with planted outcomes; it is closed at the end."""
    with ExitStack() as stack:

        def begun(*overrides: str, text: str = TEXT) -> Planted:
            config = config_in(tmp_path, text, *overrides)
            sweep = Planted(tmp_path / config.run.name, config)
            stack.callback(sweep.close)
            return sweep

        yield begun


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """A finished sweep in which only the learning rate matters."""
    folder = tmp_path_factory.mktemp("planted")
    return load(Planted(folder / "planted", config_in(folder)).finish())


@pytest.fixture(scope="session")
def motley(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """A finished zoom with trials of every status."""
    folder = tmp_path_factory.mktemp("motley")
    config = config_in(folder, TEXT, "search.strategy=zoom", "search.trials=40")
    return load(
        Planted(folder / "motley", config).finish(ending=lambda trial: EVERY_STATUS.get(trial.number, Status.COMPLETED))
    )


@pytest.fixture(scope="session")
def scanty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Results]]:
    """Sweeps of which there is little to tell."""

    def begun(name: str, text: str = TEXT, *overrides: str) -> Planted:
        folder = tmp_path_factory.mktemp(name)
        return Planted(folder / name, config_in(folder, text, *overrides, f"name={name}"))

    empty = begun("empty")
    one = begun("unsearched", "data: {source: digits}\nsearch: {trials: 1}\n")
    yield {
        "empty": load(empty.folder.path),
        "unsearched": load(one.finish(lambda trial: 1.0)),
        "hopeless": load(begun("hopeless", TEXT, "search.trials=8").finish(ending=lambda trial: Status.GATE_FAILED)),
    }
    empty.close()


@pytest.fixture(params=["planted", "motley", "empty", "hopeless", "unsearched"])
def any_sweep(
    request: pytest.FixtureRequest, planted: Results, motley: Results, scanty: Mapping[str, Results]
) -> Results:
    """Sweeps of every kind, in turn."""
    return {"planted": planted, "motley": motley, **scanty}[request.param]


@pytest.fixture(scope="module")
def few_forests() -> Iterator[None]:
    """Importance in less time than its precision takes, for tests that do not look at that."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(analysis, "FORESTS", 3)
        yield


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium."""
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=chromium(), args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained of, and what it asked the network for."""
    return []
