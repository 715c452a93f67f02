"""The memory of a network: vectors cut into tensors, and buffers cut to the rows of a batch."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count

import numpy as np
import numpy.typing as npt

from trainer.arrays import Array, aligned_zeros, constant
from trainer.parts import ROWS, Buffer, Part


def cut(vector: Array, shapes: Sequence[tuple[int, int]]) -> Iterator[Array]:
    """Views of a flat vector (…, n), one after the other: (…, rows, columns)."""
    start = 0
    for rows, columns in shapes:
        end = start + rows * columns
        yield vector[..., start:end].reshape(*vector.shape[:-1], rows, columns)
        start = end


class Memory:
    """Buffers of the parts of a network, for batches of up to `capacity` rows; `stack` is the shape in front."""

    def __init__(self, parts: Sequence[Part], stack: tuple[int, ...], capacity: int, dtype: npt.DTypeLike) -> None:
        self._stack, self._dtype = stack, np.dtype(dtype)
        self.capacity = capacity
        self._slots = list(_slots(parts))
        sizes: dict[tuple[str, np.dtype[np.generic]], int] = {}
        for _, _, buffer, slab in self._slots:
            key = slab, self._type(buffer)
            sizes[key] = max(sizes.get(key, 0), _size(buffer, capacity) * int(np.prod(stack, dtype=int)))
        self._slabs = {key: aligned_zeros((size,), key[1]) for key, size in sizes.items()}
        self._views: dict[int, list[tuple[Part, str, Array]]] = {}
        self._parts = parts
        for part in parts:
            part.product = np.matmul if stack else np.dot  # `dot` has less overhead, `matmul` knows stacks of matrices
            for name, width in part.vectors().items():
                setattr(part, name, aligned_zeros((*stack, 1, width), dtype))
            for name, value in part.constants().items():
                array = value.astype(dtype) if isinstance(value, np.ndarray) else constant(value, dtype, axes=2)
                setattr(part, name, array)

    def resize(self, rows: int) -> None:
        """Set every buffer to `rows` rows."""
        if rows not in self._views:
            self._views[rows] = list(self._cut(rows))
        for part, name, view in self._views[rows]:
            setattr(part, name, view)

    def poison(self) -> None:
        """Fill the memory that buffers share with NaN: what is in it is good within one call only."""
        for (slab, _), memory in self._slabs.items():
            if not slab.startswith("own"):
                memory.fill(np.nan)

    def _cut(self, rows: int) -> Iterator[tuple[Part, str, Array]]:
        for part, name, buffer, slab in self._slots:
            shape = tuple(rows if side == ROWS else side for side in buffer.shape)
            memory = self._slabs[slab, self._type(buffer)]
            size = int(np.prod(self._stack + shape))
            yield part, name, memory[:size].reshape(self._stack + shape)
        shared = {
            "ones": np.ones((1, rows), self._dtype),
            "shares": np.full((1, rows), 1 / rows, self._dtype),
            "share": np.array(1 / rows, self._dtype),
        }
        for part in self._parts:
            yield from ((part, name, array) for name, array in shared.items())

    def _type(self, buffer: Buffer) -> np.dtype[np.generic]:
        return self._dtype if buffer.dtype is None else np.dtype(buffer.dtype)


def _slots(parts: Sequence[Part]) -> Iterator[tuple[Part, str, Buffer, str]]:
    """Each part's buffers, and the slab that each is cut from."""
    names, gradients = count(), count()
    for part in parts:
        declared: Mapping[str, Buffer] = part.buffers()
        for name, buffer in declared.items():
            if buffer.shared == "dx":  # what a layer hands back must not be what the layer behind handed to it
                yield part, name, buffer, f"dx{next(gradients) % 2}"
            else:
                yield part, name, buffer, buffer.shared or f"own{next(names)}"


def _size(buffer: Buffer, capacity: int) -> int:
    rows, columns = (capacity if side == ROWS else side for side in buffer.shape)
    return rows * columns
