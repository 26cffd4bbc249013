"""Which channel is what.

`assign` is the one way from what is known (the user's word, channel names, later the waveform) to roles
with a confidence and a reason; recognition from the waveform joins here.
"""

from __future__ import annotations

from stm32trace.detect.assignment import Assignment, Bus, RoleAssignment
from stm32trace.detect.names import assign

__all__ = ['Assignment', 'Bus', 'RoleAssignment', 'assign']
