"""IDX, the format of MNIST (Y. LeCun, C. Cortes, C. Burges, The MNIST database): a file of images, one of labels."""

import gzip
import zlib
from pathlib import Path

import numpy as np

from trainer.arrays import Array
from trainer.data.sources.base import Arrays, Source
from trainer.errors import TrainerError

TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
"""What the third byte of the magic number says of the values."""
IMAGES, LABELS = "images-idx3", "labels-idx1"  # how the two files of a pair differ in their names
GZIP = b"\x1f\x8b"


def read_idx(path: Path) -> Arrays:
    """Read the images of `path`, each flattened to a row, and the labels from the file beside it; either may be gzipped."""
    images = _values(path)
    if images.ndim < 2 or not images.size:
        raise TrainerError(f"{path} must hold images (rows, height, width); it holds values {images.shape}")
    labels_path = _labels_of(path)
    labels = _values(labels_path)
    if labels.shape != images.shape[:1]:
        raise TrainerError(f"{path} has {len(images)} images, and {labels_path.name} labels {labels.shape}")
    x = images.reshape(len(images), -1).astype(np.float64)
    if not np.isfinite(x).all():
        raise TrainerError(f"{path} must hold finite numbers")
    return Arrays(x, labels.astype(labels.dtype.newbyteorder("=")))


def _labels_of(path: Path) -> Path:
    """The file of the labels, gzipped or not."""
    name = path.name.replace(IMAGES, LABELS).removesuffix(".gz")
    for candidate in (path.with_name(name), path.with_name(f"{name}.gz")):
        if candidate.is_file():
            return candidate
    raise TrainerError(f"{path} needs its labels beside it, in a file {name} or {name}.gz")


def _values(path: Path) -> Array:
    """The array in a file, whose header is its magic number, 0 0 type axes, and the length of each axis."""
    content = _content(path)
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in TYPES or not content[3]:
        raise TrainerError(f"{path} is no IDX file: its magic number is {content[:4].hex(' ') or 'missing'}")
    start = 4 + 4 * content[3]
    shape = tuple(np.frombuffer(content[4:start], ">u4").tolist()) if len(content) >= start else ()
    dtype = np.dtype(TYPES[content[2]])
    wanted = start + dtype.itemsize * int(np.prod(shape, dtype=object))
    if not shape or len(content) != wanted:
        raise TrainerError(f"{path} is damaged: by its header it has {wanted} bytes, but it has {len(content)}")
    return np.frombuffer(content, dtype, offset=start).reshape(shape)


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if content[:2] == GZIP else content
    except (OSError, EOFError, zlib.error) as error:
        raise TrainerError(f"{path} cannot be read: {error}") from error


IDX = Source("IDX (a file …images-idx3-ubyte, its labels beside it)", lambda path: IMAGES in path.name, read_idx)
