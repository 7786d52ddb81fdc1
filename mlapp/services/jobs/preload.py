"""What training processes are forked from loads this first: all that trains, as far as it can be loaded."""

from contextlib import suppress

# What is raised here would end it, or be passed over; in the process that is forked, the same is told.
with suppress(Exception):
    import mlapp.services.jobs.worker  # noqa: F401
