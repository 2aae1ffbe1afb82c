"""Whole records of an MCAP file whose recorder was killed: it has no index and no footer.

Format: https://mcap.dev/spec. A record is an opcode, a length of 8 bytes, and its content; a chunk
(opcode 6) holds records that may be compressed.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

MAGIC = b"\x89MCAP0\r\n"
FOOTER, SCHEMA, CHANNEL, MESSAGE, CHUNK, DATA_END = 0x02, 0x03, 0x04, 0x05, 0x06, 0x0F
INNER = (SCHEMA, CHANNEL, MESSAGE)
LARGEST_CHUNK = 256 * 2**20


def is_truncated(file: Path) -> bool:
    """Return whether a file begins as MCAP does, but does not end so."""
    with file.open("rb") as data:
        if data.read(len(MAGIC)) != MAGIC:
            return False
        data.seek(-min(len(MAGIC), file.stat().st_size), 2)
        return data.read() != MAGIC


def recover(file: Path, target: Path) -> int:
    """Copy a file's whole records, and give them an end; return how many messages they hold.

    Raises
    ------
    ValueError
        If a chunk is said to be far larger than files of robots have.
    """
    count = 0
    with file.open("rb") as data, target.open("wb") as out:
        out.write(data.read(len(MAGIC)))
        for opcode, content in _records(data, file.stat().st_size):
            if opcode in (DATA_END, FOOTER):
                break
            if opcode == CHUNK:
                # Chunks without their index are read one record at a time.
                for inner, part in _inside(content):
                    count += inner == MESSAGE
                    _write(out, inner, part)
            elif opcode == MESSAGE or opcode not in (0x07, 0x08, 0x0A, 0x0B, 0x0D, 0x0E):
                count += opcode == MESSAGE
                _write(out, opcode, content)
        _write(out, FOOTER, struct.pack("<QQI", 0, 0, 0))
        out.write(MAGIC)
    return count


def _records(data: BinaryIO, size: int) -> Iterator[tuple[int, bytes]]:
    """Return the records up to the break; of a chunk that is cut, what there is of it."""
    while len(head := data.read(9)) == 9:
        opcode, length = head[0], struct.unpack("<Q", head[1:])[0]
        whole = data.tell() + length <= size
        if not whole and opcode != CHUNK:
            return
        yield opcode, data.read(min(length, size - data.tell()))
        if not whole:
            return


def _inside(chunk: bytes) -> Iterator[tuple[int, bytes]]:
    """Return the whole records in a chunk that may be cut."""
    if len(chunk) < 32:
        return
    unpacked, name_size = (
        struct.unpack_from("<Q", chunk, 16)[0],
        struct.unpack_from("<I", chunk, 28)[0],
    )
    if unpacked > LARGEST_CHUNK:
        raise ValueError(f"a chunk of {unpacked} bytes")
    compression = chunk[32 : 32 + name_size].decode("ascii", "replace")
    packed = chunk[32 + name_size + 8 :]
    records, at = _decompress(packed, compression), 0
    while at + 9 <= len(records):
        opcode, length = records[at], struct.unpack_from("<Q", records, at + 1)[0]
        at += 9 + length
        if at > len(records):
            return
        if opcode in INNER:
            yield opcode, records[at - length : at]


def _decompress(packed: bytes, compression: str) -> bytes:
    """Return what a compressed block holds, up to where it breaks off."""
    if compression == "lz4":
        from lz4.frame import LZ4FrameDecompressor

        return bytes(LZ4FrameDecompressor().decompress(packed, max_length=LARGEST_CHUNK))
    if compression == "zstd":
        if sys.version_info >= (3, 14):
            from compression.zstd import ZstdDecompressor
        else:
            from backports.zstd import ZstdDecompressor
        return bytes(ZstdDecompressor().decompress(packed, max_length=LARGEST_CHUNK))
    return packed


def _write(out: BinaryIO, opcode: int, content: bytes) -> None:
    out.write(bytes([opcode]) + struct.pack("<Q", len(content)) + content)
