"""What measuring a process looks up, looked up before it is forked: that takes 0.1 s, and hundreds are forked."""

from coverage import Coverage

import tests.preload  # noqa: F401

_coverage = Coverage(data_file=None)
# Forked processes would inherit its handler, and fail to save what only this process has in memory.
_coverage.set_option("run:sigterm", value=False)
_coverage.start()
_coverage.stop()
