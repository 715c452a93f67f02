"""The tables of a sweep: every column and its type."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from hpsearch.space import Choice, Scalar, Space
from hpsearch.space.integer import Integer

SCHEMA_VERSION = 1
TABLES = ("trials", "epochs", "gradchecks", "rounds")
KEYS: Mapping[str, tuple[str, ...]] = {
    "trials": ("trial",),
    "epochs": ("trial", "epoch"),
    "gradchecks": ("trial", "epoch", "check", "tensor"),
    "rounds": ("round", "setting"),
}
"""The columns that identify a row."""
TIMING_AND_PLACE = ("started_at", "duration_s", "worker", "node", "platform")
"""The columns of `trials` that are no part of a result, and so never compared."""

_Columns = Sequence[tuple[str, pa.DataType]]
_GRADCHECKS: _Columns = (
    ("trial", pa.int64()),
    ("epoch", pa.int64()),
    ("check", pa.string()),
    ("tensor", pa.string()),
    ("method", pa.string()),
    ("error", pa.float64()),
    ("mean_absolute_difference", pa.float64()),
    ("checked", pa.int64()),
    ("kinks", pa.int64()),
    ("passed", pa.bool_()),
    ("blamed", pa.string()),
)
_ROUNDS: _Columns = (
    ("round", pa.int64()),
    ("setting", pa.string()),
    ("centre", pa.float64()),
    ("low", pa.float64()),
    ("high", pa.float64()),
    ("member", pa.string()),
    ("global_share", pa.float64()),
)
_RANGES: _Columns = (("range_low", pa.float64()), ("range_high", pa.float64()))


def schemas(
    space: Space, recorded: Sequence[str], *, repeats: int = 1, widen: bool = False, steered: Sequence[str] = ()
) -> dict[str, pa.Schema]:
    """The schema of each table, for these searched settings and recorded scores.

    Where a configuration has several trials, they say which is theirs; where ranges may be widened, rounds have them;
    where settings are steered from segment to segment, epochs have their segment and its settings.
    """
    scores = [(score, pa.float64()) for score in recorded]
    columns = (
        _trials(space, scores, repeats=repeats),
        _epochs(scores, steered),
        _GRADCHECKS,
        [*_ROUNDS, *(_RANGES if widen else ())],
    )
    return {name: pa.schema(fields) for name, fields in zip(TABLES, columns, strict=True)}


def _trials(space: Space, scores: _Columns, *, repeats: int) -> _Columns:
    params = [(f"param_{name}", kind) for name, kind in _param_types(space).items()]
    return [
        ("trial", pa.int64()),
        ("round", pa.int64()),
        *([("configuration", pa.int64())] if repeats > 1 else []),
        ("status", pa.string()),
        *params,
        *scores,
        ("best_epoch", pa.int64()),
        ("epochs_run", pa.int64()),
        ("seed", pa.int64()),
        ("gradcheck_error", pa.float64()),
        ("gradcheck_verdict", pa.string()),
        ("error", pa.string()),
        ("started_at", pa.timestamp("us", tz="UTC")),
        ("duration_s", pa.float64()),
        ("worker", pa.string()),
        ("node", pa.string()),
        ("platform", pa.string()),
    ]


def _epochs(scores: _Columns, steered: Sequence[str]) -> _Columns:
    segments = [("segment", pa.int64()), ("begun_from", pa.int64()), ("kept", pa.bool_())] if steered else []
    settings = [(name, pa.float64()) for name in steered]
    return [("trial", pa.int64()), ("epoch", pa.int64()), *segments, *settings, *scores]


def _param_types(space: Space) -> dict[str, pa.DataType]:
    """One type a column; two settings of one name (in two members of a choice) must agree on it."""
    found: dict[str, set[pa.DataType]] = {}
    for setting in space.settings:
        found.setdefault(space.names[setting.path], set()).add(_type(setting.distribution))
    return {name: types.pop() if len(types) == 1 else _common(types) for name, types in found.items()}


def _type(distribution: Any) -> pa.DataType:
    if isinstance(distribution, Choice):
        types = {_scalar_type(label) for label in distribution.labels if label is not None}
        return types.pop() if len(types) == 1 else _common(types)
    return pa.int64() if isinstance(distribution, Integer) else pa.float64()


def _common(types: set[pa.DataType]) -> pa.DataType:
    return pa.float64() if types == {pa.int64(), pa.float64()} else pa.string()


def _scalar_type(value: Scalar) -> pa.DataType:
    for python_type, arrow_type in ((bool, pa.bool_()), (int, pa.int64()), (float, pa.float64())):
        if isinstance(value, python_type):
            return arrow_type
    return pa.string()
