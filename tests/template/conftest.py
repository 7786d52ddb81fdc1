"""Tests of the template's own texts and first steps: skipped in a fork, which has others and may delete this folder."""

import pytest

try:
    from delivery.init import is_template
except ModuleNotFoundError:

    def is_template() -> bool:
        """Return that a project without delivery/ is a fork."""
        return False


def pytest_collect_file() -> None:
    """Skip the folder in a fork, before its files are imported: they read what a fork may have deleted."""
    if not is_template():
        pytest.skip("This is a fork: tests/template is about the template's own texts, and may be deleted.")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what to do in a fork that has kept the template's name."""
    reports = [*terminalreporter.stats.get("failed", []), *terminalreporter.stats.get("error", [])]
    if any(report.nodeid.startswith("tests/template") for report in reports):
        terminalreporter.write_line(
            "tests/template is about the template's own texts. In a fork, delete the folder, "
            "or give the fork its own name, which skips it: uv run poe init NAME."
        )
