"""Records whose header names are not UTF-8: read all the same, where the client library would stop at one for ever.

The protocol says UTF-8, but no broker checks it: whoever may write to a topic could hold up everybody who reads it.
"""

import struct
from collections.abc import Iterator
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords

_LENGTH_AT, _HEAD = 8, 12
"""A batch begins with its first offset (8 bytes) and the length of what follows these 12 bytes."""


def install() -> None:
    """Have the consumers of this process read such names with surrogates in place of what is not UTF-8."""
    fetcher.MemoryRecords = _Records  # the only seam: it takes no deserializer for names


def are_utf8(headers: Any) -> bool:
    """Whether all names could be decoded. Names are short, and a check of the whole string costs less than an exception."""
    return all(name.isascii() or _is_utf8(name) for name, _ in headers)


def printable(name: str) -> str:
    r"""Give the name as it can be published again: `\xff` for the byte that is not UTF-8."""
    return name if name.isascii() else name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


class _Records:
    """What a fetch brought of one partition: the library's own batches, each able to be read once more."""

    def __init__(self, data: bytes) -> None:
        self._records = MemoryRecords(data)
        self._data, self._at = memoryview(data), 0
        self.has_next, self.size_in_bytes = self._records.has_next, self._records.size_in_bytes

    def next_batch(self) -> Any:
        batch = self._records.next_batch()
        (length,) = struct.unpack_from(">i", self._data, self._at + _LENGTH_AT)
        begin, self._at = self._at, self._at + _HEAD + length
        return _Batch(batch, self._data[begin : self._at])


class _Batch:
    """The library's batch; where it stumbles over a name, the rest is read again by its slower twin with more patience."""

    def __init__(self, batch: Any, data: memoryview) -> None:
        self._batch, self._data = batch, data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)  # asked of a control batch alone

    def __iter__(self) -> Iterator[Any]:
        read = 0
        try:
            for record in self._batch:
                read += 1
                yield record
        except UnicodeDecodeError:
            yield from _patiently(self._data)[read:]


def _patiently(data: memoryview) -> list[Any]:
    batch = iter(_DefaultRecordBatchPy(bytearray(data)))
    batch._buffer = _Lenient(batch._buffer)  # noqa: SLF001 - after `iter`, it is no longer compressed
    return list(batch)


class _Lenient(bytearray):
    """Bytes whose slices decode whatever they hold."""

    def __getitem__(self, at: Any) -> Any:
        part = super().__getitem__(at)
        return _Lenient(part) if isinstance(part, bytearray) else part

    def decode(self, encoding: str = "utf-8", errors: str = "surrogateescape") -> str:
        return super().decode(encoding, errors)
