"""The command `hpsearch check`."""

from typing import TYPE_CHECKING, Annotated

import typer

from hpsearch.cli.exit_codes import ExitCode
from hpsearch.cli.options import ConfigFile, Json, Set

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hpsearch.gate import Report
    from hpsearch.space import Scalar


def check(
    config: ConfigFile,
    set_: Set = None,
    full: Annotated[bool, typer.Option("--full", help="Compare every parameter, one by one.")] = False,
    json: Json = False,
) -> None:
    """Check the gradients of a config's networks, and train nothing.

    Where settings are searched, networks are checked at the extremes of each.
    """
    from dataclasses import asdict

    from hpsearch.config import load_config
    from hpsearch.data import load_data
    from hpsearch.gate import check_networks
    from hpsearch.json_text import as_json
    from hpsearch.known import KNOWN

    checked = load_config(config, KNOWN, set_ or ())
    prepared = load_data(checked).prepared
    checks = check_networks(checked, prepared.train, prepared.classes, full=full)
    reports = [(values, report) for values, _, report in checks]
    passed = all(report.passed for _, report in reports)
    if json:
        networks = [{"settings": values, "passed": report.passed, **asdict(report)} for values, report in reports]
        typer.echo(as_json({"passed": passed, "networks": networks}))
    else:
        typer.echo("\n".join(_text(reports)))
    if not passed:
        raise typer.Exit(ExitCode.GATE_FAILED)


def _text(reports: "list[tuple[Mapping[str, Scalar], Report]]") -> "Iterator[str]":
    """A table for the first network and for each that failed, a line for the others, and the verdict."""
    from hpsearch.gate import accusation

    for index, (values, report) in enumerate(reports):
        settings = ", ".join(
            f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={value}" for name, value in values.items()
        )
        yield f"{report.verdict}  worst relative error {report.error:.1e}  {settings}"
        if index == 0 or not report.passed:
            yield from ("    " + line for line in _table(report).splitlines())
        if not report.passed:
            yield f"    {accusation(report)}"
    failed = sum(not report.passed for _, report in reports)
    yield f"{failed} of {len(reports)} networks failed" if failed else f"all {len(reports)} networks passed"


def _table(report: "Report") -> str:
    from hpsearch.cli.tables import as_text

    rows = [
        {
            "check": tensor.check,
            "tensor": tensor.tensor,
            "relative error": tensor.error,
            "reads as": tensor.band,
            "mean |difference|": tensor.mean_absolute_difference,
            "compared": tensor.checked,
            "kinks left out": tensor.kinks,
            "decided by": tensor.method,
            "verdict": "passed" if tensor.passed else "FAILED",
        }
        for tensor in report.tensors
    ]
    return as_text(rows, list(rows[0]))
