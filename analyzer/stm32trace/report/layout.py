"""Lines of text no wider than a page, with hanging indents and styles; the characters to draw with."""

from __future__ import annotations

from dataclasses import dataclass
from io import StringIO
from typing import TextIO

from rich.console import Console
from rich.text import Text

from stm32trace.report.plain import visible
from stm32trace.report.reporter import Page

# Styles. What they tell is always told in words too.
HEADING = 'bold underline'
STRONG = 'bold'
FAINT = 'dim'
SEVERITY_STYLES = {
    'critical': 'bold white on red',
    'error': 'bold red',
    'warning': 'bold yellow',
    'note': 'bold cyan',
    'ok': 'bold green',
}
# The same for text without a background.
PLAIN_STYLES = {**SEVERITY_STYLES, 'critical': 'bold red', 'error': 'red', 'note': 'cyan'}


@dataclass(frozen=True, slots=True)
class Glyphs:
    """What the picture is drawn with."""

    levels: str  # activity, from the least to the most
    unanswered: str
    high: str
    low: str
    pulse: str  # both levels within one column
    reset: str
    closed: str  # windows by state
    open: str
    cut: str
    span: str  # of a finding
    axis: str
    tick: str
    dash: str


BLOCKS = Glyphs('▁▂▃▄▅▆▇█', 'x', '▔', '▁', '│', '▼', '▒', '▓', '█', '━', '─', '┴', '–')
LETTERS = Glyphs('.:-=+*%@', 'x', '"', '_', '|', 'V', 'o', '?', '#', '=', '-', '+', '-')


def glyphs(page: Page) -> Glyphs:
    """Return what can be shown on `page`."""
    return BLOCKS if page.unicode else LETTERS


def can_draw(encoding: str | None) -> bool:
    """Tell whether a stream of that encoding takes all of BLOCKS."""
    everything = ''.join(str(getattr(BLOCKS, name)) for name in Glyphs.__slots__)
    try:
        everything.encode(encoding or 'ascii')
    except (UnicodeEncodeError, LookupError):
        return False
    return True


class Sheet:
    """Text that is laid out line by line."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.width = max(page.width, 40)
        self.glyphs = glyphs(page)
        self._lines: list[Text] = []
        self._console = Console(file=StringIO(), width=self.width, color_system=None)

    def blank(self) -> None:
        """Add an empty line, but never a second one or one at the top."""
        if self._lines and self._lines[-1].plain:
            self._lines.append(Text())

    def heading(self, title: str, beside: str = '') -> None:
        """Begin a section; `beside` is said in the same line."""
        self.blank()
        line = Text(visible(title), style=HEADING)
        self.add(Text.assemble(line, ('  ' + visible(beside) if beside else '', FAINT)))

    def add(
        self, text: str | Text, *, label: str | Text = '', indent: int = 0, style: str = ''
    ) -> None:
        """Add a paragraph, its further lines under the first one's text, after `label`.

        A str comes from anywhere and is made harmless; a Text must be harmless already.
        """
        body = text if isinstance(text, Text) else Text(visible(text), style=style)
        first = label if isinstance(label, Text) else Text(visible(label))
        first = Text(' ' * indent) + first
        wrapped = body.wrap(self._console, max(self.width - first.cell_len, 16), overflow='fold')
        for number, line in enumerate(wrapped):
            line.rstrip()
            start = first if number == 0 else Text(' ' * first.cell_len)
            self._lines.append(start + line)

    def fact(self, name: str, value: str | Text, *, width: int = 16, indent: int = 2) -> None:
        """Add a name and its value."""
        self.add(value, label=Text(f'{visible(name):<{width}}', style=FAINT), indent=indent)

    def hang(self, text: str, indent: int = 2) -> None:
        """Add a paragraph whose further lines begin two columns to the right."""
        wrapped = Text(visible(text)).wrap(self._console, self.width - indent - 2, overflow='fold')
        for number, line in enumerate(wrapped):
            self.raw(Text(' ' * (indent + 2 * bool(number))) + line)

    def steps(self, steps: tuple[str, ...], indent: int = 2) -> None:
        """Add numbered steps."""
        for number, step in enumerate(steps, 1):
            self.add(step, label=f'{number}. ', indent=indent)

    def raw(self, line: Text) -> None:
        """Add a line that is laid out already."""
        line.rstrip()
        self._lines.append(line)

    def write(self, out: TextIO) -> None:
        """Write all lines, with escape codes where the page has colours."""
        console = Console(
            file=out,
            width=self.width,
            color_system=self.page.colors,  # type: ignore[arg-type]  # a name that rich itself gave
            force_terminal=self.page.colors is not None,
            no_color=self.page.colors is None,
            legacy_windows=False,
            markup=False,
            emoji=False,
            highlight=False,
        )
        for line in self._lines:
            console.print(line, soft_wrap=True)
