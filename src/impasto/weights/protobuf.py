"""Just enough of protobuf to find one's way in an ONNX file, for which painting would need the package onnx.

See https://protobuf.dev/programming-guides/encoding/. A message is a row of fields, each a number and a value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

__all__ = ["field", "fields", "packed", "varints", "within"]

_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5  # wire types


def field(number: int, value: bytes) -> bytes:
    """A field that holds bytes, a text or another message."""
    return _as_varint(number << 3 | _BYTES) + _as_varint(len(value)) + value


def packed(values: Iterable[int]) -> bytes:
    """Numbers of at least 0 in a row, as a repeated field of numbers holds them."""
    return b"".join(_as_varint(value) for value in values)


def varints(data: bytes) -> list[int]:
    """The numbers that :func:`packed` put in a row."""
    numbers, place = [], 0
    while place < len(data):
        number, place = _varint(data, place)
        numbers.append(number)
    return numbers


def within(data: bytes | bytearray, message: tuple[int, int], number: int) -> Iterator[tuple[int, int]]:
    """Where in the data a message's fields of one number begin and end.

    Args:
        message: where the message itself begins and ends.

    Raises:
        IndexError, ValueError: it is no message, or damaged.
    """
    for found, _, place, after in fields(data, message):
        if found == number:
            yield place, after


def fields(data: bytes | bytearray, message: tuple[int, int]) -> Iterator[tuple[int, int, int, int]]:
    """Every field of a message: its number, and where the field, its value and what follows begin.

    Raises:
        IndexError, ValueError: it is no message, or damaged.
    """
    place, end = message
    while place < end:
        begin = place
        tag, place = _varint(data, place)
        wire = tag & 7
        if wire == _BYTES:
            length, place = _varint(data, place)
            after = place + length
        elif wire == _VARINT:
            after = _varint(data, place)[1]
        elif wire in (_EIGHT_BYTES, _FOUR_BYTES):
            after = place + (8 if wire == _EIGHT_BYTES else 4)
        else:
            raise ValueError(f"an unknown wire type {wire}")
        if after > end:
            raise ValueError("a field that is longer than its message")
        yield tag >> 3, begin, place, after
        place = after


def _varint(data: bytes | bytearray, place: int) -> tuple[int, int]:
    """The number that begins at a place, and the place after it."""
    value = shift = 0
    while True:
        byte = data[place]
        value |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            return value, place


def _as_varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; all but the last have the eighth set."""
    data = bytearray()
    while value > 127:
        data.append(value & 127 | 128)
        value >>= 7
    data.append(value)
    return bytes(data)
