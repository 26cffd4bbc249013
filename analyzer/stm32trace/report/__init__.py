"""Last station: what is known of a capture becomes text, for people or for programs.

    reporter.py     the contracts: ReportFormat and Reporter for `analyze`, RowFormat for `decode`
    terminal.py     REPORTER: verdict, picture, findings, facts
    json.py         REPORTER: the same for programs
    text.py  jsonl.py  csv.py   ROWS: one record a line

A new format is one new file with `REPORTER` or `ROWS`; other distributions register theirs under the entry
points `stm32trace.report` and `stm32trace.rows`.
"""
