"""Every experiment shows the effect that it is about, in miniature."""

from pathlib import Path

import pandas as pd
import pytest

from benchmarks.experiments import EXPERIMENTS, measured
from benchmarks.experiments.base import CONFIGS, FEWEST_SEEDS, Conditions, Effect, Size, loaded
from benchmarks.experiments.page import PAGE, PICTURES

pytestmark = pytest.mark.no_cover  # measuring would take longer than what is measured


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_effect_shows_over_five_seeds(name: str) -> None:
    experiment, conditions = EXPERIMENTS[name], Conditions(Size.MINIATURE)
    found = pd.concat([measured(name, conditions, seed) for seed in range(FEWEST_SEEDS)], ignore_index=True)
    hidden = [str(effect) for effect in experiment.effects(found) if not effect.shows]
    assert hidden == []
    assert len(experiment.table(found)) > 0


@pytest.mark.parametrize(
    ("by_seed", "shows"),
    [([1, 1, 1, 1], False), ([1, 1, 1, 1, 1], True), ([1, 1, 1, 1, -1], True), ([1, 1, 1, -1, -1], False),
     ([1, 1, 1, 1, -9], False), ([0, 0, 0, 0, 0], False)],
)  # fmt: skip
def test_an_effect_shows_only_in_the_mean_and_in_four_of_five_seeds(by_seed: list[float], shows: bool) -> None:
    assert Effect("", by_seed).shows is shows


@pytest.mark.parametrize("config", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_config_of_an_experiment_loads(config: Path) -> None:
    assert loaded(config.stem).run.name == config.stem.replace("_", "-")


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_page_has_every_experiment_with_its_picture(name: str) -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert f"{EXPERIMENTS[name].title}\n" in text
    assert EXPERIMENTS[name].command in text
    assert (PICTURES / f"{name}.svg").exists()
