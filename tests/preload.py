"""What the fork server of tests loads: all that of the app does, and a signal by which a process prints its stacks."""

import faulthandler
import signal

import mlapp.services.jobs.preload  # noqa: F401

# To what pytest captures, which a failed test shows.
faulthandler.register(signal.SIGUSR1)
