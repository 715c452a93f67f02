"""What the tests of configs and stores share."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hpsearch.config import Config, load_config
from hpsearch.errors import UsageError
from hpsearch.store import SweepFolder, create_folder, schemas
from hpsearch.sweep import Plan

from .stores import STORES, StoreCase
from .worlds import KNOWN, RECORDED


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Config]:
    """Load a config from its text, with overrides."""

    def loaded(text: str | bytes, *overrides: str) -> Config:
        file = tmp_path / "config.yaml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_config(file, KNOWN, overrides)

    return loaded


@pytest.fixture
def refusal(load: Callable[..., Config]) -> Callable[..., str]:
    """The sentence with which a config is refused; it is a UsageError of one line."""

    def refused(text: str | bytes, *overrides: str) -> str:
        with pytest.raises(UsageError) as error:
            load(text, *overrides)
        sentence = str(error.value)
        assert sentence
        assert "\n" not in sentence
        return sentence

    return refused


@pytest.fixture
def make_folder(tmp_path: Path) -> Callable[..., SweepFolder]:
    """Make a sweep's folder for a plan."""

    def made(plan: Plan, name: str = "sweep") -> SweepFolder:
        return create_folder(
            tmp_path / name,
            "name: sweep\n",
            {"seed": 0, "platform": "here", "data": {}},
            schemas(plan.space, RECORDED, repeats=plan.repeats, widen=plan.allows is not None),
        )

    return made


@pytest.fixture(params=sorted(STORES))
def store_case(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., StoreCase]:
    """Every kind of store, in turn: call with a plan and a clock for a new sweep."""

    def opened(plan: Plan, clock: Callable[[], float] = time.monotonic, **names: Any) -> StoreCase:
        return STORES[request.param](plan, tmp_path / names.get("name", "sweep"), clock)

    return opened
