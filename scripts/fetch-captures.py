#!/usr/bin/env python3
"""Fetches the public captures that the tests read, listed in tests/shared-captures.toml.

    python scripts/fetch-captures.py [FOLDER]      default: .captures in the project

Clones their repository without file contents, then asks for each capture by the name git has for its content,
and keeps it only if its SHA-256 is the one in the list. Captures already there are checked, not fetched
again. Needs git and the network. Afterwards: STM32TRACE_CAPTURES=FOLDER make test
"""

import argparse
import hashlib
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
LIST = PROJECT / 'tests' / 'shared-captures.toml'


def main() -> int:
    """Fetch what is missing; return 0 when every listed capture is there afterwards, else 1."""
    parser = argparse.ArgumentParser(description='Fetch the public captures that the tests read.')
    parser.add_argument('folder', nargs='?', type=Path, default=PROJECT / '.captures')
    folder = parser.parse_args().folder.resolve()
    listed = tomllib.loads(LIST.read_text(encoding='utf-8'))
    missing = [entry for entry in listed['capture'] if not is_present(folder, entry)]
    if missing:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as clone:
            git('clone', '--quiet', '--bare', '--filter=blob:none', listed['repository'], clone)
            missing = [entry for entry in missing if not fetch(clone, folder, entry)]
    print(
        f'{len(listed["capture"]) - len(missing)} of {len(listed["capture"])} captures in {folder}'
    )
    return 1 if missing else 0


def is_present(folder: Path, entry: dict[str, str]) -> bool:
    """Tell whether the capture is in `folder` with the listed content."""
    file = folder / entry['file']
    return file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == entry['sha256']


def fetch(clone: str, folder: Path, entry: dict[str, str]) -> bool:
    """Copy one capture out of the clone; say so and return False where it is not as listed."""
    result = subprocess.run(
        ['git', '-C', clone, 'cat-file', 'blob', entry['blob']], capture_output=True, check=False
    )
    if result.returncode != 0 or hashlib.sha256(result.stdout).hexdigest() != entry['sha256']:
        known = entry.get('path') or entry['note']
        print(f'{entry["file"]}: its content is not in the repository ({known})', file=sys.stderr)
        return False
    file = folder / entry['file']
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(result.stdout)
    return True


def git(*arguments: str) -> None:
    """Run git; end the program with its own message where it fails."""
    try:
        subprocess.run(['git', *arguments], check=True)
    except FileNotFoundError:
        sys.exit('git is needed and was not found')
    except subprocess.CalledProcessError as error:
        sys.exit(f'git {arguments[0]} failed with status {error.returncode}')


if __name__ == '__main__':
    sys.exit(main())
