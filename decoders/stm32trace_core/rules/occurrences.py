"""How often one cause showed itself: number, first and last time, the first few as evidence."""

from .rule import Evidence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import List  # novm

MOST_EXAMPLES = 3  # kept as evidence; further ones are counted


class Occurrences(object):
    """One cause, seen any number of times."""

    def __init__(self) -> 'None':
        self.count = 0
        self.start = 0  # of the first
        self.end = 0  # of the last
        self.examples = []  # type: List[Evidence]

    def add(self, start: 'int', end: 'int', text: 'str') -> 'None':
        """Take note of one more; `text`: what is seen at `[start, end)` and what was expected."""
        self.merge(1, start, end, [Evidence(start, end, text)])

    def merge(self, count: 'int', start: 'int', end: 'int', examples: 'List[Evidence]') -> 'None':
        """Take note of `count` more, later ones than all before."""
        if not self.count:
            self.start = start
        self.count += count
        self.end = end
        self.examples = (self.examples + examples)[:MOST_EXAMPLES]

    def told(self, sentence: 'str') -> 'str':
        """Return `sentence`, which describes the first one, with the number of all."""
        return sentence if self.count == 1 else '{} (the first of {})'.format(sentence, self.count)
