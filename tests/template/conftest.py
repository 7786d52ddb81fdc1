"""Tests of the template's own texts and of `poe init`: skipped in a fork, which may delete this folder."""

import pytest

try:
    from delivery.init import is_template
except ModuleNotFoundError:

    def is_template() -> bool:
        """Return False: only a fork has no delivery/."""
        return False


def pytest_collect_file() -> None:
    """Skip the folder before its files are imported, as they read files that a fork may have deleted."""
    if not is_template():
        pytest.skip("In a fork, tests/template is skipped: it tests the template's own texts, and may be deleted.")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell a fork that has kept the template's name what to do."""
    reports = [*terminalreporter.stats.get("failed", []), *terminalreporter.stats.get("error", [])]
    if any(report.nodeid.startswith("tests/template") for report in reports):
        terminalreporter.write_line(
            "tests/template tests the template's own texts. In a fork, delete the folder, "
            "or run `uv run poe init NAME`, after which it is skipped."
        )
