"""Array types, and memory for arrays."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
"""Floating-point data; float32 in training, float64 in a gradient check."""

CACHE_LINE = 64  # bytes


def aligned_zeros(shape: Sequence[int], dtype: npt.DTypeLike) -> Array:
    """Zeros whose first element starts a cache line, as the widest SIMD loads like it best."""
    dtype = np.dtype(dtype)
    count = int(np.prod(shape))
    raw = np.zeros(count * dtype.itemsize + CACHE_LINE, np.uint8)
    start = -raw.ctypes.data % CACHE_LINE
    return raw[start : start + count * dtype.itemsize].view(dtype).reshape(shape)
