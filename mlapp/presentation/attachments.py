"""The Content-Disposition header of response files."""

from pathlib import PurePath
from urllib.parse import quote

from mlapp.schemas import Format

MAX_CHARACTERS = 100


def attachment(sent: str, kind: Format) -> str:
    """Return the header for the response to a file with the name `sent`.

    Source: RFC 6266; RFC 8187 for names beyond ASCII.
    """
    stem = PurePath(sent.replace("\\", "/")).name
    while Format.of_file(stem) or stem.lower().endswith((".gz", ".zip", ".zst")):
        stem = stem.rpartition(".")[0]
    stem = "".join(c for c in stem if c.isprintable())[:MAX_CHARACTERS] or "table"
    name = f"{stem}-predictions{kind.suffix}"
    plain = "".join(c if c.isascii() and c not in '"\\%' else "_" for c in name)
    extended = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe='')}"
    return f'attachment; filename="{plain}"{extended}'
