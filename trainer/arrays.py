"""Array types, and memory for arrays."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
"""Floating-point data; float32 in training, float64 in a gradient check."""

Setting = float | Sequence[float]
"""A number, or one number for each of the trials that are trained side by side."""

CACHE_LINE = 64  # bytes
BROADCAST_BUFFER = 1024  # numbers; NumPy's own 8192 make an operation on wide rows 60% slower


@contextmanager
def calmly() -> Iterator[None]:
    """Arithmetic without warnings of overflow, which is looked for in the results, and with small buffers."""
    with np.errstate(all="ignore"):  # which also restores the size of the buffers
        np.setbufsize(BROADCAST_BUFFER)
        yield


def aligned_zeros(shape: Sequence[int], dtype: npt.DTypeLike) -> Array:
    """Zeros whose first element starts a cache line, as the widest SIMD loads like it best."""
    dtype = np.dtype(dtype)
    count = int(np.prod(shape))
    raw = np.zeros(count * dtype.itemsize + CACHE_LINE, np.uint8)
    start = -raw.ctypes.data % CACHE_LINE
    return raw[start : start + count * dtype.itemsize].view(dtype).reshape(shape)


def constant(setting: Setting, dtype: npt.DTypeLike, axes: int) -> Array:
    """A setting as an array without axes or, for side-by-side trials, with `axes` axes of length 1 behind theirs.

    Arithmetic with such an array costs half as much as with a Python number, which is converted at each call.
    """
    values = np.array(setting, dtype=dtype)
    return values.reshape(values.shape + (1,) * axes) if values.ndim else values
