"""A sweep in MLflow: a run for the sweep, and within it one for each trial."""

import logging
import math
import os
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, Run

from hpsearch.records import Status

STATES = {Status.COMPLETED: "FINISHED", Status.STOPPED: "KILLED"}
"""What MLflow calls the ends of trials; all others have failed."""
IMPATIENT = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_HTTP_REQUEST_TIMEOUT": "20"}
"""How long MLflow tries to reach a server, unless the user has said so: its own defaults are minutes."""
SWEEP, TRIAL = "hpsearch.sweep", "hpsearch.trial"
"""The tags by which runs are known again."""
MOST_METRICS, MOST_PARAMS, PAGE = 1000, 100, 1000
"""How much MLflow takes, or gives, at once."""

Row = Mapping[str, Any]


class MlflowRuns:
    """The runs of one sweep, at the server that MLFLOW_TRACKING_URI names; a sweep that is resumed goes on in its own.

    name: of the experiment. sweep: what no other sweep is called.
    """

    def __init__(self, name: str, sweep: str) -> None:
        for setting, value in IMPATIENT.items():
            os.environ.setdefault(setting, value)
        logging.getLogger("mlflow").setLevel(logging.WARNING)  # it tells of every table that it makes
        self._client = MlflowClient()
        found = self._client.get_experiment_by_name(name)
        self._experiment = self._client.create_experiment(name) if found is None else found.experiment_id
        runs = self._search(SWEEP, sweep)
        self._parent = runs[0].info.run_id if runs else self._create(name, {SWEEP: sweep})
        if runs:
            self._client.update_run(self._parent, status="RUNNING")
        self.logged: set[int] = set()
        """The trials that are there."""
        for run in self._search("mlflow.parentRunId", self._parent):
            if run.info.status == "RUNNING":  # left half-way by a process that was killed
                self._client.delete_run(run.info.run_id)
            else:
                self.logged.add(int(run.data.tags[TRIAL]))

    def log(self, trial: Row, epochs: Sequence[Row]) -> None:
        """A trial's rows: its settings as params, its scores as metrics, by epoch."""
        started: datetime = trial["started_at"]
        begun = int(started.timestamp() * 1000)
        ended = begun + int(trial["duration_s"] * 1000)
        tags = {"mlflow.parentRunId": self._parent, TRIAL: str(trial["trial"]), "hpsearch.status": trial["status"]}
        tags |= {"hpsearch.error": trial["error"]} if trial["error"] else {}
        run = self._create(f"trial {trial['trial']}", tags, begun)
        params = [Param(name[6:], str(value)) for name, value in trial.items() if name.startswith("param_")]
        for start in range(0, len(params), MOST_PARAMS):
            self._client.log_batch(run, params=params[start : start + MOST_PARAMS])
        metrics = [
            Metric(name, value, ended, row["epoch"])
            for row in epochs
            for name, value in row.items()
            if name not in {"trial", "epoch"} and value is not None and math.isfinite(value)
        ]
        for start in range(0, len(metrics), MOST_METRICS):
            self._client.log_batch(run, metrics=metrics[start : start + MOST_METRICS])
        self._client.set_terminated(run, STATES.get(Status(trial["status"]), "FAILED"), ended)

    def finish(self, best: Row | None, config: str | None, *, whole: bool) -> None:
        """The best trial's scores and its config, and whether the sweep is whole."""
        now = int(time.time() * 1000)
        scores = {} if best is None else {name: best[name] for name in best if name.startswith(("val_", "train_"))}
        self._client.log_batch(self._parent, metrics=[Metric(name, value, now, 0) for name, value in scores.items()])
        if config is not None:
            self._client.log_text(self._parent, config, "best/config.yaml")
        self._client.set_terminated(self._parent, "FINISHED" if whole else "KILLED")

    def _create(self, name: str, tags: Mapping[str, str], start_time: int | None = None) -> str:
        run = self._client.create_run(self._experiment, start_time, dict(tags), run_name=name)
        return str(run.info.run_id)

    def _search(self, tag: str, value: str) -> list[Run]:
        found: list[Run] = []
        token = None
        while token is None or token:
            page = self._client.search_runs(
                [self._experiment], f"tags.`{tag}` = '{value}'", max_results=PAGE, page_token=token
            )
            found, token = [*found, *page], page.token or ""
        return found
