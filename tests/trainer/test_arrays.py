"""Laws of memory."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.arrays import CACHE_LINE, aligned_zeros


@given(shape=st.lists(st.integers(0, 9), min_size=1, max_size=3), dtype=st.sampled_from([np.float32, np.float64]))
def test_arrays_are_zeros_of_the_shape_and_type_on_a_cache_line(shape: list[int], dtype: type) -> None:
    array = aligned_zeros(shape, dtype)
    assert array.shape == tuple(shape)
    assert array.dtype == dtype
    assert not array.any()
    assert array.flags.c_contiguous
    assert array.flags.writeable
    assert array.size == 0 or array.ctypes.data % 64 == 0


@pytest.mark.parametrize("count", range(1, 40))
def test_arrays_of_every_size_are_aligned_and_apart(count: int) -> None:
    arrays = [aligned_zeros((count,), np.float32) for _ in range(4)]
    assert CACHE_LINE == 64  # bytes, on x86-64 and most of ARM
    for number, array in enumerate(arrays):
        array[...] = number
    assert [set(array.tolist()) for array in arrays] == [{0.0}, {1.0}, {2.0}, {3.0}]
    assert all(array.ctypes.data % CACHE_LINE == 0 for array in arrays)
