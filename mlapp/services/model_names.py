"""Names of models: after the bundled table, the file or the target of a training."""

import re
import unicodedata
from pathlib import PurePath

MAX_CHARACTERS = 63
FALLBACK = "model"
LETTERS = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
"""Letters that have no Unicode decomposition, as they are written in ASCII; case folding writes `ß` as `ss`."""
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}", re.ASCII)


def is_name(text: str) -> bool:
    """Return whether a text can be the name of a model."""
    return bool(NAME.fullmatch(text))


def suggest_name(*, dataset: str | None = None, file: str | None = None, target: str | None = None) -> str:
    """Return the name of a model that a training does not name.

    That of the bundled table, else of the file without its suffixes, else of the target, else `model`.
    """
    sources = (dataset, _without_suffixes(file) if file else None, target)
    return next((name for source in sources if source and (name := slug(source))), FALLBACK)


def slug(text: str) -> str:
    """Return a text as a name of a model, such as `q3-sales` for "Q3 sales"; empty if it has no letters or digits."""
    spelled = unicodedata.normalize("NFKD", text.casefold().translate(LETTERS))
    ascii_text = spelled.encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9_]+", "-", ascii_text).strip("-_")[:MAX_CHARACTERS].rstrip("-_")


def numbered(name: str, number: int) -> str:
    """Return a further name for a model whose name is taken, such as `churn-2`."""
    suffix = f"-{number}"
    return name[: MAX_CHARACTERS - len(suffix)].rstrip("-_") + suffix


def _without_suffixes(file: str) -> str:
    # "sales.csv.gz" has two; the dots of "v1.2 sales.csv" are part of the name.
    name = PurePath(file).name
    for _ in range(2):
        stem, suffix = PurePath(name).stem, PurePath(name).suffix
        if not re.fullmatch(r"\.[A-Za-z][A-Za-z0-9]{0,7}", suffix):
            break
        name = stem
    return name
