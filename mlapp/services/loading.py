"""What predicts is loaded while nobody waits for it, and for good."""

import gc
from contextlib import suppress

from mlapp import ml, tables


def load_libraries() -> None:
    """Import what the first prediction needs."""
    _ = tables.read_request, tables.write_table, ml.Lane


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
