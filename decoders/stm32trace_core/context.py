"""What a machine may know besides the records it is fed."""

from .record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import FrozenSet, Mapping, Optional  # novm


class Context(
    NamedTuple(
        'Context',
        [
            ('sample_rate', 'Optional[float]'),  # Hz; None: no time may be judged
            ('start', int),  # first sample of the capture
            (
                'stop',
                'Optional[int]',
            ),  # first sample not covered, None where it is not known beforehand
            ('initial_levels', 'Mapping[str, int]'),  # of the slow lines: role -> level at `start`
            ('roles', 'FrozenSet[str]'),  # roles that are on a captured channel: 'scl', 'nrst', ...
            ('family', 'Optional[str]'),  # what the user says the part is ('G0'), else None
            (
                'address',
                'Optional[int]',
            ),  # what the user says the loader's 7-bit I2C address is, else None
            ('limits', 'Mapping[str, float]'),  # name of a limit -> value set by the user
        ],
    )
):
    """Surroundings of a machine, fixed before the first record."""

    __slots__ = ()

    def seconds(self, samples: 'int') -> 'Optional[float]':
        """Return the length of `samples` in seconds, None where the sample rate is not known."""
        return samples / self.sample_rate if self.sample_rate else None

    def samples(self, seconds: 'float') -> 'Optional[int]':
        """Return the number of samples in `seconds`, None where the sample rate is not known."""
        return int(round(seconds * self.sample_rate)) if self.sample_rate else None

    def longer(self, samples: 'int', seconds: 'float') -> 'bool':
        """Tell whether `samples` last longer than `seconds`; False where the sample rate is not known."""
        return self.sample_rate is not None and samples > seconds * self.sample_rate

    def limit(self, name: 'str', default: 'float') -> 'float':
        """Return the user's value of the limit `name`, else `default`."""
        return self.limits.get(name, default)


def bare_context(sample_rate: 'Optional[float]' = None) -> 'Context':
    """Return a context that knows nothing but the sample rate: what a decoder inside PulseView has."""
    return Context(sample_rate, 0, None, {}, frozenset(), None, None, {})
