"""The contract of a machine that takes regular accesses as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stm32trace_core.machine import Machine

if TYPE_CHECKING:
    from stm32trace.access.columns import AccessColumns


class AccessTaker(Machine):
    """A reporter that can do with columns.

    It is fed what is not regular as any machine is, and each regular MemoryAccess that another machine needs as a
    record, since that may have named it; then it is given all regular accesses as columns.

    now: when what it is fed is told, as AccessColumns has it: odd for what comes as columns, too.
    """

    now = 0

    @property
    def takes_accesses(self) -> bool:
        """Tell whether it wants columns; otherwise it is fed records only."""
        return True

    def take(self, accesses: AccessColumns) -> None:
        """Take accesses; all that is told because of them has been published."""
        raise NotImplementedError
