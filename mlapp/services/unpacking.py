"""Unpacking of request bodies."""

from mlapp import tables


def decompress(data: bytes, packed: str, max_bytes: int) -> bytes:
    """Decompress `gzip` or `zstd`.

    Raises:
        UnreadableBody: the data is damaged or truncated.
        TooLarge: the content takes more than `max_bytes`, or far more than the packed data.
    """
    return tables.decompress(data, packed, max_bytes)
