"""The stories of all buses, for the diagnoses of a mass erase that did not do what it should."""

from ...lines import CaptureGap
from ...record import CAPTURE
from ..rule import Diagnosis, Finding
from .mass_erase_story import MassEraseStory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, List, Tuple  # novm

    from ...context import Context


class MassEraseDiagnosis(Diagnosis):
    """Keeps the story of every bus: a diagnosis is made at the end."""

    consumes = MassEraseStory.CONSUMES + (CaptureGap, Finding)  # type: Tuple[type, ...]

    def __init__(self, context: 'Context', bus: 'str' = CAPTURE) -> 'None':
        super(MassEraseDiagnosis, self).__init__(context, bus)
        self._stories = {}  # type: Dict[str, MassEraseStory]

    @property
    def stories(self) -> 'List[MassEraseStory]':
        """The stories in the order of their buses."""
        return [self._stories[bus] for bus in sorted(self._stories)]

    def feed(self, record: 'Any') -> 'Iterable[Any]':
        """Collect."""
        if isinstance(record, CaptureGap):
            for story in self._stories.values():
                story.forget()
            return ()
        if record.bus not in self._stories:
            self._stories[record.bus] = MassEraseStory(self.context, record.bus)
        story = self._stories[record.bus]
        if isinstance(record, Finding):
            story.findings[record.identity] = record
        else:
            story.feed(record)
        return ()
