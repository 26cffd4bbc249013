"""What `detect` puts out: roles on channels, and the buses they form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Certainty = Literal['high', 'medium', 'low']

# Bus lines of each protocol: role -> is it required? Slow lines belong to the capture, not to a bus.
PROTOCOLS: dict[str, dict[str, bool]] = {
    'i2c': {'scl': True, 'sda': True},
    'swd': {'swclk': True, 'swdio': True, 'swo': False},
    'jtag': {'tck': True, 'tms': True, 'tdi': True, 'tdo': True, 'trst': False},
    'uart': {'tx': False, 'rx': False},  # one of the two suffices
    'spi': {'sck': True, 'mosi': False, 'miso': False, 'ncs': False},
}
SLOW_ROLES = ('nrst', 'boot0', 'vdd')
ROLES = (
    'swclk', 'swdio', 'swo', 'tck', 'tms', 'tdi', 'tdo', 'trst', 'scl', 'sda', 'tx', 'rx', 'sck', 'mosi', 'miso',
    'ncs', 'can_rx', 'nrst', 'boot0', 'vdd',
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RoleAssignment:
    """One role on one channel."""

    role: str
    channel: int  # the channel's index in the capture
    name: str  # the channel's name
    confidence: Certainty
    reason: str  # one line: 'given', 'named SCL', ...


@dataclass(frozen=True, slots=True)
class Bus:
    """Channels that carry one protocol."""

    id: str  # protocol and number: 'i2c0'
    protocol: str
    roles: tuple[RoleAssignment, ...]

    @property
    def confidence(self) -> Certainty:
        """That of the least certain of its lines."""
        order: tuple[Certainty, ...] = ('low', 'medium', 'high')
        return min((role.confidence for role in self.roles), key=order.index)

    def channel(self, role: str) -> int:
        """Return the channel index of `role`; KeyError if the bus has none."""
        return {line.role: line.channel for line in self.roles}[role]


@dataclass(frozen=True, slots=True)
class Assignment:
    """All buses of a capture and its slow lines."""

    buses: tuple[Bus, ...]
    slow: tuple[RoleAssignment, ...]

    def role_of(self, channel: int) -> str | None:
        """Return the role on the channel with this index, None if it has none."""
        lines = [line for bus in self.buses for line in bus.roles] + list(self.slow)
        return next((line.role for line in lines if line.channel == channel), None)
