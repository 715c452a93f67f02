"""The command `hpsearch resume`."""

from hpsearch.cli.options import (
    Address,
    Json,
    Quiet,
    Repair,
    RetryFailed,
    Serial,
    SweepPath,
    TimeBudget,
    Trials,
    Workers,
)


def resume(
    sweep: SweepPath,
    workers: Workers = None,
    serial: Serial = False,
    address: Address = None,
    trials: Trials = None,
    time_budget: TimeBudget = None,
    repair: Repair = False,
    retry_failed: RetryFailed = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Run what is missing of a sweep; a finished one is just shown, or extended by --trials."""
    from hpsearch.cli.following import following
    from hpsearch.cli.outcome import finish
    from hpsearch.cli.training import train_again
    from hpsearch.errors import UsageError
    from hpsearch.folders import config_of, is_training, summary_of
    from hpsearch.running import Execution, retried
    from hpsearch.running import resume as resume_sweep
    from hpsearch.running import retry_failed as retry
    from hpsearch.store import SweepFolder

    folder = SweepFolder.existing(sweep)
    config = config_of(folder)
    if is_training(folder):
        if trials:
            raise UsageError(f"--trials: {sweep} is a single training, which cannot be extended")
        if not (retry_failed or repair or summary_of(folder, config).done):
            train_again(folder, config.run.train.epochs, as_json_text=json, quiet=quiet)
            return
    on_failure = config.run.gradcheck.on_failure
    if retry_failed and (trials or repair):
        raise UsageError("--retry-failed begins a new sweep; give --trials and --repair in a command of their own")
    go_on = f"hpsearch resume {retried(sweep) if retry_failed else sweep}"
    with following(go_on, time_budget, quiet=quiet) as (hooks, stop):
        execution = Execution(serial, workers, address)
        if retry_failed:
            summary = retry(sweep, execution, hooks)
        else:
            summary = resume_sweep(sweep, execution, hooks, trials, repair=repair)
    finish(summary, on_failure, interrupted=stop.requested(), as_json=json)
