"""Numbered folders: their names are numbers from 1, which identify versions and jobs."""

import os
import re
from collections.abc import Callable, Iterable
from itertools import count
from pathlib import Path

from mlapp.errors import shorten
from mlapp.store import atomic_files

NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
MAX_NUMBER = 999_999_999
FOREIGN = 900_000_000
"""Folders from this number on were not created by mlapp; they must not exhaust the numbers."""


def parse_number(name: str) -> int | None:
    """Return the number that a name spells in canonical form, else None."""
    return int(name) if NUMBER.fullmatch(name) else None


def list_numbers(folder: Path, warn: Callable[[str], None]) -> list[int]:
    """Return the numbers of the subfolders, descending; empty if the folder does not exist.

    `warn` is called for each other entry.

    Raises:
        Unavailable: the folder cannot be read now.
    """
    numbers = []
    with atomic_files.suppress_absent(), os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            if entry.is_dir(follow_symlinks=False) and (number := parse_number(name)):
                numbers.append(number)
            else:
                warn(f"'{shorten(name)}' in folder {folder.name} of the store was not created by mlapp; it is ignored.")
    return sorted(numbers, reverse=True)


def next_number(assigned: Iterable[int], folder: Path) -> int:
    """Return the first free number after the greatest assigned one."""
    first = max((number for number in assigned if number < FOREIGN), default=0) + 1
    # An entry that is not a folder takes a number, too.
    return next(number for number in count(first) if not os.path.lexists(folder / str(number)))
