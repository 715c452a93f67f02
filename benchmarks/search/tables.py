"""Tables of real trainings, and what stands in for training when constants are tuned: a forest grown on a table."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.ensemble import ExtraTreesRegressor

from benchmarks.pages import RESULTS
from benchmarks.search.tasks import SPACE, final_loss
from hpsearch.samplers import Point

EVERYWHERE, NEAR, LEADERS, WIDTH = 1000, 600, 30, 0.1
"""Trainings at random points; then others near the best of these, where searches will look more closely."""
TREES = 60


def table_file(task: str) -> Path:
    """Where a task's table is kept."""
    return RESULTS / f"search_table_{task}.parquet"


def make_table(task: str) -> pd.DataFrame:
    """Train at random points, and then near the leaders among them."""
    rng = np.random.default_rng(0)
    everywhere = rng.random((EVERYWHERE, len(SPACE.settings)))
    losses = [final_loss(task, SPACE.values(point), seed) for seed, point in enumerate(everywhere)]
    leaders = everywhere[np.argsort([np.inf if loss is None else loss for loss in losses])[:LEADERS]]
    near = leaders[rng.integers(LEADERS, size=NEAR)] + WIDTH * rng.standard_normal((NEAR, len(SPACE.settings)))
    near = 1 - np.abs(1 - np.abs(near))  # reflected at the bounds
    losses += [final_loss(task, SPACE.values(point), EVERYWHERE + seed) for seed, point in enumerate(near)]
    frame = pd.DataFrame(np.concatenate([everywhere, near]).astype(np.float32), columns=list(SPACE.titles))
    return frame.assign(val_loss=np.array(losses, np.float32))


@cache
def surrogate(task: str) -> ExtraTreesRegressor:
    """A forest that gives log(val_loss) at a point; nine in ten trainings tell apart, the worst count alike."""
    frame = pd.read_parquet(table_file(task))
    losses = np.log(frame["val_loss"].fillna(np.inf))
    forest = ExtraTreesRegressor(TREES, min_samples_leaf=2, random_state=0, n_jobs=1)
    return forest.fit(
        frame[list(SPACE.titles)].to_numpy(), losses.clip(upper=losses[np.isfinite(losses)].quantile(0.9))
    )


def simulate(task: str, points: list[Point]) -> list[float]:
    """The validation losses that the forest gives at these points."""
    return [float(loss) for loss in np.exp(surrogate(task).predict(np.array(points, np.float32)))]
