"""Line numbers of the rows of a text file, computed when a message needs one."""

from collections.abc import Sequence
from functools import cached_property
from typing import overload

import polars as pl


class Lines(Sequence[int]):
    """The line of the file for each row, from 1; quoted line breaks count."""

    def __init__(self, first: int, frame: pl.DataFrame, kept: pl.Series | None = None) -> None:
        """Create the lines of the rows of `frame`, the first of which is line `first`.

        `kept` has the indexes of the rows that were not left out; all if not given.
        """
        self._first, self._frame, self._kept = first, frame, kept

    def __len__(self) -> int:
        return self._frame.height if self._kept is None else len(self._kept)

    @overload
    def __getitem__(self, row: int) -> int: ...

    @overload
    def __getitem__(self, row: slice) -> list[int]: ...

    def __getitem__(self, row: int | slice) -> int | list[int]:
        """Return the line of a row, or of a range of rows."""
        if isinstance(row, slice):
            return [self[each] for each in range(*row.indices(len(self)))]
        index = range(len(self))[row] if self._kept is None else int(self._kept[row])
        return self._first + index + (0 if self._breaks is None else int(self._breaks[index]))

    @cached_property
    def _breaks(self) -> pl.Series | None:
        """The number of quoted line breaks before each row; None if there are none."""
        total = None
        for column in self._frame.select(pl.col(pl.String)).iter_columns():
            text = column.alias("")
            if text.str.contains("\n", literal=True).any():
                count = text.str.count_matches("\n", literal=True).fill_null(0).cast(pl.Int64)
                total = count if total is None else total + count
        return None if total is None else total.cum_sum() - total
