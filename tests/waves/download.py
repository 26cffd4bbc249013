"""A program loaded into SRAM over SWD as fast as it goes: what most packets of a real session are.

Blocks of words are written through TAR and DRW, which counts up; some are read back, and now and then the host looks
at DHCSR whether the core still stands. Source of the dialogue: Arm IHI 0031 (ADIv5.2), B4.2.2 and C2.2; what OpenOCD
and pyOCD send.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np

from waves.swd import AP, DP, OK, Dense, request, said

CSW, TAR, DRW, RDBUFF, SELECT = 0x0, 0x4, 0xC, 0xC, 0x8
WORDS_COUNTING_UP = 0x23000052
DHCSR, HALTED = 0xE000EDF0, 0x00030003
SRAM, SRAM_SIZE = 0x20000000, 0x20000
BLOCK = 1024  # bytes after which TAR is written again
READ_BACK = 4  # one block of so many

Packet = tuple[str, bool, int, int]  # port, read, A[3:2], word


def dense_memory(packets: int, per_clock: int = 6, gap: int = 2, seed: int = 1) -> Dense:
    """So many packets of a download, all answered OK. 50 million samples are dense_memory(173_700)."""
    random = np.random.default_rng(seed)
    spoken = list(islice(_dialogue(random), packets))
    asked = np.array([request(port, read, address) for port, read, address, _ in spoken], np.uint8)
    words = np.array([word for *_, word in spoken], np.uint32)
    return said(asked, np.full(packets, OK, np.uint8), words, per_clock, gap)


def _dialogue(random: np.random.Generator) -> Iterator[Packet]:
    yield (DP, False, SELECT, 0)
    yield (AP, False, CSW, WORDS_COUNTING_UP)
    number = 0
    while True:
        address = SRAM + number * BLOCK % SRAM_SIZE
        words = random.integers(0, 1 << 32, BLOCK // 4, np.uint32).tolist()
        yield (AP, False, TAR, address)
        yield from ((AP, False, DRW, word) for word in words)
        number += 1
        if number % READ_BACK == 0:
            yield (AP, False, TAR, address)
            yield from _reads(words)
            yield (AP, False, TAR, DHCSR)
            yield from _reads([HALTED])


def _reads(words: list[int]) -> Iterator[Packet]:
    """Posted reads: each brings the word of the one before it."""
    for word in [0, *words[:-1]]:
        yield (AP, True, DRW, word)
    yield (DP, True, RDBUFF, words[-1])
