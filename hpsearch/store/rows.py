"""Outcomes and rounds as rows of tables."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import pyarrow as pa

from hpsearch.records import Outcome, Round

Row = dict[str, Any]
Rows = Mapping[str, Sequence[Row]]
"""Rows by table; every value can stand in JSON."""


def rows_of(outcome: Outcome) -> dict[str, list[Row]]:
    """The rows that an outcome adds to `trials`, `epochs` and `gradchecks`."""
    number, result = outcome.trial.number, outcome.result
    trial = {
        "trial": number,
        "round": outcome.trial.round,
        "configuration": outcome.trial.configuration,
        "status": result.status.value,
        **{f"param_{name}": value for name, value in outcome.trial.values.items()},
        **result.scores,
        "best_epoch": result.best_epoch,
        "epochs_run": len(result.epochs),
        "seed": outcome.trial.seed,
        "gradcheck_error": result.gradcheck_error,
        "gradcheck_verdict": result.gradcheck_verdict,
        "error": result.error,
        "started_at": outcome.place.started_at.isoformat(),
        "duration_s": outcome.place.duration_s,
        "worker": outcome.place.worker,
        "node": outcome.place.node,
        "platform": outcome.place.platform,
    }
    return {
        "trials": [trial],
        "epochs": [{"trial": number, "epoch": row.epoch, **row.segment, **row.scores} for row in result.epochs],
        "gradchecks": [{"trial": number, **asdict(row)} for row in result.gradchecks],
    }


def region_rows(planned: Round) -> list[Row]:
    """The rows that a round adds to `rounds`."""
    rows: list[Row] = []
    for interval in planned.region:
        row: Row = {"round": planned.number, "setting": interval.setting, "global_share": planned.global_share}
        if interval.low is None:
            row["member"] = None if interval.centre is None else str(interval.centre)
        else:
            row |= {"centre": interval.centre, "low": interval.low, "high": interval.high}
            row |= {"range_low": interval.range_low, "range_high": interval.range_high}
        rows.append(row)
    return rows


def to_table(rows: Sequence[Row], schema: pa.Schema) -> pa.Table:
    """Rows as an Arrow table with just the schema's columns; what a row lacks is null."""
    columns = {field.name: pa.array(_column(rows, field), field.type) for field in schema}
    return pa.table(columns, schema=schema)


def _column(rows: Sequence[Row], field: pa.Field) -> list[Any]:
    values = [row.get(field.name) for row in rows]
    if pa.types.is_timestamp(field.type):
        return [None if value is None else datetime.fromisoformat(value) for value in values]
    if pa.types.is_string(field.type):
        return [None if value is None else str(value) for value in values]
    return values
