"""The command `hpsearch run`."""

from hpsearch.cli.options import (
    DEFAULT_RESULTS,
    Address,
    ConfigFile,
    Json,
    Quiet,
    Results,
    Serial,
    Set,
    TimeBudget,
    Workers,
)


def run(
    config: ConfigFile,
    results: Results = DEFAULT_RESULTS,
    set_: Set = None,
    workers: Workers = None,
    serial: Serial = False,
    address: Address = None,
    time_budget: TimeBudget = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run a sweep: gate and train every trial, and write the results to DIR/name."""
    from hpsearch.cli.outcome import finish
    from hpsearch.cli.progress import Progress
    from hpsearch.cli.stopping import StopRequest
    from hpsearch.config import load_config
    from hpsearch.objective import KNOWN
    from hpsearch.run import Execution, Hooks
    from hpsearch.run import run as run_sweep

    checked = load_config(config, KNOWN, set_ or ())
    with StopRequest(results / checked.run.name, time_budget) as stop, Progress(quiet=quiet) as progress:
        hooks = Hooks(progress.say, progress.started, progress.ready, progress.observe, stop.due)
        summary = run_sweep(checked, results, Execution(serial, workers, address), hooks)
    finish(summary, checked.run.gradcheck.on_failure, interrupted=stop.requested(), as_json=json)
