"""ProgressBar: the progress of a training on one line of a terminal."""

import shutil
import threading
from typing import Self, TextIO

CELLS = 20
"""Width of the bar."""
ERASE_LINE = "\r\033[K"
"""Source: ECMA-48, EL."""


class ProgressBar:
    """Shows stage and share on one line, if the stream is a terminal; nothing otherwise. Thread-safe."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._is_shown, self._drawing = stream, stream.isatty(), threading.Lock()
        self._line = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._draw("")

    def __call__(self, stage: str, share: float) -> None:
        """Show the current stage and the completed share, 0–1."""
        done = int(CELLS * share)
        line = f"[{'#' * done}{'.' * (CELLS - done)}] {share:4.0%}  {stage}"
        self._draw(line[: shutil.get_terminal_size().columns - 1])

    def _draw(self, line: str) -> None:
        with self._drawing:
            if self._is_shown and line != self._line:
                self._line = line
                self._stream.write(ERASE_LINE + line)
                self._stream.flush()
