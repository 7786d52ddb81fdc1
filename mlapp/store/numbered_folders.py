"""Folders whose names are numbers, from 1."""

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from mlapp.errors import shorten
from mlapp.store.atomic_files import ABSENT, unreadable

NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
FOREIGN = 900_000_000
"""No number from here on was given by us: whatever is called so must not use up the numbers there are."""


def the_number(name: str) -> int | None:
    """Return the number that a name spells, in the one spelling there is."""
    return int(name) if NUMBER.fullmatch(name) else None


def numbered(folder: Path, complain: Callable[[str], None]) -> list[int]:
    """Return the numbers that name folders in a folder, the greatest first; none when there is no folder.

    `complain` is told what else there is.

    Raises:
        Unavailable: the disk, or the system, does not let it be read now.
    """
    try:
        with os.scandir(folder) as entries:
            names = {entry.name: entry.is_dir(follow_symlinks=False) for entry in entries}
    except OSError as error:
        if error.errno in ABSENT:
            return []
        raise unreadable(error) from None
    found = {name: the_number(name) if is_folder else None for name, is_folder in names.items()}
    for name, number in found.items():
        if number is None:
            complain(f"'{shorten(name)}' among the {folder.name} of the store is none of ours; it is left alone.")
    return sorted(filter(None, found.values()), reverse=True)


def following(given: Iterable[int]) -> int:
    """Return the number after the greatest that was given."""
    return max((number for number in given if number < FOREIGN), default=0) + 1
