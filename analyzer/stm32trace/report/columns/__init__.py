"""Columns as text: whole columns of numbers and words become the bytes of many lines at once.

`text.py` says what a column of texts is and puts such columns side by side; the other modules make them.
"""
