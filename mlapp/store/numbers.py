"""Folders whose names are numbers, from 1."""

import os
import re
from pathlib import Path

NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


def the_number(name: str) -> int | None:
    """Return the number that a name spells, in the one spelling there is."""
    return int(name) if NUMBER.fullmatch(name) else None


def numbered(folder: Path) -> list[int]:
    """Return the numbers that name something in a folder, the greatest first; none when there is no folder."""
    try:
        found = [the_number(entry.name) for entry in os.scandir(folder)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(filter(None, found), reverse=True)
