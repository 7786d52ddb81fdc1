"""Machine learning: frames and arrays in, values out; no files, no clock, no HTTP.

The names in `__init__.pyi` are imported when they are first used: scikit-learn takes over a second and 80 MB, which a
server that only starts and answers `/health` does not wait for.
"""

from typing import Any

import lazy_loader

_import, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> Any:
    # Kept: lazy_loader looks the module up each time, which takes 3 µs of every request.
    value = globals()[name] = _import(name)
    return value
