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
    from hpsearch.cli.following import following
    from hpsearch.cli.outcome import finish
    from hpsearch.config import load_config
    from hpsearch.known import KNOWN
    from hpsearch.running import Execution
    from hpsearch.running import run as run_sweep

    checked = load_config(config, KNOWN, set_ or ())
    with following(f"hpsearch resume {results / checked.run.name}", time_budget, quiet=quiet) as (hooks, stop):
        summary = run_sweep(checked, results, Execution(serial, workers, address), hooks)
    finish(summary, checked.run.gradcheck.on_failure, interrupted=stop.requested(), as_json=json)
