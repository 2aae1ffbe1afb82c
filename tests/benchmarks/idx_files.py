"""Files of images as MNIST and Fashion-MNIST are published."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np


def write_idx(path: Path, data: np.ndarray) -> None:
    """Bytes of any shape: two zeros, the type, the dimensions, their sizes, the data."""
    header = struct.pack(f">HBB{data.ndim}I", 0, 8, data.ndim, *data.shape)
    path.write_bytes(gzip.compress(header + data.astype(np.uint8).tobytes()))
