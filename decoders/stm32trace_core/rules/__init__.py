"""One file per rule, grouped by prefix: GROUP/idNNN_slug.py with one `Rule` class named in `RULE`."""
