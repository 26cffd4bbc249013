"""Whole numbers as texts, as `str` and `format` write them.

Four digits at a time come out of a table: numpy has no faster way from a number to its digits. A number whose cell is
wider than its text is multiplied, so that its first digit comes first.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from stm32trace.report.columns.text import Texts, filled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]  # (n, width)
    Lengths = NDArray[np.intp]
    Words = NDArray[np.uint64]

DIGITS = 4  # of a group
GROUP = np.uint64(10**DIGITS)
POWERS = np.array([10**power for power in range(20)], np.uint64)
HEX_DIGITS = b'0123456789ABCDEF'
WORD_DIGITS = 8  # hexadecimal ones
NIBBLE_BITS = 4
HEX_GROUP_BITS = DIGITS * NIBBLE_BITS
HEX_POWERS = np.array([1 << NIBBLE_BITS * power for power in range(WORD_DIGITS)], np.uint64)


def decimal(values: NDArray[np.integer]) -> Texts:
    """Return (n,) numbers, 0 <= values < 10**16, as `str` writes them."""
    words = values.astype(np.uint64)
    lengths = _lengths(words, POWERS)
    groups = -(-int(lengths.max(initial=1)) // DIGITS)
    return Texts(_padded(words * POWERS[groups * DIGITS - lengths], groups), lengths)


def fraction(values: Words, digits: int) -> Texts:
    """Return (n,) numbers of so many digits without zeros at the end, but at least one digit."""
    groups = -(-digits // DIGITS)
    cells = _padded(values, groups)[:, groups * DIGITS - digits :]
    lengths = np.full(len(values), digits)
    rows, rest = np.arange(len(values)), values
    while len(rows) and lengths[rows[0]] > 0:
        rest, group = _split(rest)
        lengths[rows] -= _zeros()[group]
        is_zero = np.flatnonzero(group == 0)
        rows, rest = rows[is_zero], rest[is_zero]
    return Texts(cells, np.maximum(lengths, 1))


def hexadecimal(values: NDArray[np.uint32], fewest: int = WORD_DIGITS) -> Texts:
    """Return (n,) numbers as `format` with 'X' writes them, but with at least so many digits."""
    if fewest == WORD_DIGITS:
        return filled(_hex_digits(values))
    lengths = np.maximum(_lengths(values.astype(np.uint64), HEX_POWERS), fewest)
    shift = (NIBBLE_BITS * (WORD_DIGITS - lengths)).astype(np.uint32)
    return Texts(_hex_digits(values << shift), lengths)


def _lengths(words: Words, powers: Words) -> Lengths:
    """(n,) how many digits each number has, at least one; powers: of the base."""
    limits = np.array([words.min(initial=powers[-1]), words.max(initial=0)])
    fewest, most = np.maximum(np.searchsorted(powers, limits, side='right'), 1).tolist()
    lengths = np.full(len(words), min(fewest, most))
    for power in powers[fewest:most]:
        lengths += words >= power
    return lengths


def _padded(words: Words, groups: int) -> Bytes:
    """(n, 4 * groups) bytes: each number with zeros before it."""
    made = np.empty((len(words), groups), np.uint32)
    for place in range(groups - 1, 0, -1):
        words, group = _split(words)
        made[:, place] = _decimal_groups()[group]
    made[:, 0] = _decimal_groups()[words]
    return made.view(np.uint8)


def _split(words: Words) -> tuple[Words, Words]:
    """Return (n,) all digits but the last group, and that group."""
    higher = words // GROUP
    return higher, words - higher * GROUP


def _hex_digits(values: NDArray[np.uint32]) -> Bytes:
    """(n, 8) bytes: each number with zeros before it."""
    made = np.empty((len(values), 2), np.uint32)
    made[:, 0] = _hex_groups()[values >> np.uint32(HEX_GROUP_BITS)]
    made[:, 1] = _hex_groups()[values & np.uint32((1 << HEX_GROUP_BITS) - 1)]
    return made.view(np.uint8)


# Tables: four bytes for each value of a group.


@cache
def _decimal_groups() -> NDArray[np.uint32]:
    numbers = np.arange(int(GROUP))[:, np.newaxis]
    digits = numbers // np.array([1000, 100, 10, 1]) % 10
    groups: NDArray[np.uint32] = (digits + ord('0')).astype(np.uint8).view(np.uint32).ravel()
    return groups


@cache
def _hex_groups() -> NDArray[np.uint32]:
    numbers = np.arange(1 << HEX_GROUP_BITS)[:, np.newaxis]
    nibbles = numbers >> np.array([12, 8, 4, 0]) & 15
    groups: NDArray[np.uint32] = (
        np.frombuffer(HEX_DIGITS, np.uint8)[nibbles].view(np.uint32).ravel()
    )
    return groups


@cache
def _zeros() -> NDArray[np.intp]:
    """(10000,) how many zeros each group ends with."""
    numbers = np.arange(int(GROUP))
    ends = np.array([(numbers % 10**power == 0) for power in range(1, DIGITS + 1)])
    count: NDArray[np.intp] = ends.sum(axis=0)
    return count
