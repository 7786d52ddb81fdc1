"""What predicts is loaded while nobody waits for it, and for good; what cannot be loaded is told in a sentence."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from mlapp import ml, tables
from mlapp.errors import Conflict, MlappError, reason


def load_libraries() -> None:
    """Import what the first prediction needs."""
    _ = tables.read_request, tables.write_table, ml.Lane


@contextmanager
def loading(version: int) -> Iterator[None]:
    """Turn whatever is raised while a model is loaded into a sentence about that model.

    Raises:
        Conflict: the model cannot be loaded; its `__cause__` is what was raised.
    """
    try:
        yield
    except MlappError:
        raise
    # Unpickling imports and runs code of any library, which may raise anything, or exit.
    except (Exception, SystemExit) as error:
        said = f"Model {version} cannot be loaded: {reason(error)}"
        raise Conflict(f"{said}; see the log, then activate another model or train again.") from error


def use_one_thread() -> None:
    """Have a thread of a pool predict by itself: it is the pool that shares the work."""
    # A pool whose threads cannot begin is broken for good; and to find the libraries takes an open file.
    with suppress(OSError):
        ml.use_one_thread()


def leave_to_stay() -> None:
    """Take what is loaded for good out of the garbage collector's sight.

    To go through half a million objects of the libraries takes it 100 to 150 ms, in which nothing is answered: one
    request in a hundred waited that long.
    """
    gc.collect()
    gc.freeze()
