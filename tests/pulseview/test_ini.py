"""The INI dialect of Qt: QSettings of Qt 5.15 reads every one of these values and groups back as it was put in."""

from __future__ import annotations

import pytest

from stm32trace.pulseview.ini import IniFile, Value


def written(groups: tuple[str, ...], key: str, value: Value) -> list[str]:
    """The lines of a file with one value, without the section that is always there."""
    file = IniFile()
    file.put(groups, key, value)
    return [line for line in file.text().splitlines() if line not in ('', '[General]')]


@pytest.mark.parametrize(
    ('value', 'text'),
    [
        (3, '3'),
        (0.5, '0.5'),
        (True, 'true'),
        ('SCL', '"SCL"'),
        ('a,b; c=d', '"a,b; c=d"'),
        ('say "x"\\', r'"say \"x\"\\"'),
        ('line\nend\t', r'"line\nend\t"'),
        ('@home', '"@@home"'),
        ('\x1bz', r'"\x1bz"'),
        ('\x1bc', r'"\x1b\x63"'),  # c would be read as a third digit
        ('µs', r'"\xb5s"'),
        ('\u202e', r'"\x202e"'),
        ('😀', r'"\xd83d\xde00"'),  # two units of UTF-16
        (b'\0\xc2\x01\0', r'"@ByteArray(\x0\xc2\x1\x0)"'),
        (b'even\0', r'"@ByteArray(even\x0)"'),
    ],
)
def test_a_value_is_written_so_that_qt_reads_it_back(value: Value, text: str) -> None:
    assert written((), 'key', value) == [f'key={text}']


@pytest.mark.parametrize(
    ('groups', 'lines'),
    [
        ((), ['key=1']),
        (('SCL',), ['[SCL]', 'key=1']),
        (('decode_signal0', 'decoder0'), ['[decode_signal0]', r'decoder0\key=1']),
        (('a/b',), ['[a]', r'b\key=1']),
        (('/a//b/',), ['[a]', r'b\key=1']),
        (('D0 (PB6)',), ['[D0%20%28PB6%29]', 'key=1']),
        (('[x]',), ['[%5Bx%5D]', 'key=1']),
        (('µ\u202e',), ['[%B5%U202E]', 'key=1']),
        (('General',), ['[%General]', 'key=1']),
        (('x', 'General'), ['[x]', r'General\key=1']),
    ],
)
def test_a_group_becomes_a_section_and_what_is_below_it_a_part_of_the_key(
    groups: tuple[str, ...], lines: list[str]
) -> None:
    assert written(groups, 'key', 1) == lines


def test_values_of_one_group_stand_together_and_the_last_of_a_key_holds() -> None:
    file = IniFile()
    file.put(('b',), 'first', 1)
    file.put(('a',), 'second', 2)
    file.put(('b',), 'third', 3)
    file.put(('b',), 'first', 4)
    file.put((), 'views', 1)
    assert file.text() == '[General]\nviews=1\n\n[b]\nfirst=4\nthird=3\n\n[a]\nsecond=2\n'


def test_a_file_is_ascii_whatever_is_put_into_it() -> None:
    file = IniFile()
    file.put(('Ω\u202e\x00',), 'n', '\x00ÿ😀')
    assert file.text().isascii()
    assert len(file.text().splitlines()) == 4  # two sections, a value, a blank line
