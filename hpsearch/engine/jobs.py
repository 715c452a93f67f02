"""Sweeps as jobs of a cluster's job server, which go on when this machine is switched off."""

import logging
import os
import shlex
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ray.exceptions import AuthenticationError
from ray.job_submission import JobDetails, JobStatus, JobSubmissionClient

from hpsearch.engine.cluster import CODE
from hpsearch.errors import HpsearchError, UsageError
from hpsearch.location import Location

STOP_WAIT_S = 300
"""How long a job that is stopped may take to finish the trials under way."""

POLL_S = 1.0
CHATTY = ("ray.dashboard.modules.dashboard_sdk", "ray._private.runtime_env.packaging")
"""Loggers of Ray that say on the terminal what is being sent."""

SWEEP = "hpsearch_sweep"
"""The key of a job's metadata that says which sweep it runs."""


@dataclass(frozen=True)
class Job:
    """A job that runs a sweep."""

    job: str  # its id
    sweep: str  # the sweep's folder, as the cluster sees it
    state: str
    started_at: datetime | None
    message: str

    @property
    def ended(self) -> bool:
        """Whether nothing of it runs any more."""
        return bool(JobStatus(self.state.upper()).is_terminal())

    @property
    def succeeded(self) -> bool:
        """Whether it ended with exit code 0."""
        return JobStatus(self.state.upper()) is JobStatus.SUCCEEDED


class JobServer:
    """The job server of a cluster."""

    def __init__(self, address: str) -> None:
        """Connect; raises UsageError if there is none at `address`, as in http://HEAD:8265."""
        if not address.startswith(("http://", "https://")):
            raise UsageError(
                f"the address of a job server is http://HOST:PORT, as in http://head:8265, not {address!r}"
            )
        for name in CHATTY:
            logging.getLogger(name).setLevel(logging.ERROR)
        os.environ["RAY_API_SERVER_ADDRESS"] = address  # or RAY_ADDRESS, if it is set, would win
        try:
            self._client = JobSubmissionClient(address)
        except AuthenticationError as error:
            raise UsageError(
                f"the job server at {address} wants a token: set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN_PATH"
            ) from error
        except (ConnectionError, RuntimeError, OSError) as error:
            if "ray[default]" in str(error):
                raise UsageError("jobs need Ray's client for them: pip install 'hpsearch[cluster]'") from error
            raise UsageError(f"no job server answers at {address}: {' '.join(str(error).split())[:200]}") from error

    def submit(
        self,
        config: str,
        plugins: Sequence[tuple[str, str]],
        sweep: Location,
        options: Sequence[str],
        *,
        resume: bool = False,
    ) -> str:
        """Hand in a sweep with this config, to be run, or resumed, with these options; returns the job's id."""
        work = ["resume", str(sweep)] if resume else ["run", "config.yaml", "--results", str(sweep.parent)]
        command = ["python", "-m", "hpsearch", *work, *options]
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "config.yaml").write_text(config, encoding="utf-8")
            for name, text in plugins:
                (Path(folder) / "plugins").mkdir(exist_ok=True)
                (Path(folder) / "plugins" / name).write_text(text, encoding="utf-8")
            environment = {
                "working_dir": folder,
                "py_modules": CODE,
                "env_vars": {"RAY_JOB_STOP_WAIT_TIME_S": str(STOP_WAIT_S)},
            }
            with _explained():
                job = self._client.submit_job(
                    entrypoint=shlex.join(command), runtime_env=environment, metadata={SWEEP: str(sweep)}
                )
        return str(job)

    def jobs(self) -> list[Job]:
        """The jobs that run sweeps, the oldest first."""
        with _explained():
            listed = self._client.list_jobs()
        found = [each for each in listed if SWEEP in (each.metadata or {})]
        return [_job(each) for each in sorted(found, key=lambda each: each.start_time or 0)]

    def job(self, job: str) -> Job:
        """A job; raises UsageError if there is none with this id."""
        for each in self.jobs():
            if each.job == job:
                return each
        raise UsageError(f"there is no job {job!r}; `hpsearch jobs` lists them")

    def log(self, job: str) -> str:
        """What a job has printed so far."""
        self.job(job)
        with _explained():
            return str(self._client.get_job_logs(job))

    def follow(self, job: str, pause: Callable[[float], None] = time.sleep) -> Iterator[str]:
        """What a job prints, until it ends."""
        shown = 0
        while True:
            ended = self.job(job).ended
            text = self.log(job)
            yield text[shown:]
            shown = len(text)
            if ended:
                return
            pause(POLL_S)

    def stop(self, job: str) -> Job:
        """Ask a job to stop when its trials under way are done; returns the job as it is then."""
        if not self.job(job).ended:
            with _explained():
                self._client.stop_job(job)
        return self.job(job)


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what a job server refuses or fails at into a sentence."""
    try:
        yield
    except (ConnectionError, RuntimeError, OSError) as error:
        raise HpsearchError(f"the job server did not do it: {' '.join(str(error).split())[:300]}") from error


def _job(details: JobDetails) -> Job:
    began: Any = details.start_time  # milliseconds since 1970
    return Job(
        details.submission_id,
        details.metadata[SWEEP],
        str(details.status).lower(),
        None if began is None else datetime.fromtimestamp(began / 1000, UTC),
        details.message or "",
    )
