"""JSON text, a piece at a time: what is in memory at once, and what holds up other threads, is bounded."""

import codecs
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

from mlapp.errors import UnreadableBody, shorten

BOM = codecs.BOM_UTF8
PIECE = 64_000
"""Bytes that are decoded at a time: to parse them takes about a millisecond."""
MAX_VALUE = 1_000_000
"""Characters of one row, or of one value that stands beside the rows."""
SINGLY = 1_000
"""Values that are taken one by one, where a piece cannot be parsed as a whole."""
MARGIN = 16
"""What a number or an escape may lack at the end of a piece is shorter."""
SPACE = re.compile(r"[ \t\n\r]*")
SURROGATE = re.compile(r"\\u[dD][89abAB]")


class Pieces:
    """The text of a body, and how far it is taken."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._byte = self._decoded = len(BOM) if data.startswith(BOM) else 0
        """Where `_text` begins, and where what is not decoded yet does."""
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._text, self._at = "", 0
        self._line, self._column = 1, 0

    @property
    def place(self) -> int:
        """How many bytes are taken."""
        return self._byte + len(self._text[: self._at].encode())

    def peek(self) -> str:
        """Skip white space, and return the next character; an empty text at the end."""
        while True:
            self._at = SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def take(self, wanted: str, *, what: str) -> None:
        """Take a character, which has to come next.

        Raises:
            JSONDecodeError: another one comes.
        """
        if self.peek() != wanted:
            raise self._error(f"Expecting {what}", self._at)
        self._at += 1

    def value(self) -> Any:
        """Take the next value, whatever it is.

        Raises:
            JSONDecodeError: none comes.
            UnreadableBody: it is too long.
        """
        self.peek()
        while True:
            try:
                value, end = scan(self._text, self._at)
            except json.JSONDecodeError as error:
                cut = error.msg.startswith("Unterminated string") or error.pos > len(self._text) - MARGIN
                if not cut or not self._more():
                    raise self._error(error.msg, error.pos) from None
            else:
                if end < len(self._text) - MARGIN or not self._more():
                    self._at = end
                    return value
            if len(self._text) - self._at > MAX_VALUE:
                raise UnreadableBody(f"A row or a value is longer than {MAX_VALUE:,} characters; shorten it.")

    def members(self) -> Iterator[str]:
        """Take an object: give each name, after which its value has to be taken.

        Raises:
            JSONDecodeError: it is none.
            UnreadableBody: a name stands twice.
        """
        self.take("{", what="value")
        seen: set[str] = set()
        if self.peek() == "}":
            self._at += 1
            return
        while True:
            if self.peek() != '"':
                raise self._error("Expecting property name enclosed in double quotes", self._at)
            name = self.value()
            if name in seen:
                raise twice(name)
            seen.add(name)
            self.take(":", what="':' delimiter")
            yield name
            if self.peek() != ",":
                break
            self._at += 1
        self.take("}", what="',' delimiter")

    def batches(self) -> Iterator[list[Any]]:
        """Take a list: give its values, some at a time.

        Raises:
            JSONDecodeError: it is none.
        """
        self.take("[", what="value")
        if self.peek() == "]":
            self._at += 1
            return
        while True:
            yield self._some()
            if self.peek() != ",":
                break
            self._at += 1
            self.peek()
        self.take("]", what="',' delimiter")

    def end(self) -> None:
        """Raise JSONDecodeError unless nothing more comes."""
        if self.peek():
            raise self._error("Extra data", self._at)

    def _some(self) -> list[Any]:
        """Take the values of a list that are here as a whole, one at least."""
        if len(self._text) - self._at < PIECE:
            self._more()
        # A brace may stand in a text, and a comma; then a text is cut, and what is tried is no JSON.
        start = self._text[self._at : self._at + 1]
        end = self._text.rfind("}", self._at) + 1 if start == "{" else self._text.rfind(",", self._at)
        if end > self._at:
            try:
                values, stop = scan(f"[{self._text[self._at : end]}]", 0)
            except json.JSONDecodeError:
                pass
            else:
                # The list may have ended before.
                self._at += stop - 2
                return list(values)
        values = [self.value()]
        while len(values) < SINGLY and self.peek() == ",":
            self._at += 1
            values.append(self.value())
        return values

    def _more(self) -> bool:
        """Forget what is taken, decode as much again as is left, and return whether there was any."""
        if self._decoded >= len(self._data):
            return False
        gone = self._text[: self._at]
        self._byte = self.place
        lines = gone.count("\n")
        self._line += lines
        self._column = len(gone) - gone.rfind("\n") - 1 if lines else self._column + len(gone)
        self._text, self._at = self._text[self._at :], 0
        start, self._decoded = self._decoded, self._decoded + max(PIECE, len(self._text))
        self._text += self._decoder.decode(self._data[start : self._decoded], self._decoded >= len(self._data))
        return True

    def _error(self, message: str, at: int) -> json.JSONDecodeError:
        error = json.JSONDecodeError(message, self._text, at)
        if error.lineno == 1:
            error.colno += self._column
        error.lineno += self._line - 1
        return error


def scan(text: str, at: int) -> tuple[Any, int]:
    """Return the value that begins at a place of a text, and where it ends.

    Raises:
        JSONDecodeError: none begins there.
        UnreadableBody: it holds NaN, Infinity or a name twice in an object.
        UnicodeEncodeError: it holds half a character.
    """
    value, end = _STRICT.raw_decode(text, at)
    if SURROGATE.search(text, at, end):
        json.dumps(value, ensure_ascii=False).encode()
    return value, end


def twice(name: str) -> UnreadableBody:
    """Return the error about a name that stands twice in an object."""
    return UnreadableBody(f"The name '{shorten(name)}' stands twice in one object; keep one of them.")


def _no_name_twice(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    pairs = list(pairs)
    value = dict(pairs)
    if len(value) < len(pairs):
        seen: set[str] = set()
        raise twice(next(name for name, _ in pairs if name in seen or seen.add(name)))  # type: ignore[func-returns-value]
    return value


def _no_constant(name: str) -> NoReturn:
    raise UnreadableBody(f"{name} is not JSON; send null for a missing value.")


_STRICT = json.JSONDecoder(object_pairs_hook=_no_name_twice, parse_constant=_no_constant)
"""Made once: of the time that a line of NDJSON takes, to make one was half."""
