"""Bit order, parity and checksums."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterable  # novm


def xor(data: 'Iterable[int]') -> 'int':
    """Return the XOR of all bytes of `data`, 0 for none."""
    result = 0
    for byte in data:
        result ^= byte
    return result


def complement(byte: 'int') -> 'int':
    """Return the bit-wise complement of an 8-bit value."""
    return byte ^ 0xFF


def checksum(payload: 'bytes') -> 'int':
    """Return the bootloader's checksum of a frame: the XOR of its bytes, of a single byte its complement.

    Source: AN3155 and AN4221, "checksum" in the description of each command.
    """
    return complement(payload[0]) if len(payload) == 1 else xor(payload)


def big_endian(data: 'bytes') -> 'int':
    """Return `data` as an unsigned number, most significant byte first."""
    return int.from_bytes(data, 'big')
