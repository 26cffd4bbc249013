"""Clock cycles from a decoder that waits for edges, to a reader of packets.

Each wait costs more than all that is done with a bit, so edges are waited for in the plainest way. Only where a
pause would decide something, the end of a pause is waited for as well.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterator, List  # novm

    from ..wire.swd_framer import Item
    from ..wire.swd_reader import SwdReader

CLOCK = 0  # number of the clock's channel; the data's is 1
RISE, FALL = {CLOCK: 'r'}, {CLOCK: 'f'}


def items(decoder: 'Any', reader: 'SwdReader', pause: 'int') -> 'Iterator[Item]':
    """Yield packets and sequences for as long as there are samples.

    pause: as of the reader.
    """
    wait = decoder.wait
    rises, hosts, falls, targets = reader.rises, reader.hosts, reader.falls, reader.targets
    while True:
        wanted = reader.wanted
        watched = wanted if reader.pending else 1  # the last ones
        for _ in range(wanted - watched):
            _, level = wait(RISE)
            rises.append(decoder.samplenum)
            hosts.append(level)
            _, level = wait(FALL)
            falls.append(decoder.samplenum)
            targets.append(level)
        for item in _watched(decoder, reader, pause, watched):
            yield item


def _watched(decoder: 'Any', reader: 'SwdReader', pause: 'int', cycles: 'int') -> 'List[Item]':
    """Read so many cycles, or see the clock stop before; return what that decides.

    A clock that stopped high has a fall when that is known; its real fall is passed over.
    """
    for _ in range(cycles):
        _, level = decoder.wait([RISE, {'skip': pause + 1}])
        if not decoder.matched[0]:
            return reader.stop()
        reader.rises.append(decoder.samplenum)
        reader.hosts.append(level)
        _, target = decoder.wait([FALL, {'skip': pause + 1}])
        reader.falls.append(decoder.samplenum)
        if not decoder.matched[0]:
            reader.targets.append(level)
            break
        reader.targets.append(target)
    return reader.items()
