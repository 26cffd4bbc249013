"""SIG009 capture-gap: samples are missing, or the file is damaged.

What
The file itself has a fault: samples are missing in its middle, it ends early, a checksum does not
match, a piece cannot be unpacked or is there twice, or its description is incomplete. One finding
for each kind of fault.

Why it matters
The bus went on while nothing was recorded. A time that spans the gap is not a measurement, a
status that seems to be missing may have been there, and a word beside the gap may be cut. The
report is still made of what could be read, and every statement in it ends at the gap.

What to do
Record again; for a copy, fetch it again and compare its size or hash. Gaps in the middle of a
recording mean that the analyzer or its USB link could not keep up: a lower rate or fewer channels
help, and so does a port of its own.

False alarms and guards
None: the reader says what it could not read. A gap that is told twice, as missing samples and as a
fault of the file, counts once.

Example
One of twelve members of a session file is missing. The words before and after it decode, the
command that was under way is reported as truncated, and the erase that lasted "41 s" is not
judged.

Source
libsigrok src/session_file.c and src/output/srzip.c: a recording is stored in numbered pieces.
[SALBIN] Recordings in chunks, with gaps,
https://support.saleae.com/faq/technical-faq/binary-and-csv-export-formats-2025-update
"""

from ...lines import CaptureFact, CaptureGap
from ...record import CAPTURE
from ..occurrences import Occurrences
from ..rule import CAPTURED, Confidence, Rule, RuleInfo, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, Iterable, Set, Union  # novm

    from ...context import Context
    from ..rule import Finding

GAP = 'gap'

# What is wrong, by the kind of fault that the reader names.
FAULTS = {
    GAP: 'A piece of the capture is missing',
    'truncated': 'The capture file ends early',
    'partial-sample': 'A piece of the capture file ends in the middle of a sample',
    'crc': 'A checksum of the capture file does not match, so samples may be wrong',
    'broken': 'A piece of the capture file cannot be unpacked to its end',
    'bomb': 'A piece of the capture file holds more than it may',
    'unreadable': 'A piece of the capture file cannot be opened',
    'duplicate': 'A piece of the capture file is there twice',
    'metadata': 'The description inside the capture file is incomplete',
}

ADVICE = (
    'Judge nothing across this place: what seems to be missing there may have happened.',
    'Fetch the file again, or record again: with fewer channels or a lower rate if samples get'
    ' lost.',
)


class CaptureFault(Rule):
    """Repeats what the reader of the file says of it."""

    info = RuleInfo(
        'SIG009',
        'capture-gap',
        Severity.WARNING,
        Confidence.HIGH,
        CAPTURED,
        (),
        False,
        'samples are missing or damaged: no statement may span that place',
        'libsigrok src/session_file.c; [SALBIN]',
    )
    consumes = (CaptureGap, CaptureFact)
    per_bus = False

    def __init__(self, context: 'Context', bus: 'str' = CAPTURE) -> 'None':
        super(CaptureFault, self).__init__(context, bus)
        self._faults = {}  # type: Dict[str, Occurrences]
        self._gaps = set()  # type: Set[int]

    def feed(self, record: 'Union[CaptureGap, CaptureFact]') -> 'Iterable[Finding]':
        """Add one more fault to those of its kind."""
        kind = record.kind if isinstance(record, CaptureFact) else GAP
        if kind == GAP:
            if record.start in self._gaps:
                return
            self._gaps.add(record.start)
        faults = self._faults.setdefault(kind, Occurrences())
        faults.add(record.start, record.end, _text(record))
        yield self.finding(
            faults.start,
            faults.end,
            faults.told(
                '{}: {}'.format(FAULTS.get(kind, 'The capture is damaged'), faults.examples[0].text)
            ),
            faults.examples,
            ADVICE,
            key=kind,
            count=faults.count,
        )


def _text(record: 'Union[CaptureGap, CaptureFact]') -> 'str':
    if isinstance(record, CaptureFact):
        return record.text
    return 'samples {} to {}'.format(record.start, record.end - 1)


RULE = CaptureFault
