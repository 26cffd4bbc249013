"""What can be plugged in besides captures: rules and output formats, ours and those of other distributions."""

from __future__ import annotations

from stm32trace.errors import PluginError
from stm32trace.registry import Plugin, entry_points, plugins
from stm32trace.report.reporter import ReportFormat, RowFormat
from stm32trace_core.rules import engine
from stm32trace_core.rules.rule import Rule

RULES, REPORTS, ROWS = 'stm32trace.rules', 'stm32trace.report', 'stm32trace.rows'  # entry points


def all_rules() -> dict[str, type[Rule]]:
    """Return the classes of all rules by id."""
    rules = list(engine.catalogue()) + extra_rules()
    return {rule.info.id: rule for rule in sorted(rules, key=lambda rule: rule.info.id)}


def extra_rules() -> list[type[Rule]]:
    """Return the rules of other distributions that can be used."""
    values = (plugin.value for plugin in entry_points(RULES))
    return [value for value in values if isinstance(value, type) and issubclass(value, Rule)]


def unavailable_rules() -> list[PluginError]:
    """Return why registered rules cannot be used."""
    usable = extra_rules()
    return [
        plugin.error or _unusable(plugin, 'rule', 'a class derived from Rule')
        for plugin in entry_points(RULES)
        if plugin.value not in usable
    ]


def report_formats() -> dict[str, ReportFormat]:
    """Return the formats of `analyze` by name."""
    found = (plugin.value for plugin in plugins('stm32trace.report', 'REPORTER', REPORTS))
    return {value.name: value for value in found if isinstance(value, ReportFormat)}


def row_formats() -> dict[str, RowFormat]:
    """Return the formats of `decode` by name."""
    found = (plugin.value for plugin in plugins('stm32trace.report', 'ROWS', ROWS))
    return {value.name: value for value in found if isinstance(value, RowFormat)}


def unavailable_formats() -> list[PluginError]:
    """Return why registered formats cannot be used."""
    return [
        plugin.error
        or _unusable(plugin, 'output format', 'name, description, suffixes and start or line')
        for group in (REPORTS, ROWS)
        for plugin in entry_points(group)
        if not isinstance(plugin.value, ReportFormat | RowFormat)
    ]


def _unusable(plugin: Plugin, what: str, expected: str) -> PluginError:
    return PluginError(
        f'{what} {plugin.name}: expected {expected}, found {type(plugin.value).__name__};'
        ' install a version made for this program',
        name=plugin.name,
    )
