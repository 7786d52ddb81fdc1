"""Strict JSON: UTF-8, no NaN or Infinity, no duplicate names in an object.

Source: RFC 8259; RFC 7493 (I-JSON) for the restrictions.
"""

import json
import re
from typing import Any, NoReturn

from mlapp.errors import UnreadableBody, shorten

BOM = b"\xef\xbb\xbf"
INTERRUPTIBLE_BYTES = 5_000_000
"""Smaller bodies block other threads for less than 70 ms."""

SURROGATE = re.compile(r"\\u[dD][89abAB]")


def parse(data: bytes, what: str, *, nan_is_missing: bool = False) -> Any:
    """Parse strict JSON; `what` names the text in error messages.

    `nan_is_missing` takes NaN, which clients of other protocols write for missing values, for null.

    Raises:
        UnreadableBody: the text is not strict JSON.
    """
    try:
        text = data.removeprefix(BOM).decode()
        decoder = STRICT if len(text) <= INTERRUPTIBLE_BYTES else _INTERRUPTIBLE
        value = (_WITH_NAN if nan_is_missing else decoder).decode(text)
        if "\\u" in text and SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeDecodeError:
        raise UnreadableBody(f"{what} is not UTF-8 text; save it as UTF-8.") from None
    except UnicodeEncodeError:
        raise UnreadableBody(f"{what} has a lone surrogate, half of a character; send whole characters.") from None
    except json.JSONDecodeError as error:
        position = f"line {error.lineno}, column {error.colno}"
        raise UnreadableBody(f"{what} is not JSON: {error.msg} at {position}.") from None
    except ValueError:
        raise UnreadableBody(f"{what} has a number with thousands of digits; send it as text.") from None
    except RecursionError:
        raise UnreadableBody(f"{what} is nested too deeply; send a list of flat objects.") from None
    return value


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        seen: set[str] = set()
        name = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise UnreadableBody(f"The name '{shorten(name)}' is given twice in one object; remove one of them.")
    return value


def _no_constant(name: str) -> NoReturn:
    raise UnreadableBody(f"{name} is not JSON; send null for a missing value.")


def _missing(name: str) -> None:
    if name != "NaN":
        _no_constant(name)


def _int(text: str) -> int:
    return int(text)


STRICT = json.JSONDecoder(object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
"""Created once, as creating one takes half as long as parsing a line of NDJSON."""
_INTERRUPTIBLE = json.JSONDecoder(object_pairs_hook=_no_duplicates, parse_constant=_no_constant, parse_int=_int)
"""Calls Python for every integer, so that other threads can run: five million of them blocked these for 130 ms."""
_WITH_NAN = json.JSONDecoder(object_pairs_hook=_no_duplicates, parse_constant=_missing, parse_int=_int)
"""Takes NaN for null."""
